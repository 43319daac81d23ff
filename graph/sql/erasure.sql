-- Takes persons out of the graph. What is looked up first says whom it is about, what follows wipes.

-- name: mentions_of_party
select id from mention where party = $1;

-- name: mentions_of_submission
select id from mention where submission = $1;

-- name: submission_exists
select true from submission where id = $1;

-- name: persons
-- All mentions of the same persons in the same submissions: of one party, or of one name or identity number.
select distinct person.id, person.submission, person.party, person.role, person.name_hash, person.identity_hash,
    person.phone_hash, person.account_hash, person.sealed, person.key
from mention named
join mention person on person.submission = named.submission and (
    person.party = named.party or person.name_hash = named.name_hash or person.identity_hash = named.identity_hash
)
where named.id = any($1::uuid[])
order by person.id;

-- name: submissions
select id, source, external_id, record_key, case_id, content_digest from submission
where id = any($1::uuid[]) order by id;

-- name: wipe_mentions
update mention
set name_masked = null, identity_masked = null, phone_masked = null, address_masked = null, account_masked = null,
    email_masked = null, name_hash = null, identity_hash = null, phone_hash = null, account_hash = null,
    content_digest = '\x', sealed = null, key = null
where id = any($1::uuid[]);

-- name: drop_keys
delete from link_key where key = any($1::bytea[])
or key in (select 'PARTY/'::bytea || uuid_send(erased.party) from unnest($2::uuid[]) as erased (party));

-- name: revisions
select id, title, body, details, position from submission_revision where submission = any($1::uuid[]) order by id;

-- name: wipe_revisions
update submission_revision
set title = said.title, body = said.body, details = said.details, position = said.position,
    payload = null, key = null, content_digest = '\x', sealed_text = null, number_hashes = '{}'
from unnest($1::uuid[], $2::text[], $3::text[], $4::jsonb[], $5::text[]) as said (id, title, body, details, position)
where submission_revision.id = said.id;

-- name: events
-- Those that a submission told of, and those recorded by hand in its case.
select id, submission, body from event
where body <> '' and (submission = any($1::uuid[]) or (submission is null and case_id = any($2::uuid[])))
order by id;

-- name: wipe_events
update event set body = said.body, content_digest = '\x', sealed = null, key = null, number_hashes = '{}'
from unnest($1::uuid[], $2::text[]) as said (id, body) where event.id = said.id;

-- name: documents
select id, submission, name, body, file from document where submission = any($1::uuid[]) order by id;

-- name: wipe_documents
-- A file's name is empty once the file is gone.
update document
set name = said.name, body = said.body, file = said.file, digest = '\x', sealed = null, number_hashes = '{}',
    key = case when said.file = '' then null else document.key end
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) as said (id, name, body, file)
where document.id = said.id;

-- name: filings
select id, evidence from filing where submission = any($1::uuid[]) order by id;

-- name: wipe_filings
update filing set evidence = said.evidence
from unnest($1::uuid[], $2::jsonb[]) as said (id, evidence) where filing.id = said.id;

-- name: links
-- Those of all who are named beside the persons.
with beside as materialized (select id from mention where submission = any($1::uuid[]))
select id, evidence from same_party
where low in (select id from beside) or high in (select id from beside) order by id for no key update;

-- name: wipe_links
update same_party set evidence = said.evidence
from unnest($1::uuid[], $2::jsonb[]) as said (id, evidence) where same_party.id = said.id;

-- name: relations
select id, evidence from case_relation where origin = any($1::uuid[]) or target = any($1::uuid[]) order by id
for no key update;

-- name: wipe_relations
update case_relation set evidence = said.evidence
from unnest($1::uuid[], $2::jsonb[]) as said (id, evidence) where case_relation.id = said.id;

-- name: accusations
select id, evidence from case_accused where submission = any($1::uuid[]) order by id;

-- name: wipe_accusations
update case_accused set evidence = said.evidence
from unnest($1::uuid[], $2::jsonb[]) as said (id, evidence) where case_accused.id = said.id;

-- name: corrections
select id, evidence from correction where submission = any($1::uuid[]) order by id;

-- name: wipe_corrections
update correction set evidence = said.evidence
from unnest($1::uuid[], $2::jsonb[]) as said (id, evidence) where correction.id = said.id;

-- name: reveals
-- Why something of the submissions was revealed: a reason may name somebody.
select id, to_jsonb(reason) as evidence from reveal
where subject = any($1::uuid[])
or subject in (select id from mention where submission = any($1::uuid[]))
or subject in (select id from submission_revision where submission = any($1::uuid[]))
or subject in (select id from event where submission = any($1::uuid[]))
or subject in (select id from document where submission = any($1::uuid[]))
order by id for no key update;

-- name: wipe_reveals
update reveal set reason = said.reason #>> '{}'
from unnest($1::uuid[], $2::jsonb[]) as said (id, reason) where reveal.id = said.id;

-- name: wipe_submissions
update submission set external_id = said.external_id, content_digest = '\x'
from unnest($1::uuid[], $2::text[]) as said (id, external_id) where submission.id = said.id;

-- name: bury
insert into erased_record (key, submission)
select key, submission from unnest($1::bytea[], $2::uuid[]) as buried (key, submission) order by key
on conflict do nothing;

-- name: remember
insert into erasure (id, subject_kind, subject, actor, reason, at) values ($1, $2, $3, $4, $5, $6)
on conflict do nothing;

-- name: erased
select id from erasure;

-- name: vacuum
-- What was counted of the tables goes too: it keeps the commonest and some of the other values of each column.
vacuum (analyze) submission, submission_revision, document, mention, event, "case", link_key, filing, same_party,
    case_relation, case_accused, correction, rejection, upload, reveal, pg_statistic;

-- name: vacuum_full
vacuum (full, analyze) submission, submission_revision, document, mention, event, "case", link_key, filing, same_party,
    case_relation, case_accused, correction, rejection, upload, reveal, pg_statistic;
