"""Row-level security keeps conditions away from an index unless they tell nothing, and nobody reads as nobody."""

from __future__ import annotations

import json
import re
from contextlib import aclosing
from random import Random
from typing import TYPE_CHECKING, Any, Final

from hypothesis import settings

from graph.scope import SETTINGS, scope
from graph.seeing import SET_VIEWER
from resolvers.asked import Asked
from schema.errors import RequestError
from tests.policy.asking import QUERY, post
from tests.policy.test_leaks import CASES, CHANGES, end_with_the_journal
from tests.policy.test_oracles import battery
from tests.policy.viewers import NAME, viewer
from tests.reference.queries import question

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from graph.database import Pool
    from graph.policy import Viewer
    from resolvers.execution import Executor
    from tests.api.conftest import Api
    from tests.policy.asking import Parts
    from tests.policy.viewers import Cast
    from tests.reference.values import Values

OPERATOR: Final = re.compile(r"\(?[\w.\"]+\)? (?P<name>[<>=!@&|~#?*/%+-]+|IS NOT NULL|IS NULL)(?: ANY)? ")
MAKING: Final = {"||", "-", "->>"}
"""Operators that make what a column is compared with, and compare nothing."""
LEAKING: Final = """select distinct oprname, oprcode::text
    from pg_index
    join pg_class on pg_class.oid = indrelid and relrowsecurity
    join pg_attribute on attrelid = indrelid and attnum = any(indkey)
    join pg_operator on oprleft = atttypid and oprright = atttypid and oprname = any($1::text[])
    join pg_proc on pg_proc.oid = oprcode
    where not proleakproof"""
"""The operators of these names, for the types of columns that have an index, that are not leakproof."""
COLUMN: Final = re.compile("^left join lateral", re.MULTILINE)
"""What reads, in a plan's statement."""
OF_THE_DRIVER: Final = ("current_setting('jit')", "typeinfo_tree")
"""What tells asyncpg's own look at the types of PostgreSQL's catalogue."""
FILTERS: Final = """{
    a: cases(filter: {status: {anyOf: [REGISTERED]}, division: {within: "4301"}}) { nodes { id } }
    b: cases(filter: {kind: {equals: APPEAL}, topic: {within: "城乡建设"}}) { nodes { id } }
    c: cases(filter: {division: {within: "430104001"}, openedAt: {from: "2026-01-01T00:00:00Z"}}) { nodes { id } }
    d: submissions(filter: {source: "hotline", externalId: "ext-甲申"}) { nodes { id } }
    e: submissions(filter: {receiptCode: "x", receivedAt: {until: "2027-01-01T00:00:00Z"}}) { nodes { id } }
    f: submissions(filter: {topic: {within: "城乡建设/安全生产/安全"}, division: {equals: "430104"}}) { nodes { id } }
    g: places(filter: {code: {within: "4301"}, source: "web"}) { nodes { id } }
    h: rejections(filter: {source: "web"}) { nodes { id } }
    i: parties(filter: {role: PETITIONER}) { nodes { id } } }"""


def plans(node: Any) -> Iterator[dict[str, Any]]:
    """Yield every node of a plan."""
    if isinstance(node, dict):
        if "Node Type" in node:
            yield node
        for value in node.values():
            yield from plans(value)
    if isinstance(node, list):
        for value in node:
            yield from plans(value)


async def explained(pool: Pool, somebody: Viewer, text: str, values: list[object]) -> list[Any]:
    """Return how PostgreSQL would run a viewer's statement, by indexes wherever it may."""
    async with pool.acquire() as connection, connection.transaction(readonly=True):
        await connection.execute("set local enable_seqscan = off")
        await connection.execute(SET_VIEWER, *scope(somebody).settings)
        told = await connection.fetchval(f"explain (format json, verbose, costs off) {text}", *values)
    found: list[Any] = json.loads(told)
    return found


