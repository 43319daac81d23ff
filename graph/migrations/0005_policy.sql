-- squawk-ignore-file require-concurrent-index-creation, require-concurrent-index-deletion, adding-field-with-default
-- squawk-ignore-file ban-drop-default, ban-alter-identity, adding-required-field, adding-not-nullable-field
-- (the instance stands still while it is brought to a version, so nobody waits for what writes wait for)
-- Who may see what (graph/policy.py, graph/scope.py), repeated by row-level security: the second lock behind the planner.

-- What decides who sees a row stands in the row: the division of its case as a number (its code filled up to twelve
-- digits, and one), below zero where the case is an accusation. So nearly every row is decided by one comparison.
alter table "case" add column scope bigint not null generated always as (
    (1 + coalesce(rpad(division, 12, '0')::bigint, 0)) * case when kind = 'ACCUSATION' then -1 else 1 end
) stored;

alter table submission add column scope bigint not null default 0;
alter table submission_revision add column scope bigint not null default 0;
alter table document add column scope bigint not null default 0;
alter table mention add column scope bigint not null default 0;
alter table event add column scope bigint not null default 0;
alter table case_place add column scope bigint not null default 0;
alter table case_organ add column scope bigint not null default 0;

update submission set scope = "case".scope from "case" where "case".id = submission.case_id;
update submission_revision set scope = submission.scope from submission where submission.id = submission_revision.submission;
update document set scope = submission.scope from submission where submission.id = document.submission;
update mention set scope = submission.scope from submission where submission.id = mention.submission;
update event set scope = "case".scope from "case" where "case".id = event.case_id;
update case_place set scope = "case".scope from "case" where "case".id = case_place.case_id;
update case_organ set scope = "case".scope from "case" where "case".id = case_organ.case_id;

-- Zero is nobody's: a row that was written without its scope is seen by none.
alter table submission alter column scope drop default;
alter table submission_revision alter column scope drop default;
alter table document alter column scope drop default;
alter table mention alter column scope drop default;
alter table event alter column scope drop default;
alter table case_place alter column scope drop default;
alter table case_organ alter column scope drop default;

grant select (scope) on submission, submission_revision, document, mention, event to casegraph_reader;

-- An organ or place that only an accusation names would tell of it by being there.
alter table organ add column known boolean not null default true;
alter table place add column known boolean not null default true;

-- Numbers one after the other would tell by their holes how many cases there are that must not be seen.
create table number_key (
    only_row boolean primary key default true check (only_row),
    secret text not null
);
insert into number_key (secret) values (gen_random_uuid()::text || gen_random_uuid()::text);

create sequence case_number as bigint maxvalue 1073741823;

-- A permutation of the numbers below 2^30: four rounds of a Feistel network (Luby and Rackoff, 1988) under the secret.
create function scattered(nth bigint) returns bigint language plpgsql stable as $$
declare
    low bigint := nth & 32767;
    high bigint := nth >> 15;
    turned bigint;
    secret text := (select number_key.secret from public.number_key);
begin
    for turn in 1..4 loop
        turned := high # (('x' || substr(md5(secret || turn || ':' || low), 1, 8))::bit(32)::bigint & 32767);
        high := low;
        low := turned;
    end loop;
    return (high << 15) | low;
end $$;

alter table "case" alter column number drop identity;
select setval('case_number', greatest((select max(number) from "case"), 1));
update "case" set number = -number;
update "case" set number = scattered(-number);
alter table "case" alter column number set default scattered(nextval('case_number'));

-- A change that narrows who may see something: until the index has passed it, those it concerns get no counts.
-- `audience` is an organ's id, a person's keyed hash, `UNCLEARED` or `SCOPED` (graph/scope.py).
create table barrier (
    audience text collate "C" primary key,
    position bigint not null
);

-- Who asks ---------------------------------------------------------------------------------------------------------
-- Set by the statement that reads, and ending with it. What is not set lets nothing be seen.

create function viewer_ranges() returns int8multirange language sql stable parallel safe as $$
    select nullif(current_setting('casegraph.ranges', true), '')::int8multirange
$$;
create function viewer_may(what text) returns boolean language sql stable parallel safe as $$
    select what = any(string_to_array(current_setting('casegraph.may', true), ','))
$$;
create function viewer_organs() returns uuid[] language sql stable parallel safe as $$
    select nullif(current_setting('casegraph.organs', true), '')::uuid[]
$$;
-- How far the viewer's organs reach: not at all, to what is no accusation, or to everything they have a part in.
create function viewer_reach() returns integer language sql stable parallel safe as $$
    select case
        when nullif(current_setting('casegraph.organs', true), '') is null then 0
        when viewer_may('accusation') then 2
        else 1
    end
$$;

-- The next three look past row-level security, and tell nothing but yes, no and keys.
create function case_of(submission uuid) returns uuid language plpgsql stable security definer as $$
begin
    return (select one.case_id from public.submission one where one.id = case_of.submission);
