-- squawk-ignore-file require-concurrent-index-creation, require-concurrent-index-deletion, adding-field-with-default
-- squawk-ignore-file constraint-missing-not-valid, disallowed-unique-constraint, adding-foreign-key-constraint, adding-not-nullable-field
-- (the instance stands still while it is brought to a version, so nobody waits for what writes wait for)
-- A rejection ends in one of two ways: its record came in after all, or a person dismissed it.
alter table rejection
add column record_key bytea,
add column place bytea,
add column dismissed_at timestamptz,
add column dismissed_by text,
add column dismissal text,
add constraint rejection_ended_once check (resolved_at is null or dismissed_at is null);
alter table rejection add column state text not null generated always as (
    case when resolved_at is not null then 'RESOLVED' when dismissed_at is not null then 'DISMISSED' else 'OPEN' end
) stored;

drop index rejection_open;
drop index rejection_resolved;
create index rejection_state on rejection (state, at desc, id desc);
create index rejection_record on rejection (record_key) where state = 'OPEN';
create index rejection_place on rejection (place) where state = 'OPEN';
grant select (records, state, dismissed_at, dismissed_by, dismissal) on rejection to casegraph_reader;

create policy dismissed on journal for select to casegraph_reader using (
    kind = 'REJECTION_DISMISSED' and (select viewer_may('rejections'))
);

-- The revision that told an event last: records add to what was told, and what only superseded revisions of an
-- accusation told stays with those who could see them once it is decided that it is none.
alter table event add column told uuid references submission_revision (id);
update event set told = since;

-- The first key of a system: its others are the same system renewed, and go on from where that was.
alter table api_key add column system text;
update api_key set system = named.first
from (
    select distinct on (name) name, id as first from api_key order by name, created_at, id
) as named
where named.name = api_key.name;
alter table api_key alter column system set not null;
