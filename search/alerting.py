"""Raises alerts: reads the journal behind the index, and asks it for each saved search among what entries tell of.

Nobody's rights are known here: a search is matched in all that is indexed, and an alert is a row that its owner sees
only while the submission may be seen. Position and alerts are committed together, and a search is told a submission
once, so whatever is killed or read again, nothing is missed and nothing comes twice.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

from graph import journal
from graph.database import ConnectionLost, DatabaseError, DatabaseUnreachable, statements, transaction
from graph.errors import InvalidError
from graph.ids import new_id
from graph.records import Position, SavedSearchId, SubmissionId
from search import documents
from search.alerts import SavedSearch, among, filter_kept, lookup_of, next_stretch
from search.engine import SearchUnavailableError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from datetime import datetime

    from graph.database import Connection, Pool
    from search.alerts import Stretch
    from search.engine import Engine

logger = logging.getLogger("casegraph.alerts")
SQL = statements("alerts")
READER: Final = "alerts"
TOGETHER: Final = 500
"""Submissions that one question to the engine is about."""
GATHER: Final = 1.0
"""Seconds from one look to the next while something comes in: each search is asked once for all that came."""
LOOK_EVERY: Final = 5.0
"""Seconds after which the journal is looked at though nobody called, and until a lost connection is tried again."""

Match = tuple[SavedSearchId, SubmissionId]


class Alerter:
    """Follows the index with the saved searches."""

    def __init__(self, *, pool: Pool, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._pool = pool
        self._engine = engine
        self._clock = clock

    async def run(self) -> None:
        """Raise alerts until cancelled; of several processes one does."""
        while True:
            try:
                async with self._pool.acquire() as held:
                    await self._follow(held)
            except (*DatabaseUnreachable, DatabaseError, ConnectionLost, SearchUnavailableError) as error:
                logger.warning("No alerts are raised for a moment: %s.", type(error).__qualname__)
            await asyncio.sleep(LOOK_EVERY)

    async def _follow(self, held: Connection) -> None:
        """Raise alerts as long as a connection lasts that has the lock."""
        if not await held.fetchval(SQL.try_lock):
            return
        async with _calls(held) as called:
            while not held.is_closed():
                called.clear()
                reached = await self.catch_up()
                await asyncio.sleep(GATHER)
                # Where the index is behind nobody will call: it tells nobody how far it is.
                if reached >= await journal.position(held):
                    with suppress(TimeoutError):
                        await asyncio.wait_for(called.wait(), LOOK_EVERY)

    async def catch_up(self) -> Position:
        """Raise what alerts there are up to where the index is, and return the position reached."""
        while True:
            stretch = await self._next()
            if stretch.length <= 0:
                return stretch.after
            matches = await self._matches(stretch)
            if matches is not None:
                await self._raise(stretch, matches)

    async def _next(self) -> Stretch:
        """Return what is to be matched next; nothing where the index is lost, or behind, or of another database."""
        held = await self._engine.position() or Position(0)
        async with self._pool.acquire() as connection:
            reached = await journal.reader_position(connection, READER)
            end = await journal.position(connection)
            rows = await connection.fetch(SQL.searches)
        searches = [
            SavedSearch(SavedSearchId(row["id"]), row["query"], filter_kept(row["filter"]), Position(row["since"]))
            for row in rows
        ]
        return next_stretch(reached, held if held <= end else reached, searches)

    async def _matches(self, stretch: Stretch) -> list[Match] | None:
        """Return what each search finds among what a stretch tells of; None where the index was lost meanwhile."""
        if not stretch.searches:
            return []
        async with self._pool.acquire() as connection:
            told = await connection.fetchrow(documents.SQL.affected, stretch.after, stretch.length)
        affected = [SubmissionId(one) for one in told["submissions"]] if told else []
        found = [match for search in stretch.searches for match in await self._found(search, affected)]
        held = await self._engine.position()
        return found if held is not None and held >= stretch.until else None

    async def _found(self, search: SavedSearch, affected: Sequence[SubmissionId]) -> list[Match]:
        try:
            lookup = lookup_of(search.text, search.filter)
        except InvalidError:
            # It could be when it was saved, by the query language of then.
            logger.warning("The saved search %s cannot be understood any more.", search.id)
            return []
        matches: list[Match] = []
        for at in range(0, len(affected), TOGETHER):
            found = await self._engine.find(among(lookup, affected[at : at + TOGETHER]))
            matches += [(search.id, one.submission) for one in reversed(found.candidates)]
        return matches

    async def _raise(self, stretch: Stretch, matches: Sequence[Match]) -> None:
        """Commit the alerts of a stretch and its end, unless another did, or a search was saved that it concerns."""
        now = self._clock()
        async with transaction(self._pool) as connection:
            if await connection.fetchval(SQL.hold_reader, now) != stretch.after:
                return
            begun = {row["id"] for row in await connection.fetch(SQL.begun, stretch.until)}
            if not begun <= {one.id for one in stretch.searches}:
                return
            if matches:
                searches, submissions = zip(*matches, strict=True)
                ids = [new_id() for _ in matches]
                if await connection.fetch(SQL.raise_alerts, ids, searches, submissions, now, stretch.until):
                    await connection.execute(SQL.call)
            await journal.move_reader(connection, READER, stretch.until, now)


@asynccontextmanager
async def _calls(held: Connection) -> AsyncIterator[asyncio.Event]:
    """Give an event that is set by each commit that wrote to the journal, and where the connection ends."""
    called = asyncio.Event()

    def call(*_: object) -> None:
        called.set()

    held.add_termination_listener(call)
    await held.add_listener(journal.CHANNEL, call)
    try:
        yield called
    finally:
        if not held.is_closed():
            held.remove_termination_listener(call)
            await held.remove_listener(journal.CHANNEL, call)
