-- How this instance stands, for whoever operates it.

-- name: readers
select name, position from journal_reader order by name;

-- name: index_standing
-- Whether an index that holds the journal up to a position, with this link, is of this journal, and what it lacks.
select known, share, extract(epoch from clock_timestamp() - (
    select entry.at from journal entry where entry.position = $1::bigint + 1
))::double precision as late
from index_standing($1::bigint, $2);

-- name: attachment_files
-- A document's file is empty once it is erased.
select file from document where file <> '' union all select file from upload;

-- name: open_rejections_count
select count(*) as rejections, coalesce(sum(records), 0) as records from rejection where state = 'OPEN';

-- name: reached_over
select case when ssl then 'TLS (' || version || ')' when inet_server_addr() is null then 'a socket' else 'TCP' end
from pg_stat_ssl where pid = pg_backend_pid();

-- name: room
-- How many connections there are for this user in this database, and how many others use now.
select least(
        current_setting('max_connections')::int
            - case when rolsuper then 0 else current_setting('superuser_reserved_connections')::int
                + current_setting('reserved_connections')::int end,
        nullif(rolconnlimit, -1), nullif(datconnlimit, -1)
    ) as room,
    (select count(*)::int from pg_stat_activity
        where usesysid is not null and datid is not null and leader_pid is null and pid <> pg_backend_pid()) as used
from pg_roles, pg_database where rolname = current_user and datname = current_database();

-- name: unscoped
-- How many rows have another scope than their case: they would be seen by others than may see it.
select (select count(*) from submission join "case" on "case".id = submission.case_id
        where submission.scope <> "case".scope)
    + (select count(*) from event join "case" on "case".id = event.case_id where event.scope <> "case".scope)
    + (select count(*) from case_place tie join "case" on "case".id = tie.case_id where tie.scope <> "case".scope)
    + (select count(*) from case_organ tie join "case" on "case".id = tie.case_id where tie.scope <> "case".scope)
    + (select count(*) from submission_revision said join submission on submission.id = said.submission
        where said.scope <> submission.scope)
    + (select count(*) from document join submission on submission.id = document.submission
        where document.scope <> submission.scope)
    + (select count(*) from mention join submission on submission.id = mention.submission
        where mention.scope <> submission.scope);

-- name: processes
-- What the server has of processes; of another user's it tells no more than their numbers.
select pid from pg_stat_activity;
