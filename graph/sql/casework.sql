-- name: submission_facts
select submission.case_id, submission.id, submission.channel, submission.received_at, submission.registered_at,
    submission.kind, submission.topic, submission.division, submission.unnamed, revision.title
from submission join submission_revision revision on revision.id = submission.revision
where submission.case_id = any($1::uuid[]);

-- name: event_facts
select case_id, kind, at from event where case_id = any($1::uuid[]) and until is null;

-- name: renew_cases
update "case"
set opened_at = facts.opened_at, status = facts.status, kind = facts.kind, topic = facts.topic,
    division = facts.division, title = facts.title, channels = string_to_array(facts.channels, ','),
    submission_count = facts.submission_count, first_received_at = facts.first_received_at,
    last_received_at = facts.last_received_at, last_answered_at = facts.last_answered_at,
    last_activity_at = facts.last_activity_at, unnamed = facts.unnamed
from unnest(
    $1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::integer[], $10::timestamptz[], $11::timestamptz[], $12::timestamptz[], $13::timestamptz[], $14::boolean[]
) as facts (
    id, opened_at, status, kind, topic, division, title, channels, submission_count, first_received_at, last_received_at,
    last_answered_at, last_activity_at, unnamed
)
where "case".id = facts.id
returning "case".id, old.status as before, new.status as now, old.scope <> new.scope as rescoped;

-- name: rescope
-- Gives all that hangs on these cases their scope, where it is another.
with changed as materialized (select id, scope from "case" where id = any($1::uuid[])),
filed as materialized (
    select submission.id, changed.scope from submission join changed on changed.id = submission.case_id
),
submissions as (
    update submission set scope = filed.scope from filed
    where submission.id = filed.id and submission.scope <> filed.scope
),
revisions as (
    update submission_revision set scope = filed.scope from filed
    where submission_revision.submission = filed.id and submission_revision.scope <> filed.scope
),
documents as (
    update document set scope = filed.scope from filed
    where document.submission = filed.id and document.scope <> filed.scope
),
mentions as (
    update mention set scope = filed.scope from filed
    where mention.submission = filed.id and mention.scope <> filed.scope
),
events as (
    update event set scope = changed.scope from changed
    where event.case_id = changed.id and event.scope <> changed.scope
),
places as (
    update case_place set scope = changed.scope from changed
    where case_place.case_id = changed.id and case_place.scope <> changed.scope
)
update case_organ set scope = changed.scope from changed
where case_organ.case_id = changed.id and case_organ.scope <> changed.scope;

-- name: concerned
-- Who may be concerned by what was hidden in cases: organs that have or had a part, organs and persons accused, and all
-- who are of any organ where not everybody accused is known.
select 'STAFF' as audience from "case" where id = any($1::uuid[]) and unnamed
union
select organ::text from case_organ where case_id = any($1::uuid[])
union
select organ::text from case_accused where case_id = any($1::uuid[]) and organ is not null
union
select encode(found.hash, 'hex')
from case_accused edge
join mention named on named.id = edge.mention
join mention same on same.party = named.party
cross join lateral (values (same.name_hash), (same.phone_hash), (same.identity_hash)) as found (hash)
where edge.case_id = any($1::uuid[]) and found.hash is not null;

-- name: accused_as
-- The keyed hashes of all that is one party with a mention, where somebody of that party is accused.
select distinct encode(found.hash, 'hex') as audience
from mention named
join mention same on same.party = named.party
cross join lateral (values (same.name_hash), (same.phone_hash), (same.identity_hash)) as found (hash)
where named.id = $1 and found.hash is not null and exists (
    select from mention other
    join case_accused edge on edge.submission = other.submission and edge.mention = other.id
    where other.party = named.party and edge.state in ('ACCEPTED', 'PROPOSED')
);

-- name: raise_barriers
insert into barrier (audience, position)
select audience, journal_head.position from unnest($1::text[]) as told (audience), journal_head order by audience
on conflict (audience) do update set position = excluded.position;

-- name: submission
select case_id, kind, topic, division, scope from submission where id = $1;

-- name: accuse
-- Whom a person names is kept beside what records say, and no record takes it back.
insert into case_accused (id, case_id, organ, submission, state, evidence, decided_by, decided_at)
select named.id, $4, named.organ, $3, 'ACCEPTED', $5, $6, $7 from unnest($1::uuid[], $2::uuid[]) as named (id, organ)
where not exists (
    select from case_accused edge
    where edge.submission = $3 and edge.organ = named.organ and edge.evidence ? 'reason'
);

-- name: accused_is_named
update submission set unnamed = false where id = $1;

-- name: corrections
-- What people have set of a submission, and what its source says of it.
select id, field, value, said from correction where submission = $1 and state = 'ACCEPTED';

