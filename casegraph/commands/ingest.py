"""`ingest`: take in files, folders, the standard input or a paged feed, and index them."""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from casegraph.ending import ENDING
from casegraph.ingest import Summary, find_items, follow_feed, take_in
from casegraph.reading import Item, Plan, source_of
from casegraph.services import for_child, open_services
from casegraph.terminal import complain, say, steps
from casegraph.workers import indexed, worker
from connectors.connector import Limits
from connectors.headings import load_mapping
from graph.outcomes import Change
from graph.records import Channel
from search.engine import SearchAwayError
from wording import Wording

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from casegraph.children import Kept
    from casegraph.services import Services
    from casegraph.settings import Settings
    from connectors.headings import HeadingMap

STANDARD_INPUT: Final = "-"
SCHEMES: Final = ("http://", "https://")
REJECTED: Final = 3
"""The exit code where something was rejected: the rest is in, and a script can tell."""


async def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Take in all that is named, tell what became of it, and wait until it can be found."""
    channel = Channel(arguments.channel.upper())
    mapping = load_mapping(arguments.mapping) if arguments.mapping else None
    feeds = [path for path in arguments.paths if path.startswith(SCHEMES)]
    with _items(channel, [path for path in arguments.paths if path not in feeds], arguments.suffix) as items:
        async with open_services(settings) as services, worker(for_child(services)) as beside:
            plan = plan_of(settings, items, arguments.source, mapping)
            if arguments.strict:
                plan = replace(plan, strict_sources=plan.strict_sources | {source_of(plan, channel)})
            summary = await ingest(services, plan)
            for url in feeds:
                options = replace(
                    services.read_options, source=source_of(plan, channel), mapping=mapping,
                    strict_sources=plan.strict_sources,
                )  # fmt: skip
                with steps(f"Following {url}") as bar:
                    await follow_feed(services, url, options, bar, summary)
            try:
                await find_all(services, beside)
            except SearchAwayError as error:
                complain(Wording("All is in, but cannot be found yet. {error}", error=error))
    for line in summary.lines():
        say(line)
    return REJECTED if summary.changes[Change.REJECTED] else 0


def plan_of(
    settings: Settings, items: Sequence[Item], source: str | None = None, mapping: HeadingMap | None = None
) -> Plan:
    """Return how to read these items."""
    return Plan(
        items=tuple(items), zone=settings.timezone, source=source, mapping=mapping, batch=settings.batch_size,
        limits=Limits(pages=settings.scan_pages),
        strict_sources=settings.strict_sources,
    )  # fmt: skip


async def ingest(services: Services, plan: Plan, name: str = "Taking in") -> Summary:
    """Read and take in a plan's files with a bar."""
    summary = Summary()
    if plan.items:
        with steps(name, len(plan.items)) as bar:
            await take_in(services.intake, plan, bar, summary)
    return summary


async def find_all(services: Services, beside: Kept) -> None:
    """Wait, with a bar, until all that is in can be found."""
    with steps("Indexing") as bar:
        await indexed(services, bar, beside)


@contextmanager
def _items(channel: Channel, paths: Sequence[str], suffix: str) -> Iterator[list[Item]]:
    """Give the items that paths name; what comes by the standard input is kept in a file meanwhile."""
    with tempfile.TemporaryDirectory(prefix="casegraph-") as folder, ENDING.last_resort(partial(shutil.rmtree, folder)):
        items = find_items(channel, [Path(path) for path in paths if path != STANDARD_INPUT])
        if STANDARD_INPUT in paths:
            kept = Path(folder) / f"stdin{suffix}"
            with kept.open("wb") as file:
                shutil.copyfileobj(sys.stdin.buffer, file)
            items.append(Item(channel, kept, f"standard input{suffix}"))
        yield items
