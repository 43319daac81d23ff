-- How the API's reads are answered: nodes by their keys, lists by what they belong to, pages of keys.
-- Pages hold the markers `/* page */` (more conditions, order, limit) and `/* order */`, which graph/reads.py fills in.

-- Nodes by key ----------------------------------------------------------------------------------------------------

-- name: cases_by_key
-- The id of a joined case answers with the leading one.
select asked.id as asked, lead.id, lead.number, lead.status, lead.kind, lead.title, lead.topic, lead.division,
    lead.channels, lead.submission_count, lead.opened_at, lead.first_received_at, lead.last_activity_at
from "case" asked
join "case" lead on lead.id = asked."leading"
where asked.id = any($1::uuid[]);

-- name: submissions_by_key
select submission.id as asked, submission.id, submission.channel, submission.source, submission.external_id,
    submission.received_at, submission.registered_at, submission.kind, submission.topic, submission.division,
    submission.revision_count, submission.receipt_code, submission.case_id, revision.title, revision.body,
    revision.details
from submission
join submission_revision revision on revision.id = submission.revision
where submission.id = any($1::uuid[]);

-- name: revisions_by_key
select revision.id as asked, revision.id, revision.number, revision.at, revision.title, revision.body,
    revision.details, revision.position, submission.channel
from submission_revision revision
join submission on submission.id = revision.submission
where revision.id = any($1::uuid[]);

-- name: documents_by_key
select id as asked, id, submission, name, media_type, size, body from document where id = any($1::uuid[]);

-- name: mentions_by_key
select id as asked, id, submission, party, role, kind, name_masked, identity_masked, phone_masked, address_masked,
    account_masked, email_masked, until is null as current
from mention
where id = any($1::uuid[]);

-- name: parties_by_key
-- A party is asked for by any mention that is, or once was, its smallest; it answers as the party that is now.
select asked.id as asked, party.*
from mention asked
cross join lateral (
    select asked.party as id,
        (array_agg(mention.kind order by mention.id))[1] as kind,
        array_agg(distinct mention.name_masked) filter (where mention.name_masked is not null) as names,
        array_agg(distinct mention.phone_masked) filter (where mention.phone_masked is not null) as phones,
        count(*) filter (where mention.until is null) as mention_count,
        count(distinct mention.submission) filter (where mention.until is null) as submission_count
    from mention
    where mention.party = asked.party
) party
where asked.id = any($1::uuid[]);

-- name: places_by_key
select id as asked, id, code, source, name, full_name, level, parent from place where id = any($1::uuid[]);

-- name: places_by_code
select code as asked, id from place where code = any($1::text[]);

-- name: organs_by_key
select id as asked, id, name, division from organ where id = any($1::uuid[]);

-- name: events_by_key
select id as asked, id, submission, case_id, kind, at, at_given, organ, body, satisfaction
from event
where id = any($1::uuid[]);

-- name: rejections_by_key
select id as asked, id, channel, source, position, reason, message, at, attempts, resolved_at, resolved_to
from rejection
where id = any($1::uuid[]);

-- Lists by what they belong to ------------------------------------------------------------------------------------

-- name: submission_filing
select filing.submission as parent, filing.state, filing.score, filing.evidence, filing.decided_by, filing.decided_at
from filing
join submission on submission.id = filing.submission and submission.case_id = filing.case_id
where filing.submission = any($1::uuid[]) and filing.state = 'ACCEPTED';

-- name: submission_mentions
select submission as parent, id from mention where submission = any($1::uuid[]) and until is null order by id;

-- name: submission_revisions
select submission as parent, id from submission_revision where submission = any($1::uuid[]) order by submission, number;

-- name: submission_documents
select submission as parent, id from document where submission = any($1::uuid[]) order by id;

-- name: submission_events
select submission as parent, id from event where submission = any($1::uuid[]) and until is null order by at, id;

-- name: case_places
-- Each place once, by the tie that holds best.
select distinct on ("case"."leading", tie.place)
    "case"."leading" as parent, tie.place, tie.state, tie.score, tie.evidence, tie.decided_by, tie.decided_at
