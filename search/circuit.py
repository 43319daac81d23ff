"""A circuit that opens when an engine is away, so that nobody waits for it. Knows no engine.

After some failures in a row nothing is asked for a while; then one request tries, and decides for all (Nygard, Release
It!, 2018, chapter 5).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

FAILURES: Final = 5
"""In a row: one is a restart of one machine, which the next request does not meet."""
PAUSE: Final = 3.0
"""Seconds until one request tries again: what was away is used soon after it is back."""


class Circuit:
    """Closed while all is well, open while the engine is away."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._until = 0.0

    @property
    def is_open(self) -> bool:
        """Whether it opened and no request has succeeded since."""
        return self._failures >= FAILURES

    def lets_pass(self) -> bool:
        """Tell whether a request may be made: all while it is closed, while it is open one after each pause."""
        if not self.is_open:
            return True
        now = self._clock()
        if now < self._until:
            return False
        self._until = now + PAUSE
        return True

    def succeeded(self) -> None:
        """Note that a request was answered."""
        self._failures = 0

    def failed(self) -> None:
        """Note that a request was not answered."""
        self._failures += 1
        if self._failures == FAILURES:
            self._until = self._clock() + PAUSE
