"""How long after it was heard a submission is found: alone, beside an ingest of a year, and at a steady rate."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.graphql.servers import environment
from bench.table import Row
from bench.writes import percentile, ticket
from casegraph.demo.year import FOLDERS, make_year
from casegraph.services import for_child, open_services
from casegraph.settings import Settings
from casegraph.workers import worker
from graph import journal
from graph.records import Channel

if TYPE_CHECKING:
    from casegraph.services import Services

WRITES: Final = 30
APART: Final = 0.37
"""Seconds between two writes: no multiple of any pause of the indexer's."""
SUBMISSIONS: Final = 60_000
"""Enough that the ingest beside outlasts the writes."""
LOOK: Final = 0.01
GOAL_SECONDS: Final = 1.0
RATE: Final = 200
"""Submissions that are sent each second, whatever the answers take."""
TOGETHER: Final = 10
"""Submissions of one request: partners push some at once."""
SECONDS: Final = 30


async def _position(services: Services) -> int:
    async with services.pool.acquire() as connection:
        return await journal.position(connection)


async def _found(services: Services, first: int) -> list[float]:
    """Return how many seconds each write could not be found for after it was acknowledged, sorted."""
    took = []
    for number in range(first, first + WRITES):
        await services.intake.take_in([ticket(number)], actor="bench", now=datetime.now(UTC))
        began = time.perf_counter()
        position = await _position(services)
        while (await services.index_position() or 0) < position:  # noqa: ASYNC110  # as a search looks: at the index
            await asyncio.sleep(LOOK)
        took.append(time.perf_counter() - began)
        await asyncio.sleep(APART)
    return sorted(took)


async def _steadily(services: Services, first: int) -> tuple[list[float], float]:
    """Return how long after each of `RATE` a second was due it was found, sorted, and the rate that was met."""
    due: list[tuple[float, int]] = []
    """When each request should have been sent, and the journal's position when it was answered."""
    held: list[tuple[float, int]] = []
    """When the index was seen to hold a position."""
    began = time.perf_counter() + 0.1

    async def send(number: int) -> float:
        at = began + number * TOGETHER / RATE
        await asyncio.sleep(at - time.perf_counter())
        drafts = [ticket(first + number * TOGETHER + one) for one in range(TOGETHER)]
        await services.intake.take_in(drafts, actor="bench", now=datetime.now(UTC))
        due.append((at, await _position(services)))
        return time.perf_counter()

    async def watch() -> None:
        while True:
            held.append((time.perf_counter(), await services.index_position() or 0))
            await asyncio.sleep(LOOK)

    watching = asyncio.create_task(watch())
    answered = await asyncio.gather(*(send(number) for number in range(RATE * SECONDS // TOGETHER)))
    while not held or held[-1][1] < max(position for _, position in due):  # noqa: ASYNC110  # as above
        await asyncio.sleep(LOOK)
    watching.cancel()
    took = [next(at for at, reached in held if reached >= position) - sent for sent, position in due]
    return sorted(took), RATE * SECONDS / (max(answered) - began)


async def _run(base: Path) -> list[Row]:
    settings = Settings(data=base / "data", log_level="WARNING")
    async with open_services(settings) as services, worker(for_child(services)):
        await _found(services, 0)  # so that nothing is done for the first time below
        alone = await _found(services, 10_000)
        ingest = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "casegraph", "ingest", "hotline", str(base / "year" / FOLDERS[Channel.HOTLINE]),
            env=environment({"CASEGRAPH_DATA": str(settings.data)}),
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        beside = await _found(services, 20_000)
        outlasted = ingest.returncode is None
        if outlasted:
            ingest.terminate()
        await ingest.wait()
        while await services.index_position() != await _position(services):  # noqa: ASYNC110  # as above
            await asyncio.sleep(LOOK)
        steadily, rate = await _steadily(services, 30_000)
    slowest = beside[-1]
    return [
        Row(name="found.alone.p50", value=percentile(alone, 0.5), unit="s"),
        Row(name="found.alone.slowest", value=alone[-1], unit="s"),
        Row(name="found.beside_ingest.p50", value=percentile(beside, 0.5), unit="s"),
        Row(
            name="found.beside_ingest.slowest", value=slowest, unit="s", ratio=slowest / alone[-1],
            reference=f"alone {alone[-1]:.2f} s" + ("" if outlasted else " (the ingest ended first)"),
            goal=f"≤ {GOAL_SECONDS:.0f} s", holds=slowest <= GOAL_SECONDS and outlasted,
        ),
        Row(
            name=f"found.at_{RATE}_a_second.p99", value=percentile(steadily, 0.99), unit="s",
            reference=f"p50 {percentile(steadily, 0.5):.2f} s, slowest {steadily[-1]:.2f} s; {rate:.0f}/s taken in",
            goal=f"≤ {GOAL_SECONDS:.0f} s",
            holds=percentile(steadily, 0.99) <= GOAL_SECONDS and rate >= RATE * 0.98,
        ),
    ]  # fmt: skip


def measure() -> list[Row]:
    """Measure with a worker of its own, as `serve` has one, and `casegraph ingest` as another process."""
    with tempfile.TemporaryDirectory(prefix="casegraph-bench-") as folder:
        base = Path(folder)
        make_year(base / "year", submissions=SUBMISSIONS)
        return asyncio.run(_run(base))
