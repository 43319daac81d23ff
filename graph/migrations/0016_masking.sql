-- squawk-ignore-file require-concurrent-index-deletion
-- (the instance stands still while it is brought to a version, so nobody waits for what writes wait for)
-- By which rule each kind of texts stands masked, and how far they were looked through for it. What an older rule left in
-- clear is masked anew from what is sealed beside, by `graph.remasking`.
create table masking (
    name text primary key,
    rule integer not null,
    reached uuid,
    done boolean not null default false
);
drop index submission_revision_unmasked;
drop index document_unmasked;
drop index event_unmasked;

-- That texts of a submission were masked anew is told where it is seen.
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
        when kind in ('ACCUSED_NAMED', 'PERSON_ERASED', 'REVISION_REFUSED', 'PAYLOAD_EXPIRED', 'TEXTS_MASKED') then
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
