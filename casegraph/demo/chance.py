"""Cheap repeatable chance: a year's texts take tens of millions of picks, and `random.choice` is five times dearer."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

Item = TypeVar("Item")


class Chance:
    """A stream of picks that a seed fixes."""

    __slots__ = ("random", "source")

    def __init__(self, seed: int | str) -> None:
        self.source = Random(seed)  # noqa: S311 - a demo must be repeatable, not secret
        self.random = self.source.random

    def pick(self, items: Sequence[Item]) -> Item:
        """Return one of them."""
        return items[int(self.random() * len(items))]

    def between(self, low: int, high: int) -> int:
        """Return a whole number, both ends included."""
        return low + int(self.random() * (high - low + 1))

    def happens(self, probability: float) -> bool:
        """Tell whether something of this probability happens now."""
        return self.random() < probability

    def digits(self, count: int) -> str:
        """Return so many decimal digits."""
        return f"{int(self.random() * 10**count):0{count}d}"
