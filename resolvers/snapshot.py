"""One view of the database for one operation."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from graph.database import Connection, Pool, Row
    from graph.reads import Statement


class Snapshot:
    """A read-only `repeatable read` transaction, begun by the first statement; statements run one after another.

    So all fields of an operation tell of the same moment, and an operation takes one connection at most.
    """

    def __init__(self, pool: Pool, turns: asyncio.Semaphore) -> None:
        self._pool = pool
        self._turns = turns
        self._lock = asyncio.Lock()
        self._open = AsyncExitStack()
        self._connection: Connection | None = None

    async def fetch(self, statement: Statement) -> list[Row]:
        """Run one statement and return its rows."""
        async with self._lock:
            connection = await self._begun()
            return await connection.fetch(statement.text, *statement.arguments)

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[Connection]:
        """Lend the connection itself to a reader that brings its own statements; no other statement runs meanwhile."""
        async with self._lock:
            yield await self._begun()

    async def _begun(self) -> Connection:
        if self._connection is None:
            await self._open.enter_async_context(self._turns)
            connection = await self._open.enter_async_context(self._pool.acquire())
            await self._open.enter_async_context(connection.transaction(isolation="repeatable_read", readonly=True))
            self._connection = connection
        return self._connection

    async def close(self) -> None:
        """End the transaction; the next statement, if there is one, sees what was committed since."""
        async with self._lock:
            self._connection = None
            await self._open.aclose()


class Snapshots:
    """Gives each operation its snapshot, of which only so many are open at a time as leave half of the pool free.

    A search and a mutation take a connection of their own while their operation's snapshot is open. Were all of them
    held by snapshots, each operation would wait for a connection that the others wait with.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._turns = asyncio.Semaphore(max(1, pool.get_max_size() // 2))

    def new(self) -> Snapshot:
        """Return a snapshot that has not begun."""
        return Snapshot(self._pool, self._turns)
