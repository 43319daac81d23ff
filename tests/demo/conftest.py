"""A small town, written once for all tests that only look at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import pytest

from casegraph.demo.town import TownSummary, make_town

if TYPE_CHECKING:
    from pathlib import Path

UNTIL = date(2026, 3, 14)


@dataclass(frozen=True)
class WrittenTown:
    """A town's folder and what it is said to hold."""

    folder: Path
    summary: TownSummary


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> WrittenTown:
    """The town as the demo makes it: every form of file occurs in it."""
    folder = tmp_path_factory.mktemp("town")
    return WrittenTown(folder, make_town(folder, until=UNTIL))
