"""At the size of a city's year every hot question is answered by an index: no table is read through, no list sorted."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import pytest

from graph.database import open_reading_pool
from graph.identity import normal_account
from graph.ids import organ_id
from graph.policy import Role, Viewer
from resolvers.asked import Asked
from resolvers.execution import Executor
from resolvers.limits import DocumentLimits
from resolvers.reader import Reader
from resolvers.trusted import Trusted
from schema.ids import global_id
from schema.schema import build
from tests.viewers import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from graph.database import Connection, Pool
    from graph.identity import Vault
    from schema.ports import Context

CASES = 138_000
OFTEN = 276
"""Each so manieth submission is of one busy party, which petitioned five hundred times."""
NTH = "('x' || right(id::text, 8))::bit(32)::bigint"
"""What was counted up in an id."""
ORGAN = organ_id("第77局")
PLACE = UUID("00000000-0000-0000-0000-000000000077")
FILL = f"""
set session_replication_role = replica;
insert into "case" (id, "leading", opened_at, status, kind, topic, division, title, channels, submission_count,
    first_received_at, last_received_at, last_answered_at, last_activity_at)
select id, id, '2025-01-01'::timestamptz + number * interval '3 minutes',
    case when number % 50 = 0 then 'REGISTERED' else 'ANSWERED' end,
    case when number % 97 = 0 then 'ACCUSATION' when number % 7 = 0 then 'SUGGESTION' else 'APPEAL' end,
    case when number % 11 <> 0 then '城乡建设/类' || number % 9 || '/目' || number % 40 end,
    case when number % 13 <> 0 then '4301' || lpad((number % 9 + 1)::text, 2, '0') end,
    '第' || number || '件', array['HOTLINE'], case when number % 500 = 0 then 7 else 1 end,
    '2025-01-01'::timestamptz + number * interval '3 minutes',
    '2025-01-01'::timestamptz + number * interval '3 minutes',
    case when number % 50 <> 0 then '2025-01-10'::timestamptz + number * interval '3 minutes' end,
    '2025-01-02'::timestamptz + number * interval '3 minutes'
from (select number, lpad(to_hex(number), 32, '0')::uuid as id
    from generate_series(1, {CASES}) number) made;
insert into submission (id, channel, source, external_id, received_at, registered_at, kind, topic, division,
    revision, revision_count, content_digest, receipt_code, case_id, scope)
select id, case when number % 20 = 0 then 'VISIT' else 'HOTLINE' end, 'made', number::text, first_received_at,
    opened_at, kind, topic, division, id, 1, '', number::text, id, scope
from "case";
insert into submission_revision (id, submission, number, at, title, body, details, content_digest, position, scope)
select id, id, 1, registered_at, '标题', '正文', '{{}}', '', '', scope from submission;
insert into mention (id, submission, since, role, kind, name_masked, account_hash, content_digest, party, scope,
    accusing)
select id, id, id, 'PETITIONER', 'PERSON', '张*', uuid_send(id), '',
    case when {NTH} % {OFTEN} = 0 then lpad(to_hex({OFTEN}), 32, '0')::uuid else id end, scope, false
from submission;
insert into event (id, submission, case_id, kind, at, at_given, body, content_digest, scope)
select id, id, id, 'REPLIED', received_at + interval '9 days', true, '已处理', '', scope from submission;
insert into journal (position, kind, subject, object, actor, at, state, fields, revisions, previous)
select {NTH} * 4 + nth, told.kind, case told.kind when 'CASE_OPENED' then case_id else id end,
    case told.kind when 'CASE_OPENED' then id else case_id end, 'made', registered_at,
    case told.kind when 'EVENT_RECORDED' then 'REPLIED' end, '{{}}', '{{}}', ''
