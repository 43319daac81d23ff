-- Keys of partners' systems.

-- name: add_key
-- A system that has a key already goes on as what it was by that.
insert into api_key (id, digest, name, roles, divisions, organs, sources, created_at, expires_at, system)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, coalesce(
    (select former.system from api_key former where former.name = $3 order by former.created_at, former.id limit 1), $1
));

-- name: key_of_id
select id, digest, name, roles, divisions, organs, sources, created_at, expires_at, revoked_at, system
from api_key where id = $1;

-- name: all_keys
select id, digest, name, roles, divisions, organs, sources, created_at, expires_at, revoked_at, system from api_key
order by created_at, id;

-- name: revoke_key
update api_key set revoked_at = coalesce(revoked_at, $2) where id = $1 returning id;
