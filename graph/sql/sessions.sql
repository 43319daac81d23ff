-- Browsers' sessions that were ended before their time.

-- name: end_session
insert into ended_session (id, until) values ($1, $2) on conflict do nothing;

-- name: session_is_over
select exists (select from ended_session where id = $1);

-- name: forget_sessions
delete from ended_session where until <= $1;
