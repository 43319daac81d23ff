"""Ends connections that nobody answers any more, so that whoever waits for them wakes.

A statement that takes hours and one that is never answered look alike to whoever waits: where the cable is cut or a
machine is gone nobody says so, and no limit of time fits both. The server tells the difference: a connection whose
process it has no more is dead. It lets go of such processes by the keepalives that `graph.database` asks it for. A
server that says nothing at all for a while is thought gone, and all connections with it.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from graph.database import close, connect, connected_processes, state_of, statements
from graph.tasks import finish, require_uncancelled

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection

    from graph.database import Connection

logger = logging.getLogger("casegraph.lookout")

SQL = statements("standing")
LOOK_EVERY: Final = 5.0
LOOK_AT_OWN_EVERY: Final = 1.0
"""A server of our own is started again by nobody else."""
ANSWER_WITHIN: Final = 10.0
"""Seconds that PostgreSQL has to tell its processes; then this connection is thought dead, and another is tried."""
SILENT: Final = 2
"""Looks in a row without an answer after which the server is thought gone."""
STARTING: Final = "57P03"
"""The state of a server that is not up yet, or no more: nobody is connected to it."""


@asynccontextmanager
async def lookout(url: str, revive: Callable[[], object] | None = None) -> AsyncIterator[None]:
    """Keep a look-out over this process's connections while inside.

    `revive` starts a server of our own again where it ended; it is called in a thread.
    """
    looking = asyncio.create_task(Lookout(url, revive).keep())
    try:
        yield
    finally:
        await finish(looking)


class Lookout:
    """Looks by a connection of its own, which is opened by the first look: most commands end before."""

    def __init__(self, url: str, revive: Callable[[], object] | None) -> None:
        self._url = url
        self._revive = revive
        self._own: Connection | None = None
        self._silent = 0

    async def keep(self) -> None:
        """Look again and again, until cancelled."""
        try:
            while True:
                await asyncio.sleep(min(LOOK_EVERY, LOOK_AT_OWN_EVERY) if self._revive else LOOK_EVERY)
                await self._look()
        finally:
            await self._leave()

    async def _look(self) -> None:
        # Before the answer: what is opened meanwhile is not in it.
        known = connected_processes()
        if not known and self._revive is None:
            return
        try:
            living: Collection[int] = await self._living()
        except Exception as error:  # noqa: BLE001 - whatever it is, the next look tries again
            require_uncancelled(error)
            await self._leave()
            if state_of(error) not in {None, STARTING}:
                return  # somebody answers, who has no connection for us
            self._silent += 1
            if self._silent >= SILENT:
                _end(known, ())
            if self._revive and not isinstance(error, TimeoutError):
                await self._start_again(self._revive)
        else:
            self._silent = 0
            _end(known, living)

    async def _living(self) -> Collection[int]:
        async with asyncio.timeout(ANSWER_WITHIN):
            if self._own is None:
                self._own = await connect(self._url)
            return {row["pid"] for row in await self._own.fetch(SQL.processes)}

    async def _start_again(self, revive: Callable[[], object]) -> None:
        starting = asyncio.create_task(asyncio.to_thread(revive))
        try:
            await asyncio.shield(starting)
        except Exception as error:  # noqa: BLE001 - why it does not start is told, and tried again
            logger.error("PostgreSQL ended, and cannot be started again: %s", error)  # noqa: TRY400 - a person reads it
        else:
            logger.warning("PostgreSQL had ended, and runs again.")
        finally:
            # A thread cannot be cancelled: nobody may stop the server while it is being started.
            await asyncio.wait({starting})

    async def _leave(self) -> None:
        own, self._own = self._own, None
        if own is not None:
            await close(own)


def _end(known: dict[Connection, int], living: Collection[int]) -> None:
    for connection, process in known.items():
        if process not in living:
            connection.terminate()
