-- Texts that were taken in before numbers in them were masked: their hashes are null.

-- name: unmasked
select exists (select from submission_revision where number_hashes is null)
    or exists (select from document where number_hashes is null)
    or exists (select from event where number_hashes is null)
    or exists (select from submission where record_key is null);

-- name: unkeyed_submissions
select id, source, external_id from submission where record_key is null order by id limit $1 for no key update;

-- name: key_submission
update submission set record_key = $2, external_id = $3 where id = $1;

-- name: unmasked_revisions
select id, submission, title, body, details, position, key from submission_revision
where number_hashes is null order by id limit $1 for no key update;

-- name: mask_revision
update submission_revision
set title = $2, body = $3, details = $4, position = $5, sealed_text = $6, number_hashes = $7
where id = $1;

-- name: titles
-- Of the cases that these submissions are filed under, and of those that lead them.
select answering.id, answering.title from "case" answering
where answering.id in (
    select unnest(array[own.id, own."leading"]) from submission join "case" own on own.id = submission.case_id
    where submission.id = any($1::uuid[])
)
order by answering.id for no key update;

-- name: mask_title
update "case" set title = $2 where id = $1;

-- name: unmasked_documents
select id, name, body, key from document where number_hashes is null order by id limit $1 for no key update;

-- name: mask_document
update document set name = $2, body = $3, sealed = $4, number_hashes = $5 where id = $1;

-- name: unmasked_events
select id, body from event where number_hashes is null order by id limit $1 for no key update;

-- name: mask_event
update event set body = $2, sealed = $3, key = $4, number_hashes = $5 where id = $1;

-- A file's name or a reason may hold a number; what is masked already does not come here again.

-- name: rejection_plain
select id, position as said from rejection where position ~ '([0-9０-９][^0-9０-９]{0,3}){9}[0-9０-９]|[@＠]' order by id;

-- name: rejection_mask
update rejection set position = $2 where id = $1;

-- name: reveal_plain
select id, reason as said from reveal where reason ~ '([0-9０-９][^0-9０-９]{0,3}){9}[0-9０-９]|[@＠]' order by id;

-- name: reveal_mask
update reveal set reason = $2 where id = $1;

-- name: erasure_plain
select id, reason as said from erasure where reason ~ '([0-9０-９][^0-9０-９]{0,3}){9}[0-9０-９]|[@＠]' order by id;

-- name: erasure_mask
update erasure set reason = $2 where id = $1;
