-- Files that were uploaded for a mutation to come. Kept for a day, so that the mutation can be sent again.
-- What reads for the API is not granted anything here.
create table upload (
    id uuid primary key,
    name text not null,
    media_type text not null,
    size bigint not null,
    file text not null,
    key bytea not null,
    at timestamptz not null
);
create index upload_at on upload (at);
