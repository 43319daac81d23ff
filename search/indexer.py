"""Keeps the index up with the journal: reads entries in order, indexes what they tell of, and holds their position.

Whoever has PostgreSQL's advisory lock writes; others stand by. The index remembers its position in its own commit, so a
process that was killed goes on where its last commit was, and a lost index begins at nothing.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from graph import journal
from graph.records import Position, SubmissionId
from search.documents import SQL, index_document, load

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from graph.database import Connection, Pool
    from graph.journal import Recorded
    from search.engine import Engine

ENTRIES: Final = 6_000
"""Entries that one commit takes at most: some two thousand submissions, well under a second's work."""
TOGETHER: Final = 2_000
"""Submissions that one commit takes, where few entries tell of many: two large cases that are joined."""
LOOK_EVERY: Final = 5.0
"""Seconds after which the journal is looked at though nobody called."""
STAND_BY: Final = 0.5
"""Seconds between two tries to become the one who writes."""


class Indexer:
    """Follows the journal into an engine."""

    def __init__(self, *, pool: Pool, engine: Engine) -> None:
        self._pool = pool
        self._engine = engine

    async def run(self) -> None:
        """Index whatever comes, until cancelled."""
        async with self._pool.acquire() as held:
            await _become_writer(held)
            async with _calls(held) as called:
                while True:
                    called.clear()
                    await self.catch_up()
                    await _wait(called)

    async def catch_up(self) -> Position:
        """Index all that the journal tells of now, and return the position held. The caller has the lock."""
        reached = await asyncio.to_thread(self._engine.position)
        if reached is None:
            # An index of nothing can be searched; no index is a fault.
            reached = Position(0)
            await asyncio.to_thread(self._engine.apply, [], [], reached)
        async with self._pool.acquire() as connection:
            if reached > await journal.position(connection):
                reached = Position(0)  # of another database: all is indexed anew over it
            while entries := await journal.read(connection, reached, ENTRIES):
                reached = await self._take(connection, entries)
        return reached

    async def _take(self, connection: Connection, entries: list[Recorded]) -> Position:
        ids = list({one for entry in entries for one in (entry.subject, entry.object) if one is not None})
        affected = [SubmissionId(row["id"]) for row in await connection.fetch(SQL.affected, ids)]
        began, reached = Position(entries[0].position - 1), entries[-1].position
        chunks = [affected[start : start + TOGETHER] for start in range(0, len(affected), TOGETHER)] or [[]]
        for chunk in chunks:
            sources = await load(connection, chunk)
            gone = [one for one in chunk if one not in sources]
            # Only the last commit moves the position: until then they would all be taken again.
            position = reached if chunk is chunks[-1] else began
            made = [index_document(source) for source in sources.values()]
            await asyncio.to_thread(self._engine.apply, made, gone, position)
        return reached


async def _become_writer(held: Connection) -> None:
    # Nobody tells when an advisory lock is let go of; waiting for it inside PostgreSQL would hold a snapshot open.
    while not await held.fetchval(SQL.try_lock):  # noqa: ASYNC110
        await asyncio.sleep(STAND_BY)


@asynccontextmanager
async def _calls(held: Connection) -> AsyncIterator[asyncio.Event]:
    """Give an event that is set with each commit that wrote to the journal, and where the connection ends."""
    called = asyncio.Event()

    def call(*_: object) -> None:
        called.set()

    await held.add_listener(journal.CHANNEL, call)
    try:
        yield called
    finally:
        if not held.is_closed():
            await held.remove_listener(journal.CHANNEL, call)


async def _wait(called: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(LOOK_EVERY):
            await called.wait()
    except TimeoutError:
        return
