-- squawk-ignore-file require-concurrent-index-creation, adding-not-nullable-field, require-timeout-settings
-- (the instance stands still while it is brought to a version, so nobody waits for what writes wait for)
-- What people find a case again by: when it was last written about and last answered, the id of a record in its system,
-- the account that wrote it, the name of a place.

alter table "case" add column last_received_at timestamptz, add column last_answered_at timestamptz;
update "case" own set
    last_received_at = coalesce(
        (select max(said.received_at) from submission said where said.case_id = own.id), own.first_received_at
    ),
    last_answered_at = (
        select max(step.at) from event step
        where step.case_id = own.id and step.kind = 'REPLIED' and step.until is null
    );
alter table "case" alter column last_received_at set not null;

create index case_last_received on "case" (last_received_at desc, id desc);
create index case_last_answered on "case" (last_answered_at, id);
create index case_submission_count on "case" (submission_count, id);
create index submission_external_id on submission (external_id);
create index place_own_name on place (name collate "C", id);

-- The mentions of an account, by its keyed hash, for who may have sealed identities shown; nobody else is told of any.
-- It looks past row-level security and the columns that are granted, and tells but ids, which are seen as all mentions are.
create function mentions_by_account(hash bytea) returns uuid[] language plpgsql stable security definer as $$
begin
    if not coalesce(public.viewer_may('identities'), false) then
        return '{}';
    end if;
    return array(select one.id from public.mention one where one.account_hash = hash);
end $$;
