"""What turns cost a viewer who is alone: how often light questions are answered with turns and without.

In one process, without HTTP, in rounds that follow each other, so that what else the machine does touches both alike.
"""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from bench.attacks.fairness import ASKED, CONNECTIONS, SUBMISSIONS
from bench.graphql.data import database, folder
from bench.graphql.policy import QUERIES, executor_on
from bench.table import Row
from bench.viewers import EVERYTHING
from casegraph.connections import READERS
from graph.database import open_reading_pool
from resolvers.asked import Asked
from resolvers.reader import Reader
from resolvers.turns import Lanes, Turns

if TYPE_CHECKING:
    from pathlib import Path

    from resolvers.execution import Executor

LIGHT: Final = tuple(Asked(one) for one in ASKED if "search(" not in one)
"""What is asked, by as many at once as a hostile client asks by: searches read other things besides."""
PATIENCE: Final = 60_000
GOAL: Final = 0.8


@dataclass(frozen=True, slots=True)
class Rounds:
    """How long is measured."""

    count: int = 12
    seconds: float = 1.0


async def _rate(executor: Executor, seconds: float) -> float:
    """Return how many questions a second one viewer is answered."""
    began = time.perf_counter()
    answered = 0

    async def ask(first: int) -> None:
        nonlocal answered
        for asked in itertools.islice(itertools.cycle(LIGHT), first, None):
            answer = await executor.execute(asked, EVERYTHING, QUERIES)
            assert not answer.errors, answer.errors
            answered += 1
            if time.perf_counter() - began > seconds:
                return

    await asyncio.gather(*(ask(first) for first in range(CONNECTIONS)))
    return answered / (time.perf_counter() - began)


async def lone(data: Path, submissions: int = SUBMISSIONS, rounds: Rounds | None = None) -> Row:
    """Measure on a data folder, which is filled where it is empty."""
    rounds, lanes = rounds or Rounds(), Lanes.of(READERS, READERS)
    async with database(data, submissions) as url:
        pool = await open_reading_pool(url, largest=READERS, patience=PATIENCE)
        try:
            reader = Reader(pool, PATIENCE)
            without = executor_on(reader, replace(lanes, light=Turns(CONNECTIONS, CONNECTIONS)))
            in_turn = executor_on(reader, lanes)
            pairs = [
                (await _rate(in_turn, rounds.seconds), await _rate(without, rounds.seconds))
                for _ in range(rounds.count + 1)
            ][1:]  # the first statements of each connection take longest
        finally:
            pool.terminate()
    rate, bare = (statistics.median(one) for one in zip(*pairs, strict=True))
    ratio = statistics.median(one / other for one, other in pairs)
    return Row(
        name="attacks.lone", value=rate, unit="answers/s", reference=f"without turns {bare:.0f}", ratio=ratio,
        goal=f"≥ {GOAL:g}×", holds=ratio >= GOAL,
    )  # fmt: skip


def measure() -> list[Row]:
    """Measure what turns cost somebody who is alone."""
    with folder() as data:
        return [asyncio.run(lone(data))]
