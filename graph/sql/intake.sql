-- name: claim
-- Whoever's row goes in has the key; the others wait here until that transaction ends.
insert into submission (
    id, channel, source, external_id, received_at, registered_at, kind, topic, division, revision, revision_count,
    content_digest, receipt_code, case_id, scope, record_key, unnamed
)
select id, channel, source, external_id, received_at, registered_at, kind, topic, division, revision, 1,
    content_digest, receipt_code, case_id, scope, record_key, unnamed
from unnest(
    $1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::text[], $8::text[],
    $9::text[], $10::uuid[], $11::bytea[], $12::text[], $13::uuid[], $14::bigint[], $15::bytea[],
    $16::boolean[]
) with ordinality as claim (
    id, channel, source, external_id, received_at, registered_at, kind, topic, division, revision,
    content_digest, receipt_code, case_id, scope, record_key, unnamed, place
)
order by place
on conflict (record_key) do nothing
returning id;

-- name: formerly
-- What stands under keys as they were before an imprint was part of them, each time it was sent, and what was erased.
select submission.record_key, revision.id, revision.content_digest, revision.payload, revision.key
from submission join submission_revision revision on revision.submission = submission.id
where submission.record_key = any($1::bytea[])
union all
select key, null, null, null, null from erased_record where key = any($1::bytea[]);

-- name: standing
select id, record_key, case_id, receipt_code, content_digest, revision_count, unnamed
from submission where record_key = any($1::bytea[]);

-- name: replayed
-- Those of whom an earlier revision said just this. Asked once they are held, so that none can be overlooked.
select distinct revision.submission
from unnest($1::uuid[], $2::bytea[]) as arriving (submission, digest)
join submission_revision revision
    on revision.submission = arriving.submission and revision.content_digest = arriving.digest;

-- name: standing_columns
select submission.id, submission.received_at, revision.title, revision.body, submission.kind, submission.topic,
    submission.division, revision.details, revision.id as revision, revision.sealed_text, revision.key,
    classification.kind as decided
from submission join submission_revision revision on revision.id = submission.revision
left join classification on classification.submission = submission.id and classification.state = 'ACCEPTED'
where submission.id = any($1::uuid[]);

-- name: standing_mentions
select id, submission, content_digest, role from mention where submission = any($1::uuid[]) and until is null order by id;

-- name: standing_events
select id, submission, content_digest, kind, case when at_given then at end as at, organ, body, satisfaction, number_hashes
from event where submission = any($1::uuid[]) and until is null order by id;

-- name: standing_documents
select id, submission, digest from document where submission = any($1::uuid[]) order by id;

-- name: standing_places
select id, submission, place from case_place where submission = any($1::uuid[]) and state <> 'RETIRED' order by id;

-- name: standing_organs
select id, submission, organ, role from case_organ
where submission = any($1::uuid[]) and state <> 'RETIRED' order by id;

-- name: standing_accused
select id, submission, mention, organ from case_accused
where submission = any($1::uuid[]) and state <> 'RETIRED' order by id;

-- name: add_place
insert into place (id, source, name, full_name, level, parent, known)
values ($1, $2, $3, $4, $5, $6, false) on conflict do nothing;

-- name: know_places
with held as materialized (
    select id from place where id = any($1::uuid[]) and not known order by id for no key update
)
update place set known = true from held where place.id = held.id;

-- name: add_organs
insert into organ (id, name, division, known)
select id, name, division, false
from unnest($1::uuid[], $2::text[], $3::text[]) as organ (id, name, division)
order by id
on conflict do nothing;

-- name: know_organs
with held as materialized (
    select id from organ where id = any($1::uuid[]) and not known order by id for no key update
)
update organ set known = true from held where organ.id = held.id;

-- name: known_organs
select id from organ where id = any($1::uuid[]) and known;

-- name: refile_new
update submission set case_id = filed.case_id
from unnest($1::uuid[], $2::uuid[]) as filed (id, case_id) where submission.id = filed.id;

-- name: supersede
-- Keeps who could see the revisions that are about to be superseded; asked before anything else of theirs is changed.
update submission_revision said
set kept_scope = said.scope, kept_organs = coalesce((
    select array_agg(distinct part.organ) from case_organ part
    where part.case_id = submission.case_id and part.state = 'ACCEPTED'
), '{}'), kept_accused = coalesce((
    select array_agg(distinct coalesce(edge.organ, edge.mention)) from case_accused edge
    where edge.case_id = submission.case_id and edge.state in ('ACCEPTED', 'PROPOSED')
), '{}')
from submission where submission.id = any($1::uuid[]) and said.id = submission.revision;

-- name: renew
update submission
set received_at = said.received_at, kind = said.kind, topic = said.topic, division = said.division,
    revision = said.revision, revision_count = said.revision_count, content_digest = said.content_digest,
    unnamed = said.unnamed
from unnest(
    $1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::integer[], $8::bytea[],
    $9::boolean[]
) as said (id, received_at, kind, topic, division, revision, revision_count, content_digest, unnamed)
where submission.id = said.id;

-- name: drop_mentions
update mention set until = dropped.until
from unnest($1::uuid[], $2::uuid[]) as dropped (id, until) where mention.id = dropped.id;

