-- Saved searches, and what they are told.

-- name: hold_reader
-- How far alerts were raised, held until the transaction ends: alerts are committed in the order of their numbers, and
-- no search begins behind what was raised.
insert into journal_reader (name, position, at, link) values ('alerts', 0, now(), '')
on conflict (name) do update set name = excluded.name
returning position;

-- name: count_searches
select count(*) from saved_search where owner = $1;

-- name: add_search
insert into saved_search (id, owner, name, query, filter, created_at, since, known)
values ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: rename_search
update saved_search set name = $3 where id = $1 and owner = $2 returning id;

-- name: delete_search
delete from saved_search where id = $1 and owner = $2 returning id;

-- name: searches
select id, query, filter, since from saved_search order by id;

-- name: begun
-- The searches that some entry up to a position concerns.
select id from saved_search where since < $1;

-- name: raise_alerts
-- A search that is being deleted is waited for, and told nothing. What somebody has classified since the stretch that ends
-- at $5 is matched again by what it says now.
with held as materialized (
    select id, known from saved_search where id = any($2::uuid[]) order by id for key share
)
insert into alert (id, search, submission, at)
select found.id, held.id, found.submission, $4
from unnest($1::uuid[], $2::uuid[], $3::uuid[]) with ordinality as found (id, search, submission, nth)
join held on held.id = found.search
where found.submission <> all(held.known) and not exists (
    select from journal later
    where later.subject = found.submission and later.kind = 'SUBMISSION_CLASSIFIED' and later.position > $5
)
order by found.nth
on conflict (search, submission) do nothing
returning id;

-- name: call
-- Leaves with the commit, so whoever hears it finds the alerts.
select pg_notify('alerts', '');

-- name: own_search
select id from saved_search where id = $1;

-- name: told
-- The next alerts of a viewer, of one search or of all.
select told.number, told.search, told.submission, told.at
from saved_search own join alert told on told.search = own.id
where told.number > $1 and ($2::uuid is null or own.id = $2)
order by told.number limit $3;
