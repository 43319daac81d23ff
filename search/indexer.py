"""Keeps the index up with the journal: reads entries in order, indexes what they tell of, and holds their position.

Whoever has PostgreSQL's advisory lock writes; others stand by. The index remembers its position in its own commit, so a
process that was killed goes on where its last commit was, and a lost index begins at nothing.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final, NamedTuple, Self
from uuid import UUID

from graph import journal
from graph.errors import GraphError
from graph.records import Position, SubmissionId
from search.documents import SQL, index_document, load_all
from search.engine import Batch, IndexMovedError, SearchAwayError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from graph.database import Connection, Pool
    from search.documents import Source
    from search.engine import Engine

ENTRIES: Final = 9_000
"""Entries that one commit takes at most: some three thousand submissions, under a second's work. Fewer make segments
that must be merged more often."""
TOGETHER: Final = 3_000
"""Submissions that one commit takes, where few entries tell of many: two large cases that are joined."""
LOOK_EVERY: Final = 5.0
"""Seconds after which the journal is looked at though nobody called."""
GATHER: Final = 0.3
"""Seconds from one look at the journal to the next while somebody waits for one entry: it is found within a second."""
GATHER_MANY: Final = 1.0
"""The same while nothing but batches come in. Small segments would cost twice as much to make and to merge."""
MANY: Final = 100
"""Entries of one transaction that make it a batch, not what one person entered."""
AWAY_FOR: Final = 2.0
"""Seconds between two tries to reach an engine that is away."""
STAND_BY: Final = 0.5
"""Seconds between two tries to become the one who writes."""

logger = logging.getLogger("casegraph.indexer")


class IndexerStoppedError(GraphError):
    """The connection to PostgreSQL that made this process the one who indexes has ended. Start it again."""


class Indexer:
    """Follows the journal into an engine."""

    def __init__(self, *, pool: Pool, engine: Engine) -> None:
        self._pool = pool
        self._engine = engine
        self._away = False
        """Whether that was told, once."""

    async def run(self) -> None:
        """Index whatever comes, until cancelled. An engine that is away is waited for.

        Raises IndexerStoppedError where the connection that holds the lock ends: from then on another may write.
        """
        async with self._pool.acquire() as held:
            await _become_writer(held)
            async with _calls(held) as calls:
                while True:
                    calls.called.clear()
                    await self._keep_up(calls)
                    await _wait(calls.called)
                    if calls.over.is_set():
                        raise IndexerStoppedError("The connection to PostgreSQL that held the lock has ended.")

    async def _keep_up(self, calls: _Calls) -> None:
        """Catch up, as soon as the engine answers: all that was written meanwhile stands in the journal."""
        try:
            await self.catch_up(calls)
        except SearchAwayError as error:
            if not self._away:
                logger.warning("%s", error)
            self._away = True
            await _wait(calls.over, AWAY_FOR)
            calls.called.set()
        else:
            if self._away:
                logger.warning("The search engine is back, and the index has caught up.")
            self._away = False

    async def catch_up(self, calls: _Calls | None = None) -> Position:
        """Index until the journal tells of no more, and return the position held. The caller has the lock.

        With `calls`, entries are let gather for as long as those who wait for them allow.
        """
        while True:
            try:
                return await self._follow(await self._begin(), calls)
            except IndexMovedError:
                continue

    async def fill(self) -> Position:
        """Index all there is into an index of nothing, then what was written meanwhile; return the position held.

        So each submission is written once; following the journal from its beginning writes it with each step again.
        What is filled must not be searched yet: until all is there, it holds no position.
        """
        nothing = Position(0)
        async with _Writing(self._engine) as writing, self._pool.acquire() as connection:
            reached, last = await journal.position(connection), SubmissionId(UUID(int=0))
            while chunk := [row["id"] for row in await connection.fetch(SQL.following, last, TOGETHER)]:
                sources = await load_all(connection, chunk)
                await writing.write(list(sources.values()), _Part([], nothing, nothing, reached))
                last = chunk[-1]
            await writing.write([], _Part([], nothing, reached, reached))
        return await self.catch_up()

    async def _begin(self) -> Position:
        """Return where to go on from; without an index, begin one: one of nothing can be searched, none is a fault."""
        reached = await self._engine.position()
        async with self._pool.acquire() as connection:
            foreign = reached is not None and reached > await journal.position(connection)
        if foreign:
            await self._engine.clear()
        if foreign or reached is None:
            reached = Position(0)
            empty = Batch(documents=(), gone=(), after=reached, position=reached)
            await self._engine.apply(empty)
        return reached

    async def _follow(self, reached: Position, calls: _Calls | None) -> Position:
        async with _Writing(self._engine) as writing, self._pool.acquire() as connection:
            while True:
                if calls:
                    calls.look()
                told = await connection.fetchrow(SQL.affected, reached, ENTRIES)
                if told is None or told["position"] is None:
                    return reached
                affected, after = told["submissions"], reached
                reached = Position(told["position"])
                for at in range(0, max(len(affected), 1), TOGETHER):
                    chunk = [SubmissionId(one) for one in affected[at : at + TOGETHER]]
                    sources = await load_all(connection, chunk)
                    gone = [one for one in chunk if one not in sources]
                    # Only the last commit moves the position: until then they would all be taken again.
                    position = reached if at + TOGETHER >= len(affected) else after
                    await writing.write(list(sources.values()), _Part(gone, after, position, reached))
                if calls and reached < after + ENTRIES:
                    await calls.gather()


class _Part(NamedTuple):
    """What a batch tells of besides its documents."""

    gone: list[SubmissionId]
    after: Position
    position: Position
    told_until: Position


class _Writing:
    """Commits one batch in a thread while the next is read and cut."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._task: asyncio.Task[None] | None = None

    async def write(self, sources: list[Source], part: _Part) -> None:
        """Have a batch written; returns when the one before it is."""
        documents = await asyncio.to_thread(lambda: [index_document(source) for source in sources])
        await self._done()
        batch = Batch(documents=documents, **part._asdict())
        self._task = asyncio.create_task(self._engine.apply(batch))

    async def _done(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            await task

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            await self._done()
        elif self._task is not None:
            # A thread cannot be cancelled: nobody else may write before it is done.
            await asyncio.gather(asyncio.shield(self._task), return_exceptions=True)


async def _become_writer(held: Connection) -> None:
    # Nobody tells when an advisory lock is let go of; waiting for it inside PostgreSQL would hold a snapshot open.
    while not await held.fetchval(SQL.try_lock):  # noqa: ASYNC110
        await asyncio.sleep(STAND_BY)


class _Calls:
    """`called` is set with each commit that wrote to the journal, `hurried` where it was no batch.

    All are set where the connection ends; `over` by that alone.
    """

    def __init__(self) -> None:
        self.called = asyncio.Event()
        self.hurried = asyncio.Event()
        self.over = asyncio.Event()
        self._position = 0
        self._looked = 0.0

    def call(self, _connection: object, _process: int, _channel: str, position: object) -> None:
        """Note that somebody wrote, up to this position."""
        reached = int(str(position))
        if reached - self._position < MANY:
            self.hurried.set()
        self._position = reached
        self.called.set()

    def end(self, *_: object) -> None:
        """Note that the connection is gone, and the lock with it."""
        self.over.set()
        self.hurried.set()
        self.called.set()

    def look(self) -> None:
        """Note that the journal is looked at now."""
        self._looked = time.monotonic()
        self.hurried.clear()

    async def gather(self) -> None:
        """Wait until it is time for the next look."""
        await asyncio.sleep(self._looked + GATHER - time.monotonic())
        with suppress(TimeoutError):
            async with asyncio.timeout(self._looked + GATHER_MANY - time.monotonic()):
                await self.hurried.wait()


@asynccontextmanager
async def _calls(held: Connection) -> AsyncIterator[_Calls]:
    """Listen to the journal while inside."""
    calls = _Calls()
    held.add_termination_listener(calls.end)
    await held.add_listener(journal.CHANNEL, calls.call)
    try:
        yield calls
    finally:
        if not calls.over.is_set():
            held.remove_termination_listener(calls.end)
            await held.remove_listener(journal.CHANNEL, calls.call)


async def _wait(called: asyncio.Event, longest: float = LOOK_EVERY) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(longest):
            await called.wait()
