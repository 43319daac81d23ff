"""How long after it was acknowledged a submission is found: alone, and while a year's files are ingested beside it."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

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


async def _found(services: Services, first: int) -> list[float]:
    """Return how many seconds each write could not be found for after it was acknowledged, sorted."""
    took = []
    for number in range(first, first + WRITES):
        await services.intake.take_in([ticket(number)], actor="bench", now=datetime.now(UTC))
        began = time.perf_counter()
        async with services.pool.acquire() as connection:
            position = await journal.position(connection)
        while (await services.index_position() or 0) < position:  # noqa: ASYNC110  # as a search looks: at the index
            await asyncio.sleep(LOOK)
        took.append(time.perf_counter() - began)
        await asyncio.sleep(APART)
    return sorted(took)


async def _run(base: Path) -> list[Row]:
    settings = Settings(data=base / "data", log_level="WARNING")
    async with open_services(settings) as services, worker(for_child(services)):
        await _found(services, 0)  # so that nothing is done for the first time below
        alone = await _found(services, 10_000)
        ingest = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "casegraph", "ingest", "hotline", str(base / "year" / FOLDERS[Channel.HOTLINE]),
            env=os.environ | {"CASEGRAPH_DATA": str(settings.data)},
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        beside = await _found(services, 20_000)
        outlasted = ingest.returncode is None
        if outlasted:
            ingest.terminate()
        await ingest.wait()
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
    ]  # fmt: skip


def measure() -> list[Row]:
    """Measure with a worker of its own, as `serve` has one, and `casegraph ingest` as another process."""
    with tempfile.TemporaryDirectory(prefix="casegraph-bench-") as folder:
        base = Path(folder)
        make_year(base / "year", submissions=SUBMISSIONS)
        return asyncio.run(_run(base))
