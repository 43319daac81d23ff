-- name: members
select id, party from mention where party = any($1::uuid[]);

-- name: accepted_edges
-- An edge joins mentions of one party, so its lower end tells.
select low, high from same_party where state = 'ACCEPTED' and low = any($1::uuid[]);

-- name: move
update mention set party = moved.party
from unnest($1::uuid[], $2::uuid[]) as moved (id, party) where mention.id = moved.id;

-- name: mentions
select id, party from mention where id = any($1::uuid[]);

-- name: join
insert into same_party (id, low, high, state, score, evidence, decided_by, decided_at)
values ($1, $2, $3, 'ACCEPTED', null, $4, $5, $6)
on conflict (low, high) do update
set state = excluded.state, score = null, evidence = excluded.evidence, decided_by = excluded.decided_by,
    decided_at = excluded.decided_at
returning id;

-- name: part
update same_party set state = 'REJECTED', decided_by = $3, decided_at = $4
where low = $1 and high = $2 and state in ('ACCEPTED', 'PROPOSED')
returning id;
