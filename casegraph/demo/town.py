"""The demo town: a few months of a city's submissions on all four channels, as real files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from casegraph.demo.stories import StoryPlan
from casegraph.demo.writing import FOLDERS, TRUTH, Shape, TownSummary, write_town
from graph.records import Channel

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

__all__ = ["FOLDERS", "TRUTH", "TownSummary", "make_town"]

DAYS: Final = 180
SHARES: Final = {Channel.HOTLINE: 53, Channel.WEB: 25, Channel.VISIT: 13, Channel.LETTER: 9}
"""Hotline calls are fewer than in any real city, so that every channel has something to show."""
SHAPE: Final = Shape(hotline=450, late=80, visits=250, letters=200, web=300, letter_files=55)


def make_town(folder: Path, *, submissions: int = 3_200, seed: int = 7, until: date) -> TownSummary:
    """Write the files of a town whose last day is `until`, and return what they hold.

    The same seed and day give the same bytes. Files of the same names are replaced.
    """
    plan = StoryPlan(count=submissions, seed=seed, until=until, days=DAYS, shares=SHARES)
    return write_town(folder, plan, SHAPE)