-- name: take_back
-- At most one decision of each of these holds.
update correction set state = 'RETIRED' where submission = $1 and field = any($2::text[]) and state = 'ACCEPTED';

-- name: correct
-- What is set holds; that something was taken back is kept, with who did so and why, and holds nothing.
insert into correction (id, submission, field, value, said, state, evidence, decided_by, decided_at)
select told.id, $1, told.field, told.value, told.said, case when told.value is null then 'RETIRED' else 'ACCEPTED' end,
    $6, $7, $8
from unnest($2::uuid[], $3::text[], $4::text[], $5::text[]) as told (id, field, value, said);

-- name: classify
update submission set kind = $2::text, unnamed = ($2::text = 'ACCUSATION') where id = $1;

-- name: place
update submission set topic = $2, division = $3 where id = $1;

-- name: organs_said
-- The organs that its source names, a line each.
select string_agg(organ.name, chr(10) order by part.id) from case_organ part join organ on organ.id = part.organ
where part.submission = $1 and part.state <> 'RETIRED' and part.evidence ->> 'rule' is distinct from 'PERSON_SAYS';

-- name: recall_organ
-- The part of the organ that a person named.
update case_organ set state = 'RETIRED' where submission = $1 and state <> 'RETIRED' and evidence ->> 'rule' = 'PERSON_SAYS';

-- name: send_to_organ
-- Proposed until the parts in the case are settled.
insert into case_organ (id, case_id, organ, role, submission, state, evidence, decided_by, decided_at, scope)
select $2, submission.case_id, $3, 'RESPONSIBLE', submission.id, 'PROPOSED', '{"rule": "PERSON_SAYS"}', $4, $5,
    submission.scope
from submission where submission.id = $1;

-- name: accuse_nobody
update case_accused set state = 'RETIRED' where submission = $1 and state in ('ACCEPTED', 'PROPOSED');

-- name: accuse_again
-- Whom it accused before, and whom it names as its respondents.
with accused as (
    update case_accused set state = 'ACCEPTED' where submission = $1 and state = 'RETIRED' returning mention
)
insert into case_accused (id, case_id, mention, submission, state, evidence, decided_by, decided_at)
select uuidv7(), submission.case_id, mention.id, submission.id, 'ACCEPTED', $2, $3, $4
from submission join mention on mention.submission = submission.id
where submission.id = $1 and mention.role = 'RESPONDENT' and mention.until is null
and mention.id not in (select accused.mention from accused where accused.mention is not null);

-- name: withhold_documents
-- What but superseded revisions of an accusation brought stays with those who could see them.
update document set withheld = true
from submission_revision said
where document.submission = $1 and said.id = document.revision and said.kept_scope < 0;

-- name: withhold_events
-- The same of what they alone told. It holds no longer, until a record tells it once more.
update event set until = submission.revision
from submission join submission_revision said on said.submission = submission.id
where submission.id = $1 and event.submission = submission.id and event.until is null and said.id = event.told
and said.kept_scope < 0;

-- name: forget_alerts
-- Alerts of what it said then; what it says now is matched again.
delete from alert where submission = $1;

-- name: filings_told_of
-- What files a submission, and what was filed in its case for a reason, which `keep_reasons` may take away.
select filing.id from submission named
join filing on filing.submission = named.id or filing.case_id = named.case_id and filing.evidence ? 'reason'
where named.id = $1;

-- name: keep_reasons
-- The reasons that people gave for ties of an accusation, and of its case, may tell of it: they are kept with the
-- decision that it is none.
with tied as materialized (
    select id, 'filing' as edges, evidence -> 'reason' as reason from filing
    where submission = $1 or case_id = $2
    union all
    select id, 'case_relation', evidence -> 'reason' from case_relation where origin = $2 or target = $2
    union all
    select same_party.id, 'same_party', same_party.evidence -> 'reason' from same_party
    join mention on mention.id in (same_party.low, same_party.high)
    where mention.submission = $1
    union all
    select correction.id, 'correction', correction.evidence -> 'reason' from correction
    join submission on submission.id = correction.submission
    where submission.case_id = $2 and correction.field <> 'KIND'
), given as materialized (
    select distinct id, edges, reason from tied where reason is not null
), filings as (
    update filing set evidence = evidence - 'reason' from given where given.edges = 'filing' and given.id = filing.id
), relations as (
    update case_relation set evidence = evidence - 'reason'
    from given where given.edges = 'case_relation' and given.id = case_relation.id
), parties as (
    update same_party set evidence = evidence - 'reason'
    from given where given.edges = 'same_party' and given.id = same_party.id
), corrected as (
    update correction set evidence = evidence - 'reason'
    from given where given.edges = 'correction' and given.id = correction.id
)
update correction set evidence = evidence || jsonb_build_object('former', (
    select jsonb_object_agg(given.id, given.reason) from given
))
where submission = $1 and field = 'KIND' and id = (
    select latest.id from correction latest where latest.submission = $1 and latest.field = 'KIND'
    order by latest.decided_at desc, latest.id desc limit 1
) and exists (select from given);

