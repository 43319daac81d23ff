"""How much of something each of many may hold at once."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class AllHeldError(Exception):
    """Somebody holds as much already as one may."""


class Allowance:
    """Lets each hold `most` at once. Who holds nothing is not remembered."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._held: Counter[str] = Counter()

    @contextmanager
    def one(self, whose: str) -> Iterator[None]:
        """Hold one more while inside; raise AllHeldError where that is too many."""
        if self._held[whose] >= self.most:
            raise AllHeldError
        self._held[whose] += 1
        try:
            yield
        finally:
            self._held[whose] -= 1
            if not self._held[whose]:
                del self._held[whose]