-- name: drop_events
update event set until = dropped.until
from unnest($1::uuid[], $2::uuid[]) as dropped (id, until) where event.id = dropped.id;

-- name: drop_places
update case_place set state = 'RETIRED'
from unnest($1::uuid[], $2::uuid[]) as dropped (id, until) where case_place.id = dropped.id;

-- name: drop_organs
update case_organ set state = 'RETIRED'
from unnest($1::uuid[], $2::uuid[]) as dropped (id, until) where case_organ.id = dropped.id;

-- name: bring_again
-- Attachments that a revision brings once more are of that revision, and seen as it is.
update document set revision = brought.revision, withheld = false
from unnest($1::uuid[], $2::uuid[]) as brought (id, revision) where document.id = brought.id;

-- name: tell_again
update event set told = said.revision
from unnest($1::uuid[], $2::uuid[]) as said (id, revision) where event.id = said.id;

-- name: overrule
-- What a person decided holds no longer of those that accuse somebody anew.
update classification set state = 'RETIRED' where state = 'ACCEPTED' and submission = any($1::uuid[]);

-- name: merge_parties
update mention set party = merged.now
from unnest($1::uuid[], $2::uuid[]) as merged (party, now) where mention.party = merged.party;

-- name: retire_links
update same_party set state = 'RETIRED', decided_at = $2
where state in ('ACCEPTED', 'PROPOSED') and (low = any($1::uuid[]) or high = any($1::uuid[]));

-- name: parties_of
select distinct party from mention where id = any($1::uuid[]);

-- name: reject
-- The same record turned down again counts as another attempt; nothing else changes.
-- What it is refused for now is told. Of what could not be kept, nothing says that it is what was resolved or dismissed.
insert into rejection (
    id, channel, source, position, reason, message, digest, payload, key, at, holder, records, record_key, place,
    attempts
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 1)
on conflict (source, position, digest) do update
set attempts = rejection.attempts + 1, reason = excluded.reason, message = excluded.message,
    record_key = excluded.record_key, place = excluded.place,
    resolved_at = case when $15 then rejection.resolved_at end,
    resolved_to = case when $15 then rejection.resolved_to end,
    dismissed_at = case when $15 then rejection.dismissed_at end,
    dismissed_by = case when $15 then rejection.dismissed_by end,
    dismissal = case when $15 then rejection.dismissal end
returning id, old.state is distinct from 'OPEN' and new.state = 'OPEN' as opened;

-- name: settle
-- What came in ends the rejections of the same record, or of its place where no id says that another stood there.
with arrived as (
    select * from unnest($1::uuid[], $2::bytea[], $3::bytea[]) as arrived (submission, record_key, place)
),
found as (
    select rejection.id, arrived.submission
    from arrived join rejection on rejection.state = 'OPEN' and rejection.record_key = arrived.record_key
    union
    select rejection.id, arrived.submission
    from arrived join rejection on rejection.state = 'OPEN' and rejection.place = arrived.place
        and coalesce(rejection.record_key = arrived.record_key, true)
),
held as materialized (
    select id from rejection where id in (select id from found)
    order by source, position, digest for no key update
)
update rejection set resolved_at = $4, resolved_to = (
    select found.submission from found where found.id = rejection.id order by found.submission limit 1
)
from held where rejection.id = held.id and rejection.state = 'OPEN'
returning rejection.id, rejection.resolved_to;

-- name: settle_files
-- Files that were read to their ends, of which nothing was refused, end what was refused of them as a whole. What
-- somebody else is about to end or to refuse is left to them.
with held as materialized (
    select id from rejection where state = 'OPEN' and place = any($1::bytea[]) for no key update skip locked
)
update rejection set resolved_at = $2 from held where rejection.id = held.id and rejection.state = 'OPEN'
returning rejection.id;

-- name: dismiss
update rejection set dismissed_at = $2, dismissed_by = $3, dismissal = $4 where id = $1 and state = 'OPEN'
returning true;

-- name: kept
select channel, source, position, reason, message, payload, key, holder, records from rejection
where id = $1 and state = 'OPEN' and payload is not null;

-- name: resolve
update rejection set resolved_at = $3, resolved_to = $2 where id = $1 and state = 'OPEN' returning true;

-- name: move_cursor
insert into source_cursor (source, cursor, at) values ($1, $2, $3)
on conflict (source) do update set cursor = excluded.cursor, at = excluded.at;

-- name: cursor
select cursor from source_cursor where source = $1;

-- name: rejections
select id, channel, source, position, reason, message, holder, records from rejection
where state = $1 order by at desc, id desc limit $2;

-- name: erased_records
-- Asked once all records of a transaction are claimed or held, so that no erasure can be overlooked.
select key from erased_record where key = any($1::bytea[]);

-- name: unclaim
delete from submission where id = any($1::uuid[]);

-- name: note_refused
-- The first time alone: an export that is sent each day would fill the journal.
with noted as (
    update erased_record set refused_at = $2 where key = any($1::bytea[]) and refused_at is null returning submission
)
select noted.submission from noted join submission on submission.id = noted.submission order by 1;
