-- squawk-ignore-file require-concurrent-index-creation, require-concurrent-index-deletion, adding-field-with-default
-- (the instance stands still while it is brought to a version, so nobody waits for what writes wait for)
-- Accusations of which not everybody accused is known as organs: until somebody named them, nobody can tell whom they must
-- be kept from (Art. 30). So they are kept from everybody who could be meant (graph/scope.py).

alter table submission add column unnamed boolean not null default false;
alter table "case" add column unnamed boolean not null default false;

-- Whom they accuse was known by one spelling alone, so all that stand are unnamed until somebody names the accused.
update submission set unnamed = true where kind = 'ACCUSATION';
update "case" set unnamed = true where exists (
    select from submission where submission.case_id = "case".id and submission.unnamed
);

-- Far below all other scopes: whoever compares with the old bounds does not reach it.
alter table "case" alter column scope set expression as (
    case
        when kind <> 'ACCUSATION' then 1 + coalesce(rpad(division, 12, '0')::bigint, 0)
        when unnamed then -10000000000001 - coalesce(rpad(division, 12, '0')::bigint, 0)
        else -1 - coalesce(rpad(division, 12, '0')::bigint, 0)
    end
);
alter table event alter column division_2 set expression as (
    left(lpad(((abs(scope) - 1) % 10000000000000)::text, 12, '0'), 2)
);
alter table event alter column division_4 set expression as (
    left(lpad(((abs(scope) - 1) % 10000000000000)::text, 12, '0'), 4)
);
alter table event alter column division_6 set expression as (
    left(lpad(((abs(scope) - 1) % 10000000000000)::text, 12, '0'), 6)
);

update submission set scope = "case".scope from "case"
where "case".id = submission.case_id and submission.scope <> "case".scope;
update submission_revision set scope = submission.scope from submission
where submission.id = submission_revision.submission and submission_revision.scope <> submission.scope;
update document set scope = submission.scope from submission
where submission.id = document.submission and document.scope <> submission.scope;
update mention set scope = submission.scope from submission
where submission.id = mention.submission and mention.scope <> submission.scope;
update event set scope = "case".scope from "case" where "case".id = event.case_id and event.scope <> "case".scope;
update case_place set scope = "case".scope from "case"
where "case".id = case_place.case_id and case_place.scope <> "case".scope;
update case_organ set scope = "case".scope from "case"
where "case".id = case_organ.case_id and case_organ.scope <> "case".scope;

-- It goes to no organ: a part that is only proposed lets nobody see.
update case_organ set state = 'PROPOSED' from submission
where submission.id = case_organ.submission and submission.unnamed and case_organ.state = 'ACCEPTED';

grant select (unnamed) on submission to casegraph_reader;
create index submission_unnamed on submission (received_at desc, id desc) where unnamed;

-- No organ's part reaches what is unnamed, now or when it was superseded: nobody's reach is three.
create function needed_reach(scope bigint) returns integer language sql immutable parallel safe as $$
    select case when scope > 0 then 1 when scope > -10000000000000 then 2 else 3 end
$$;

do $$
declare
    name text;
    filed text;
    told text;
    kept text;
begin
    for name, filed, told, kept in values
        ('case', 'id', 'id', ''), ('submission', 'case_id', 'id', ''),
        ('case_place', 'case_id', 'case_id', ''), ('case_organ', 'case_id', 'case_id', ''),
        ('document', 'case_of(submission)', 'submission', ''),
        ('event', 'case_id', 'case_id',
            ' and (until is null or (select true from submission_revision named where named.id = event.since))'),
        ('mention', 'case_of(submission)', 'submission',
            ' and (until is null or (select true from submission_revision named where named.id = mention.since))'),
        ('submission_revision', 'case_of(submission)', 'submission',
            ' and (kept_scope is null or kept_scope <@ (select viewer_ranges())'
            ' or (select viewer_reach()) >= needed_reach(kept_scope) and kept_organs && (select viewer_organs()))')
    loop
        execute format(
            'alter policy viewed on %1$I using ('
            ' (scope <@ (select viewer_ranges()) or (select viewer_reach()) >= needed_reach(scope) and handled(%2$s))'
            ' and (scope > 0 or %3$s <> all((select viewer_accused_in())::uuid[]))%4$s)', name, filed, told, kept
        );
    end loop;
end $$;

-- That somebody was named is told where the submission is seen.
alter policy viewed on journal using (
    case
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
        when kind in ('ACCUSED_NAMED', 'PERSON_ERASED', 'REVISION_REFUSED', 'PAYLOAD_EXPIRED') then
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
    'SUBMISSION_REVISED', 'SUBMISSION_PARTED', 'CASES_JOINED', 'CASES_PARTED', 'ACCUSED_NAMED', 'PERSON_ERASED',
    'REVISION_REFUSED'
);
