"""Who is answered next: each viewer in turn, few of one at once, and whoever asks too much is told when to ask again.

Without it a viewer who sends a hundred requests has everybody else wait for a hundred answers. Here the next turn goes
to the viewer who waited longest since their last one, and no viewer takes all of them: what is asked seldom is answered
at once, whatever others ask.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter, OrderedDict, deque
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from schema.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

WAITING: Final = 100
"""Requests of one viewer that wait for a turn; one more is refused."""
HEAVY: Final = 10_000
"""Rows from which an operation is one of the heavy ones: it may take a tenth of a second of a processor."""
SLOWLY: Final = 0.1
"""How much the last turn counts in what a turn is thought to take."""


class BusyError(RequestError):
    """So much of this viewer waits already that no more is taken."""

    def __init__(self, waiting: int, seconds: int) -> None:
        super().__init__(
            "TOO_MANY_REQUESTS",
            f"{waiting} of your requests wait to be answered, no more are taken. Try again in {seconds} s.",
            retryAfter=seconds,
        )
        self.seconds = seconds


class Turns:
    """Gives `most` turns at once, `each` of them to one viewer."""

    def __init__(
        self, most: int, each: int, *, waiting: int = WAITING, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._most, self._each, self._longest, self._monotonic = most, each, waiting, monotonic
        self._taken: Counter[str] = Counter()
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
            self._seconds += SLOWLY * (self._monotonic() - began - self._seconds)
            self._give_back(viewer)

    async def _take(self, viewer: str, *, patient: bool) -> None:
        if self._free(viewer):
            self._taken[viewer] += 1
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
                self._give_back(viewer)  # it was given just now
            else:
                self._leave(viewer, turn)
            raise

    def _free(self, viewer: str) -> bool:
        """Tell whether a viewer may have a turn now; others who wait may not, or they would have it."""
        return self._taken.total() < self._most and self._taken[viewer] < self._each

    def _leave(self, viewer: str, turn: asyncio.Future[None]) -> None:
        line = self._waiting.get(viewer)
        if line is not None and turn in line:
            line.remove(turn)
            if not line:
                del self._waiting[viewer]

    def _give_back(self, viewer: str) -> None:
        self._taken[viewer] -= 1
        if not self._taken[viewer]:
            del self._taken[viewer]
        while (following := next((one for one in self._waiting if self._free(one)), None)) is not None:
            self._give(following)

    def _give(self, viewer: str) -> None:
        """Give a turn to the first in a viewer's line, who may have gone just now."""
        line = self._waiting.pop(viewer)
        turn = line.popleft()
        if line:
            self._waiting[viewer] = line
        if not turn.done():
            self._taken[viewer] += 1
            turn.set_result(None)


@dataclass(frozen=True)
class Lanes:
    """Turns for each kind of work, so that none waits for another: no turn is taken while one is held."""

    documents: Turns = field(default_factory=lambda: Turns(1, 1))
    """To read and plan a document that is not known: it takes a processor, and threads share one."""
    light: Turns = field(default_factory=lambda: Turns(3, 2))
    heavy: Turns = field(default_factory=lambda: Turns(2, 1))
    writing: Turns = field(default_factory=lambda: Turns(10, 5))

    @classmethod
    def of(cls, reading: int, writing: int) -> Lanes:
        """Return turns for so many connections: no turn has to wait for one, but where there is a single one."""
        heavy = max(1, reading // 2)
        light = max(1, reading - heavy)
        return cls(
            light=Turns(light, light // 2 + 1), heavy=Turns(heavy, 1), writing=Turns(writing, max(1, writing // 2))
        )

    def for_reading(self, cost: int) -> Turns:
        """Return the turns for an operation that reads so much."""
        return self.heavy if cost >= HEAVY else self.light
