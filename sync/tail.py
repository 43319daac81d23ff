"""Looks at the journal once for all who follow it in a process, and wakes those whom something new may concern.

What it reads is read without a viewer, and told to nobody: it only spares the others from asking. Whoever is woken
reads under the policy.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from graph import journal
from graph.database import statements, though_away
from graph.scope import Reach

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from graph.database import Connection, Pool
    from graph.scope import Scope

SQL = statements("follow")
LOGGER: Final = logging.getLogger(__name__)
ALERTS: Final = "alerts"
"""The notification of each commit that raises alerts."""
CHANNELS: Final = (journal.CHANNEL, ALERTS)
AGAIN: Final = 1.0
"""Seconds until a connection that was lost is tried again."""
LOOK_EVERY: Final = 5.0
"""Seconds after which the tail looks though nobody called: a connection that ended may have missed a call."""
ENTRIES: Final = 2_000
"""Entries that are looked at by one statement."""
SLICE: Final = 2
"""Followers that are woken before others of this process have their turn."""


class Told(Enum):
    """What a follower is told of."""

    CASES = auto()
    SUBMISSIONS = auto()
    ALERTS = auto()


@dataclass(frozen=True, slots=True)
class Stretch:
    """What some entries in a row, and the alerts raised meanwhile, may be told of."""

    begin: int
    end: int
    scopes: tuple[int, ...] = ()
    """Of the cases, sorted."""
    organs: frozenset[str] = frozenset()
    """With an accepted part in one of them."""
    received: bool = False
    """Whether a submission came in."""
    owners: frozenset[str] = frozenset()
    """Whose searches have new alerts."""

    def concerns(self, told: Told, scope: Scope, reach: Reach) -> bool:
        """Tell whether a viewer who follows may be told of something. Pure."""
        if told is Told.ALERTS and scope.name in self.owners:
            return True
        if told is Told.SUBMISSIONS and not self.received:
            return False
        # Alerts too: one that was hidden shows itself when its case does.
        return reach.touches(self.scopes, self.organs)


class Follower:
    """One who follows. Nothing is kept for it but from where on it may be concerned."""

    def __init__(self) -> None:
        self._woken = asyncio.Event()
        self._begin = self._end = 0

    def wake(self, begin: int, end: int) -> None:
        """Let it look behind a position, up to another."""
        if not self._woken.is_set():
            self._begin = begin
        self._end = end
        self._woken.set()

    async def next(self, reached: int) -> int:
        """Wait until something behind `reached` may concern it, and return behind which position."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            if self._end > reached:
                return max(self._begin, reached)

    async def called(self) -> None:
        """Wait until it is woken, whatever for."""
        await self._woken.wait()
        self._woken.clear()


