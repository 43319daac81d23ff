"""Reads files in a process of its own, so that parsing goes on while others store and index.

The reader sends batches through a pipe, whose small buffer makes it wait for whoever stores: memory stays bounded. A
file at which the reader dies (a parser written in C can be killed by what it reads) is turned down alone: the reader is
started again after what was sent whole, this time sending file by file, so that the culprit is known at the second
death.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from casegraph.ending import ENDING
from casegraph.running import rarely_collect, unheard
from connectors.connector import Limits, ReadOptions, Resource
from connectors.headings import HeadingMap
from graph.records import Channel, Draft, Reading, Refusal, RejectionReason
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator
    from multiprocessing.connection import Connection

BATCH_BYTES: Final = 8_000_000
"""A batch of letters with large attachments is sent before it holds as many records as it may."""
SPAWN: Final = multiprocessing.get_context("spawn")
"""A fork would share the event loop, the pool's connections and locks held by other threads."""


@dataclass(frozen=True, slots=True)
class Item:
    """One file to read. `name` is what people call it."""

    channel: Channel
    path: Path
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to read and how. `source` None stands for the channel's own name."""

    items: tuple[Item, ...]
    zone: ZoneInfo
    source: str | None = None
    mapping: HeadingMap | None = None
    strict_sources: frozenset[str] = frozenset()
    limits: Limits = field(default_factory=Limits)
    batch: int = 300
    file_by_file: bool = False

    def after(self, done: int) -> Plan:
        """Return the plan without its first files, file by file."""
        return replace(self, items=self.items[done:], file_by_file=True)


@dataclass(frozen=True, slots=True)
class Batch:
    """What was read since the last one; `files` is how many files it is the end of.

    `whole` are those of them of which nothing was refused.
    """

    readings: list[Reading]
    files: int
    whole: tuple[Item, ...] = ()


def source_of(plan: Plan, channel: Channel) -> str:
    """Return the name under which a channel's records are kept."""
    return plan.source or channel.value.lower()


def batches(plan: Plan) -> Iterator[Batch]:
    """Read all files, lazily."""
    from connectors.registry import read  # noqa: PLC0415  # who only stores waits for no parser

    readings: list[Reading] = []
    whole: list[Item] = []
    files = size = 0
    for item in plan.items:
        refused = False
        options = ReadOptions(
            source=source_of(plan, item.channel), zone=plan.zone, mapping=plan.mapping, limits=plan.limits,
            strict_sources=plan.strict_sources,
        )  # fmt: skip
        for reading in read(item.channel, Resource.from_path(item.path, name=item.name), options):
            readings.append(reading)
            refused = refused or isinstance(reading, Refusal)
            size += _size(reading)
            if len(readings) >= plan.batch or size >= BATCH_BYTES:
                yield Batch(readings, files, tuple(whole))
                readings, whole, files, size = [], [], 0, 0
        files += 1
        if not refused:
            whole.append(item)
        if plan.file_by_file:
            yield Batch(readings, files, tuple(whole))
            readings, whole, files, size = [], [], 0, 0
    if readings or files:
        yield Batch(readings, files, tuple(whole))


def _size(reading: Reading) -> int:
    documents = reading.documents if isinstance(reading, Draft) else ()
    return len(reading.payload) + sum(len(document.content) for document in documents)


def _serve_batches(plan: Plan, pipe: Connection) -> None:
    """Run in the reader's process: send every batch, then None."""
    rarely_collect()
    _say_nothing()
    try:
        for batch in batches(plan):
            pipe.send(batch)
        pipe.send(None)
    except BrokenPipeError:
        os._exit(0)


def _say_nothing() -> None:
    """Keep what libraries write when they give up at a file from people's terminals: what is wrong goes by the pipe."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)


async def read_all(plan: Plan) -> AsyncGenerator[Batch]:
    """Yield the batches of a plan as they come; a file that kills the reader is turned down. To be closed."""
    done = 0
    while done < len(plan.items) or not plan.items:
        rest = plan.after(done) if done or plan.file_by_file else plan
        whole = False
        async with aclosing(_one_reader(rest)) as reader:
            async for batch in reader:
                if batch is None:
                    whole = True
                    break
                done += batch.files
                yield batch
        if whole:
            return
        if plan.file_by_file:
            yield Batch([_fatal(plan, plan.items[done])], 1)
            done += 1
        plan = replace(plan, file_by_file=True)


async def _one_reader(plan: Plan) -> AsyncGenerator[Batch | None]:
    """Yield what one reader sends, None where it came to its end; nothing more where it died."""
    ours, theirs = SPAWN.Pipe(duplex=False)
    process = SPAWN.Process(target=_serve_batches, args=(plan, theirs), daemon=True, name="casegraph-reader")
    with unheard():
        process.start()
    theirs.close()
    coming = asyncio.ensure_future(asyncio.to_thread(ours.recv))
    with ENDING.last_resort(process.kill):
        try:
            while True:
                try:
                    batch: Batch | None = await asyncio.shield(coming)
                except EOFError:
                    return
                if batch is not None:
                    coming = asyncio.ensure_future(asyncio.to_thread(ours.recv))
                yield batch
        finally:
            process.kill()
            await asyncio.wait([coming])
            if not coming.cancelled():
                coming.exception()  # its end is no news
            await asyncio.to_thread(process.join)
            ours.close()


def _fatal(plan: Plan, item: Item) -> Refusal:
    return Refusal(
        channel=item.channel,
        source=source_of(plan, item.channel),
        position=item.name,
        reason=RejectionReason.UNREADABLE,
        message=Wording(
            "This file made the program that reads it fail. Save it anew in another form and take that in."
        ),
        payload=b"",
    )
