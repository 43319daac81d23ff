-- How this instance stands, for whoever operates it.

-- name: readers
select name, position from journal_reader order by name;

-- name: attachment_files
-- A document's file is empty once it is erased.
select file from document where file <> '' union all select file from upload;

-- name: open_rejections_count
select count(*) from rejection where resolved_at is null;

-- name: reached_over
select case when ssl then 'TLS (' || version || ')' when inet_server_addr() is null then 'a socket' else 'TCP' end
from pg_stat_ssl where pid = pg_backend_pid();
