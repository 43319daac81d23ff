-- squawk-ignore-file require-concurrent-index-creation, require-concurrent-index-deletion, adding-field-with-default
-- squawk-ignore-file renaming-table, renaming-column, renaming-object, ban-drop-default, ban-drop-not-null
-- (the instance stands still while it is brought to a version, so nobody waits for what writes wait for)
-- People correct what a submission is, what it is about, where it belongs and whom it was sent to; what its source says
-- of that is kept beside, and holds again once they take it back.

alter table classification rename to correction;
alter table correction rename column kind to value;
alter table correction add column field text not null default 'KIND';
alter table correction alter column field drop default;
-- Null where somebody took back what had been set: kept for who did so, and why.
alter table correction alter column value drop not null;
-- What its source says; null where it says nothing.
alter table correction add column said text;
-- Apart from what else is kept with the decision, which nobody reads.
alter table correction add column reason text generated always as (evidence ->> 'reason') stored;
-- What a source had said of a kind was not kept. Whom a submission accused was: where nothing tells, it was an appeal.
update correction set said = case
    when value <> 'ACCUSATION' and exists (select from case_accused edge where edge.submission = correction.submission)
        then 'ACCUSATION'
    else 'APPEAL'
end;

drop index classification_accepted;
create unique index correction_accepted on correction (submission, field) where state = 'ACCEPTED';
alter index classification_submission rename to correction_submission;
alter index classification_pkey rename to correction_pkey;

-- What holds is told where its submission is seen; of its kind to those alone who may know that it is or was an accusation.
grant select (id, submission, field, value, said, reason, state, decided_by, decided_at) on correction to casegraph_reader;
alter table correction enable row level security;
create policy viewed on correction for select to casegraph_reader using (
    state = 'ACCEPTED'
    and (select true from submission named where named.id = correction.submission)
    and (field <> 'KIND' or (select viewer_may('accusation')) and not accused_once(submission))
);

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
        when kind in (
            'SUBMISSION_CORRECTED', 'PERSON_ERASED', 'REVISION_REFUSED', 'PAYLOAD_EXPIRED', 'TEXTS_MASKED'
        ) then
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
    'SUBMISSION_CLASSIFIED', 'SUBMISSION_CORRECTED', 'PERSON_ERASED', 'REVISION_REFUSED'
);
