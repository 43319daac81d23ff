-- squawk-ignore-file require-concurrent-index-creation, require-concurrent-index-deletion, adding-field-with-default
-- (the instance stands still while it is brought to a version, so nobody waits for what writes wait for)
-- What the API reads by. A role that owns nothing, may only read, and sees no row unless the statement says for whom it
-- reads: row-level security is the second lock behind the planner. Columns that hold what is sealed (keys, hashes,
-- payloads) are not granted at all, so no mistake in a plan can reach them.

do $$
begin
    if not exists (select from pg_roles where rolname = 'casegraph_reader') then
        create role casegraph_reader nologin;
    end if;
exception
    -- Another database of this server is being made at this moment.
    when duplicate_object or unique_violation then null;
end $$;
do $$
begin
    if not pg_has_role(current_user, 'casegraph_reader', 'set') then
        execute format('grant casegraph_reader to %I', current_user);
    end if;
end $$;

-- Lists of everything below a division or topic come in an order of their own, so each level is a column: under row-level
-- security only equality and ranges reach an index, and a range leaves the order that follows it to be sorted.
-- `leads` is what lists of cases ask for; as a column PostgreSQL knows that nearly all do.
alter table "case"
    add column leads boolean not null generated always as ("leading" = id) stored,
    add column division_2 text collate "C" generated always as (left(division, 2)) stored,
    add column division_4 text collate "C" generated always as (left(division, 4)) stored,
    add column division_6 text collate "C" generated always as (left(division, 6)) stored,
    add column topic_1 text collate "C" generated always as (split_part(topic, '/', 1)) stored,
    add column topic_2 text collate "C" generated always as (
        split_part(topic, '/', 1) || '/' || split_part(topic, '/', 2)
    ) stored;
alter table submission
    add column division_2 text collate "C" generated always as (left(division, 2)) stored,
    add column division_4 text collate "C" generated always as (left(division, 4)) stored,
    add column division_6 text collate "C" generated always as (left(division, 6)) stored,
    add column topic_1 text collate "C" generated always as (split_part(topic, '/', 1)) stored,
    add column topic_2 text collate "C" generated always as (
        split_part(topic, '/', 1) || '/' || split_part(topic, '/', 2)
    ) stored;

grant usage on schema public to casegraph_reader;

grant select on journal, place, organ, "case", filing, same_party, case_relation, case_place, case_organ to casegraph_reader;
grant select (
    id, channel, source, external_id, received_at, registered_at, kind, topic, division, revision, revision_count,
    receipt_code, case_id, division_2, division_4, division_6, topic_1, topic_2
) on submission to casegraph_reader;
grant select (id, submission, number, at, title, body, details, position) on submission_revision to casegraph_reader;
grant select (id, submission, revision, name, media_type, size, body) on document to casegraph_reader;
grant select (
    id, submission, since, until, role, kind, name_masked, identity_masked, phone_masked, address_masked,
    account_masked, email_masked, party
) on mention to casegraph_reader;
grant select (
    id, submission, case_id, kind, at, at_given, organ, body, satisfaction, since, until
) on event to casegraph_reader;
grant select (
    id, channel, source, position, reason, message, at, attempts, resolved_at, resolved_to
) on rejection to casegraph_reader;

do $$
declare
    name text;
begin
    foreach name in array array[
        'place', 'organ', 'submission', 'submission_revision', 'document', 'mention', 'case', 'event', 'filing',
        'same_party', 'case_relation', 'case_place', 'case_organ', 'rejection', 'journal'
    ] loop
        execute format('alter table %I enable row level security', name);
        execute format(
            'create policy viewed on %I for select to casegraph_reader'
            ' using (current_setting(''casegraph.viewer'', true) <> '''')', name
        );
    end loop;
end $$;

-- Raised where a row that another refers to is not there; whoever reads then asks again with care.
create function gone(what text) returns text language plpgsql stable as $$
begin
    raise exception 'nothing at %', what using errcode = 'CG404';
end $$;

-- Every filter and order that the API allows has an index here or in 0001.
drop index case_status;
create index case_status on "case" (status, opened_at desc, id desc);
create index case_received on "case" (first_received_at desc, id desc);
create index case_kind on "case" (kind, opened_at desc, id desc);
create index case_topic on "case" (topic, id);
create index case_division on "case" (division, id);
create index case_topic_1 on "case" (topic_1, opened_at desc, id desc);
create index case_topic_2 on "case" (topic_2, opened_at desc, id desc);
create index case_division_2 on "case" (division_2, opened_at desc, id desc);
create index case_division_4 on "case" (division_4, opened_at desc, id desc);
create index case_division_6 on "case" (division_6, opened_at desc, id desc);
create index submission_channel on submission (channel, received_at desc, id desc);
create index submission_kind on submission (kind, received_at desc, id desc);
create index submission_topic on submission (topic, received_at desc, id desc);
create index submission_division on submission (division, received_at desc, id desc);
create index submission_topic_1 on submission (topic_1, received_at desc, id desc);
create index submission_topic_2 on submission (topic_2, received_at desc, id desc);
create index submission_division_2 on submission (division_2, received_at desc, id desc);
create index submission_division_4 on submission (division_4, received_at desc, id desc);
create index submission_division_6 on submission (division_6, received_at desc, id desc);
create index submission_source on submission (source, received_at desc, id desc);
create index mention_first on mention (id) where id = party;
create index place_name on place (full_name collate "C", id);
create index organ_name on organ (name collate "C", id);
create index rejection_resolved on rejection (at desc, id desc) where resolved_at is not null;
