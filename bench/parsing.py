"""How fast files become drafts, beside the library that reads their cells."""

from __future__ import annotations

import csv
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from bench.table import Row
from casegraph.demo.year import make_year
from connectors.connector import Limits, ReadOptions, Resource
from connectors.registry import read
from connectors.sheets import open_sheets
from graph.records import Channel

if TYPE_CHECKING:
    from collections.abc import Iterator

SUBMISSIONS: Final = 60_000
GOALS: Final = {".csv": 20_000, ".xlsx": 15_000}
"""Rows a second on one core."""


def _cells(path: Path) -> Iterator[object]:
    if path.suffix == ".xlsx":
        with open_sheets(Resource.from_path(path), Limits()) as sheets:
            yield from sheets[0].rows()
        return
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        yield from csv.reader(file)


def _measure(path: Path) -> Row:
    began = time.process_time()
    count = sum(1 for _ in _cells(path))
    cells = time.process_time() - began
    options = ReadOptions(source="bench", zone=ZoneInfo("Asia/Shanghai"))
    began = time.process_time()
    drafts = sum(1 for _ in read(Channel.HOTLINE, Resource.from_path(path), options))
    took = time.process_time() - began
    rate = drafts / took
    goal = GOALS[path.suffix]
    return Row(
        name=f"parsing{path.suffix}", value=rate, unit="rows/s", ratio=took / cells,
        reference=f"its cells alone {count / cells:,.0f} rows/s", goal=f"≥ {goal:,}", holds=rate >= goal,
    )  # fmt: skip


def measure() -> list[Row]:
    """Read the tickets of a part of a year."""
    with tempfile.TemporaryDirectory(prefix="casegraph-bench-") as folder:
        make_year(Path(folder), submissions=SUBMISSIONS)
        largest = {path.suffix: path for path in sorted((Path(folder) / "hotline").iterdir(), key=_size)}
        return [_measure(largest[suffix]) for suffix in GOALS]


def _size(path: Path) -> int:
    return path.stat().st_size
