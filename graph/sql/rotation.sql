-- Data keys by the master key that wrapped them, whose number is their first byte.

-- name: wrappers
-- How many data keys each master key wraps.
select get_byte(wrapped.key, 0) as number, count(*) as keys
from (
    select key from mention where key is not null
    union all
    select key from submission_revision where key is not null
    union all
    select key from document where key is not null
    union all
    select key from event where key is not null
    union all
    select key from rejection where key is not null
    union all
    select key from upload where key is not null
) wrapped
group by 1;

-- name: mention_former
select id, key from mention
where id > $1 and key is not null and get_byte(key, 0) <> $2 order by id limit $3
for no key update skip locked;

-- name: mention_rewrap
update mention set key = wrapped.key
from unnest($1::uuid[], $2::bytea[], $3::bytea[]) as wrapped (id, former, key)
where mention.id = wrapped.id and mention.key = wrapped.former
returning mention.id;

-- name: submission_revision_former
select id, key from submission_revision
where id > $1 and key is not null and get_byte(key, 0) <> $2 order by id limit $3
for no key update skip locked;

-- name: submission_revision_rewrap
update submission_revision set key = wrapped.key
from unnest($1::uuid[], $2::bytea[], $3::bytea[]) as wrapped (id, former, key)
where submission_revision.id = wrapped.id and submission_revision.key = wrapped.former
returning submission_revision.id;

-- name: document_former
select id, key from document
where id > $1 and key is not null and get_byte(key, 0) <> $2 order by id limit $3
for no key update skip locked;

-- name: document_rewrap
update document set key = wrapped.key
from unnest($1::uuid[], $2::bytea[], $3::bytea[]) as wrapped (id, former, key)
where document.id = wrapped.id and document.key = wrapped.former
returning document.id;

-- name: event_former
select id, key from event
where id > $1 and key is not null and get_byte(key, 0) <> $2 order by id limit $3
for no key update skip locked;

-- name: event_rewrap
update event set key = wrapped.key
from unnest($1::uuid[], $2::bytea[], $3::bytea[]) as wrapped (id, former, key)
where event.id = wrapped.id and event.key = wrapped.former
returning event.id;

-- name: rejection_former
select id, key from rejection
where id > $1 and key is not null and get_byte(key, 0) <> $2 order by id limit $3
for no key update skip locked;

-- name: rejection_rewrap
update rejection set key = wrapped.key
from unnest($1::uuid[], $2::bytea[], $3::bytea[]) as wrapped (id, former, key)
where rejection.id = wrapped.id and rejection.key = wrapped.former
returning rejection.id;

-- name: upload_former
select id, key from upload
where id > $1 and key is not null and get_byte(key, 0) <> $2 order by id limit $3
for no key update skip locked;

-- name: upload_rewrap
update upload set key = wrapped.key
from unnest($1::uuid[], $2::bytea[], $3::bytea[]) as wrapped (id, former, key)
where upload.id = wrapped.id and upload.key = wrapped.former
returning upload.id;

-- name: try_lock
select pg_try_advisory_lock(hashtextextended('casegraph/rotation', 0));
