-- Everything that is waited for, in the order in which it is taken: `graph/locks.py`.

-- name: hold_records
-- By the edges that file them: their own rows are written by whoever holds their case.
select filing.id from submission join filing on filing.submission = submission.id
where submission.record_key = any($1::bytea[])
order by submission.record_key, filing.id
for no key update of filing;

-- name: hold_submissions
select filing.id from submission join filing on filing.submission = submission.id
where submission.id = any($1::uuid[])
order by submission.record_key, filing.id
for no key update of filing;

-- name: hold_filings
-- Those of several submissions, in the order in which these are held.
select filing.id from submission join filing on filing.submission = submission.id
where filing.id = any($1::uuid[])
order by submission.record_key, filing.id
for no key update of filing;

-- name: hold_keys
-- In one go, whether they are there or not; a row that is there is locked and left as it is.
insert into link_key (key) select unnest($1::bytea[])
on conflict (key) do update set key = excluded.key where false;

-- name: hold_parties
insert into link_key (key) select 'PARTY/'::bytea || uuid_send(held.party) from unnest($1::uuid[]) as held (party)
on conflict (key) do update set key = excluded.key where false;

-- name: hold_cases
select id from "case" where id = any($1::uuid[]) order by id for no key update;

-- name: hold_mentions
-- These, those of these parties, and those whose scope is no longer that of their case.
select mention.id from mention
where mention.id in (
    select unnest($1::uuid[])
    union
    select id from mention member where member.party = any($2::uuid[])
    union
    select named.id
    from "case" own
    join submission on submission.case_id = own.id
    join mention named on named.submission = submission.id
    where own.id = any($3::uuid[]) and named.scope <> own.scope
)
order by mention.id
for no key update;

-- name: hold_links_of
-- All that the mentions of a submission have with others. Its case is held.
select edge.id from same_party edge
where exists (select from mention where mention.submission = $1 and mention.id in (edge.low, edge.high))
order by edge.id
for no key update;

-- name: hold_links
-- All that these mentions have with others, whose parties need not be held.
select id from same_party where low = any($1::uuid[]) or high = any($1::uuid[]) order by id for no key update;