class Tail:
    """Wakes its followers. The connection is taken when the first comes and given back when the last leaves."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._followers: defaultdict[tuple[Told, Scope], set[Follower]] = defaultdict(set)
        self._reaches: dict[Scope, Reach] = {}
        self._listening: asyncio.Task[None] | None = None
        self._asking: asyncio.Task[int] | None = None
        self._position: int | None = None
        self._alert = 0
        self.looks = 0
        """How often it found something new."""

    @asynccontextmanager
    async def follower(self, told: Told, scope: Scope) -> AsyncIterator[Follower]:
        """Follow while inside."""
        follower = Follower()
        self._followers[told, scope].add(follower)
        if self._listening is None or self._listening.done():
            self._position = None
            self._listening = asyncio.create_task(self._listen())
        try:
            yield follower
        finally:
            self._leave(told, scope, follower)

    def _leave(self, told: Told, scope: Scope, follower: Follower) -> None:
        self._followers[told, scope].discard(follower)
        if not self._followers[told, scope]:
            del self._followers[told, scope]
            self._reaches.pop(scope, None)
        if not self._followers and self._listening is not None:
            self._listening.cancel()
            self._listening = None

    async def position(self) -> int:
        """Return how far the journal has come; whoever follows already misses nothing behind it."""
        if self._position is not None:
            return self._position
        if self._asking is None or self._asking.done():
            # One for all who come before the first look: each by itself would take the connection that it waits for.
            self._asking = asyncio.create_task(self._head())
        return await asyncio.shield(self._asking)

    async def _head(self) -> int:
        async with self._pool.acquire() as connection:
            return await journal.position(connection)

    # Listening ----------------------------------------------------------------------------------------------------

    async def _listen(self) -> None:
        while True:
            try:
                with though_away():
                    async with self._pool.acquire() as connection:
                        await self._hear(connection)
            except Exception as error:  # noqa: BLE001  # whatever it is, nobody is to wait for ever
                LOGGER.error(  # noqa: TRY400  # a traceback's last line may quote what was read
                    "Looking at the journal for subscribers failed (%s) and begins anew.", type(error).__name__
                )
            await asyncio.sleep(AGAIN)

    async def _hear(self, connection: Connection) -> None:
        """Look at each call, and now and then without one, until the connection ends."""
        called, ended = asyncio.Event(), asyncio.Event()

        def call(*_: object) -> None:
            called.set()

        def end(_: object) -> None:
            ended.set()
            called.set()

        connection.add_termination_listener(end)
        try:
            # Within: who leaves while only one of them is listened to must not leave that behind.
            for channel in CHANNELS:
                await connection.add_listener(channel, call)
            while not ended.is_set():
                # First without a call: what was written before somebody listened calls nobody.
                await self._look(connection)
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY):
                        await called.wait()
                called.clear()
        finally:
            # To stop it from listening takes a statement, which fails where one is under way or the connection is lost.
            with though_away():
                connection.terminate()

    async def _look(self, connection: Connection) -> None:
        """Read what is new, and wake whom it may concern."""
        owners = await self._raised(connection)
        head = await journal.position(connection)
        if self._position is None or head < self._position:
            # Whoever came before, or was told of a journal that has gone, has to look for themselves.
            self._position = head
            self.looks += 1
            await self._wake_all(list(self._followers), 0, head)
        while self._position < head or owners:
            end = min(self._position + ENTRIES, head)
            stretch, owners = await self._stretch(connection, self._position, end, owners), frozenset()
            self._position = end
            self.looks += 1
            concerned = [one for one in list(self._followers) if stretch.concerns(*one, self._reach(one[1]))]
            await self._wake_all(concerned, stretch.begin, stretch.end)

    async def _raised(self, connection: Connection) -> frozenset[str]:
        """Return who of the followers has new alerts."""
        names = sorted({scope.name for told, scope in self._followers if told is Told.ALERTS})
        if not names:
            return frozenset()
        rows = await connection.fetch(SQL.alerted, names, self._alert)
        self._alert = max((row["last"] for row in rows), default=self._alert)
        return frozenset(row["owner"] for row in rows)

    async def _stretch(self, connection: Connection, begin: int, end: int, owners: frozenset[str]) -> Stretch:
        [row] = await connection.fetch(SQL.touched, begin, end)
        organs = frozenset(str(one) for one in row["organs"])
        return Stretch(begin, end, tuple(row["scopes"]), organs, row["received"], owners)

    async def _wake_all(self, concerned: Sequence[tuple[Told, Scope]], begin: int, end: int) -> None:
        """Wake followers, a few at a time: ten thousand at once would hold everybody up."""
        woken = 0
        for one in concerned:
            for follower in tuple(self._followers.get(one, ())):
                follower.wake(begin, end)
                woken += 1
                if woken % SLICE == 0:
                    await asyncio.sleep(0)

    def _reach(self, scope: Scope) -> Reach:
        found = self._reaches.get(scope)
        if found is None:
            found = self._reaches[scope] = Reach(scope)
        return found
