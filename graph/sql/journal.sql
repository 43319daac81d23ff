-- name: lock_head
select position, hash from journal_head for update;

-- name: head
select position, hash from journal_head;

-- name: position
select position from journal_head;

-- name: move_head
-- The notification leaves with the commit, so whoever hears it finds the entries.
with moved as (update journal_head set position = $1, hash = $2 returning position)
select pg_notify('journal', position::text) from moved;

-- name: read
select position, kind, subject, object, actor, at, state, fields, revisions, digest, previous
from journal where position > $1 order by position limit $2;

-- name: partitions
select child.relname as name
from pg_inherits join pg_class child on child.oid = inhrelid
where inhparent = 'journal'::regclass;

-- name: holds
select journal_link($1) is not distinct from $2::bytea;

-- name: reader_reached
select position, link, journal_link(position) is not distinct from link as known from journal_reader where name = $1;

-- name: move_reader
insert into journal_reader (name, position, at, link) values ($1, $2, now(), journal_link($2))
on conflict (name) do update set position = excluded.position, at = excluded.at, link = excluded.link;
