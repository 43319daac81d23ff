"""How long one write waits: alone, and while a batch ingest runs beside it."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import tempfile
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.table import Row
from casegraph.opening import prepare_database
from casegraph.postgres import EmbeddedPostgres
from graph.attachments import Attachments
from graph.belonging import Homes
from graph.database import open_pool
from graph.gazetteer import Gazetteer
from graph.identity import Vault
from graph.intake import BATCH, Intake
from graph.records import Channel, Draft, HotlineDetails, MentionDraft, MentionRole
from graph.topics import Taxonomy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from multiprocessing.connection import Connection

    from graph.database import Pool

SPAWN: Final = multiprocessing.get_context("spawn")
SINGLES: Final = 400
"""Single writes of each measurement."""
GOAL: Final = 5.0
"""A single write's p99 beside a batch over its p99 without one, at most. Batches of 300 hold the journal's head for
some tens of milliseconds, which a write that commits in a few must wait for once."""


def ticket(number: int) -> Draft:
    """Return a ticket like no other one."""
    now = datetime.now(UTC)
    return Draft(
        channel=Channel.HOTLINE, source="bench", external_id=f"B{number}", received_at=now - timedelta(hours=1),
        title=f"第{number}件", text=f"岳麓区某小区{number}栋的电梯停运多日，" + "物业一直没修。" * (10 + number % 30),
        payload=b"{}" * 200, position=f"row {number}", topic="城乡建设", organ="岳麓区住房和城乡建设局",
        mentions=(MentionDraft(role=MentionRole.PETITIONER, name=f"王{number}", phone=f"139{number:08d}"),),
        details=HotlineDetails(ticket_type="投诉"),
    )  # fmt: skip


async def singles(intake: Intake, first: int) -> list[float]:
    """Return how many milliseconds each of `SINGLES` writes took, sorted."""
    took = []
    for number in range(first, first + SINGLES):
        draft = ticket(number)
        began = time.perf_counter()
        await intake.take_in([draft], actor="bench", now=draft.received_at)
        took.append((time.perf_counter() - began) * 1000)
    return sorted(took)


def percentile(values: list[float], share: float) -> float:
    """Return the value that this share of sorted values does not exceed."""
    return values[min(int(len(values) * share), len(values) - 1)]


def make_intake(pool: Pool, key: bytes, folder: Path) -> Intake:
    """Return an intake."""
    attachments = Attachments(folder)
    return Intake(pool=pool, vault=Vault(key), attachments=attachments, homes=Homes(Gazetteer()), taxonomy=Taxonomy())


def ingest(url: str, key: bytes, folder: Path, pipe: Connection) -> None:
    """Take batches in, in a process of its own as `casegraph ingest` is one, until the pipe says so."""
    asyncio.run(_ingest(url, key, folder, pipe))


async def _ingest(url: str, key: bytes, folder: Path, pipe: Connection) -> None:
    pool = await open_pool(url, largest=1)
    intake, batches = make_intake(pool, key, folder), 0
    while not pipe.poll():
        start = 1_000_000 + batches * BATCH
        drafts = [ticket(start + step) for step in range(BATCH)]
        await intake.take_in(drafts, actor="bench", now=datetime.now(UTC))
        batches += 1
        if batches == 1:
            pipe.send(batches)
    pipe.send(batches)
    await pool.close()


async def _measure(url: str, pool: Pool, folder: Path) -> list[Row]:
    key = os.urandom(32)
    intake = make_intake(pool, key, folder)
    await singles(intake, 0)  # so that nothing is done for the first time below
    alone = await singles(intake, 10_000)
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=ingest, args=(url, key, folder, theirs))
    process.start()
    await asyncio.to_thread(ours.recv)
    beside = await singles(intake, 20_000)
    ours.send("enough")
    batches = await asyncio.to_thread(ours.recv)
    await asyncio.to_thread(process.join)
    p99 = {"alone": percentile(alone, 0.99), "beside": percentile(beside, 0.99)}
    ratio = p99["beside"] / p99["alone"]
    return [
        Row(name="write.alone.p50", value=percentile(alone, 0.5), unit="ms"),
        Row(name="write.alone.p99", value=p99["alone"], unit="ms"),
        Row(name="write.beside_batch.p50", value=percentile(beside, 0.5), unit="ms"),
        Row(
            name="write.beside_batch.p99", value=p99["beside"], unit="ms", ratio=ratio,
            reference=f"alone {p99['alone']:.1f} ms ({batches} batches)", goal=f"≤ {GOAL:.0f}×", holds=ratio <= GOAL,
        ),
    ]  # fmt: skip


@asynccontextmanager
async def database(folder: Path) -> AsyncIterator[tuple[str, Pool]]:
    """Give the address of an embedded server of one's own, which writes durably, and a pool to it."""
    server = EmbeddedPostgres(folder / "postgres")
    url = await asyncio.to_thread(server.start)
    try:
        await prepare_database(url, Vault(os.urandom(32)))
        pool = await open_pool(url, largest=4)
        try:
            yield url, pool
        finally:
            await pool.close()
    finally:
        await asyncio.to_thread(server.stop)


async def _run(folder: Path) -> list[Row]:
    async with database(folder) as (url, pool):
        return await _measure(url, pool, folder / "attachments")


def measure() -> list[Row]:
    """Measure on an embedded server of its own, which writes durably."""
    with tempfile.TemporaryDirectory(prefix="casegraph-bench-") as folder:
        return asyncio.run(_run(Path(folder)))
