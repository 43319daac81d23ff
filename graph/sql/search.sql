-- name: affected
-- The submissions that entries of the journal tell of: themselves, or all that a case holds or leads.
select submission.id from submission where submission.id = any($1::uuid[])
union
select submission.id from "case" join submission on submission.case_id = "case".id
where "case".id = any($1::uuid[]) or "case"."leading" = any($1::uuid[]);

-- name: documents
-- What is indexed of each submission, as it is now; the leading case answers for those that follow it.
select submission.id, submission.channel, submission.kind, submission.topic, submission.division,
    submission.received_at, leader.id as case_id, leader.status, revision.title, revision.body,
    array(
        select event.body from event
        where event.submission = submission.id and event.until is null and event.body <> '' order by event.at, event.id
    ) as replies,
    array(
        select document.body from document
        where document.submission = submission.id and document.body <> '' order by document.id
    ) as documents
from unnest($1::uuid[]) as asked (id)
join submission on submission.id = asked.id
join submission_revision revision on revision.id = submission.revision
join "case" own on own.id = submission.case_id
join "case" leader on leader.id = own."leading";

-- name: try_lock
select pg_try_advisory_lock(hashtextextended('casegraph/indexer', 0));
