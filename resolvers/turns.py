"""Who is answered next: each viewer in turn, few of one at once, and whoever asks too much is told when to ask again.

Without it a viewer who sends a hundred requests has everybody else wait for a hundred answers. Here the next turn goes
to the viewer who waited longest since their last one, and while others are there no viewer takes all of them: what is
asked seldom is answered at once, whatever others ask.
"""

from __future__ import annotations

import asyncio
import itertools
import math
import time
from collections import Counter, OrderedDict, deque
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from schema.errors import RequestError
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

WAITING: Final = 100
"""Requests of one viewer that wait for a turn; one more is refused."""
HEAVY: Final = 10_000
"""Rows from which an operation is one of the heavy ones: it may take a tenth of a second of a processor."""
LATELY: Final = 1.0
"""Seconds after which somebody who was answered is not there any more: nobody has to leave them room."""
LONGEST_REST: Final = 2.0
"""Seconds that a viewer rests at most: what reads for ten is seldom asked again at once."""
SLOWLY: Final = 0.1
"""How much the last turn counts in what a turn is thought to take."""


class BusyError(RequestError):
    """So much of this viewer waits already that no more is taken."""

    def __init__(self, waiting: int, seconds: int) -> None:
        super().__init__(
            "TOO_MANY_REQUESTS",
            Wording(
                "{waiting} of your requests wait to be answered, no more are taken. Try again in {seconds} s.",
                waiting=waiting,
                seconds=seconds,
            ),
            retryAfter=seconds,
        )
        self.seconds = seconds


class Recent:
    """Who was answered lately, in whatever lane."""

    def __init__(self) -> None:
        self._last = self._other = ("", -math.inf)

    def note(self, viewer: str, now: float) -> None:
        """Note that a viewer was answered just now."""
        if self._last[0] != viewer:
            self._other = self._last
        self._last = (viewer, now)

    def others(self, viewer: str, now: float) -> bool:
        """Tell whether anybody else was."""
        other = self._last if self._last[0] != viewer else self._other
        return now - other[1] < LATELY