async def test_what_reaches_an_index_is_leakproof(
    executor: Executor, values: Values, cast: Cast, reading_pool: Pool, filled: Api
) -> None:
    """Every operator of an index condition, of what viewers ask under the reading role, is marked so in pg_proc."""
    used: set[str] = set()
    for number in range(settings().max_examples):
        somebody = viewer(Random(number), cast)  # noqa: S311 - nothing secret
        asked = Asked(FILTERS) if number % 4 == 0 else as_asked(Random(number), values)  # noqa: S311
        try:
            text, given = executor.preparation.statement(asked, somebody)
        except (RequestError, LookupError):
            continue
        for node in plans(await explained(reading_pool, somebody, text, given)):
            used |= set(operators(node.get("Index Cond", "")))
    compared = used - {"IS NULL", "IS NOT NULL"} - MAKING
    assert {"=", ">=", "<"} <= compared <= {"=", "<", ">", "<=", ">="}
    leaking = await filled.services.pool.fetch(LEAKING, sorted(compared))
    assert [tuple(row) for row in leaking] == []


def as_asked(by_chance: Random, values: Values) -> Asked:
    one = question(by_chance, values)
    return Asked(one.query, one.variables)


def operators(condition: str) -> Iterator[str]:
    """Yield the operators of an index condition."""
    bare = re.sub(r"'(?:[^']|'')*'", "''", condition)
    for found in OPERATOR.finditer(bare + " "):
        yield found["name"]


async def test_no_statement_runs_before_its_viewer_is_set(
    executor: Executor, parts: Parts, values: Values, cast: Cast, reading_pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On connections that read, each statement sets its viewer itself or follows one that did in its transaction."""
    end_with_the_journal(monkeypatch)
    log: list[tuple[object, str]] = []
    connections = [await reading_pool.acquire() for _ in range(reading_pool.get_size())]
    for one in connections:
        one.add_query_logger(lambda record, one=one: log.append((one, record.query)))
    for one in connections:
        await reading_pool.release(one)
    for number in range(20):
        somebody = viewer(Random(number), cast)  # noqa: S311 - nothing secret
        asked = [question(Random(number), values), *(battery() if number < 3 else ())]  # noqa: S311
        for each in asked:
            await executor.execute(Asked(each.query, each.variables), somebody, QUERY)
        await post(executor, somebody, CHANGES, first=10)
        start = parts.vault.seal_cursor(f"changes/{NAME}", bytes(12))
        async with aclosing(executor.subscribe(Asked(CASES, {"after": start}), somebody)) as answers:
            async for _ in answers:
                pass
    by_connection: dict[int, list[str]] = {}
    for where, text in log:
        by_connection.setdefault(id(where), []).append(text)
    assert sum(map(len, by_connection.values())) > 100
    for texts in by_connection.values():
        assert unset(texts) == []


def unset(texts: list[str]) -> list[str]:
    """Return the statements of one connection, in their order, that ran though nobody was set."""
    found, known = [], False
    for text in texts:
        if text.startswith(("BEGIN", "COMMIT", "ROLLBACK")):
            known = False
        elif text == SET_VIEWER:
            known = True
        elif not known and not sets_itself(text) and not any(one in text for one in OF_THE_DRIVER):
            found.append(text)
    return found


def sets_itself(text: str) -> bool:
    """Tell whether a statement sets all that is known of a viewer before it reads: each column waits for it."""
    columns = len(COLUMN.findall(text))
    return (
        all(f"set_config('{name}', ${number}, true)" in text for number, name in enumerate(SETTINGS, 1))
        and columns > 0
        and text.count("where viewer.s1 <> '' offset 0)") == columns
    )


def test_a_statement_without_a_viewer_would_be_noticed() -> None:
    """After the transaction in which a viewer was set, and before any."""
    assert unset(["select 1", "BEGIN", SET_VIEWER, "select 2", "COMMIT;", "select 3"]) == ["select 1", "select 3"]