-- name: know
-- Organs and places that something tells of which is no accusation.
with places as materialized (
    select id from place where not known and id in (
        select place from case_place where submission = $1 and state in ('ACCEPTED', 'PROPOSED')
    ) order by id for no key update
), organs as materialized (
    select id from organ where not known and id in (
        select organ from case_organ where submission = $1 and state in ('ACCEPTED', 'PROPOSED')
        union all
        select organ from event where submission = $1 and until is null
    ) order by id for no key update
), known as (
    update place set known = true from places where place.id = places.id
)
update organ set known = true from organs where organ.id = organs.id;

-- name: parts
-- What submissions say has a part in these cases and in those that they lead, with whom each case accuses, or the case
-- that leads it; and whether a person sent the submission to another organ, before this one had answered.
select part.id, part.state, organ.name, submission.division, submission.unnamed,
    part.evidence ->> 'rule' is distinct from 'PERSON_SAYS' and exists (
        select from correction where correction.submission = part.submission
        and correction.field = 'ORGAN' and correction.state = 'ACCEPTED' and correction.value <> organ.name
    ) and not exists (
        select from event where event.submission = part.submission and event.organ = part.organ and event.until is null
    ) as overruled, array(
    select distinct edge.organ from case_accused edge
    where edge.case_id in (own.id, own."leading") and edge.organ is not null
    and edge.state in ('ACCEPTED', 'PROPOSED')
) as accused
from "case" own
join case_organ part on part.case_id = own.id and part.state in ('ACCEPTED', 'PROPOSED', 'REJECTED')
join submission on submission.id = part.submission
join organ on organ.id = part.organ
where own.id = any($1::uuid[]) or own."leading" = any($1::uuid[])
order by part.id;

-- name: settle_parts
update case_organ set state = settled.state
from unnest($1::uuid[], $2::text[]) as settled (id, state) where case_organ.id = settled.id;

-- name: groups
-- The cases that these two belong with: all that the same case leads.
select id, "leading", submission_count from "case"
where "leading" in (select "leading" from "case" where id = any($1::uuid[]));

-- name: follows
select origin, target from case_relation
where relation = 'SAME_MATTER' and state = 'ACCEPTED' and origin = any($1::uuid[]);

-- name: lead
update "case" set "leading" = led.case_id
from unnest($1::uuid[], $2::uuid[]) as led (id, case_id)
where "case".id = led.id and "case"."leading" <> led.case_id;

-- name: relate
insert into case_relation (id, relation, origin, target, state, score, evidence, decided_by, decided_at)
values ($1, $2, $3, $4, 'ACCEPTED', null, $5, $6, $7)
on conflict (relation, origin, target) do update
set state = excluded.state, score = null, evidence = excluded.evidence, decided_by = excluded.decided_by,
    decided_at = excluded.decided_at
returning id;

-- name: unrelate
update case_relation set state = 'REJECTED', decided_by = $2, decided_at = $3
where relation = 'SAME_MATTER' and origin = $1 and state = 'ACCEPTED'
returning id, target;

-- name: unfile
update filing set state = 'REJECTED', decided_by = $3, decided_at = $4
where submission = $1 and case_id = $2 and state = 'ACCEPTED';

-- name: file
insert into filing (id, submission, case_id, state, score, evidence, decided_by, decided_at)
values ($1, $2, $3, 'ACCEPTED', null, $4, $5, $6)
on conflict (submission, case_id) do update
set state = excluded.state, score = null, evidence = excluded.evidence, decided_by = excluded.decided_by,
    decided_at = excluded.decided_at
returning id;

-- name: move_submission
update submission set case_id = $2 where id = $1;

-- name: move_events
update event set case_id = $2 where submission = $1;

-- name: move_places
update case_place set case_id = $2 where submission = $1;

-- name: move_organs
update case_organ set case_id = $2 where submission = $1;

-- name: move_accused
update case_accused set case_id = $2 where submission = $1;

-- name: open_case
-- Opened empty; its facts are derived once the submission stands in it.
insert into "case" (
    id, "leading", opened_at, status, kind, title, channels, submission_count, first_received_at, last_received_at,
    last_activity_at
) values ($1, $1, $2, 'REGISTERED', 'APPEAL', '', '{}', 0, $2, $2, $2);
