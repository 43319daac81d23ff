"""The process beside a server or an ingest that indexes what the journal tells of and raises alerts of it."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from typing import TYPE_CHECKING, Final

from casegraph.children import kept
from casegraph.guarding import guarded
from casegraph.running import finish, run
from casegraph.services import make_alerter, make_indexer, open_services
from casegraph.settings import configure_logging
from graph import journal

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from casegraph.children import Kept
    from casegraph.services import Services
    from casegraph.settings import Settings
    from casegraph.terminal import Steps

logger = logging.getLogger("casegraph.workers")

LOOK_EVERY: Final = 0.1
"""Seconds between two looks at how far the index has come."""
PARTITIONS_EVERY: Final = 3600.0


async def work(settings: Settings) -> int:
    """Index whatever the journal tells of, raise alerts of it, and keep its partitions ahead, until cancelled."""
    async with open_services(settings) as services:
        beside = [
            asyncio.create_task(_keep_partitions(services)),
            asyncio.create_task(make_alerter(services).run()),
        ]
        try:
            await make_indexer(services).run()
        finally:
            for task in beside:
                await finish(task)
    return 0


async def _keep_partitions(services: Services) -> None:
    while True:
        async with services.pool.acquire() as connection:
            for name in await journal.ensure_partitions(connection):
                logger.info("Made the journal's partition %s.", name)
        await asyncio.sleep(PARTITIONS_EVERY)


def _process(settings: Settings) -> None:
    configure_logging(settings)
    sys.exit(guarded(lambda: run(work(settings), (signal.SIGTERM,)), settings.data))


def worker(settings: Settings) -> AbstractAsyncContextManager[Kept]:
    """Have a worker while inside; one that dies is told of and started again."""
    return kept("casegraph-work", _process, settings)


async def indexed(services: Services, steps: Steps, beside: Kept) -> None:
    """Wait until the index holds all that the journal tells of now; raise HopelessError where the worker cannot.

    Raises SearchAwayError where the search engine does not answer: what is in is indexed once it is back.
    """
    async with services.pool.acquire() as connection:
        target = await journal.position(connection)
    while (reached := await services.index_position() or 0) < target:
        beside.require_hope()
        steps.reach(reached)
        await asyncio.sleep(LOOK_EVERY)
    steps.reach(target)
