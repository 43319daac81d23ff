-- Copies whole tables out and in. The catalogue says which there are; `format` writes their names as SQL needs them.

-- name: tables
-- What can be written of each: no generated columns.
select c.relname::text as name, array_agg(a.attname::text order by a.attnum) as columns,
    format('select %s from %I', string_agg(quote_ident(a.attname), ', ' order by a.attnum), c.relname) as reading
from pg_class c
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
where c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = 'public'::regnamespace
and c.relname not in ('migration', 'restoring')
group by c.relname order by c.relname;

-- name: referring
-- Which table has to be there before which.
select distinct referring.relname::text as table, referred.relname::text as needs
from pg_constraint
join pg_class referring on referring.oid = conrelid
join pg_class referred on referred.oid = confrelid
where contype = 'f' and conrelid <> confrelid and referring.relnamespace = 'public'::regnamespace;

-- name: emptying
select format('truncate %s', string_agg(quote_ident(relname), ', '))
from pg_class
where relkind in ('r', 'p') and not relispartition and relnamespace = 'public'::regnamespace
and relname not in ('migration', 'restoring');

-- name: sequences
select relname::text as name, coalesce(pg_sequence_last_value(oid), 0) as last
from pg_class where relkind = 'S' and relnamespace = 'public'::regnamespace order by relname;

-- name: set_sequence
select setval(format('public.%I', $1::text)::regclass, $2);

-- name: migrations
select number, name, encode(checksum, 'hex') as checksum from migration order by number;
