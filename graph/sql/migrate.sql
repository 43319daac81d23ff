-- name: make_table
create table if not exists migration (
    number integer primary key,
    name text not null,
    checksum bytea not null,
    applied_at timestamptz not null default now()
);

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
