"""What a server needs of other systems, looked at again and again, so that no probe ever waits for one of them.

What is probed is what serves: reading by the readers' connections, writing by the writers', searching by the engine.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from graph import followers, journal, set_aside
from graph.database import has_no_room, is_away, statements
from graph.errors import DatabaseStateError
from graph.migrate import require_current
from graph.tasks import finish
from resolvers.failures import noted
from search.engine import SearchUnavailableError
from search.indexer import READER as INDEXER

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from graph.database import Connection, Pool, Row
    from graph.followers import Alive
    from graph.journal import Reached
    from resolvers.reader import Reader
    from search.engine import Engine

logger = logging.getLogger("casegraph.watch")

SQL = statements("standing")
EVERY: Final = 2.0
"""Seconds between two looks at one system: a balancer hears soon enough of what is over or begins."""
LATE: Final = 5.0
"""Seconds after which a look that has not ended tells that the system does not answer."""
LONG: Final = 60.0
"""Seconds that an index may lack something before it is called behind: a large batch takes some."""
STALE: Final = 30.0
"""Seconds after which nothing is known any more: who looks has ended, or this process did nothing else for as long."""


class State(StrEnum):
    """How something is, in words that anybody may read."""

    OK = "ok"
    BUSY = "busy"
    """All connections are in use: it answers, late."""
    AWAY = "away"
    FULL = "no connection left"
    FOREIGN = "not of this version"
    MISSING = "not built"
    BEHIND = "behind"
    """It answers, without what came last, and says so."""
    FAILING = "failing"
    UNKNOWN = "not known yet"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look has shown, and when."""

    state: State = State.UNKNOWN
    at: float = 0.0


class Figures(NamedTuple):
    """What the last looks that ended well have shown besides."""

    position: int = 0
    readers: dict[str, int] = {}  # noqa: RUF012  # never written to
    indexed: int | None = None
    searching: bool = False
    circuit_open: bool = False
    followers: tuple[Alive, ...] = ()
    aside: dict[str, int] = {}  # noqa: RUF012  # never written to


class Watch:
    """Looks at the database and the search engine of a process, and tells the log where one of them changes."""

    def __init__(
        self, *, pool: Pool, reader: Reader, engine: Engine, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._pool = pool
        self._reader = reader
        self._engine = engine
        self._clock = clock
        self._seen = {"database": Seen(), "index": Seen()}
        self._held: Reached | None = None
        self._judged = (State.OK, "")
        """How the index stands to the journal, which the database tells."""
        self.figures = Figures()

    def states(self) -> dict[str, State]:
        """Return how everything was when it was looked at last."""
        now = self._clock()
        return {name: seen.state if now - seen.at <= STALE else State.UNKNOWN for name, seen in self._seen.items()}

    def ages(self) -> dict[str, float]:
        """Return how many seconds ago that was, of what was looked at."""
        now = self._clock()
        return {name: now - seen.at for name, seen in self._seen.items() if seen.state is not State.UNKNOWN}

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Look while inside."""
        tasks = [asyncio.create_task(self._keep(look)) for look in (self._look_at_database, self._look_at_engine)]
        try:
            yield
        finally:
            for task in tasks:
                await finish(task)

    async def look(self) -> None:
        """Look at everything once."""
        await self._look_at_engine()
        await self._look_at_database()

    async def _keep(self, look: Callable[[], Awaitable[None]]) -> None:
        while True:
            await look()
            await asyncio.sleep(EVERY)

    async def _look_at_database(self) -> None:
        await self._look("database", self._database())

    async def _look_at_engine(self) -> None:
        await self._look("index", self._index())

    async def _look(self, name: str, looking: Awaitable[tuple[State, str]]) -> None:
        """Keep what a look shows; of one that takes long it is told meanwhile."""
        task = asyncio.ensure_future(looking)
        try:
            while not (await asyncio.wait({task}, timeout=LATE))[0]:
                self._keep_seen(name, *self._late(name))
            self._keep_seen(name, *await task)
        finally:
            task.cancel()

    def _late(self, name: str) -> tuple[State, str]:
        if name == "database" and (self._reader.is_busy or _is_busy(self._pool)):
            return State.BUSY, "All connections of this process to the database are in use: requests wait for others."
        return State.AWAY, f"The {name} does not answer: a look at it has taken more than {LATE:g} s."

    def _keep_seen(self, name: str, state: State, cause: str) -> None:
        before = self._seen[name].state
        self._seen[name] = Seen(state, self._clock())
        if state is before:
            return
        if state is not State.OK:
            logger.warning("%s: %s. %s", name, state, cause)
        elif before is not State.UNKNOWN:
            logger.warning("%s: ok again.", name)

    async def _database(self) -> tuple[State, str]:
        try:
            await self._reader.require()
            async with self._pool.acquire() as connection:
                await require_current(connection)
                position = await journal.position(connection)
                readers = {row["name"]: row["position"] for row in await connection.fetch(SQL.readers)}
                alive, aside = tuple(await followers.alive(connection)), await set_aside.counts(connection)
                self.figures = self.figures._replace(position=position, readers=readers, followers=alive, aside=aside)
                await self._judge(connection)
        except DatabaseStateError as error:
            return State.FOREIGN, str(error)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is told, and looked at again
            return _of(error)
        return State.OK, ""

    async def _judge(self, connection: Connection) -> None:
        """Find out how the index stands to the journal: nothing else may make who looks at the index wait."""
        if self._held is None:
            return
        row = await connection.fetchrow(SQL.index_standing, self._held.position, self._held.link)
        assert row is not None  # noqa: S101  # a function's one row
        self._judged = self._judgement(row)
        if self._seen["index"].state in {State.OK, State.BEHIND}:
            self._keep_seen("index", *self._judged)

    def _judgement(self, row: Row) -> tuple[State, str]:
        if row["known"] and (row["late"] or 0.0) <= LONG:
            return State.OK, ""
        trouble = next((one.trouble for one in self.figures.followers if one.name == INDEXER and one.trouble), None)
        cause = trouble or "Look whether `work` or `serve` runs, and what `doctor` says."
        return State.BEHIND, f"It holds {row['share'] if row['known'] else 0:.0%} of the journal. {cause}"

    async def _index(self) -> tuple[State, str]:
        health = await self._engine.health()
        self.figures = self.figures._replace(searching=health.answers, circuit_open=health.circuit_open, indexed=None)
        try:
            held = await self._engine.held()
        except SearchUnavailableError as error:
            return State.AWAY, str(error)
        except Exception as error:  # noqa: BLE001  # as above; a damaged folder may say anything
            return _failing(error)
        self._held = held
        self.figures = self.figures._replace(indexed=held.position if held else None)
        if held is None:
            return State.MISSING, "Start `work`, or run `python -m casegraph reindex`."
        return self._judged


def _is_busy(pool: Pool) -> bool:
    return pool.get_idle_size() == 0 and pool.get_size() == pool.get_max_size()


def _of(error: Exception) -> tuple[State, str]:
    """Return what an error of the database means, and what to do, in the words of commands."""
    if not is_away(error):
        return _failing(error)
    from casegraph.troubles import trouble  # noqa: PLC0415  # it knows every error there is, and so most modules

    told = trouble(error)
    cause = told.line if told else "Look whether it runs."
    return (State.FULL if has_no_room(error) else State.AWAY), cause


def _failing(error: Exception) -> tuple[State, str]:
    return State.FAILING, f"Incident {noted(error, 'a look in the background')} has more."