from submission cross join (values
    (0, 'SUBMISSION_RECEIVED'), (1, 'CASE_OPENED'), (2, 'EVENT_RECORDED'), (3, 'SUBMISSION_REVISED')
) told (nth, kind) where nth < 3 or {NTH} % 30 = 0;
insert into organ (id, name)
select case number when 77 then '{ORGAN}' else lpad(number::text, 32, '0')::uuid end, '第' || number || '局'
from generate_series(1, 500) number;
insert into case_organ (id, case_id, organ, role, submission, state, evidence, decided_by, decided_at, scope)
select made.id, made.id, organ.id, 'RESPONSIBLE', made.id, 'ACCEPTED', '{{}}', 'made', opened_at, scope
from (select id, opened_at, scope, row_number() over (order by opened_at) as number from "case") made
join organ on organ.name = '第' || number % 500 + 1 || '局';
insert into case_place (id, case_id, place, submission, state, evidence, decided_by, decided_at, scope)
select id, id, lpad((number % 300 + 1)::text, 32, '0')::uuid, id, 'ACCEPTED', '{{}}', 'made', opened_at, scope
from (select id, opened_at, scope, row_number() over (order by opened_at) as number from "case") made;
insert into reveal (id, subject_kind, subject, actor, reason, at)
select id, 'Submission', id, 'user' || (get_byte(uuid_send(id), 15) % 40), 'x', received_at from submission;
analyze;
"""  # noqa: S608 - our own numbers
DAY = '{from: "2025-03-01T00:00:00Z", until: "2025-03-02T00:00:00Z"}'
LISTS = {
    "all": ("cases", ""),
    "status": ("cases", "filter: {status: {equals: REGISTERED}}"),
    "kind": ("cases", "filter: {kind: {equals: ACCUSATION}}"),
    "province": ("cases", 'filter: {division: {within: "43"}}'),
    "city": ("cases", 'filter: {division: {within: "4301"}}'),
    "county": ("cases", 'filter: {status: {equals: ANSWERED}, division: {within: "430104"}}'),
    "top topic": ("cases", 'filter: {topic: {within: "城乡建设"}}'),
    "topic": ("cases", 'filter: {topic: {within: "城乡建设/类3"}}'),
    "by activity": ("cases", "orderBy: {field: LAST_ACTIVITY_AT}"),
    "by receipt": ("cases", "orderBy: {field: FIRST_RECEIVED_AT, direction: ASCENDING}"),
    "by number": ("cases", "orderBy: {field: NUMBER}"),
    "by last receipt": ("cases", "orderBy: {field: LAST_RECEIVED_AT}"),
    "by last answer": ("cases", "orderBy: {field: LAST_ANSWERED_AT}"),
    "by last answer, earliest first": ("cases", "orderBy: {field: LAST_ANSWERED_AT, direction: ASCENDING}"),
    "by count": ("cases", "orderBy: {field: SUBMISSION_COUNT}"),
    "of a number": ("cases", "filter: {number: 77}"),
    "of an id elsewhere": ("cases", 'filter: {externalId: "77"}'),
    "of a receipt": ("cases", 'filter: {receiptCode: "77"}'),
    "of an account": ("cases", 'filter: {account: {source: "made", name: "somebody"}}'),
    "received in a day": ("cases", f"filter: {{lastReceivedAt: {DAY}}}"),
    "received since": (
        "cases",
        'filter: {lastReceivedAt: {from: "2025-02-01T00:00:00Z"}}, orderBy: {field: LAST_RECEIVED_AT}',
    ),
    "first received in a month": (
        "cases",
        'filter: {firstReceivedAt: {month: "2025-03"}}, orderBy: {field: FIRST_RECEIVED_AT}',
    ),
    "answered in a day": ("cases", f"filter: {{lastAnsweredAt: {DAY}}}"),
    "not answered since": (
        "cases",
        'filter: {lastAnsweredAt: {until: "2025-02-01T00:00:00Z"}}, orderBy: {field: LAST_ANSWERED_AT}',
    ),
    "of many submissions": ("cases", "filter: {submissionCount: {atLeast: 5}}, orderBy: {field: SUBMISSION_COUNT}"),
    "of few submissions": ("cases", "filter: {submissionCount: {atMost: 1}}"),
    "of an organ": ("cases", f'filter: {{organ: "{global_id("Organ", ORGAN)}"}}'),
    "of an organ by name": ("cases", 'filter: {organName: "第77局"}'),
    "of a place": ("cases", f'filter: {{place: "{global_id("Place", PLACE)}"}}'),
    "by topic": ("cases", "orderBy: {field: TOPIC, direction: ASCENDING}"),
    "by division": ("cases", "orderBy: {field: DIVISION}"),
    "submissions": ("submissions", ""),
    "channel": ("submissions", "filter: {channel: {equals: VISIT}}"),
    "source": ("submissions", 'filter: {source: "made"}'),
    "receipt": ("submissions", 'filter: {receiptCode: "77"}'),
    "submissions of a city": ("submissions", 'filter: {division: {within: "4301"}}'),
    "unnamed": ("submissions", "filter: {accusedUnnamed: true}"),
    "submissions of a topic": ("submissions", 'filter: {topic: {within: "城乡建设"}}'),
    "submissions of a case": ("submissions", "filter: {caseNumber: 77}"),
    "of an id of any source": ("submissions", 'filter: {externalId: "77"}'),
    "submissions of an account": ("submissions", 'filter: {account: {source: "made", name: "somebody"}}'),
    "submissions of a month": ("submissions", 'filter: {receivedAt: {month: "2025-03"}}'),
    "places of a name": ("places", 'filter: {name: {startsWith: "岳"}}'),
    "organs of a name": ("organs", 'filter: {name: {startsWith: "第7"}}'),
    "parties": ("parties", ""),
    "reveals": ("reveals", ""),
    "reveals of somebody": ("reveals", 'filter: {actor: "user7"}'),
    "reveals of a day": ("reveals", "filter: {at: " + DAY + "}"),
}
USUAL = ("all", "submissions")
"""What viewers who see less are tried with; they ask the others, too, and wait longer where little of it is theirs."""
FOLLOWED = ("everything", "no accusations", "one county", "a city")
"""Who reads histories: an organ's few cases are followed from its parts in them."""
NODES = {
    "cases": "number title status",
    "submissions": "externalId title text",
    "parties": "names mentionCount",
    "places": "name fullName",
    "organs": "name",
}
VIEWERS = {
    "everything": EVERYTHING,
    "no accusations": replace(EVERYTHING, clearances=frozenset()),
    "one county": replace(EVERYTHING, divisions=("430103",)),
    "a city": replace(EVERYTHING, divisions=("4301",), clearances=frozenset()),
    "two counties": replace(EVERYTHING, divisions=("430103", "430105")),
    "a city's discipline organ": replace(EVERYTHING, divisions=("4301",), organs=frozenset({ORGAN})),
    "an organ": Viewer(name="handler", roles=frozenset({Role.HANDLER}), organs=frozenset({ORGAN})),
}
NODES["reveals"] = "actor subject reason"
SMALL = 5_000
"""Rows that one step of a plan may read: sorting so many takes a millisecond."""


