-- What was erased, by whom and why, and which records a source may send again without bringing anybody back. Nothing
-- here says who it was, and nothing is granted to what reads for the API.
create table erasure (
    id uuid primary key,
    subject_kind text not null,
    subject uuid not null,
    actor text not null,
    reason text not null,
    at timestamptz not null
);

-- `key` is a keyed hash of (source, external_id): the submission may not be there, where a backup older than it was
-- restored, and its external_id may have been erased with the rest.
create table erased_record (
    key bytea primary key,
    submission uuid not null,
    refused_at timestamptz
);
