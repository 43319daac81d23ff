"""Keeps whoever follows the journal going: one process at a time, woken by each commit, begun again whenever it fails.

A follower leads while a connection of its pool holds an advisory lock. It says after each piece of work that it gets
on; a sign of it is put into `follower` every few seconds, with the trouble it has, so that others can tell one that
works from one that only lives. Where its connection ends, or no sign comes for minutes, all of its pool is cut and it
begins anew: whatever waits for a dead connection wakes by that.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn, TypeAlias

from graph import journal
from graph.database import open_pool, statements
from graph.errors import GraphError
from graph.set_aside import reason_of
from graph.tasks import require_uncancelled
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from graph.database import Connection, Pool

Follow: TypeAlias = "Callable[[Lead], Awaitable[None]]"
"""Does all there is to do now."""

logger = logging.getLogger("casegraph.followers")
SQL = statements("followers")

LOOK_EVERY: Final = 5.0
"""Seconds after which the journal is looked at though nobody called."""
GATHER: Final = 0.3
"""Seconds from one look at the journal to the next while somebody waits for one entry: it is found within a second."""
GATHER_MANY: Final = 1.0
"""The same while nothing but batches come in. Small segments would cost twice as much to make and to merge."""
MANY: Final = 100
"""Entries of one transaction that make it a batch, not what one person entered."""
STAND_BY: Final = 0.5
"""Seconds between two tries to become the one who leads."""
BEAT_EVERY: Final = 5.0
STALLED: Final = 300.0
"""Seconds without a sign after which a follower is begun anew."""
AGAIN: Final = 1.0
LONGEST_PAUSE: Final = 8.0
"""Seconds between two tries of what fails again and again."""
ANSWER_WITHIN: Final = 10.0
"""Seconds that PostgreSQL has to take a sign of life; then the connection is thought dead."""
GRACE: Final = 10.0
"""Seconds that a step has to end in good order, and then to end at all once its connections are cut."""
CONNECTIONS: Final = 3
"""One holds the lock, the others work."""


STOPPED: Final = Wording("The connection to PostgreSQL by which this process led has ended. It begins anew by itself.")
SILENT: Final = Wording("Nothing was heard of a follower for minutes. It begins anew by itself.")


class FollowerStoppedError(GraphError):
    """The connection to PostgreSQL by which this process led has ended. It begins anew by itself."""


class FollowerStalledError(GraphError):
    """Nothing was heard of a follower for minutes. It begins anew by itself."""


class FollowerStuckError(GraphError):
    """A follower neither works nor ends. End its process: what it follows goes on from where it was."""


@dataclass(frozen=True, slots=True)
class Alive:
    """When a follower was heard of last, in seconds ago, and for how long it has had what trouble."""

    name: str
    silent: float
    trouble: str | None
    troubled: float | None


async def alive(connection: Connection) -> list[Alive]:
    """Return how all followers are that ever led."""
    return [Alive(**row) for row in await connection.fetch(SQL.alive)]


class Lead:
    """One process's lead of a follower: what wakes it, and what it says of itself.

    `called` is set with each commit that wrote to the journal, `hurried` where it was no batch; both where the
    connection ends, `over` by that alone.
    """

    def __init__(self) -> None:
        self.called = asyncio.Event()
        self.hurried = asyncio.Event()
        self.over = asyncio.Event()
        self.trouble: str | None = None
        self._position = 0
        self._looked = 0.0
        self._sign = time.monotonic()

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

    def gets_on(self) -> None:
        """Say that a piece of work was done, or that there was none."""
        self._sign = time.monotonic()

    @property
    def silent(self) -> float:
        """Seconds since the last sign."""
        return time.monotonic() - self._sign

    def look(self) -> None:
        """Note that the journal is looked at now."""
        self._looked = time.monotonic()
        self.hurried.clear()

    async def gather(self) -> None:
        """Wait until it is time for the next look."""
        await asyncio.sleep(self._looked + GATHER - time.monotonic())
        await _within(self._looked + GATHER_MANY - time.monotonic(), self.hurried)


async def keep_following(url: str, name: str, begin: Callable[[Pool], Follow]) -> NoReturn:
    """Follow for ever, until cancelled; of several processes one does.

    `begin` is given a pool of the follower's own whenever it starts to lead. Raises FollowerStuckError.
    """
    told, pause = "", AGAIN
    while True:
        began = time.monotonic()
        try:
            await _lead(url, name, begin)
        except FollowerStuckError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the follower begins anew
            require_uncancelled(error)
            reason = reason_of(error)
        if time.monotonic() - began > STALLED:
            told, pause = "", AGAIN
        if reason != told:
            logger.warning("The follower %s begins anew: %s", name, reason)
        told = reason
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


async def _lead(url: str, name: str, begin: Callable[[Pool], Follow]) -> NoReturn:
    """Follow as long as the connection lasts that has the lock."""
    pool = await open_pool(url, largest=CONNECTIONS, server={"application_name": f"casegraph {name}"})
    lead = Lead()
    try:
        held = await pool.acquire()
        # Nobody tells when an advisory lock is let go of; waiting for it in PostgreSQL would hold a snapshot open.
        while not await held.fetchval(SQL.try_lead, name, timeout=ANSWER_WITHIN):  # noqa: ASYNC110
            await asyncio.sleep(STAND_BY)
        held.add_termination_listener(lead.end)
        await held.add_listener(journal.CHANNEL, lead.call)
        beating = asyncio.create_task(_beat(held, name, lead))
        working = asyncio.create_task(_work(name, begin(pool), lead))
        over = asyncio.create_task(lead.over.wait())
        done: set[asyncio.Task[object]] = set()
        try:
            done, _ = await asyncio.wait({beating, working, over}, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {over}:
                task.result()
            raise FollowerStoppedError(STOPPED)
        finally:
            beating.cancel()
            over.cancel()
            await _end(name, working, pool, patient=not done)
    finally:
        pool.terminate()


async def _end(name: str, working: asyncio.Task[NoReturn], pool: Pool, *, patient: bool) -> None:
    """End a step, if `patient` in good order; where it waits for what is dead, by cutting its connections."""
    working.cancel()
    if patient:
        await asyncio.wait({working}, timeout=GRACE)
    pool.terminate()
    await asyncio.wait({working}, timeout=GRACE)
    if not working.done():
        raise FollowerStuckError(
            Wording(
                "The follower {name} neither works nor ends. End its process: what it follows goes on from where it"
                " was.",
                name=name,
            )
        )
    if not working.cancelled():
        working.exception()  # looked at, so that nobody is told of it once more


async def _work(name: str, follow: Follow, lead: Lead) -> NoReturn:
    """Do what there is whenever somebody calls, and again after a pause where it fails."""
    pause = AGAIN
    while True:
        lead.called.clear()
        try:
            await follow(lead)
        except Exception as error:  # noqa: BLE001 - whatever it is, all that was written meanwhile stands in the journal
            require_uncancelled(error)
            reason = reason_of(error)
            if reason != lead.trouble:
                logger.warning("The follower %s cannot go on, and tries again by itself: %s", name, reason)
            lead.trouble = reason
            lead.gets_on()
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        else:
            if lead.trouble is not None:
                logger.warning("The follower %s goes on, and has caught up.", name)
            lead.trouble, pause = None, AGAIN
            lead.gets_on()
            await _within(LOOK_EVERY, lead.called)


async def _beat(held: Connection, name: str, lead: Lead) -> NoReturn:
    """Put signs of life down while they come; raise where none does, or where nobody takes them."""
    while True:
        if lead.silent > STALLED:
            raise FollowerStalledError(SILENT)
        await held.execute(SQL.beat, name, lead.silent, lead.trouble, timeout=ANSWER_WITHIN)
        await asyncio.sleep(BEAT_EVERY)


async def _within(longest: float, event: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(longest):
            await event.wait()
