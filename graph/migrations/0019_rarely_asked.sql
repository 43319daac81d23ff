-- The size of a plan is most of what a small question costs: PostgreSQL makes each sub-select of a policy ready with each
-- statement, whether it is asked or not. So what a policy rarely asks is asked by functions; left in it is the comparison
-- that decides nearly every row.
-- The guard (graph/guard.py) calls the same functions. They say the policy in full, so that it holds without row-level
-- security; they look past nothing, so that row-level security holds inside them, too.

-- Whether a row is seen that carries its case's scope: `filed` is its case, `told` the id by which `accusing` tells of it.
create function seen_by_scope(scope bigint, filed uuid, told uuid) returns boolean language plpgsql stable as $$
begin
    return (
        scope <@ public.viewer_ranges()
        or public.viewer_reach() >= public.needed_reach(scope) and public.handled(filed)
    )
    and (scope > 0 or told <> all(public.viewer_accused_in()));
end $$;

-- Whether a superseded revision is seen by who could see it last.
create function seen_as_kept(kept_scope bigint, kept_organs uuid [], kept_accused uuid [])
returns boolean language plpgsql stable as $$
begin
    return (
        kept_scope <@ public.viewer_ranges()
        or public.viewer_reach() >= public.needed_reach(kept_scope) and kept_organs && public.viewer_organs()
    )
    and (kept_scope > 0 or not kept_accused && public.viewer_accused_in());
end $$;

create function seen_revision(asked uuid) returns boolean language plpgsql stable as $$
begin
    return exists (
        select from public.submission_revision said
        where said.id = asked
        and public.seen_by_scope(said.scope, public.case_of(said.submission), said.submission)
        and (
            said.kept_scope is null
            or public.seen_as_kept(said.kept_scope, said.kept_organs, said.kept_accused)
        )
    );
end $$;

create or replace function seen_organ(asked uuid) returns boolean language plpgsql stable as $$
begin
    return exists (
        select from public.case_organ tie
        where tie.organ = asked and tie.state in ('ACCEPTED', 'PROPOSED')
        and public.seen_by_scope(tie.scope, tie.case_id, tie.case_id)
    ) or exists (
        select from public.event step
        where step.organ = asked and step.until is null
        and public.seen_by_scope(step.scope, step.case_id, step.case_id)
    );
end $$;
create or replace function seen_place(asked uuid) returns boolean language plpgsql stable as $$
begin
    return exists (
        select from public.case_place tie
        where tie.place = asked and tie.state in ('ACCEPTED', 'PROPOSED')
        and public.seen_by_scope(tie.scope, tie.case_id, tie.case_id)
    );
end $$;

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
        ('event', 'case_id', 'case_id', ' and (until is null or seen_revision(since))'),
        ('mention', 'case_of(submission)', 'submission', ' and (until is null or seen_revision(since))'),
        ('document', 'case_of(submission)', 'submission', ' and (not withheld or seen_revision(revision))'),
        ('submission_revision', 'case_of(submission)', 'submission',
            ' and (kept_scope is null or seen_as_kept(kept_scope, kept_organs, kept_accused))')
    loop
        execute format(
            'alter policy viewed on %1$I using ('
            ' (scope > 0 and scope <@ (select viewer_ranges()) or seen_by_scope(scope, %2$s, %3$s))%4$s)',
            name, filed, told, kept
        );
    end loop;
end $$;
