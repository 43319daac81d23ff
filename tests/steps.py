"""How much work something is, in lines of Python that run: the same on every machine, however busy it is."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

T = TypeVar("T")

LINEAR: Final = 2.3
"""Twice as much to read takes so many times the steps at most: twice, and a little for what is rounded up."""


def steps(work: Callable[[], object]) -> int:
    """Return how many lines run, those of generators and of calls from within the library among them."""
    count = 0

    def traced(_frame: FrameType, event: str, _value: object) -> Any:
        nonlocal count
        count += event == "line"
        return traced

    before = sys.gettrace()
    sys.settrace(traced)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def growth(make: Callable[[int], T], read: Callable[[T], object], size: int) -> float:
    """Return how many times the steps it takes to read twice as much."""
    once, twice = make(size), make(2 * size)
    for first in (1, 2, 3):  # what is made at the first use and kept
        read(make(first))
    return steps(lambda: read(twice)) / steps(lambda: read(once))