end $$;

-- Whether an organ by which the viewer reads has a part in a case.
create function handled(case_id uuid) returns boolean language plpgsql stable security definer as $$
begin
    return exists (
        select from public.case_organ part
        where part.case_id = handled.case_id and part.state = 'ACCEPTED'
        and part.organ = any(public.viewer_organs())
    );
end $$;

-- The cases that accuse the viewer, or an organ whose staff the viewer is (Art. 30), and what is filed in them, as an
-- array. Who is one party with a mention that is accused is accused. Asked once by the statement that sets the viewer.
create function accusing() returns text language plpgsql stable security definer as $$
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
        ), cases as (
            select edge.case_id as id from public.case_accused edge
            where edge.organ = any(staff) and edge.state in ('ACCEPTED', 'PROPOSED')
            union
            select edge.case_id from same
            join public.mention named on named.party = same.party
            join public.case_accused edge on edge.mention = named.id
            where edge.state in ('ACCEPTED', 'PROPOSED')
        )
        select coalesce(array_agg(found.id)::text, '{}') from (
            select id from cases
            union all
            select one.id from cases join public.submission one on one.case_id = cases.id
        ) found
    );
end $$;

-- What `accusing` told. Where nobody asked it nothing is known, and no accusation is seen.
create function viewer_accused_in() returns uuid[] language sql stable parallel safe as $$
    select nullif(current_setting('casegraph.accusing', true), '')::uuid[]
$$;

-- Followers pass over what they may not see, and must know where the end is; it is told to nobody.
create function journal_end() returns bigint language plpgsql stable security definer as $$
begin
    return (select head.position from public.journal_head head);
end $$;

create function barrier_of(audiences text[]) returns bigint language plpgsql stable security definer as $$
begin
    return (select coalesce(max(one.position), 0) from public.barrier one where one.audience = any(audiences));
end $$;

-- Whether an organ or place is tied to something that is seen, asked under the policies themselves. As functions they are
-- asked where one is not known, which is rare; as parts of a policy they would be prepared with each statement.
create function seen_organ(asked uuid) returns boolean language plpgsql stable as $$
begin
    return exists (select from public.case_organ tie where tie.organ = asked and tie.state in ('ACCEPTED', 'PROPOSED'))
        or exists (select from public.event step where step.organ = asked and step.until is null);
end $$;
create function seen_place(asked uuid) returns boolean language plpgsql stable as $$
begin
    return exists (select from public.case_place tie where tie.place = asked and tie.state in ('ACCEPTED', 'PROPOSED'));
end $$;

-- No `exists` below: PostgreSQL would answer it by reading a whole table once where it expects many rows.

-- The policies -----------------------------------------------------------------------------------------------------

do $$
declare
    name text;
    filed text;
    told text;
begin
    for name, filed, told in values
        ('case', 'id', 'id'), ('submission', 'case_id', 'id'), ('event', 'case_id', 'case_id'),
        ('case_place', 'case_id', 'case_id'), ('case_organ', 'case_id', 'case_id'),
        ('submission_revision', 'case_of(submission)', 'submission'),
        ('document', 'case_of(submission)', 'submission'), ('mention', 'case_of(submission)', 'submission')
    loop
        execute format('drop policy viewed on %I', name);
        execute format(
            'create policy viewed on %1$I for select to casegraph_reader using ('
            ' (scope <@ (select viewer_ranges())'
            ' or (select viewer_reach()) >= case when scope > 0 then 1 else 2 end and handled(%2$s))'
            ' and (scope > 0 or %3$s <> all((select viewer_accused_in())::uuid[])))', name, filed, told
        );
    end loop;
end $$;

alter policy viewed on filing using (
    (select true from submission named where named.id = filing.submission)
    and (select true from "case" named where named.id = filing.case_id)
);
alter policy viewed on same_party using (
    (select true from mention named where named.id = same_party.low)
    and (select true from mention named where named.id = same_party.high)
);
alter policy viewed on case_relation using (
    (select true from "case" named where named.id = case_relation.origin)
    and (select true from "case" named where named.id = case_relation.target)
);
alter policy viewed on organ using (current_setting('casegraph.viewer', true) <> '' and (known or seen_organ(id)));
alter policy viewed on place using (current_setting('casegraph.viewer', true) <> '' and (known or seen_place(id)));
alter policy viewed on rejection using ((select viewer_may('rejections')));
-- An entry is seen by whoever may see all that it names.
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
        when kind in ('PERSON_ERASED', 'REVISION_REFUSED', 'PAYLOAD_EXPIRED') then
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

create index event_organ on event (organ) where organ is not null;
-- A party is stood for by its earliest mention that may be seen, so its earliest of all is looked for no more.
drop index mention_first;

-- By which `accusing` finds whom it asks about.
create index mention_name on mention (name_hash) where name_hash is not null;
create index case_accused_mention on case_accused (mention) where mention is not null;
