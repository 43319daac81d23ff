-- What is kept longer than the rules say. Each is asked for the first of what is due, and again until nothing is.

-- name: due_identities
-- The submissions with somebody in them whose case, and all joined to it, has rested since.
select submission.id from submission
join "case" own on own.id = submission.case_id
where not exists (
    select from "case" joined where joined."leading" = own."leading" and joined.last_activity_at >= $1
) and exists (
    select from mention where mention.submission = submission.id and mention.key is not null
)
order by submission.id limit $2;

-- name: count_identities
select count(*) from submission
join "case" own on own.id = submission.case_id
where not exists (
    select from "case" joined where joined."leading" = own."leading" and joined.last_activity_at >= $1
) and exists (
    select from mention where mention.submission = submission.id and mention.key is not null
);

-- name: expire_payloads
-- Whoever writes a revision holds its case, which is passed over until the next time.
with due as materialized (
    select submission.id from submission
    join "case" own on own.id = submission.case_id
    where not exists (
        select from "case" joined where joined."leading" = own."leading" and joined.last_activity_at >= $1
    ) and exists (
        select from submission_revision kept where kept.submission = submission.id and kept.payload is not null
    )
    order by submission.id limit $2
    for no key update of own skip locked
), expired as (
    update submission_revision set payload = null, key = case when sealed_text is not null then key end
    from due where submission_revision.submission = due.id and payload is not null
    returning submission_revision.submission
)
select distinct submission from expired order by submission;

-- name: count_payloads
select count(*) from submission
join "case" own on own.id = submission.case_id
where not exists (
    select from "case" joined where joined."leading" = own."leading" and joined.last_activity_at >= $1
) and exists (
    select from submission_revision kept where kept.submission = submission.id and kept.payload is not null
);

-- name: expire_rejections
-- Its digest becomes one of nothing, yet stays unique.
with due as materialized (
    select id from rejection where payload is not null and at < $1 order by id limit $2
    for no key update skip locked
)
update rejection set payload = null, key = null, digest = uuid_send(rejection.id)
from due where rejection.id = due.id
returning rejection.id;

-- name: count_rejections
select count(*) from rejection where payload is not null and at < $1;

-- name: count_uploads
select count(*) from upload where at <= $1;
