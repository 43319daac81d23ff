"""Keeps the index up with the journal: reads entries in order, indexes what they tell of, and holds their position.

Of all processes one does so (`graph.followers`). The index remembers how far it has come in its own commit, so a
process that was killed goes on where its last commit was; a lost index, or one of another journal, begins at nothing.
What cannot be read, made or written is set aside, and taken out of the index: what that says of it is true no more.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple, Self
from uuid import UUID

from graph import journal, set_aside
from graph.journal import NOTHING, Reached
from graph.records import Position, SubmissionId
from graph.set_aside import is_of_the_subject, reason_of
from search.documents import SQL, index_document, load_all
from search.engine import Batch, IndexMovedError, SearchAwayError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from graph.database import Connection, Pool
    from graph.followers import Lead
    from search.engine import Engine, IndexDocument

READER: Final = "search"
ENTRIES: Final = 9_000
"""Entries that one commit takes at most: some three thousand submissions, under a second's work. Fewer make segments
that must be merged more often."""
TOGETHER: Final = 3_000
"""Submissions that one commit takes, where few entries tell of many: two large cases that are joined."""

logger = logging.getLogger("casegraph.indexer")


class Indexer:
    """Follows the journal into an engine."""

    def __init__(self, *, pool: Pool, engine: Engine) -> None:
        self._pool = pool
        self._engine = engine
        self._began = False
        """Whether what was set aside has been tried again since this process leads."""

    async def follow(self, lead: Lead) -> None:
        """Index all there is now."""
        await self.catch_up(lead)

    async def catch_up(self, lead: Lead | None = None) -> Position:
        """Index until the journal tells of no more, and return the position held. The caller leads.

        With `lead`, entries are let gather for as long as those who wait for them allow.
        """
        while True:
            try:
                return await self._follow(await self._begin(), lead)
            except IndexMovedError:
                continue

    async def fill(self) -> Position:
        """Index all there is into an index of nothing, then what was written meanwhile; return the position held.

        So each submission is written once; following the journal from its beginning writes it with each step again.
        What is filled must not be searched yet: until all is there, it holds no position.
        """
        async with self._pool.acquire() as connection:
            end, last = await journal.end(connection), SubmissionId(UUID(int=0))
            async with _Writing(self._engine, self._pool, connection) as writing:
                while chunk := [row["id"] for row in await connection.fetch(SQL.following, last, TOGETHER)]:
                    await writing.write(chunk, _Part(NOTHING, NOTHING, end.position))
                    last = chunk[-1]
                await writing.write([], _Part(NOTHING, end, end.position))
        return await self.catch_up()

    async def _begin(self) -> Reached:
        """Return where to go on from; without an index, begin one: one of nothing can be searched, none is a fault."""
        reached = await self._engine.held()
        if reached is None:
            await self._engine.apply(Batch(documents=(), gone=(), after=Position(0), position=Position(0)))
            reached = NOTHING
        async with self._pool.acquire() as connection:
            if not await journal.holds(connection, reached):
                logger.warning(
                    "The search index holds another journal than is here now: the database was restored, went back to"
                    " an earlier state, or is another. The index is made anew; until then searches say what they lack."
                )
                await self._engine.clear()
                return NOTHING
            end = await journal.position(connection)
            if reached == NOTHING and (before := await journal.reader_reached(connection, READER)) != NOTHING:
                logger.warning(
                    "The search index is lost, which had come to %d of %d entries. It is made anew; until then searches"
                    " say what they lack.", before.position, end,
                )  # fmt: skip
        return reached

    async def _follow(self, reached: Reached, lead: Lead | None) -> Position:
        async with self._pool.acquire() as connection, _Writing(self._engine, self._pool, connection) as writing:
            await self._try_again(connection, writing, reached)
            while True:
                if lead:
                    lead.look()
                told = await connection.fetchrow(SQL.affected, reached.position, ENTRIES)
                if told is None or told["position"] is None:
                    break
                after, reached = reached, Reached(Position(told["position"]), told["link"])
                affected: list[UUID] = told["submissions"]
                for at in range(0, max(len(affected), 1), TOGETHER):
                    chunk = [SubmissionId(one) for one in affected[at : at + TOGETHER]]
                    # Only the last commit moves the position: until then they would all be taken again.
                    moved = reached if at + TOGETHER >= len(affected) else after
                    await writing.write(chunk, _Part(after, moved, reached.position))
                    if lead:
                        lead.gets_on()
                if lead and reached.position < after.position + ENTRIES:
                    await lead.gather()
        async with self._pool.acquire() as connection:
            # Put down where others can read it though the engine does not answer, and by which a loss is noticed.
            await journal.move_reader(connection, READER, reached.position)
        return reached.position

    async def _try_again(self, connection: Connection, writing: _Writing, reached: Reached) -> None:
        """Index once more what was set aside: all of it at first, then what somebody asked for."""
        aside = await set_aside.aside(connection, READER)
        writing.aside = {one.subject for one in aside}
        asked = [SubmissionId(one.subject) for one in aside if one.again or not self._began]
        self._began = True
        end = await journal.position(connection)
        for at in range(0, len(asked), TOGETHER):
            await writing.write(asked[at : at + TOGETHER], _Part(reached, reached, end))


class _Part(NamedTuple):
    """Where in the journal a batch begins and where it brings the index, and how far the journal had come before."""

    after: Reached
    reached: Reached
    told_until: Position


class _Made(NamedTuple):
    """What a batch is made of."""

    documents: list[IndexDocument]
    gone: list[SubmissionId]
    failed: dict[UUID, str]


class _Writing:
    """Commits one batch in a thread while the next is read and cut, and sets aside what fails by itself."""

    def __init__(self, engine: Engine, pool: Pool, connection: Connection) -> None:
        self._engine = engine
        self._pool = pool
        self._connection = connection
        self._task: asyncio.Task[_Made] | None = None
        self.aside: set[UUID] = set()
        """What was set aside so far."""

    async def write(self, submissions: Sequence[SubmissionId], part: _Part) -> None:
        """Have a batch made and written; returns when the one before it is."""
        made = await _made(self._connection, submissions, self._engine.zone)
        await self._done()
        batch = Batch(
            documents=made.documents, gone=[*made.gone, *map(SubmissionId, made.failed)], after=part.after.position,
            position=part.reached.position, link=part.reached.link, told_until=part.told_until,
        )  # fmt: skip
        await self._set_aside(made.failed, part.told_until)
        self._task = asyncio.create_task(self._apply(batch, made))

    async def _apply(self, batch: Batch, made: _Made) -> _Made:
        """Write a batch; where that fails each half by itself, until it is known which document cannot be written."""
        try:
            await self._engine.apply(batch)
        except (SearchAwayError, IndexMovedError):
            raise
        except Exception as error:
            if not batch.documents:
                raise
            return await self._apply_apart(batch, made, reason_of(error))
        return made

    async def _apply_apart(self, batch: Batch, made: _Made, reason: str) -> _Made:
        if len(batch.documents) == 1:
            failed = batch.documents[0].submission
            without = replace(batch, documents=(), gone=[*batch.gone, failed])
            # An engine that takes not even this is at fault itself: the error goes up, and all is tried again.
            await self._engine.apply(replace(without, position=batch.after, told_until=batch.version))
            await self._set_aside({failed: reason}, batch.version)
            if batch.position != batch.after:
                await self._engine.apply(without)
            return made._replace(failed=made.failed | {failed: reason})
        half = len(batch.documents) // 2
        first = replace(batch, documents=batch.documents[:half], position=batch.after, told_until=batch.version)
        made = await self._apply(first, made)
        return await self._apply(replace(batch, documents=batch.documents[half:], gone=()), made)

    async def _done(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            made = await task
            well = {one.submission for one in made.documents} | set(made.gone)
            if taken := self.aside & well - made.failed.keys():
                await set_aside.take_back(self._connection, READER, taken)
                self.aside -= taken

    async def _set_aside(self, failed: dict[UUID, str], position: Position) -> None:
        """Put down what failed, before the position moves: whoever is killed in between tries it once more."""
        if not failed:
            return
        for subject in failed.keys() - self.aside:
            logger.error("The submission %s cannot be indexed and is set aside: %s", subject, failed[subject])
        async with self._pool.acquire() as connection:
            await set_aside.put(connection, READER, failed, position)
        self.aside |= failed.keys()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            await self._done()
        elif self._task is not None:
            # A thread cannot be cancelled: nobody else may write before it is done.
            await asyncio.gather(asyncio.shield(self._task), return_exceptions=True)


async def _made(connection: Connection, submissions: Sequence[SubmissionId], zone: ZoneInfo) -> _Made:
    """Return these submissions as they are indexed; where that fails, each half by itself until it is known which."""
    try:
        sources = await load_all(connection, submissions)
        documents = await asyncio.to_thread(lambda: [index_document(source, zone) for source in sources.values()])
    except Exception as error:
        if not is_of_the_subject(error) or not submissions:
            raise
        if len(submissions) == 1:
            return _Made([], [], {submissions[0]: reason_of(error)})
    else:
        return _Made(documents, [one for one in submissions if one not in sources], {})
    half = len(submissions) // 2
    first, second = [await _made(connection, some, zone) for some in (submissions[:half], submissions[half:])]
    return _Made(first.documents + second.documents, first.gone + second.gone, first.failed | second.failed)
