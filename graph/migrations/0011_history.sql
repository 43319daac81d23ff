-- squawk-ignore-file require-concurrent-index-creation, adding-field-with-default
-- (the instance stands still while it is brought to a version, so nobody waits for what writes wait for)
-- What `history` of a division reads by: its newest entries without looking at all that ever happened there.

-- The division of the case that an event is a step of, by level, as submissions have theirs. It is told by the scope, so
-- it follows whenever the case's does.
alter table event
    add column division_2 text collate "C" generated always as (left(lpad((abs(scope) - 1)::text, 12, '0'), 2)) stored,
    add column division_4 text collate "C" generated always as (left(lpad((abs(scope) - 1)::text, 12, '0'), 4)) stored,
    add column division_6 text collate "C" generated always as (left(lpad((abs(scope) - 1)::text, 12, '0'), 6)) stored;
grant select (division_2, division_4, division_6) on event to casegraph_reader;

create index event_division_2 on event (division_2, at);
create index event_division_4 on event (division_4, at);
create index event_division_6 on event (division_6, at);

-- Steps of a case that came with no submission: they are indexed with the one that opened it.
create index event_of_case on event (case_id) where submission is null;

-- Entries that a division's history finds by no submission or event, which are few.
create index journal_seldom on journal (at) where kind in (
    'SUBMISSION_REVISED', 'SUBMISSION_PARTED', 'CASES_JOINED', 'CASES_PARTED', 'PERSON_ERASED', 'REVISION_REFUSED'
);
