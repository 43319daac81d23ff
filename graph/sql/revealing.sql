-- What is sealed of one node, to be opened and put on record in the same transaction.

-- name: sealed_mention
select sealed, key from mention where id = $1;

-- name: sealed_submission
select revision.id, revision.title, revision.body, revision.sealed_text as sealed, revision.key
from submission join submission_revision revision on revision.id = submission.revision
where submission.id = $1;

-- name: sealed_revision
select id, title, body, sealed_text as sealed, key from submission_revision where id = $1;

-- name: sealed_event
select id, null::text as title, body, sealed, key from event where id = $1;

-- name: sealed_document
select id, name as title, body, sealed, key from document where id = $1;

-- name: add_reveal
insert into reveal (id, subject_kind, subject, actor, reason, at, accuses)
values ($1, $2::text, $3::uuid, $4, $5, $6, (
    select submission.id from submission
    where submission.kind = 'ACCUSATION' and submission.id = case $2::text
        when 'Submission' then $3::uuid
        when 'Mention' then (select one.submission from mention one where one.id = $3::uuid)
        when 'Revision' then (select one.submission from submission_revision one where one.id = $3::uuid)
        when 'Event' then (select one.submission from event one where one.id = $3::uuid)
        when 'Document' then (select one.submission from document one where one.id = $3::uuid)
    end
));