from "case"
join case_place tie on tie.case_id = "case".id
where "case"."leading" = any($1::uuid[]) and tie.state in ('ACCEPTED', 'PROPOSED')
order by "case"."leading", tie.place, tie.state, tie.decided_at, tie.id;

-- name: case_organs
-- Each organ once for each of its roles, by the tie that holds best.
select distinct on ("case"."leading", tie.role, tie.organ)
    "case"."leading" as parent, tie.organ, tie.role, tie.state, tie.score, tie.evidence, tie.decided_by,
    tie.decided_at
from "case"
join case_organ tie on tie.case_id = "case".id
where "case"."leading" = any($1::uuid[]) and tie.state in ('ACCEPTED', 'PROPOSED')
order by "case"."leading", tie.role, tie.organ, tie.state, tie.decided_at, tie.id;

-- name: case_relations
-- From either end: a tie between two cases of one matter is told once.
select distinct on (member."leading", tie.id)
    member."leading" as parent, tie.relation, tie.origin, tie.target, tie.state, tie.score, tie.evidence,
    tie.decided_by, tie.decided_at
from "case" member
join case_relation tie on tie.origin = member.id or tie.target = member.id
where member."leading" = any($1::uuid[]) and tie.state in ('ACCEPTED', 'PROPOSED')
order by member."leading", tie.id;

-- name: party_links
select distinct on (mention.party, tie.id)
    mention.party as parent, tie.low, tie.high, tie.state, tie.score, tie.evidence, tie.decided_by, tie.decided_at
from mention
join same_party tie on tie.low = mention.id or tie.high = mention.id
where mention.party = any($1::uuid[]) and tie.state in ('ACCEPTED', 'PROPOSED')
order by mention.party, tie.id;

-- Pages within a node ---------------------------------------------------------------------------------------------

-- name: case_submissions
select parent.key as parent, page.*
from unnest($1::uuid[]) as parent (key)
cross join lateral (
    select * from (
        select submission.id, submission.received_at
        from "case" join submission on submission.case_id = "case".id
        where "case"."leading" = parent.key
    ) one
    where true /* page */
) page
/* order */;

-- name: case_submissions_count
select "case"."leading" as parent, count(*) as total
from "case" join submission on submission.case_id = "case".id
where "case"."leading" = any($1::uuid[])
group by "case"."leading";

-- name: case_parties
select parent.key as parent, page.*
from unnest($1::uuid[]) as parent (key)
cross join lateral (
    select * from (
        select distinct mention.party as id
        from "case"
        join submission on submission.case_id = "case".id
        join mention on mention.submission = submission.id
        where "case"."leading" = parent.key and mention.until is null
    ) one
    where true /* page */
) page
/* order */;

-- name: case_parties_count
select "case"."leading" as parent, count(distinct mention.party) as total
from "case"
join submission on submission.case_id = "case".id
join mention on mention.submission = submission.id
where "case"."leading" = any($1::uuid[]) and mention.until is null
group by "case"."leading";

-- name: case_events
select parent.key as parent, page.*
from unnest($1::uuid[]) as parent (key)
cross join lateral (
    select * from (
        select event.id, event.at
        from "case" join event on event.case_id = "case".id
        where "case"."leading" = parent.key and event.until is null
    ) one
    where true /* page */
) page
/* order */;

-- name: case_events_count
select "case"."leading" as parent, count(*) as total
from "case" join event on event.case_id = "case".id
where "case"."leading" = any($1::uuid[]) and event.until is null
group by "case"."leading";

-- name: case_timeline
-- Entries about the case and those joined to it, or about their submissions.
select parent.key as parent, page.*
from unnest($1::uuid[]) as parent (key)
cross join lateral (
    select * from (
        select entry.position, entry.kind, entry.subject, entry.object, entry.actor, entry.at, entry.state, entry.fields
        from (
            select journal.position
            from "case" join journal on journal.subject = "case".id or journal.object = "case".id
            where "case"."leading" = parent.key
            union
            select journal.position
            from "case"
            join submission on submission.case_id = "case".id
            join journal on journal.subject = submission.id
            where "case"."leading" = parent.key
        ) told
        join journal entry on entry.position = told.position
    ) one
    where true /* page */
) page
/* order */;

