-- Texts that stand masked by an older rule, or by none, looked through in the order of their ids. Read with what is
-- sealed beside, whose digest is empty where somebody was erased from it.

-- name: begin
-- Where to go on by a rule; from the beginning where another was followed before.
insert into masking (name, rule) values ($1, $2)
on conflict (name) do update set
    rule = excluded.rule,
    reached = case when masking.rule = excluded.rule then masking.reached end,
    done = masking.rule = excluded.rule and masking.done
returning reached, done;

-- name: reach
update masking set reached = $2, done = $3 where name = $1;

-- name: done
select name from masking where rule = $1 and done;

-- name: submissions
select id, source, external_id, record_key from submission where id > $1 order by id limit $2 for no key update;

-- name: mask_submission
update submission set record_key = $2, external_id = $3 where id = $1;

-- name: revisions
select id, submission, title, body, details, position, content_digest as digest, key, sealed_text as sealed, number_hashes
from submission_revision where id > $1 order by id limit $2 for no key update;

-- name: mask_revision
update submission_revision
set title = $2, body = $3, details = $4, position = $5, key = $6, sealed_text = $7, number_hashes = $8
where id = $1;

-- name: retitle
-- The cases of these submissions, by the earliest in each (`graph.cases.derive`).
update "case" set title = earliest.title
from (
    select distinct on (filed.case_id) filed.case_id, revision.title
    from submission named
    join submission filed on filed.case_id = named.case_id
    join submission_revision revision on revision.id = filed.revision
    where named.id = any($1::uuid[])
    order by filed.case_id, filed.received_at, filed.id
) as earliest
where "case".id = earliest.case_id and "case".title <> earliest.title;

-- name: documents
select id, submission, name, media_type, body, digest, key, sealed, number_hashes
from document where id > $1 order by id limit $2 for no key update;

-- name: mask_document
update document set name = $2, body = $3, media_type = $4, key = $5, sealed = $6, number_hashes = $7 where id = $1;

-- name: events
-- With a submission by which the index finds the case of one that came with none, and has no digest of what came.
select event.id, coalesce(event.submission, (
    select filed.id from submission filed where filed.case_id = event.case_id order by filed.id limit 1
)) as submission, event.body, case when event.submission is not null then event.content_digest end as digest, event.key, event.sealed, event.number_hashes
from event where event.id > $1 order by event.id limit $2 for no key update;

-- name: mask_event
update event set body = $2, key = $3, sealed = $4, number_hashes = $5 where id = $1;

-- name: mentions
select id, submission, key, sealed, name_masked, identity_masked, phone_masked, address_masked, account_masked, email_masked
from mention where id > $1 and sealed is not null and key is not null order by id limit $2 for no key update;

-- name: mask_mention
update mention
set name_masked = $2, identity_masked = $3, phone_masked = $4, address_masked = $5, account_masked = $6, email_masked = $7
where id = $1;

-- name: uploads
select id, name, media_type, key, sealed from upload
where id > $1 order by id limit $2 for no key update;

-- name: mask_upload
update upload set name = $2, media_type = $3, sealed = $4 where id = $1;

-- name: organs
select id, name from organ where id > $1 order by id limit $2;

-- name: submissions_of_organ
-- One of each case that an organ is tied to.
select distinct on (submission.case_id) submission.id from submission
where submission.case_id in (
    select case_id from case_organ where organ = $1
    union select case_id from case_accused where organ = $1
    union select case_id from event where organ = $1
)
order by submission.case_id, submission.id;

-- name: rename_organ
-- An organ's id follows from its name: whatever names the old one names the new one, which may be there already.
with old as (delete from organ where id = $1 returning division, known)
insert into organ (id, name, division, known) select $2, $3, division, known from old
on conflict (id) do update set known = organ.known or excluded.known;

-- name: rename_in_cases
update case_organ set organ = $2 where organ = $1;

-- name: rename_in_accusations
update case_accused set organ = $2 where organ = $1;

-- name: merge_parts
-- What a submission said twice of an organ under two names, it says once under one.
delete from case_organ twice using case_organ kept
where twice.organ = $1 and kept.organ = $1 and kept.id < twice.id and kept.case_id = twice.case_id
and kept.submission is not distinct from twice.submission and kept.role = twice.role and kept.state = twice.state;

-- name: merge_accusations
delete from case_accused twice using case_accused kept
where twice.organ = $1 and kept.organ = $1 and kept.id < twice.id and kept.case_id = twice.case_id
and kept.submission is not distinct from twice.submission and kept.state = twice.state;

-- name: rename_in_events
update event set organ = $2 where organ = $1;

-- name: rename_in_revisions
update submission_revision
set kept_organs = array_replace(kept_organs, $1::uuid, $2), kept_accused = array_replace(kept_accused, $1::uuid, $2)
where kept_organs @> array[$1::uuid] or kept_accused @> array[$1::uuid];

-- name: rename_in_keys
update api_key set organs = array_replace(organs, $1::uuid, $2) where organs @> array[$1::uuid];

-- name: rename_in_barriers
with old as (delete from barrier where audience = $1::uuid::text returning position)
insert into barrier (audience, position) select $2::uuid::text, position from old
on conflict (audience) do update set position = greatest(barrier.position, excluded.position);

-- name: rename_in_searches
-- A filter names organs as the API does (`search.alerts.filter_given`).
update saved_search set filter = replace(filter::text, $1, $2)::jsonb where position($1 in filter::text) > 0;

-- Texts that nothing is sealed beside.

-- name: api_key_texts
select id, array[name] as said from api_key;

-- name: mask_api_key
update api_key set name = $2 where id = $1;

-- name: rejection_texts
select id, array[position, message, coalesce(dismissal, '')] as said from rejection;

-- name: mask_rejection
update rejection set position = $2, message = $3, dismissal = nullif($4, '') where id = $1;

-- name: reveal_texts
select id, array[reason] as said from reveal;

-- name: mask_reveal
update reveal set reason = $2 where id = $1;

-- name: erasure_texts
select id, array[reason] as said from erasure;

-- name: mask_erasure
update erasure set reason = $2 where id = $1;

-- name: evidence_texts
-- The reasons that people gave for their decisions; what a rule decided holds no text.
select id, array[evidence ->> 'reason'] as said from filing where evidence ? 'reason'
union all select id, array[evidence ->> 'reason'] from same_party where evidence ? 'reason'
union all select id, array[evidence ->> 'reason'] from case_relation where evidence ? 'reason'
union all select id, array[evidence ->> 'reason'] from case_place where evidence ? 'reason'
union all select id, array[evidence ->> 'reason'] from case_organ where evidence ? 'reason'
union all select id, array[evidence ->> 'reason'] from case_accused where evidence ? 'reason'
union all select id, array[evidence ->> 'reason'] from classification where evidence ? 'reason';

-- name: mask_evidence
with reason as (
    select $1::uuid as id, jsonb_build_object('reason', $2::text) as said
), filed as (
    update filing set evidence = evidence || said from reason where filing.id = reason.id
), one_party as (
    update same_party set evidence = evidence || said from reason where same_party.id = reason.id
), related as (
    update case_relation set evidence = evidence || said from reason where case_relation.id = reason.id
), placed as (
    update case_place set evidence = evidence || said from reason where case_place.id = reason.id
), parted as (
    update case_organ set evidence = evidence || said from reason where case_organ.id = reason.id
), classified as (
    update classification set evidence = evidence || said from reason where classification.id = reason.id
)
update case_accused set evidence = evidence || said from reason where case_accused.id = reason.id;
