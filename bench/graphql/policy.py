"""What the policy costs: the same questions with it and without it, in one process on one connection.

Without it nothing is put around the tables that a statement names, and row-level security is switched off. Both are
asked in turn, round by round; PostgreSQL and our own code are measured, HTTP is not.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final, cast
from unittest.mock import patch
from uuid import UUID

from graphql import OperationType

from bench.graphql.queries import SEARCH
from bench.table import Row
from bench.viewers import EVERYTHING
from graph.database import connect, open_reading_pool
from graph.guard import COLUMNS, Guard
from graph.identity import Vault
from resolvers.execution import Asked as Request
from resolvers.execution import Executor
from resolvers.limits import DocumentLimits
from resolvers.reader import Reader
from resolvers.trusted import Trusted
from schema.schema import build

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bench.graphql.queries import Asked
    from graph.database import Connection
    from graph.policy import Viewer
    from schema.ports import Context

ROUNDS: Final = 7
SECONDS: Final = 0.7
"""Of one round of one question."""
GOALS: Final[Mapping[str, float]] = {"case": 0.25, "filtered": 0.15, "nested": 0.15, "flat": 0.15}
"""By how much longer a question may take with the policy."""
QUERIES: Final = frozenset({OperationType.QUERY})
NOBODY: Final = UUID(int=1)


def viewers(division: str) -> dict[str, Viewer]:
    """Return those who ask: they see the same, but by more and more that has to be looked at."""
    return {
        "everything": EVERYTHING,
        "staff": replace(EVERYTHING, name="staff", organs=frozenset({NOBODY})),
        "division": replace(EVERYTHING, name="division", divisions=(division,), organs=frozenset({NOBODY})),
    }


async def measure(url: str, asked: Sequence[Asked]) -> list[Row]:
    """Return a row for each question and viewer."""
    connection = await connect(url)
    division = await connection.fetchval(
        """select division_2 from "case" where division_2 is not null group by 1 order by count(*) desc limit 1"""
    )
    pool = await open_reading_pool(url, largest=1, patience=60_000)
    reader = Reader(pool, 60_000)  # it keeps the only connection
    try:
        return [
            row
            for name, viewer in viewers(division).items()
            for one in asked
            if one.query.name != SEARCH.name
            for row in [await _compared(connection, reader, one, name, viewer)]
        ]
    finally:
        await _secure(connection, "enable")
        pool.terminate()
        await connection.close()


async def _compared(connection: Connection, reader: Reader, asked: Asked, name: str, viewer: Viewer) -> Row:
    guarded, bare = _executor(reader), _executor(reader)
    ratios, took = [], []
    for _ in range(ROUNDS):
        await _secure(connection, "enable")
        with_policy = await _time(guarded, asked, viewer)
        await _secure(connection, "disable")
        with _without_guard():
            without = await _time(bare, asked, viewer)
        ratios.append(with_policy / without)
        took.append(with_policy)
    more, goal = statistics.median(ratios) - 1, GOALS[asked.query.name]
    return Row(
        name=f"graphql.{asked.query.name}.policy.{name}", value=statistics.median(took) * 1_000, unit="ms",
        reference="without policy", ratio=1 + more, goal=f"≤ {1 + goal:g}×", holds=more <= goal,
    )  # fmt: skip


async def _secure(connection: Connection, how: str) -> None:
    for table in COLUMNS:
        await connection.execute(f'alter table "{table}" {how} row level security')


@contextmanager
def _without_guard() -> Iterator[None]:
    """Leave the policy away: for measuring alone, since nothing that serves has a switch for it."""
    with patch.object(Guard, "around", lambda _, statement: statement.unguarded):
        yield


def _executor(reader: Reader) -> Executor:
    return Executor(
        build(), reader=reader, vault=Vault(bytes(32)), limits=DocumentLimits(),
        context=lambda _: cast("Context", None), trusted=Trusted(), zone="Asia/Shanghai",
    )  # fmt: skip


async def _time(executor: Executor, asked: Asked, viewer: Viewer) -> float:
    """Return the seconds of one answer, after each set of variables was asked once."""
    requests = [Request(asked.query.document, dict(one)) for one in asked.ours]
    for request in requests:
        answer = await executor.execute(request, viewer, QUERIES)
        assert not answer.errors, answer.errors
    count, began = 0, time.perf_counter()
    while time.perf_counter() - began < SECONDS:
        await executor.execute(requests[count % len(requests)], viewer, QUERIES)
        count += 1
        await asyncio.sleep(0)
    return (time.perf_counter() - began) / count
