-- squawk-ignore-file adding-field-with-default, adding-not-nullable-field, ban-drop-default
-- (the default is constant, uploads are those of a day, and nothing else writes them)
-- Who may ask besides people: partners' systems, by keys of which a keyed digest alone is kept. What reads for the API is
-- granted nothing of it.
create table api_key (
    id text primary key,
    digest bytea not null,
    name text not null,
    roles text[] not null,
    divisions text[] not null,
    organs uuid[] not null,
    sources text[] not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz
);

-- Sessions that were ended before their time; the others need no row. Kept until they would have ended by themselves.
create table ended_session (
    id bytea primary key,
    until timestamptz not null
);

-- Uploads belong to whoever sent them. Those that were sent before belong to nobody and go with their day.
alter table upload add column owner text not null default '';
alter table upload alter column owner drop default;
