-- What subscribers are told of, read under their viewer.

-- name: head
-- The last position, whoever may see what stands there.
select journal_end();

-- name: changes_told
-- Those of the next $2 entries that may be seen, $3 at most.
select position, kind, subject, at, state, fields from journal
where position > $1 and position <= $1 + $2 order by position limit $3;

-- name: cases_told
-- How far the next entries reach, and the cases that answer for what each tells of: itself, what it is filed in.
with entry as materialized (
    select position, kind, at, subject, object from journal
    where position > $1 and position <= $1 + $2 order by position
), told as materialized (
    -- That somebody had something revealed changes no case.
    select position, subject as id from entry where kind <> 'IDENTITY_REVEALED'
    union select position, object from entry where object is not null
)
select entry.position, entry.kind, entry.at, array(
    select distinct case when filed.leads then filed.id else coalesce(
        (select leader.id from "case" leader where leader.id = filed."leading"), filed.id
    ) end from told cross join lateral (
        select told.id
        union all
        select case_id from submission where submission.id = told.id
        union all
        select case_id from event where event.id = told.id
        offset 0
    ) as found (id)
    join "case" filed on filed.id = found.id
    where told.position = entry.position
    order by 1
) as nodes
from entry order by entry.position;

-- name: submissions_told
select position, kind, at, case when kind = 'SUBMISSION_RECEIVED' then array[subject] else '{}'::uuid[] end as nodes
from journal where position > $1 and position <= $1 + $2 order by position;

-- name: touched
-- What decides who may be told of some entries, for no viewer: the scopes of the cases that they tell of, the organs with an
-- accepted part in one of these, and whether a submission came in.
with entry as materialized (
    select kind, subject, object from journal where position > $1::bigint and position <= $2::bigint
), told as (
    select subject as id from entry
    union
    select object from entry where object is not null
), filed as materialized (
    select distinct touched.id, touched.scope from told cross join lateral (
        select told.id
        union all
        select case_id from submission where submission.id = told.id
        union all
        select case_id from event where event.id = told.id
        offset 0
    ) as found (id)
    join "case" touched on touched.id = found.id
)
select
    array(select distinct scope from filed order by scope) as scopes,
    array(
        select distinct part.organ from filed join case_organ part on part.case_id = filed.id
        where part.state = 'ACCEPTED'
    ) as organs,
    exists (select from entry where kind = 'SUBMISSION_RECEIVED') as received;

-- name: alerted
-- Which of these owners have alerts behind a number, and the last one's. Alerts are committed in the order of their numbers.
select own.owner, max(newest.number) as last
from saved_search own cross join lateral (
    select number from alert where alert.search = own.id and number > $2::bigint order by number desc limit 1
) newest
where own.owner = any($1::text[])
group by own.owner;
