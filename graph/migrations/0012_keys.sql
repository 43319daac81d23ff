-- squawk-ignore-file require-concurrent-index-creation, require-concurrent-index-deletion, adding-field-with-default
-- squawk-ignore-file ban-drop-constraint, ban-drop-default
-- (the instance stands still while it is brought to a version, so nobody waits for what writes wait for)
-- Nobody writes over what they may not see, and what was superseded is never seen by more people than before.

-- What makes two records the same, as a keyed hash of source, holder and external id: an external id may hold somebody's
-- number, so it stands masked. The holder is who chose the id at a desk; nobody there can choose a key of another's.
-- `graph.remasking` fills it in for the rows that stand here.
alter table submission add column record_key bytea;
create unique index submission_record on submission (record_key);
create index submission_unkeyed on submission (id) where record_key is null;
alter table submission drop constraint submission_source_external_id_key;
create index submission_external on submission (source, external_id);

-- Who chose the id of what was entered and turned down, so that it is tried again under the same key.
alter table rejection add column holder text not null default '';
alter table rejection alter column holder drop default;

-- Who could see a revision when a later one took its place: the scope of its case then, and the organs that had a part.
-- Null for the revision that holds now, which is seen by whoever sees its submission.
alter table submission_revision add column kept_scope bigint, add column kept_organs uuid [];
update submission_revision said
set kept_scope = said.scope, kept_organs = coalesce((
    select array_agg(distinct part.organ) from case_organ part
    where part.case_id = submission.case_id and part.state = 'ACCEPTED'
), '{}')
from submission where submission.id = said.submission and submission.revision <> said.id;
grant select (kept_scope, kept_organs) on submission_revision to casegraph_reader;

alter policy viewed on submission_revision using (
    (
        scope <@ (select viewer_ranges())
        or (select viewer_reach()) >= case when scope > 0 then 1 else 2 end and handled(case_of(submission))
    )
    and (scope > 0 or submission <> all((select viewer_accused_in())::uuid []))
    and (
        kept_scope is null
        or kept_scope <@ (select viewer_ranges())
        or (select viewer_reach()) >= case when kept_scope > 0 then 1 else 2 end
        and kept_organs && (select viewer_organs())
    )
);

-- What a later revision no longer says is seen by whoever sees the revision that said it first.
do $$
declare
    name text;
    filed text;
    told text;
begin
    for name, filed, told in values ('event', 'case_id', 'case_id'), ('mention', 'case_of(submission)', 'submission')
    loop
        execute format(
            'alter policy viewed on %1$I using ('
            ' (scope <@ (select viewer_ranges())'
            ' or (select viewer_reach()) >= case when scope > 0 then 1 else 2 end and handled(%2$s))'
            ' and (scope > 0 or %3$s <> all((select viewer_accused_in())::uuid[]))'
            ' and (until is null or'
            ' (select true from submission_revision named where named.id = %1$I.since)))', name, filed, told
        );
    end loop;
end $$;
