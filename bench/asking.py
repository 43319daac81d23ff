"""How long a question takes on its whole way, and how well it is answered."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.search.messages import messages, questions
from bench.search.relevance import FIRST
from bench.table import Row
from bench.viewers import EVERYTHING
from bench.writes import database, make_intake, percentile, ticket
from graph.database import open_reading_pool
from graph.scope import scope
from resolvers.reader import Reader
from search.indexer import Indexer
from search.records import SearchRequest
from search.service import Search
from search.tantivy_engine import open_tantivy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graph.database import Pool
    from graph.records import Draft, SubmissionId

BASELINE: Final = 0.848
"""MRR@10 of tantivy's BM25 over words and bigrams of 4,326 real messages, measured apart. Six hundred subjects more or
less lucky move such a figure by a hundredth and more."""
TITLE: Final = "留言"
"""Stands in the place of every subject: the subject is the question."""


def _known(number: int, body: str) -> Draft:
    return replace(ticket(number), external_id=f"K{number}", title=TITLE, text=body, mentions=())


async def _ask(search: Search, pool: Pool, known: Sequence[tuple[str, str]]) -> list[Row]:
    """Ask for messages by their subjects, one after the other."""
    rows = await pool.fetch("select id, external_id from submission")
    ids: dict[str, SubmissionId] = {row["external_id"]: row["id"] for row in rows}
    took, points = [], 0.0
    for question in questions(known, "subject"):
        began = time.perf_counter()
        page = await search.search(SearchRequest(text=question.text, first=FIRST), scope(EVERYTHING))
        took.append((time.perf_counter() - began) * 1_000)
        answers = [hit.submission for hit in page.hits]
        if (wanted := ids[f"K{question.wanted}"]) in answers:
            points += 1 / (answers.index(wanted) + 1)
    took.sort()
    mean = points / len(took)
    return [
        Row(
            name="asking.subject", value=mean, unit="MRR@10", reference=f"baseline {BASELINE} on fewer messages",
            ratio=mean / BASELINE,
        ),
        Row(name="asking.p50", value=percentile(took, 0.5), unit="ms"),
        Row(name="asking.p95", value=percentile(took, 0.95), unit="ms"),
    ]  # fmt: skip


async def _measure(pool: Pool, reading: Pool, folder: Path) -> list[Row]:
    intake, engine = make_intake(pool, os.urandom(32), folder / "attachments"), open_tantivy(folder / "index")
    indexer, search = Indexer(pool=pool, engine=engine), Search(reader=Reader(reading, 10_000), engine=engine)
    known = messages()
    await intake.take_in([_known(n, body) for n, (_, body) in enumerate(known)], actor="bench", now=datetime.now(UTC))
    await indexer.catch_up()
    rows = await _ask(search, pool, known)
    await engine.close()
    return rows


async def _run(folder: Path) -> list[Row]:
    async with database(folder) as (url, pool):
        reading = await open_reading_pool(url, largest=2, patience=10_000)
        try:
            return await _measure(pool, reading, folder)
        finally:
            reading.terminate()


def measure() -> list[Row]:
    """Measure on an embedded server of its own."""
    with tempfile.TemporaryDirectory(prefix="casegraph-bench-") as folder:
        return asyncio.run(_run(Path(folder)))
