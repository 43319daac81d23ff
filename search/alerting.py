"""Raises alerts: reads the journal behind the index, and asks it for each saved search among what entries tell of.

Nobody's rights are known here: a search is matched in all that is indexed, and an alert is a row that its owner sees
only while the submission may be seen. Position and alerts are committed together, and a search is told a submission
once, so whatever is killed or read again, nothing is missed and nothing comes twice.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from graph import journal, set_aside
from graph.database import statements, transaction
from graph.ids import new_id
from graph.records import Position, SavedSearchId, SubmissionId
from graph.set_aside import is_of_the_subject, reason_of
from search import documents
from search.alerts import ENTRIES, SavedSearch, Stretch, among, filter_kept, lookup_of, next_stretch
from search.engine import SearchAwayError
from search.records import SearchFilter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from uuid import UUID

    from graph.database import Connection, Pool, Row
    from graph.followers import Lead
    from search.engine import Engine

logger = logging.getLogger("casegraph.alerts")
SQL = statements("alerts")
READER: Final = "alerts"
TOGETHER: Final = 500
"""Submissions that one question to the engine is about."""
GATHER: Final = 1.0
"""Seconds from one look to the next while something comes in: each search is asked once for all that came."""

Match = tuple[SavedSearchId, SubmissionId]


class Alerter:
    """Follows the index with the saved searches."""

    def __init__(self, *, pool: Pool, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._pool = pool
        self._engine = engine
        self._clock = clock
        self._aside: set[UUID] = set()
        """The searches that were set aside: nothing is matched with them until they are tried again."""
        self._began = False
        """Whether they have been tried again since this process leads."""

    async def follow(self, lead: Lead) -> None:
        """Raise what alerts there are now, and wait a moment for more to come in."""
        reached = await self.catch_up(lead)
        await asyncio.sleep(GATHER)
        async with self._pool.acquire() as connection:
            # Where the index is behind nobody will call: it tells nobody how far it is.
            if reached < await journal.position(connection):
                lead.called.set()

    async def catch_up(self, lead: Lead | None = None) -> Position:
        """Raise what alerts there are up to where the index is, and return the position reached."""
        await self._try_again()
        while True:
            stretch = await self._next()
            if stretch.length <= 0:
                return stretch.after
            matches = await self._matches(stretch)
            if matches is not None:
                await self._raise(stretch, matches)
            if lead:
                lead.gets_on()

    async def _next(self) -> Stretch:
        """Return what is to be matched next; nothing where the index is lost, or behind, or of another journal."""
        held = await self._engine.held() or journal.NOTHING
        async with self._pool.acquire() as connection:
            reached = (await journal.reader_reached(connection, READER)).position
            known = await journal.holds(connection, held)
            rows = await connection.fetch(SQL.searches)
        searches = await self._understood(rows, reached)
        return next_stretch(reached, held.position if known else reached, searches)

    async def _understood(self, rows: Sequence[Row], reached: Position) -> list[SavedSearch]:
        searches = []
        for row in rows:
            if row["id"] in self._aside:
                continue
            try:
                searches.append(_search_of(row))
            except Exception as error:  # noqa: BLE001 - whatever was kept once, by a version of then
                await self._set_aside(row["id"], max(reached, Position(row["since"])), error)
        return searches

    async def _matches(self, stretch: Stretch) -> list[Match] | None:
        """Return what each search finds among what a stretch tells of; None where the index was lost meanwhile."""
        if not stretch.searches:
            return []
        async with self._pool.acquire() as connection:
            told = await connection.fetchrow(documents.SQL.affected, stretch.after, stretch.length)
        affected = [SubmissionId(one) for one in told["submissions"]] if told else []
        found: list[Match] = []
        for search in stretch.searches:
            try:
                found += await self._found(search, affected)
            except Exception as error:
                if not await self._at_fault(error, affected):
                    raise
                await self._set_aside(search.id, stretch.after, error)
        held = await self._engine.position()
        return found if held is not None and held >= stretch.until else None

    async def _found(self, search: SavedSearch, affected: Sequence[SubmissionId]) -> list[Match]:
        lookup = lookup_of(search.text, search.filter)
        matches: list[Match] = []
        for at in range(0, len(affected), TOGETHER):
            found = await self._engine.find(among(lookup, affected[at : at + TOGETHER]))
            matches += [(search.id, one.submission) for one in reversed(found.candidates)]
        return matches

    async def _at_fault(self, error: Exception, affected: Sequence[SubmissionId]) -> bool:
        """Tell whether a search itself is at fault: not where nothing at all can be found."""
        if isinstance(error, SearchAwayError) or not is_of_the_subject(error):
            return False
        await self._engine.find(among(lookup_of("", SearchFilter()), affected[:1]))
        return True

    async def _set_aside(self, search: UUID, position: Position, error: Exception) -> None:
        """Match nothing with a search until it is tried again, from here; all others go on."""
        reason = reason_of(error)
        logger.error("The saved search %s raises no alerts and is set aside: %s", search, reason)
        async with self._pool.acquire() as connection:
            await set_aside.put(connection, READER, {search: reason}, position)
        self._aside.add(search)

    async def _try_again(self) -> None:
        """Match what was set aside: all of it at first, then what somebody asked for."""
        async with self._pool.acquire() as connection:
            aside = await set_aside.aside(connection, READER)
            rows = {row["id"]: row for row in await connection.fetch(SQL.searches)}
            await set_aside.take_back(connection, READER, {one.subject for one in aside} - rows.keys())
        self._aside = {one.subject for one in aside if one.subject in rows}
        for one in aside:
            if one.subject in rows and (one.again or not self._began):
                try:
                    await self._make_up_for(_search_of(rows[one.subject]), one.position)
                except Exception as error:
                    if isinstance(error, SearchAwayError) or not is_of_the_subject(error):
                        raise
                    await self._set_aside(one.subject, one.position, error)
        self._began = True

    async def _make_up_for(self, search: SavedSearch, missed: Position) -> None:
        """Raise what a search missed since it was set aside, until it is where all others are."""
        while True:
            async with transaction(self._pool) as connection:
                reached = Position(await connection.fetchval(SQL.hold_reader))
                if missed >= reached:
                    await set_aside.take_back(connection, READER, {search.id})
                    self._aside.discard(search.id)
                    return
            stretch = Stretch(missed, Position(min(reached, missed + ENTRIES)), (search,))
            async with self._pool.acquire() as connection:
                told = await connection.fetchrow(documents.SQL.affected, stretch.after, stretch.length)
            affected = [SubmissionId(one) for one in told["submissions"]] if told else []
            matches = await self._found(search, affected)
            async with transaction(self._pool) as connection:
                await connection.fetchval(SQL.hold_reader)
                await self._put_down(connection, matches, stretch.until)
            missed = stretch.until

    async def _raise(self, stretch: Stretch, matches: Sequence[Match]) -> None:
        """Commit the alerts of a stretch and its end, unless another did, or a search was saved that it concerns."""
        async with transaction(self._pool) as connection:
            if await connection.fetchval(SQL.hold_reader) != stretch.after:
                return
            begun = {row["id"] for row in await connection.fetch(SQL.begun, stretch.until)}
            if not begun <= {one.id for one in stretch.searches} | self._aside:
                return
            await self._put_down(connection, matches, stretch.until)
            await journal.move_reader(connection, READER, stretch.until)

    async def _put_down(self, connection: Connection, matches: Sequence[Match], until: Position) -> None:
        if not matches:
            return
        searches, submissions = zip(*matches, strict=True)
        ids = [new_id() for _ in matches]
        if await connection.fetch(SQL.raise_alerts, ids, searches, submissions, self._clock(), until):
            await connection.execute(SQL.call)


def _search_of(row: Row) -> SavedSearch:
    """Return a search as it was saved; raise whatever is wrong with what was kept."""
    search = SavedSearch(SavedSearchId(row["id"]), row["query"], filter_kept(row["filter"]), Position(row["since"]))
    lookup_of(search.text, search.filter)
    return search
