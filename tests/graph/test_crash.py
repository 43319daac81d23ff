"""Killed at any point, an ingest that is run again gives the graph of one that nobody disturbed."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import pytest

from graph import journal
from graph.database import connect, open_pool
from graph.identity import Vault
from graph.records import DocumentDraft, Refusal, RejectionReason
from tests.conftest import DEEP
from tests.graph.factory import NOW, TEXT, draft, make_intake, petitioner, reply
from tests.graph.picture import DANGLING, EMPTY_CASES, picture

if TYPE_CHECKING:
    from graph.records import Reading
    from tests.cluster import Cluster

FORKS: Final = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__])
STEP: Final = 20
"""Readings that the process hands over at once."""
STRIDE: Final = 1 if DEEP else 11
"""How many statements later a process dies than the one before it, at most: some seventy could be tried."""


@dataclass(frozen=True)
class Run:
    """One run of an ingest; it dies right after its `dies_after`-th statement."""

    url: str
    key: bytes
    folder: Path
    dies_after: int | None


def readings() -> list[Reading]:
    """Return sixty records of nine people: copies, news, attachments, two unreadable rows."""
    people = [petitioner(f"张{name}", f"1381234000{n}") for n, name in enumerate("一二三四五六七八九")]
    records: list[Reading] = [
        draft(
            str(number % 50),
            mentions=(people[number % 9],),
            text=TEXT if number % 3 else f"{TEXT}第{number}件。",
            replies=(reply(),) if number % 4 == 0 or number >= 50 else (),
            organ="岳麓区城市管理局",
            documents=(_document(number),) if number % 7 == 0 else (),
        )
        for number in range(60)
    ]
    for place in (10, 45):
        records.insert(place, _refusal(place))
    return records


def _document(number: int) -> DocumentDraft:
    return DocumentDraft(name="合同.txt", media_type="text/plain", content=f"第{number}份".encode(), text="合同")


def _refusal(place: int) -> Refusal:
    template = draft()
    return Refusal(
        channel=template.channel, source=template.source, position=f"tickets.csv row {place}",
        reason=RejectionReason.DATE, message="The time is before 1950.", payload=b"{}",
    )  # fmt: skip


def ingest(run: Run) -> None:
    """Take all readings in, in a process of its own."""
    asyncio.run(_ingest(run))


async def _ingest(run: Run) -> None:
    pool = await open_pool(run.url, smallest=1, largest=1)
    if run.dies_after is not None:
        left = run.dies_after

        def count(_: object) -> None:
            nonlocal left
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

        connection = await pool.acquire()
        # The pool's only connection; a released one would forget who counts.
        cast("Any", connection)._con.add_query_logger(count)
        await pool.release(connection)
    intake = make_intake(pool, Vault(run.key), run.folder)
    records = readings()
    for start in range(0, len(records), STEP):
        await intake.take_in(records[start : start + STEP], actor="ingest", now=NOW)
    await pool.close()


def exit_code(run: Run) -> int:
    """Run to the end and return how it ended: -9 where it was killed."""
    process = FORKS.Process(target=ingest, args=(run,))
    process.start()
    process.join()
    assert process.exitcode is not None
    return process.exitcode


@pytest.mark.long
async def test_a_killed_ingest_run_again_gives_the_undisturbed_graph(cluster: Cluster, tmp_path: Path) -> None:
    """It dies after one of its first statements, begins again, dies after a later one, and so on until its end."""
    key = os.urandom(32)
    disturbed, undisturbed = [await cluster.create() for _ in range(2)]
    try:
        assert (
            await asyncio.to_thread(exit_code, Run(cluster.url(undisturbed, "socket"), key, tmp_path / "a", None)) == 0
        )
        points, code = [0], -signal.SIGKILL
        while code == -signal.SIGKILL:
            points.append(points[-1] + random.randint(1, STRIDE))  # noqa: S311 - nothing secret
            code = await asyncio.to_thread(
                exit_code, Run(cluster.url(disturbed, "socket"), key, tmp_path / "b", points[-1])
            )
        print(f"killed after statements {points[1:-1]}")  # noqa: T201 - told where the test fails
        assert code == 0
        assert len(points) > 5, "died at too few points to say anything"
        await assert_same(cluster.url(disturbed, "socket"), cluster.url(undisturbed, "socket"))
    finally:
        for name in (disturbed, undisturbed):
            await cluster.drop(name)


async def assert_same(one: str, other: str) -> None:
    """Check that two databases hold the same graph, and that the journal of the first is whole."""
    pictures = []
    for url in (one, other):
        connection = await connect(url)
        pictures.append(await picture(connection))
        assert await connection.fetchval(EMPTY_CASES) == 0
        assert await connection.fetch(DANGLING) == []
        assert (await journal.verify(connection)).broken_at is None
        await connection.close()
    assert pictures[0] == pictures[1]
