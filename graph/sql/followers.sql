-- Whoever follows the journal: who lives, what was set aside.

-- name: try_lead
select pg_try_advisory_lock(hashtextextended('casegraph/' || $1, 0));

-- name: beat
-- The age of the last sign, not its time: clocks of machines differ.
insert into follower (name, beat_at, trouble, trouble_since)
values ($1, now() - $2::double precision * interval '1 second', $3, case when $3::text is not null then now() end)
on conflict (name) do update set beat_at = excluded.beat_at, trouble = excluded.trouble,
    trouble_since = case when excluded.trouble is not null then coalesce(follower.trouble_since, now()) end;

-- name: alive
select name, extract(epoch from now() - beat_at)::double precision as silent, trouble,
    extract(epoch from now() - trouble_since)::double precision as troubled
from follower order by name;

-- name: set_aside
insert into set_aside (reader, subject, position, reason, first_at, last_at)
select $1, failed.subject, $3, failed.reason, now(), now() from unnest($2::uuid[], $4::text[]) as failed (subject, reason)
on conflict (reader, subject) do update
set reason = excluded.reason, tries = set_aside.tries + 1, last_at = excluded.last_at, again = false;

-- name: take_back
delete from set_aside where reader = $1 and subject = any($2::uuid[]);

-- name: aside
select subject, position, again from set_aside where reader = $1 order by first_at, subject;

-- name: listed
select reader, subject, reason, tries, first_at, last_at from set_aside
order by first_at, subject limit $1;

-- name: counts
select reader, count(*) as count from set_aside group by reader order by reader;

-- name: ask_again
-- Whoever follows hears of it as of a commit that writes to the journal, whose position stays.
with asked as (
    update set_aside set again = true where $1::uuid[] is null or subject = any($1::uuid[]) returning subject
), called as (
    select pg_notify('journal', (select position::text from journal_head)) where exists (select from asked)
)
select count(*) from asked left join called on true;
