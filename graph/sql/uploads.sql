-- Files that wait to be named by a mutation.

-- name: add_upload
insert into upload (id, name, media_type, size, file, key, at, owner, sealed)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: kept_uploads
select id, name, media_type, file, key, sealed from upload where id = any($1::uuid[]) and at > $2 and owner = $3;

-- name: drop_uploads
delete from upload where at <= $1 returning file;