@pytest.fixture
async def year(database_url: str, connection: Connection, vault: Vault) -> AsyncIterator[Pool]:
    """Give a city's year to read from."""
    await connection.execute(FILL)
    account = vault.equality("account", normal_account("made", "somebody"))
    await connection.execute(f"update mention set account_hash = $1 where {NTH} % {OFTEN} = 0", account)  # noqa: S608
    pool = await open_reading_pool(database_url, largest=1, patience=60_000)
    yield pool
    pool.terminate()


def steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every step of a plan."""
    yield plan
    for inner in plan.get("Plans", ()):
        yield from steps(inner)


async def run(pool: Pool, executor: Executor, query: str, viewer: Viewer) -> list[dict[str, Any]]:
    """Run a query's statement as it is run for the API, and return its steps with what they read."""
    text, values = executor.preparation.statement(Asked(query), viewer)
    async with pool.acquire() as connection:
        quoted = [await connection.fetchval("select quote_nullable($1::text)", told(one)) for one in values]
        literals = ", ".join(quoted)
        await connection.execute(f"prepare asked as {text}")
        planned = await connection.fetchval(f"explain (analyze, timing off, format json) execute asked({literals})")
        await connection.execute("deallocate asked")
    return list(steps(json.loads(planned)[0]["Plan"]))


def told(value: object) -> str:
    """Return a value as PostgreSQL reads it."""
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    return "{" + ",".join(map(str, value)) + "}" if isinstance(value, list) else str(value)


@pytest.mark.long
async def test_hot_questions_are_answered_by_an_index(year: Pool, vault: Vault) -> None:
    """The first page and the last of every list that can be asked for, by whoever asks."""
    executor = Executor(
        build(), reader=Reader(year, 0), vault=vault, limits=DocumentLimits(),
        context=lambda _: cast("Context", None), trusted=Trusted(), zone="Asia/Shanghai",
    )  # fmt: skip
    asked = [
        (name, f"{{ {root}({given}) {{ nodes {{ {NODES[root]} }} pageInfo {{ hasNextPage endCursor }} }} }}")
        for name in VIEWERS
        for listing, (root, arguments) in LISTS.items()
        for size in ("first: 50", "last: 50")
        if name == "everything" or listing in USUAL
        for given in [", ".join(one for one in (arguments, size) if one)]
    ]
    case = global_id("Case", UUID("11111111-1111-7111-8111-111111111111"))
    one = f'{{ case(id: "{case}") {{ title parties {{ nodes {{ names }} }} events {{ nodes {{ text }} }} }} }}'
    asked += [(name, one) for name in VIEWERS]
    party = global_id("Party", UUID(int=OFTEN))
    entries = "nodes { kind at submission { title } } pageInfo { endCursor }"
    asked += [
        (name, f"{{ history({subject}, {size}) {{ {entries} }} }}")
        for name in VIEWERS
        for subject in (f'party: "{party}"', f'case: "{case}"', 'division: "430103"', 'division: "4301"')
        for size in ("first: 50", "last: 50")
        if name in FOLLOWED
    ]
    found = {
        (name, query): [slow for step in await run(year, executor, query, VIEWERS[name]) if (slow := problem(step))]
        for name, query in asked
    }
    assert {question: slow for question, slow in found.items() if slow} == {}


def problem(step: dict[str, Any]) -> str | None:
    """Return what is wrong with a step, None where it is as it should be."""
    rows = step["Actual Rows"] * step["Actual Loops"] + step.get("Rows Removed by Filter", 0) * step["Actual Loops"]
    if step["Node Type"] == "Seq Scan" and step["Relation Name"] not in {"place", "organ", "document", "journal_p1"}:
        return f"Seq Scan of {step['Relation Name']}"
    return f"{step['Node Type']} of {rows} rows" if rows > SMALL else None
