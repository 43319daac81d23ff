"""Is what is looked for found first, and how fast, beside what engines do by themselves?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.search import phrases, relevance, speed

if TYPE_CHECKING:
    from bench.table import Row


def measure() -> list[Row]:
    """Measure relevance, what is shown, then speed."""
    return [*relevance.measure(), *phrases.measure(), *speed.measure()]
