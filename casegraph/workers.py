"""The process beside a server or an ingest that indexes what the journal tells of, so that neither waits for it."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import signal
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from casegraph.running import finish, run, unheard
from casegraph.services import make_indexer, open_services
from casegraph.settings import configure_logging
from graph import journal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from multiprocessing.context import SpawnProcess

    from casegraph.services import Services
    from casegraph.settings import Settings
    from casegraph.terminal import Steps

logger = logging.getLogger("casegraph.workers")

SPAWN: Final = multiprocessing.get_context("spawn")
"""A fork would share the event loop, the pool's connections and locks held by other threads."""
PATIENCE: Final = 30.0
"""Seconds that a worker has to end in good order."""
RESTART_AFTER: Final = 1.0
LOOK_EVERY: Final = 0.1
"""Seconds between two looks at how far the index has come."""
PARTITIONS_EVERY: Final = 3600.0


async def work(settings: Settings) -> int:
    """Index whatever the journal tells of, and keep its partitions ahead, until cancelled."""
    async with open_services(settings) as services:
        keeping = asyncio.create_task(_keep_partitions(services))
        try:
            await make_indexer(services).run()
        finally:
            await finish(keeping)
    return 0


async def _keep_partitions(services: Services) -> None:
    while True:
        async with services.pool.acquire() as connection:
            for name in await journal.ensure_partitions(connection):
                logger.info("Made the journal's partition %s.", name)
        await asyncio.sleep(PARTITIONS_EVERY)


def _process(settings: Settings) -> None:
    configure_logging(settings)
    sys.exit(run(work(settings), (signal.SIGTERM,)))


@asynccontextmanager
async def worker(settings: Settings) -> AsyncIterator[None]:
    """Have a worker while inside; one that dies is told of and started again."""
    keeping = asyncio.create_task(_keep_working(settings))
    try:
        yield
    finally:
        await finish(keeping)


async def _keep_working(settings: Settings) -> None:
    while True:
        process = SPAWN.Process(target=_process, args=(settings,), name="casegraph-work")
        with unheard():
            process.start()
        try:
            await _ended(process)
        finally:
            await asyncio.shield(asyncio.to_thread(_end, process))
        logger.error("The worker ended by itself (exit code %s) and is started again.", process.exitcode)
        await asyncio.sleep(RESTART_AFTER)


async def _ended(process: SpawnProcess) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(process.sentinel, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(process.sentinel)


def _end(process: SpawnProcess) -> None:
    process.terminate()
    process.join(PATIENCE)
    if process.is_alive():
        process.kill()
        process.join()


async def indexed(services: Services, steps: Steps) -> None:
    """Wait until the index holds all that the journal tells of now."""
    async with services.pool.acquire() as connection:
        target = await journal.position(connection)
    while (reached := await services.index_position() or 0) < target:
        steps.reach(reached)
        await asyncio.sleep(LOOK_EVERY)
    steps.reach(target)
