"""The machines of a cluster that are named, and which of them answer, so that nobody waits for one that hangs.

Who was asked in vain need not be the one that hangs: a machine waits for another, on which the copy lies that it chose.
So each is asked for what it alone knows. Knows no engine.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ASIDE: Final = 3.0
"""Seconds until machines that did not answer are looked at again."""


class NobodyAnswersError(Exception):
    """None of the machines answers."""


class Answering(Protocol):
    """A machine, as far as it matters here."""

    async def answers(self) -> bool:
        """Tell whether it answers, without waiting for any other. Raises nothing."""
        ...


M = TypeVar("M", bound=Answering)


class Machines(Generic[M]):
    """Those that are named, each asked in its turn while it answers."""

    def __init__(self, named: Sequence[M], clock: Callable[[], float] = time.monotonic) -> None:
        self._named = named
        self._clock = clock
        self._turn = 0
        self._again = 0.0
        self._looking: asyncio.Task[None] | None = None
        self.aside: frozenset[M] = frozenset()
        """Those that did not answer when they were looked at last."""

    @property
    def answering(self) -> list[M]:
        """Those that may be asked."""
        return [one for one in self._named if one not in self.aside]

    async def pick(self, but: M | None = None) -> M:
        """Return whom to ask, `but` only where there is no other. Raises NobodyAnswersError."""
        if self.aside and self._clock() >= self._again:
            looking = self.look()
            if not self.answering:
                await asyncio.wait({looking})
        answering = self.answering
        if not answering:
            raise NobodyAnswersError
        self._turn += 1
        others = [one for one in answering if one is not but] or answering
        return others[self._turn % len(others)]

    def look(self) -> asyncio.Task[None]:
        """Begin to find out who answers, or join whoever does so already; wait for it without cancelling it."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        return self._looking

    async def _look(self) -> None:
        answered = await asyncio.gather(*(one.answers() for one in self._named))
        self.aside = frozenset(one for one, answers in zip(self._named, answered, strict=True) if not answers)
        self._again = self._clock() + ASIDE

    async def close(self) -> None:
        """Look no more."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait({self._looking})
