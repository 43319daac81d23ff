-- Searches that somebody saved to be told of new matches, and what they were told. A search is about a matter, never
-- about a person (`search.saving` refuses what finds one).

-- `since` is the position in the journal up to which nothing is told, and `known` what matched then, of what the owner
-- saw: nobody is alerted of what was there before.
create table saved_search (
    id uuid primary key,
    owner text not null check (owner <> ''),
    name text not null,
    query text not null,
    filter jsonb not null,
    created_at timestamptz not null,
    since bigint not null,
    known uuid [] not null
);
create index saved_search_owner on saved_search (owner, created_at desc, id desc);

-- Each submission is told once to each search, whatever is killed or read again. `number` is the order in which alerts
-- were committed: whoever raises them holds the reader's row until then.
create table alert (
    id uuid primary key,
    search uuid not null references saved_search (id) on delete cascade,
    submission uuid not null,
    at timestamptz not null,
    number bigint not null generated always as identity,
    unique (search, submission)
);
create index alert_number on alert (search, number desc);

grant select (id, owner, name, query, filter, created_at) on saved_search to casegraph_reader;
grant select on alert to casegraph_reader;

-- A saved search is its owner's alone; an alert is told only while its submission may be seen.
alter table saved_search enable row level security;
create policy viewed on saved_search for select to casegraph_reader using (
    owner = (select current_setting('casegraph.viewer', true))
);
alter table alert enable row level security;
create policy viewed on alert for select to casegraph_reader using (
    (select true from saved_search named where named.id = alert.search)
    and (select true from submission named where named.id = alert.submission)
);
