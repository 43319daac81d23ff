"""Tells whoever follows the journal or alerts that there is more, by one connection for all of a process."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from graph import journal
from graph.database import though_away

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from graph.database import Connection, Pool

ALERTS: Final = "alerts"
"""The notification of each commit that raises alerts."""
CHANNELS: Final = (journal.CHANNEL, ALERTS)
AGAIN: Final = 1.0
"""Seconds until a connection that was lost is tried again."""
LOOK_EVERY: Final = 5.0
"""Seconds after which followers look though nobody called: a connection that ended may have missed a call."""


class Tail:
    """Wakes its followers. The connection is taken when the first comes and given back when the last leaves."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._followers: set[asyncio.Event] = set()
        self._listening: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def follower(self) -> AsyncIterator[asyncio.Event]:
        """Give an event that is set whenever the journal may have grown, or alerts were raised."""
        grown = asyncio.Event()
        self._followers.add(grown)
        if self._listening is None or self._listening.done():
            self._listening = asyncio.create_task(self._listen())
        try:
            yield grown
        finally:
            self._followers.discard(grown)
            if not self._followers and self._listening is not None:
                self._listening.cancel()
                self._listening = None

    def _wake(self, *_: object) -> None:
        for grown in self._followers:
            grown.set()

    async def _listen(self) -> None:
        while True:
            with though_away():
                async with self._pool.acquire() as connection:
                    await self._hear(connection)
            await asyncio.sleep(AGAIN)

    async def _hear(self, connection: Connection) -> None:
        """Wake the followers at each call, until the connection ends."""
        ended = asyncio.Event()
        connection.add_termination_listener(lambda _: ended.set())
        try:
            # Within: who leaves while only one of them is listened to must not leave that behind.
            for channel in CHANNELS:
                await connection.add_listener(channel, self._wake)
            # What was written before somebody listened calls nobody.
            self._wake()
            await ended.wait()
        finally:
            # To stop it from listening takes a statement, which fails where one is under way or the connection is lost.
            with though_away():
                connection.terminate()


async def grew(grown: asyncio.Event) -> None:
    """Wait until there may be more."""
    try:
        async with asyncio.timeout(LOOK_EVERY):
            await grown.wait()
    except TimeoutError:
        pass
    grown.clear()
