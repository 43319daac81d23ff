-- squawk-ignore-file require-concurrent-index-creation, require-concurrent-index-deletion
-- (the instance stands still while it is brought to a version, so nobody waits for what writes wait for)
-- Texts stand masked: numbers of persons in them (telephone, identity, bank card, e-mail) are sealed beside. What stood
-- here before is masked by `graph.remasking`, which looks at rows whose hashes are null. None of the new columns is
-- granted to what reads for the API.
alter table submission_revision
    add column sealed_text bytea,
    add column number_hashes bytea [];
alter table document
    add column sealed bytea,
    add column number_hashes bytea [];
alter table event
    add column sealed bytea,
    add column key bytea,
    add column number_hashes bytea [];
create index submission_revision_unmasked on submission_revision (id) where number_hashes is null;
create index document_unmasked on document (id) where number_hashes is null;
create index event_unmasked on event (id) where number_hashes is null;

-- Who had what revealed, and why. Auditors alone read it; nobody changes it.
create table reveal (
    id uuid primary key,
    subject_kind text not null,
    subject uuid not null,
    actor text not null,
    reason text not null,
    at timestamptz not null
);
create index reveal_at on reveal (at desc, id desc);
create index reveal_actor on reveal (actor, at desc, id desc);
create index reveal_subject on reveal (subject, at desc, id desc);
grant select on reveal to casegraph_reader;
alter table reveal enable row level security;
create policy viewed on reveal for select to casegraph_reader using (
    (select viewer_may('reveals')) and case subject_kind
        when 'Mention' then (select true from mention named where named.id = reveal.subject)
        when 'Submission' then (select true from submission named where named.id = reveal.subject)
        when 'Revision' then (select true from submission_revision named where named.id = reveal.subject)
        when 'Event' then (select true from event named where named.id = reveal.subject)
        when 'Document' then (select true from document named where named.id = reveal.subject)
        else false
    end
);
