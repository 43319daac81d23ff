-- squawk-ignore-file require-concurrent-index-creation, require-concurrent-index-deletion, adding-field-with-default
-- (the instance stands still while it is brought to a version, so nobody waits for what writes wait for)
-- Somebody entitled may say that what was an accusation is none. What was said while it was one stays with those who
-- could see it then: never with whom it accused, nor with whoever is not cleared (Art. 30).

-- What a person decided that a submission is. It holds over what its source says, until that accuses somebody anew.
create table classification (
    id uuid primary key,
    submission uuid not null,
    kind text not null,
    state text not null,
    evidence jsonb not null,
    decided_by text not null,
    decided_at timestamptz not null
);
create unique index classification_accepted on classification (submission) where state = 'ACCEPTED';
create index classification_submission on classification (submission);

-- Whom the case of a revision accused when a later one took its place: ids of organs and of mentions.
alter table submission_revision add column kept_accused uuid [];
update submission_revision said
set kept_accused = coalesce((
    select array_agg(distinct coalesce(edge.organ, edge.mention)) from case_accused edge
    where edge.case_id = submission.case_id and edge.state in ('ACCEPTED', 'PROPOSED')
), '{}')
from submission where submission.id = said.submission and said.kept_scope is not null;
grant select (kept_accused) on submission_revision to casegraph_reader;

-- An attachment that only revisions of an accusation brought which is none any more: seen by whoever sees its revision.
alter table document add column withheld boolean not null default false;
grant select (withheld) on document to casegraph_reader;

-- The submission that something was revealed of, where it was an accusation then: the reason may tell of that.
alter table reveal add column accuses uuid;
update reveal set accuses = submission.id from submission
where submission.kind = 'ACCUSATION' and submission.id = case subject_kind
    when 'Submission' then reveal.subject
    when 'Mention' then (select one.submission from mention one where one.id = reveal.subject)
    when 'Revision' then (select one.submission from submission_revision one where one.id = reveal.subject)
    when 'Event' then (select one.submission from event one where one.id = reveal.subject)
    when 'Document' then (select one.submission from document one where one.id = reveal.subject)
end;

-- What an organ accused is said to have a part in was retired, as what is said no longer is; now it is rejected, and
-- has its part again once the organ is accused no more. Which of the retired those were, nobody can tell.

-- The cases that accuse the viewer, or an organ whose staff the viewer is (Art. 30), what is filed in them, and by what
-- the viewer is or was accused: the ids of organs and mentions. Who is one party with a mention that is accused is
-- accused. Asked once by the statement that sets the viewer.
create or replace function accusing() returns text language plpgsql stable security definer as $$
declare
    staff uuid[] := coalesce(nullif(current_setting('casegraph.staff', true), '')::uuid[], '{}');
    persons bytea[] := coalesce(nullif(current_setting('casegraph.persons', true), '')::bytea[], '{}');
begin
    if staff = '{}' and persons = '{}' then
        return '{}';
    end if;
    return (
        with same as (
            select one.party from public.mention one where one.name_hash = any(persons)
            union
            select one.party from public.mention one where one.phone_hash = any(persons)
            union
            select one.party from public.mention one where one.identity_hash = any(persons)
        ), accused as (
            select edge.case_id, edge.organ as id, edge.state from public.case_accused edge
            where edge.organ = any(staff) and edge.state <> 'REJECTED'
            union
            select edge.case_id, edge.mention, edge.state from same
            join public.mention named on named.party = same.party
            join public.case_accused edge on edge.mention = named.id
            where edge.state <> 'REJECTED'
        ), cases as (
            select distinct accused.case_id as id from accused where accused.state in ('ACCEPTED', 'PROPOSED')
        )
        select coalesce(array_agg(found.id)::text, '{}') from (
            select id from cases
            union all
            select one.id from cases join public.submission one on one.case_id = cases.id
            union all
            select distinct accused.id from accused
        ) found
    );
end $$;

-- Whether a submission accuses the viewer, or did before somebody said that it does not. Looks past row-level security,
-- and tells nothing but yes and no.
create function accused_once(submission uuid) returns boolean language plpgsql stable security definer as $$
begin
    return public.viewer_accused_in() is null or exists (
        select from public.case_accused edge
        where edge.submission = accused_once.submission and edge.state <> 'REJECTED'
        and coalesce(edge.organ, edge.mention) = any(public.viewer_accused_in())
    );
