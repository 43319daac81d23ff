"""A city's year for the benchmark: as many submissions, and as long, as a city of millions really has."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from casegraph.demo.stories import StoryPlan
from casegraph.demo.writing import FOLDERS, TRUTH, Shape, TownSummary, write_town
from graph.records import Channel

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["FOLDERS", "TRUTH", "TownSummary", "make_year"]

DAYS: Final = 365
LAST_DAY: Final = date(2025, 12, 31)
SHARES: Final = {Channel.HOTLINE: 85, Channel.WEB: 10, Channel.VISIT: 4, Channel.LETTER: 1}
SHAPE: Final = Shape(hotline=12_000, late=2_000, visits=4_000, letters=2_000, web=6_000, letter_files=25)


def make_year(folder: Path, *, submissions: int = 138_000, seed: int = 7, until: date = LAST_DAY) -> TownSummary:
    """Write the files of a year whose last day is `until`, and return what they hold.

    The same seed and day give the same bytes; memory does not grow with the number of submissions.
    """
    plan = StoryPlan(count=submissions, seed=seed, until=until, days=DAYS, shares=SHARES)
    return write_town(folder, plan, SHAPE)
