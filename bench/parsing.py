"""How fast files become drafts, as a ratio to the bare library that reads their form, in the same run.

Machines are noisy, so the two take turns, and of each the fastest turn counts. The libraries are asked for all that the
drafts are made of: the cells of every row, the headers and words of a mail with its attachments, the text of all pages.
"""

from __future__ import annotations

import csv
import tempfile
import time
from email import message_from_bytes, policy
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import pypdf
import python_calamine_plus as calamine

from bench.table import Row
from casegraph.demo.year import make_year
from connectors.connector import ReadOptions, Resource
from connectors.registry import read
from graph.records import Channel, Draft

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

SUBMISSIONS: Final = 60_000
TURNS: Final = 3
PAPERS: Final = 300
"""Files of letters that are read; a year's few are read again."""
GOALS: Final = {".csv": 20_000, ".xlsx": 15_000}
"""Rows a second on one core."""
MOST: Final = {".csv": 8.0, ".xlsx": 5.0, ".eml": 25.0, ".pdf": 2.0}
"""How many times what the bare library takes; what was measured when these were set is a tenth or so below."""
OPTIONS: Final = ReadOptions(source="bench", zone=ZoneInfo("Asia/Shanghai"))


def _csv(path: Path) -> int:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        return sum(1 for _ in csv.reader(file))


def _xlsx(path: Path) -> int:
    return sum(1 for _ in calamine.CalamineWorkbook.from_path(path).stream_sheet_by_index(0))


def _eml(path: Path) -> int:
    message = message_from_bytes(path.read_bytes(), policy=policy.compat32)
    parts = [part.get_payload(decode=True) for part in message.walk() if not part.is_multipart()]
    return len(message.items()) + len(parts) and 1


def _pdf(path: Path) -> int:
    return len([page.extract_text() for page in pypdf.PdfReader(path).pages]) and 1


BARE: Final[dict[str, Callable[[Path], int]]] = {".csv": _csv, ".xlsx": _xlsx, ".eml": _eml, ".pdf": _pdf}
NAMES: Final = {".csv": "csv", ".xlsx": "python-calamine-plus", ".eml": "email", ".pdf": "pypdf"}


def _drafts(channel: Channel, path: Path) -> int:
    return sum(1 for _ in read(channel, Resource.from_path(path), OPTIONS))


def _took(what: Callable[[], int]) -> tuple[float, int]:
    began = time.process_time()
    count = what()
    return time.process_time() - began, count


def _measure(channel: Channel, paths: Sequence[Path]) -> Row:
    suffix = paths[0].suffix
    ours, bare, count = [], [], 0
    for _ in range(TURNS):
        bare.append(_took(lambda: sum(map(BARE[suffix], paths)))[0])
        took, count = _took(lambda: sum(_drafts(channel, path) for path in paths))
        ours.append(took)
    rate, ratio, goal = count / min(ours), min(ours) / min(bare), GOALS.get(suffix)
    return Row(
        name=f"parsing{suffix}", value=rate, unit="rows/s" if goal else "letters/s", ratio=ratio,
        reference=f"{NAMES[suffix]} alone {count / min(bare):,.0f}/s",
        goal=f"≤ {MOST[suffix]} times" + (f", ≥ {goal:,} rows/s" if goal else ""),
        holds=ratio <= MOST[suffix] and (goal is None or rate >= goal),
    )  # fmt: skip


def measure() -> list[Row]:
    """Read the tickets of a part of a year and its letters."""
    with tempfile.TemporaryDirectory(prefix="casegraph-bench-") as folder:
        make_year(Path(folder), submissions=SUBMISSIONS)
        sheets = {path.suffix: path for path in sorted(_files(folder, "hotline"), key=_size)}
        papers = [path for path in sorted(_files(folder, "letters")) if path.suffix in BARE and _is_whole(path)]
        letters = [[path for path in papers if path.suffix == suffix] for suffix in (".eml", ".pdf")]
        return [
            *(_measure(Channel.HOTLINE, [sheets[suffix]]) for suffix in GOALS),
            *(_measure(Channel.LETTER, list(islice(cycle(paths), PAPERS))) for paths in letters if paths),
        ]


def _is_whole(path: Path) -> bool:
    """Tell whether all of a file goes in: a year has broken letters, which the bare library fails at."""
    return all(isinstance(one, Draft) for one in read(Channel.LETTER, Resource.from_path(path), OPTIONS))


def _files(folder: str, channel: str) -> Iterable[Path]:
    return (path for path in (Path(folder) / channel).rglob("*") if path.is_file())


def _size(path: Path) -> int:
    return path.stat().st_size
