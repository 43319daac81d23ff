-- name: remember
insert into master_key (digest) values ($1) on conflict do nothing;

-- name: kept
select digest from master_key;
