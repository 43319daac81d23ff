-- name: affected
-- How far the next entries of the journal reach, and the submissions they tell of: all that is filed with one in its
-- case, or in those which that leads, since who sees one of a case sees all of it; all that a case holds or leads; all of
-- the case of a step that came with none of them; or all in the cases that accuse the party of a mention: who is one with
-- an accused is accused. `offset 0` has each looked up by its index: hashing whole tables instead, as is planned without
-- it, costs more with every submission there is.
with entry as materialized (
    select position, subject, object from journal where position > $1 order by position limit $2
), told as materialized (
    select subject as id from entry union select object from entry where object is not null
)
select max(position) as position, journal_link(max(position)) as link, array(
    select distinct found.id from told cross join lateral (
        select submission.id from submission named join submission on submission.case_id = named.case_id
        where named.id = told.id
        union all
        select submission.id from submission named
        join "case" on "case"."leading" = named.case_id and "case".id <> named.case_id
        join submission on submission.case_id = "case".id
        where named.id = told.id
        union all
        select id from submission where submission.case_id = told.id
        union all
        select submission.id from "case" join submission on submission.case_id = "case".id
        where "case"."leading" = told.id and "case".id <> told.id
        union all
        select submission.id from event join submission on submission.case_id = event.case_id
        where event.id = told.id and event.submission is null
        union all
        select submission.id from mention named
        join mention same on same.party = named.party
        join case_accused edge on edge.submission = same.submission and edge.mention = same.id
        join "case" member on member.id = edge.case_id or member."leading" = edge.case_id
        join submission on submission.case_id = member.id
        where named.id = told.id
        offset 0
    ) as found
) as submissions
from entry;

-- name: following
-- The submissions that come after one, in the order in which they came in.
select id from submission where id > $1 order by id limit $2;

-- name: documents
-- What is indexed of each submission, as it is now, but for what `attached` tells; the leading case answers for those
-- that follow it.
select submission.id, submission.channel, submission.kind, submission.topic, submission.division,
    submission.received_at, submission.external_id, submission.receipt_code, own.number as case_number, own.id as own_id, own."leading", coalesce(leader.id, own.id) as case_id,
    coalesce(leader.status, own.status) as status, revision.title, revision.body
from unnest($1::uuid[]) as asked (id)
join submission on submission.id = asked.id
join submission_revision revision on revision.id = submission.revision
join "case" own on own.id = submission.case_id
left join "case" leader on leader.id = case when own.leads then null else own."leading" end;

-- name: texts
-- What each submission says, but for what `attached` tells: all that a score is made of, and no more.
select submission.id, submission.case_id as own_id, revision.title, revision.body
from unnest($1::uuid[]) as asked (id)
join submission on submission.id = asked.id
join submission_revision revision on revision.id = submission.revision;

-- name: known_by
-- The numbers by which each submission is known.
select submission.id, submission.external_id, submission.receipt_code, own.number as case_number
from unnest($1::uuid[]) as asked (id)
join submission on submission.id = asked.id
join "case" own on own.id = submission.case_id;

-- name: attached
-- What was said of submissions and of their cases, and the texts of their attachments (those have no time), in any
-- order. Steps of a case that came with no submission are told with the earliest, which opened it. What is withheld is
-- found by nobody: not all who see the submission see it.
select event.submission, event.body, event.at, event.id from event
where event.submission = any($1::uuid[]) and event.until is null and event.body <> ''
union all
select (
    select opened.id from submission opened where opened.case_id = event.case_id order by opened.id limit 1
), event.body, event.at, event.id from event
where event.case_id = any($2::uuid[]) and event.submission is null and event.until is null and event.body <> ''
union all
select document.submission, document.body, null, document.id from document
where document.submission = any($1::uuid[]) and document.body <> '' and not document.withheld;

-- name: audiences
-- By whom what is filed in each case is seen: what it is, whose part it has, who is accused in it (graph/scope.py).
select own.id, own.status, own.kind, own.unnamed, own.division,
    array(
        select distinct part.organ from case_organ part where part.case_id = own.id and part.state = 'ACCEPTED'
        order by 1
    ) as organs,
    array(
        select distinct edge.organ from case_accused edge
        where edge.case_id = own.id and edge.organ is not null and edge.state in ('ACCEPTED', 'PROPOSED')
        order by 1
    ) as accused_organs,
    array(
        select distinct found.hash
        from case_accused edge
        join mention named on named.id = edge.mention
        join mention same on same.party = named.party
        cross join lateral (values (same.name_hash), (same.phone_hash), (same.identity_hash)) as found (hash)
        where edge.case_id = own.id and edge.state in ('ACCEPTED', 'PROPOSED') and found.hash is not null
        order by 1
    ) as accused_persons
from "case" own where own.id = any($1::uuid[]);

-- name: organs
-- What each organ is called, and where it sits.
select id, name, division from organ where id = any($1::uuid[]);

-- name: hidden
-- Keyed hashes of the numbers that each submission holds, in its texts and of whom it names, and of the names: only
-- whoever indexes knows.
select submission.id,
    array(
        select unnest(revision.number_hashes)
        union
        select unnest(event.number_hashes) from event where event.submission = submission.id and event.until is null
        union
        select unnest(event.number_hashes) from event
        where event.case_id = submission.case_id and event.submission is null and event.until is null and (
            select true from submission earlier
            where earlier.case_id = submission.case_id and earlier.id < submission.id limit 1
        ) is null
        union
        select unnest(document.number_hashes) from document
        where document.submission = submission.id and not document.withheld
        union
        select unnest(array[mention.identity_hash, mention.phone_hash]) from mention
        where mention.submission = submission.id and mention.until is null
    ) as numbers,
    array(
        select distinct mention.name_hash from mention where mention.submission = submission.id and mention.until is null
    ) as names
from unnest($1::uuid[]) as asked (id)
join submission on submission.id = asked.id
join submission_revision revision on revision.id = submission.revision;

-- name: standing
-- How an index that holds the journal up to a position, and with a link, stands for a viewer. What they may not see
-- makes no difference, unless the index lacks thousands of entries.
select barrier_of($1::text[]) as barrier, standing.known, standing.share,
    extract(epoch from clock_timestamp() - coalesce(standing.since, (
        select entry.at from journal entry
        where entry.position > $2::bigint and entry.position <= $2::bigint + 5000 order by entry.position limit 1
    )))::double precision as late,
    (select count(*) from submission where submission.id = any(standing.aside)) as missing
from index_standing($2::bigint, $3::bytea) as standing;

-- name: barrier
-- How far the index must have come before counts are given to these audiences.
select barrier_of($1::text[]);

-- name: organs_named
-- The organs that have this in their names. Whoever asks reads as a viewer: not every organ is public.
select name from organ where position($1 in name) > 0 order by name;
