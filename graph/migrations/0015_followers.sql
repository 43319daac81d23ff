-- Whoever follows the journal is seen to live, knows a journal that is not the one it read, and sets aside what it fails at.

create table follower (
    name text primary key,
    beat_at timestamptz not null,
    trouble text,
    trouble_since timestamptz
);

create table set_aside (
    reader text not null,
    subject uuid not null,
    position bigint not null,
    reason text not null,
    tries integer not null default 1,
    first_at timestamptz not null,
    last_at timestamptz not null,
    again boolean not null default false,
    primary key (reader, subject)
);

-- The link of the entry at a position, which the entry behind it keeps, or the head; none where the journal ends before.
create function journal_link(behind bigint) returns bytea language sql stable as $$
    select coalesce(
        (select entry.previous from public.journal entry where entry.position = behind + 1),
        (select head.hash from public.journal_head head where head.position = behind)
    )
$$;

alter table journal_reader add column link bytea;
update journal_reader set link = journal_link(position);

-- How an index that holds the journal up to a position stands, for an answer: whether it is of this journal, since when
-- it lacks something where it lacks much, how much of the journal it holds, and what it could not take. Where it lacks
-- little, that is told by what the asker may see of it.
create function index_standing(
    held bigint, held_link bytea, out known boolean, out since timestamptz, out share double precision, out aside uuid[]
) language plpgsql stable security definer as $$
begin
    known := public.journal_link(held) is not distinct from held_link;
    since := (
        select entry.at from public.journal entry, public.journal_head head
        where entry.position = held + 1 and head.position > held + 5000
    );
    share := (
        select case when head.position = 0 then 1 else least(held::double precision / head.position, 1) end
        from public.journal_head head
    );
    aside := array(select one.subject from public.set_aside one where one.reader = 'search');
end $$;
revoke execute on function journal_link(bigint) from public;
