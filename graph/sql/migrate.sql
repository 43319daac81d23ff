-- name: make_table
create table if not exists migration (
    number integer primary key,
    name text not null,
    checksum bytea not null,
    applied_at timestamptz not null default now()
);

-- name: make_marker
-- A row here: the database is being restored, and is not whole.
create table if not exists restoring (
    only_row boolean primary key default true check (only_row),
    manifest bytea not null,
    copied boolean not null,
    since timestamptz not null default now()
);

-- name: marker_exists
select to_regclass('restoring') is not null;

-- name: marker
select manifest, copied from restoring;

-- name: set_marker
insert into restoring (manifest, copied) values ($1, false);

-- name: mark_copied
update restoring set copied = true;

-- name: drop_marker
delete from restoring;

-- name: table_exists
select to_regclass('migration') is not null;

-- name: applied
select number, name, checksum from migration order by number;

-- name: remember
insert into migration (number, name, checksum) values ($1, $2, $3);

-- name: try_lock
select pg_try_advisory_lock($1);

-- name: unlock
select pg_advisory_unlock($1);

-- name: give_way
-- A migration that cannot have its lock soon fails rather than hold up all who queue behind it.
set local lock_timeout = '10s';
