"""What the policy costs: the same questions with it and without it, in one process on one connection.

Without it nothing is put around the tables that a statement names, and row-level security is switched off. Both are
asked in turn, round by round; the processor time of PostgreSQL's process and of our own is measured, HTTP is not. Time
on a clock would tell what else the machine does.
"""

from __future__ import annotations

import asyncio
import statistics
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Final, cast
from unittest.mock import patch
from uuid import UUID

import psutil
from graphql import OperationType

from bench.graphql.queries import SEARCH
from bench.table import Row
from bench.viewers import EVERYTHING
from graph.database import connect, open_reading_pool
from graph.guard import COLUMNS, Guard
from graph.identity import Vault
from resolvers.asked import Asked as Request
from resolvers.execution import Executor
from resolvers.limits import DocumentLimits
from resolvers.reader import Reader
from resolvers.trusted import Trusted
from schema.schema import build

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from bench.graphql.queries import Asked
    from graph.database import Connection
    from graph.policy import Viewer
    from resolvers.turns import Lanes
    from schema.ports import Context

ROUNDS: Final = 7
SECONDS: Final = 0.7
"""Of the processor, in one round of one question."""
TOGETHER: Final = 10
"""Answers between two looks at the time, which is counted in hundredths of a second."""
GOALS: Final[Mapping[str, float]] = {"case": 0.25, "filtered": 0.15, "nested": 0.15, "flat": 0.15}
"""By how much longer a question may take with the policy."""
QUERIES: Final = frozenset({OperationType.QUERY})
NOBODY: Final = UUID(int=1)
CONTEXT: Final = cast("Context", SimpleNamespace(reads=SimpleNamespace(notices=dict)))
"""What a request knows besides: nothing is searched here, so there is nothing to be said of the index."""


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
    async with pool.acquire() as only:
        spent = _spent(only.get_server_pid())
    reader = Reader(pool, 60_000)  # it keeps the only connection
    try:
        return [
            row
            for name, viewer in viewers(division).items()
            for one in asked
            if one.query.name != SEARCH.name
            for row in [_row(one, name, await _compared(connection, reader, spent, one, viewer))]
        ]
    finally:
        await _secure(connection, "enable")
        pool.terminate()
        await connection.close()


async def _compared(
    connection: Connection, reader: Reader, spent: Callable[[], float], asked: Asked, viewer: Viewer
) -> list[tuple[float, float]]:
    """Return the seconds of an answer with and without the policy, of each round."""
    guarded, bare, rounds = executor_on(reader), executor_on(reader), []
    for _ in range(ROUNDS):
        await _secure(connection, "enable")
        with_policy = await _time(guarded, spent, asked, viewer)
        await _secure(connection, "disable")
        with _without_guard():
            rounds.append((with_policy, await _time(bare, spent, asked, viewer)))
    return rounds


def _row(asked: Asked, name: str, rounds: Sequence[tuple[float, float]]) -> Row:
    ratios = sorted(with_policy / without for with_policy, without in rounds)
    more, goal = statistics.median(ratios) - 1, GOALS[asked.query.name]
    return Row(
        name=f"graphql.{asked.query.name}.policy.{name}", unit="ms of processor",
        value=statistics.median(with_policy for with_policy, _ in rounds) * 1_000,
        reference=f"without policy; {ratios[0]:.2f} to {ratios[-1]:.2f}", ratio=1 + more, goal=f"≤ {1 + goal:g}×",
        holds=more <= goal,
    )  # fmt: skip


async def _secure(connection: Connection, how: str) -> None:
    for table in COLUMNS:
        await connection.execute(f'alter table "{table}" {how} row level security')


@contextmanager
def _without_guard() -> Iterator[None]:
    """Leave the policy away: for measuring alone, since nothing that serves has a switch for it."""
    with patch.object(Guard, "around", lambda _, statement: statement.unguarded):
        yield


def executor_on(reader: Reader, lanes: Lanes | None = None) -> Executor:
    """Return what answers by a reader alone."""
    return Executor(
        build(), reader=reader, vault=Vault(bytes(32)), limits=DocumentLimits(),
        context=lambda _: CONTEXT, trusted=Trusted(), zone="Asia/Shanghai", lanes=lanes,
    )  # fmt: skip


def _spent(server: int) -> Callable[[], float]:
    """Return what tells the seconds that a process of PostgreSQL and our own have had of the processor."""
    processes = psutil.Process(server), psutil.Process()
    return lambda: sum(sum(process.cpu_times()[:2]) for process in processes)


async def _time(executor: Executor, spent: Callable[[], float], asked: Asked, viewer: Viewer) -> float:
    """Return the seconds of one answer, after each set of variables was asked once."""
    requests = [Request(asked.query.document, dict(one)) for one in asked.ours]
    for request in requests:
        answer = await executor.execute(request, viewer, QUERIES)
        assert not answer.errors, answer.errors
    count, began = 0, spent()
    while (took := spent() - began) < SECONDS:
        for _ in range(TOGETHER):
            await executor.execute(requests[count % len(requests)], viewer, QUERIES)
            count += 1
        await asyncio.sleep(0)
    return took / count
