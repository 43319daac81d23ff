-- name: digest
-- Tells what the table holds of the divisions given, so that an unchanged table is left alone.
select encode(sha256(convert_to(coalesce(
           string_agg(concat_ws(chr(9), code, name, full_name, level, parent), chr(10) order by code), ''
       ), 'UTF8')), 'hex')
from place
where code = any ($1::text[]);

-- name: upsert
-- Writes all divisions at once; parents and children may come in any order, the reference is checked at the end.
insert into place (id, code, name, full_name, level, parent)
select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::uuid[])
on conflict (code) do update
set name = excluded.name, full_name = excluded.full_name, level = excluded.level, parent = excluded.parent
where (place.name, place.full_name, place.level, place.parent)
    is distinct from (excluded.name, excluded.full_name, excluded.level, excluded.parent);