end $$;

alter policy viewed on submission_revision using (
    (
        scope <@ (select viewer_ranges())
        or (select viewer_reach()) >= needed_reach(scope) and handled(case_of(submission))
    )
    and (scope > 0 or submission <> all((select viewer_accused_in())::uuid []))
    and (
        kept_scope is null
        or (
            kept_scope <@ (select viewer_ranges())
            or (select viewer_reach()) >= needed_reach(kept_scope) and kept_organs && (select viewer_organs())
        )
        and (kept_scope > 0 or not kept_accused && (select viewer_accused_in()))
    )
);
alter policy viewed on document using (
    (
        scope <@ (select viewer_ranges())
        or (select viewer_reach()) >= needed_reach(scope) and handled(case_of(submission))
    )
    and (scope > 0 or submission <> all((select viewer_accused_in())::uuid []))
    and (not withheld or (select true from submission_revision named where named.id = document.revision))
);

alter policy viewed on reveal using (
    (select viewer_may('reveals')) and case subject_kind
        when 'Mention' then (select true from mention named where named.id = reveal.subject)
        when 'Submission' then (select true from submission named where named.id = reveal.subject)
        when 'Revision' then (select true from submission_revision named where named.id = reveal.subject)
        when 'Event' then (select true from event named where named.id = reveal.subject)
        when 'Document' then (select true from document named where named.id = reveal.subject)
        else false
    end
    and (accuses is null or (select viewer_may('accusation')) and not accused_once(accuses))
);

-- What tells that a submission is or was an accusation is told to nobody who is not cleared, and to nobody accused.
alter policy viewed on journal using (
    case
        when kind = 'SUBMISSION_REVISED' and (state = 'ACCUSATION' or 'case_accused' = any(fields)) then
            (select true from submission named where named.id = journal.subject)
            and (object is null or (select true from "case" named where named.id = journal.object))
            and (select viewer_may('accusation')) and not accused_once(subject)
        when kind in ('SUBMISSION_RECEIVED', 'SUBMISSION_REVISED', 'SUBMISSION_FILED', 'SUBMISSION_PARTED') then
            (select true from submission named where named.id = journal.subject)
            and (object is null or (select true from "case" named where named.id = journal.object))
        when kind = 'CASE_OPENED' then
            (select true from "case" named where named.id = journal.subject)
            and (select true from submission named where named.id = journal.object)
        when kind = 'CASE_MOVED' then (select true from "case" named where named.id = journal.subject)
        when kind in ('CASES_JOINED', 'CASES_PARTED') then
            (select true from "case" named where named.id = journal.subject)
            and (select true from "case" named where named.id = journal.object)
        when kind = 'EVENT_RECORDED' then (select true from event named where named.id = journal.subject)
        when kind in ('PARTIES_JOINED', 'PARTIES_PROPOSED', 'PARTIES_PARTED') then
            (select true from mention named where named.id = journal.subject)
            and (select true from mention named where named.id = journal.object)
        when kind in ('ACCUSED_NAMED', 'SUBMISSION_CLASSIFIED') then
            (select true from submission named where named.id = journal.subject)
            and (select viewer_may('accusation')) and not accused_once(subject)
        when kind in ('PERSON_ERASED', 'REVISION_REFUSED', 'PAYLOAD_EXPIRED', 'TEXTS_MASKED') then
            (select true from submission named where named.id = journal.subject)
        when kind in ('RECORD_REJECTED', 'REJECTION_RESOLVED', 'REJECTION_EXPIRED') then (select viewer_may('rejections'))
        when kind = 'IDENTITY_REVEALED' then (select viewer_may('reveals')) and case state
            when 'Mention' then (select true from mention named where named.id = journal.subject)
            when 'Submission' then (select true from submission named where named.id = journal.subject)
            when 'Revision' then (select true from submission_revision named where named.id = journal.subject)
            when 'Event' then (select true from event named where named.id = journal.subject)
            when 'Document' then (select true from document named where named.id = journal.subject)
            else false
        end
        else false
    end
);

drop index journal_seldom;
create index journal_seldom on journal (at) where kind in (
    'SUBMISSION_REVISED', 'SUBMISSION_PARTED', 'CASES_JOINED', 'CASES_PARTED', 'ACCUSED_NAMED',
    'SUBMISSION_CLASSIFIED', 'PERSON_ERASED', 'REVISION_REFUSED'
);
