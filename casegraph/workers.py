"""The process beside a server or an ingest that indexes what the journal tells of and raises alerts of it."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import time
from typing import TYPE_CHECKING, Final

from casegraph.children import HopelessError, kept
from casegraph.ending import ENDING, OF_A_CHILD
from casegraph.guarding import guarded
from casegraph.running import run
from casegraph.services import make_alerter, make_indexer, open_services
from casegraph.settings import configure_logging
from graph import followers, journal
from graph.followers import CONNECTIONS, FollowerStuckError, keep_following
from graph.tasks import finish
from search.alerting import READER as ALERTS
from search.indexer import READER as SEARCH
from wording import Wording
from wording.languages import language_of_process, speak

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from casegraph.children import Kept
    from casegraph.services import Services
    from casegraph.settings import Settings
    from casegraph.terminal import Steps
    from graph.database import Pool
    from graph.followers import Follow, Lead

logger = logging.getLogger("casegraph.workers")

LOOK_EVERY: Final = 0.1
"""Seconds between two looks at how far the index has come."""
PARTITIONS: Final = "partitions"
FOLLOWERS: Final = (SEARCH, ALERTS, PARTITIONS)
PARTITIONS_EVERY: Final = 10_000
"""Entries after which the journal's partitions are looked at: one has thousands of times as many."""
TROUBLED: Final = 10.0
"""Seconds of trouble after which waiting for the index makes no sense."""


async def work(settings: Settings) -> int:
    """Index whatever the journal tells of, raise alerts of it, and keep its partitions ahead, until cancelled."""
    async with open_services(settings, following=len(FOLLOWERS) * CONNECTIONS) as services:
        begin: dict[str, Callable[[Pool], Follow]] = {
            SEARCH: lambda pool: make_indexer(services, pool).follow,
            ALERTS: lambda pool: make_alerter(services, pool).follow,
            PARTITIONS: lambda pool: Partitions(pool).follow,
        }
        following = [
            asyncio.create_task(keep_following(services.database_url, name, begin[name]), name=name)
            for name in FOLLOWERS
        ]
        try:
            await asyncio.gather(*following)
        except FollowerStuckError as error:
            logger.critical("%s This process ends at once.", error)
            # In good order it would wait for what is stuck.
            os._exit(os.EX_SOFTWARE)
        finally:
            for task in following:
                await finish(task)
    return 0


class Partitions:
    """Keeps the journal's partitions ahead of its entries."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._looked = -PARTITIONS_EVERY

    async def follow(self, _: Lead) -> None:
        """Make what is missing, where the journal has grown so much that something may be."""
        async with self._pool.acquire() as connection:
            position = await journal.position(connection)
            if position < self._looked + PARTITIONS_EVERY:
                return
            for name in await journal.ensure_partitions(connection):
                logger.info("Made the journal's partition %s.", name)
        self._looked = position


def _process(settings: Settings) -> None:
    ENDING.listen(OF_A_CHILD, tells=False)
    speak(language_of_process(os.environ))
    configure_logging(settings)
    sys.exit(guarded(lambda: run(work(settings)), settings.data, logger.error))


def worker(settings: Settings) -> AbstractAsyncContextManager[Kept]:
    """Have a worker while inside; one that dies is told of and started again."""
    return kept("casegraph-work", _process, settings)


async def indexed(services: Services, steps: Steps, beside: Kept) -> None:
    """Wait until the index holds all that the journal tells of now; raise HopelessError where the worker cannot.

    Raises SearchAwayError where the search engine does not answer: what is in is indexed once it is back.
    """
    async with services.pool.acquire() as connection:
        target = await journal.position(connection)
    began = time.monotonic()
    while (reached := await services.index_position() or 0) < target:
        beside.require_hope()
        await _require_no_trouble(services, time.monotonic() - began)
        steps.reach(reached)
        await asyncio.sleep(LOOK_EVERY)
    steps.reach(target)


async def _require_no_trouble(services: Services, waited: float) -> None:
    """Raise HopelessError where the worker has said for long that it cannot go on, last while it was waited for."""
    async with services.pool.acquire() as connection:
        alive = await followers.alive(connection)
    troubled = next((one for one in alive if one.name == SEARCH and (one.troubled or 0.0) > TROUBLED), None)
    if troubled and troubled.silent < waited:
        raise HopelessError(
            Wording(
                "The index cannot be written: {trouble} Mend that; all that was taken in is kept, and is "
                "indexed by `serve` or `work`.",
                trouble=troubled.trouble,
            )
        )