class Turns:
    """Gives `most` turns at once, `each` of them to one viewer.

    While nobody else is there, a viewer has up to `lone`, of which `most` counts no more than `each`: so a turn is left
    for whoever comes. Where `lone` is as many as there are connections, they wait for one of these short turns to end.

    While others are answered, too, a viewer rests `rest` times as long as each turn took, before the next in its place:
    turns share a processor, which nobody can be given back once somebody has all of it. Where they rest `together`,
    nobody has the turn meanwhile.
    """

    def __init__(
        self, most: int, each: int, *, lone: int = 0, rest: float = 1.0, together: bool = False,
        waiting: int = WAITING, recent: Recent | None = None, monotonic: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._most, self._each, self._rest, self._longest, self._monotonic = most, each, rest, waiting, monotonic
        self._lone = max(each, lone)
        self._together = together
        self._recent = recent or Recent()
        self._given = 0
        self._extra: Counter[str] = Counter()
        """How many of the turns that a viewer has `most` does not count."""
        self._taken: Counter[str] = Counter()
        """How many turns each viewer has, those included that it rests after."""
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        """By viewer; whoever had a turn last stands last."""
        self._seconds = 0.0

    @asynccontextmanager
    async def of(self, viewer: str, *, patient: bool = False) -> AsyncIterator[None]:
        """Wait for a turn and hold it; raise BusyError where too many wait, unless `patient`."""
        await self._take(viewer, patient=patient)
        began = self._monotonic()
        try:
            yield
        finally:
            self._end(viewer, self._monotonic() - began)

    async def _take(self, viewer: str, *, patient: bool) -> None:
        if self._free(viewer):
            self._begin(viewer)
            return
        line = self._waiting.setdefault(viewer, deque())
        if len(line) >= self._longest and not patient:
            raise BusyError(len(line), math.ceil(len(line) * self._seconds / self._each) or 1)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._end(viewer, 0.0)  # it was given just now
            else:
                self._leave(viewer, turn)
            raise

    def _free(self, viewer: str) -> bool:
        """Tell whether a viewer may have a turn now; others who wait may not, or they would have it."""
        if self._taken[viewer] < self._each:
            return self._given < self._most
        return self._taken[viewer] < self._lone and self._is_alone(viewer)

    def _is_alone(self, viewer: str) -> bool:
        """Tell whether nobody else has a turn, waits for one, or was answered lately."""
        here = itertools.chain(self._taken, self._waiting)
        return all(one == viewer for one in here) and not self._recent.others(viewer, self._monotonic())

    def _begin(self, viewer: str) -> None:
        if self._taken[viewer] < self._each:
            self._given += 1
        else:
            self._extra[viewer] += 1
        self._taken[viewer] += 1

    def _free_up(self, viewer: str) -> None:
        """Let others have what a viewer's turn took of those that are given at once."""
        if viewer not in self._extra:
            self._given -= 1
            return
        self._extra[viewer] -= 1
        if not self._extra[viewer]:
            del self._extra[viewer]

    def _end(self, viewer: str, took: float) -> None:
        """Take a turn back, and give the next one; whoever had it may rest first."""
        now = self._monotonic()
        rest = min(took * self._rest, LONGEST_REST) if self._recent.others(viewer, now) else 0.0
        self._recent.note(viewer, now)
        self._seconds += SLOWLY * (took + rest - self._seconds)
        if not self._together:
            self._free_up(viewer)
        if rest:
            asyncio.get_running_loop().call_later(rest, self._rested, viewer)
            self._give_next()
        else:
            self._rested(viewer)

    def _rested(self, viewer: str) -> None:
        if self._together:
            self._free_up(viewer)
        self._taken[viewer] -= 1
        if not self._taken[viewer]:
            del self._taken[viewer]
        self._give_next()

    def _give_next(self) -> None:
        while (following := next((one for one in self._waiting if self._free(one)), None)) is not None:
            self._give(following)

    def _give(self, viewer: str) -> None:
        """Give a turn to the first in a viewer's line, who may have gone just now."""
        line = self._waiting.pop(viewer)
        turn = line.popleft()
        if line:
            self._waiting[viewer] = line
        if not turn.done():
            self._begin(viewer)
            turn.set_result(None)

    def _leave(self, viewer: str, turn: asyncio.Future[None]) -> None:
        line = self._waiting.get(viewer)
        if line is not None and turn in line:
            line.remove(turn)
            if not line:
                del self._waiting[viewer]


@dataclass(frozen=True)
class Lanes:
    """Turns for each kind of work, so that none waits for another: no turn is taken while one is held."""

    documents: Turns
    """To read and plan a document that is not known: it takes a processor, which threads of Python share."""
    light: Turns
    heavy: Turns
    writing: Turns
    looking: Turns
    """To read for those who follow. Many wait for one read, so none of them waits for answers before it."""
    telling: Turns
    """To answer those who follow: ten thousand may have to be told of one event."""

    @classmethod
    def of(cls, reading: int, writing: int) -> Lanes:
        """Return turns for so many connections: no turn has to wait for one, but where there is a single one."""
        recent, heavy = Recent(), max(1, reading // 2)
        light = max(1, reading - heavy)
        return cls(
            documents=Turns(1, 1, rest=3.0, recent=recent),
            light=Turns(light, light // 2 + 1, lone=reading, recent=recent),
            heavy=Turns(heavy, 1, recent=recent),
            writing=Turns(writing, max(1, writing // 2), recent=recent),
            looking=Turns(1, 1, together=True, recent=recent),
            telling=Turns(1, 1, together=True, recent=recent),
        )

    def for_reading(self, cost: int) -> Turns:
        """Return the turns for an operation that reads so much."""
        return self.heavy if cost >= HEAVY else self.light
