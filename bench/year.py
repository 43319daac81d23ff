"""A city's year from files to searchable: 138,000 submissions over all channels, beside a raw COPY of the same rows."""

from __future__ import annotations

import asyncio
import contextlib
import io
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.processes import Watch
from bench.table import Row
from casegraph.commands.ingest import plan_of
from casegraph.demo.town import FOLDERS
from casegraph.demo.year import make_year
from casegraph.ingest import Summary, find_items, take_in
from casegraph.reading import Item
from casegraph.running import rarely_collect
from casegraph.services import for_child, open_services
from casegraph.settings import Settings
from casegraph.terminal import steps
from casegraph.workers import indexed, worker
from graph.database import connect
from graph.outcomes import Change
from graph.records import Channel

if TYPE_CHECKING:
    from casegraph.children import Kept
    from casegraph.services import Services
    from graph.database import Connection

SUBMISSIONS: Final = 138_000
GOAL_SECONDS: Final = 60.0
PART: Final = 10
"""The small year whose memory the whole one's is compared with is so many times smaller."""
GOAL_MEMORY: Final = 1.5
REAL: Final = Path(__file__).parent.parent.parent / "shared" / "data"
SHEETS: Final = ("messages_with_replies.xlsx", "messages.xlsx")
TABLES: Final = (
    "submission", "submission_revision", "document", "mention", "case", "event", "filing", "same_party", "case_place",
    "case_organ", "case_accused", "journal",
)  # fmt: skip
GIVEN: Final = """
    select attname from pg_attribute
    where attrelid = $1::text::regclass and attnum > 0 and not attisdropped and attgenerated = '' order by attnum
"""
"""The columns of a table that are written: PostgreSQL takes no values for those that it makes itself."""


def items_of(folder: Path) -> list[Item]:
    """Return a year's files, and the real sheets where they are."""
    found = [item for channel, name in FOLDERS.items() for item in find_items(channel, [folder / name])]
    return found + [Item(Channel.WEB, REAL / name, name) for name in SHEETS if (REAL / name).exists()]


class Measured:
    """What taking a year in cost."""

    def __init__(self, wall: float, stored: float, watch: Watch, summary: Summary) -> None:
        self.wall, self.stored, self.watch, self.summary = wall, stored, watch, summary
        self.copied = 0.0

    @property
    def submissions(self) -> int:
        """How many records were read."""
        return sum(self.summary.changes.values())


async def _take(services: Services, folder: Path, beside: Kept) -> Measured:
    postmaster = int((services.settings.data / "postgres" / "cluster" / "postmaster.pid").read_text().split()[0])
    summary = Summary()
    items = items_of(folder)
    with Watch(postmaster) as watch:
        began = time.perf_counter()
        with steps("Taking in", len(items)) as bar:
            await take_in(services.intake, plan_of(services.settings, items), bar, summary)
        stored = time.perf_counter() - began
        with steps("Indexing") as bar:
            await indexed(services, bar, beside)
        wall = time.perf_counter() - began
    return Measured(wall, stored, watch, summary)


async def _run(folder: Path, data: Path, *, copy: bool) -> Measured:
    settings = Settings(data=data, log_level="WARNING")
    async with open_services(settings) as services, worker(for_child(services)) as beside:
        while await services.index_position() is None:  # noqa: ASYNC110  # the worker is no part of what is measured
            await asyncio.sleep(0.05)
        measured = await _take(services, folder, beside)
        if copy:
            measured.copied = await _copy(services.database_url)
    return measured


async def _copy(url: str) -> float:
    """Return the seconds that PostgreSQL takes to copy the same rows in, with the same indexes, and nothing else."""
    connection = await connect(url)
    try:
        return sum([await _copy_table(connection, table) for table in TABLES])
    finally:
        await connection.close()


async def _copy_table(connection: Connection, table: str) -> float:
    rows = io.BytesIO()
    columns = [row["attname"] for row in await connection.fetch(GIVEN, f'"{table}"')]
    written = ", ".join(f'"{column}"' for column in columns)
    await connection.copy_from_query(f'select {written} from "{table}"', output=rows, format="binary")  # noqa: S608  # fixed names
    await connection.execute(f'create table "copied_{table}" (like "{table}" including all)')
    rows.seek(0)
    began = time.perf_counter()
    await connection.copy_to_table(f"copied_{table}", source=rows, columns=columns, format="binary")
    took = time.perf_counter() - began
    await connection.execute(f'drop table "copied_{table}"')
    return took


def measure() -> list[Row]:
    """Make a year, take it in, and tell where the time went."""
    rarely_collect()  # as each command does that takes files in
    with contextlib.ExitStack() as stack:
        base = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="casegraph-bench-")))
        make_year(base / "part", submissions=SUBMISSIONS // PART)
        make_year(base / "year", submissions=SUBMISSIONS)
        part = asyncio.run(_run(base / "part", base / "part-data", copy=False))
        year = asyncio.run(_run(base / "year", base / "year-data", copy=True))
    return [*_time(year), *_memory(part, year)]


def _time(year: Measured) -> list[Row]:
    changes = year.summary.changes
    seconds = year.watch.seconds()
    rows = [
        Row(
            name="year.searchable", value=year.wall, unit="s", ratio=year.wall / year.copied,
            reference=f"raw COPY {year.copied:.1f} s", goal=f"≤ {GOAL_SECONDS:.0f} s",
            holds=year.wall <= GOAL_SECONDS,
        ),
        Row(name="year.stored", value=year.stored, unit="s", ratio=year.stored / year.copied, reference="raw COPY"),
        Row(name="year.rate", value=year.submissions / year.wall, unit="records/s"),
        *(Row(name=f"year.{change.lower()}", value=changes[change], unit="records") for change in Change),
    ]  # fmt: skip
    total = sum(seconds.values())
    return rows + [
        Row(
            name=f"year.cpu.{name}", value=used, unit="s", ratio=used / total,
            reference=f"all processor time {total:.0f} s",
        )
        for name, used in sorted(seconds.items(), key=lambda one: -one[1])
    ]  # fmt: skip


def _memory(part: Measured, year: Measured) -> list[Row]:
    rows = []
    for name in ("reading", "intake", "indexing"):
        small, whole = part.watch.peak.get(name, 0) / 1e6, year.watch.peak.get(name, 0) / 1e6
        ratio = whole / small if small else 0.0
        rows.append(
            Row(
                name=f"year.memory.{name}", value=whole, unit="MB", ratio=ratio,
                reference=f"a tenth of the year {small:.0f} MB", goal=f"≤ {GOAL_MEMORY}×", holds=ratio <= GOAL_MEMORY,
            )
        )  # fmt: skip
    return rows