-- name: case_timeline_count
select parent, count(*) as total
from (
    select "case"."leading" as parent, journal.position
    from "case" join journal on journal.subject = "case".id or journal.object = "case".id
    where "case"."leading" = any($1::uuid[])
    union
    select "case"."leading" as parent, journal.position
    from "case"
    join submission on submission.case_id = "case".id
    join journal on journal.subject = submission.id
    where "case"."leading" = any($1::uuid[])
) told
group by parent;

-- name: party_mentions
select parent.key as parent, page.*
from unnest($1::uuid[]) as parent (key)
cross join lateral (
    select id from mention where party = parent.key and until is null /* page */
) page
/* order */;

-- name: party_mentions_count
select party as parent, count(*) as total
from mention
where party = any($1::uuid[]) and until is null
group by party;

-- name: party_cases
select parent.key as parent, page.*
from unnest($1::uuid[]) as parent (key)
cross join lateral (
    select * from (
        select distinct lead.id, lead.opened_at
        from mention
        join submission on submission.id = mention.submission
        join "case" filed on filed.id = submission.case_id
        join "case" lead on lead.id = filed."leading"
        where mention.party = parent.key and mention.until is null
    ) one
    where true /* page */
) page
/* order */;

-- name: party_cases_count
select mention.party as parent, count(distinct filed."leading") as total
from mention
join submission on submission.id = mention.submission
join "case" filed on filed.id = submission.case_id
where mention.party = any($1::uuid[]) and mention.until is null
group by mention.party;

-- name: place_cases
select parent.key as parent, page.*
from unnest($1::uuid[]) as parent (key)
cross join lateral (
    select * from (
        select distinct lead.id, lead.opened_at
        from case_place tie
        join "case" filed on filed.id = tie.case_id
        join "case" lead on lead.id = filed."leading"
        where tie.place = parent.key and tie.state = 'ACCEPTED'
    ) one
    where true /* page */
) page
/* order */;

-- name: place_cases_count
select tie.place as parent, count(distinct filed."leading") as total
from case_place tie
join "case" filed on filed.id = tie.case_id
where tie.place = any($1::uuid[]) and tie.state = 'ACCEPTED'
group by tie.place;

-- name: organ_cases
select parent.key as parent, page.*
from unnest($1::uuid[]) as parent (key)
cross join lateral (
    select * from (
        select distinct lead.id, lead.opened_at
        from case_organ tie
        join "case" filed on filed.id = tie.case_id
        join "case" lead on lead.id = filed."leading"
        where tie.organ = parent.key and tie.state = 'ACCEPTED'
    ) one
    where true /* page */
) page
/* order */;

-- name: organ_cases_count
select tie.organ as parent, count(distinct filed."leading") as total
from case_organ tie
join "case" filed on filed.id = tie.case_id
where tie.organ = any($1::uuid[]) and tie.state = 'ACCEPTED'
group by tie.organ;

-- Pages of everything ---------------------------------------------------------------------------------------------

-- name: cases
select id, opened_at, last_activity_at from "case" where "leading" = id /* page */;

-- name: cases_count
select count(*) as total from "case" where "leading" = id /* page */;

-- name: submissions
select id, received_at from submission where true /* page */;

-- name: submissions_count
select count(*) as total from submission where true /* page */;

-- name: parties
-- A party's smallest mention stands for it.
select id from mention where id = party /* page */;

-- name: parties_count
select count(*) as total from mention where id = party /* page */;

-- name: places
select id, full_name from place where true /* page */;

-- name: places_count
select count(*) as total from place where true /* page */;

-- name: organs
select id, name from organ where true /* page */;

-- name: organs_count
select count(*) as total from organ where true /* page */;

-- name: rejections
select id, at from rejection where true /* page */;

-- name: rejections_count
select count(*) as total from rejection where true /* page */;

-- Where the journal's readers stand -------------------------------------------------------------------------------

-- name: readers
select name, position from journal_reader order by name;

-- name: attachment_files
select file from document;

-- name: open_rejections_count
select count(*) from rejection where resolved_at is null;

-- name: reached_over
select case when ssl then 'TLS (' || version || ')' when inet_server_addr() is null then 'a socket' else 'TCP' end
from pg_stat_ssl where pid = pg_backend_pid();
