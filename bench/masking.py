"""How well numbers of people are masked: how many spellings are missed, how much else is masked, and what length costs.

Spellings are drawn from a seed, so a run repeats another's. Real messages are counted where they lie beside the
project; their people's numbers were taken out, so what is found there and is no telephone by what stands around it is a
false mask.
"""

from __future__ import annotations

import random
import re
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

from openpyxl import load_workbook

from bench.table import Row
from graph.text.numbers import found, masked
from tests.text.spellings import MATTERS, NAMES, spelling

if TYPE_CHECKING:
    from collections.abc import Iterator

DRAWN: Final = 2_000
"""Spellings of each kind."""
GOAL: Final = 0.1
"""Per cent of them that may be missed, and of what is nobody's that may be masked; of each kind."""
TICKETS: Final = "ticket"
"""Have no goal: one in eleven that holds a division and a day is a right identity number, and one in ten a card."""
MESSAGES: Final = Path(__file__).parents[2] / "shared" / "data"
BOOKS: Final = ("messages.xlsx", "messages_with_replies.xlsx")
TELEPHONE: Final = re.compile("电话|热线|拨打|联系|咨询|致电|询|[(（：]$")
"""Says that a number is a telephone's; the last as an office's behind its name."""
AROUND: Final = 25
ADVERSE: Final = (
    "1 ",
    "1-2.",
    "138-1234 ",
    "三",
    "一、",
    "1三",
    "13812341234",
    "12345678901234 ",
    "a . ",
    "a@a.",
    "1\u200b",
)
"""Pieces of which each text is the worst of its kind."""
LENGTH: Final = 20_000
TWICE: Final = 2.5


def measure() -> list[Row]:
    """Measure all three."""
    return [*_missed(), *_false(), *_real(), _growth()]


def _missed() -> Iterator[Row]:
    for name in NAMES:
        if name == "service":
            continue
        draws = random.Random(f"masking {name}")  # noqa: S311  # the same in each run
        missed = sum(not _covered(spelling(draws.choice, name).typed) for _ in range(DRAWN))
        yield _rate(f"masking.missed {name}", missed, DRAWN)


def _covered(typed: str) -> bool:
    text = f"我是{typed}，请回复"
    return [(one.start, one.end) for one in found(text)] == [(2, 2 + len(typed))]


def _false() -> Iterator[Row]:
    for name, make in MATTERS.items():
        draws = random.Random(f"masking {name}")  # noqa: S311  # the same in each run
        wrong = sum(masked(text := f"关于{make(draws.choice)}的事") != text for _ in range(DRAWN))
        yield _rate(f"masking.false {name}", wrong, DRAWN, goal=name != TICKETS)


def _rate(name: str, count: int, of: int, *, goal: bool = True) -> Row:
    share = 100 * count / of
    return Row(
        name=name, value=share, unit="%", reference=f"{count} of {of:,}", goal=f"≤ {GOAL} %" if goal else "",
        holds=share <= GOAL if goal else None,
    )  # fmt: skip


def _real() -> Iterator[Row]:
    if not all((MESSAGES / name).exists() for name in BOOKS):
        return
    texts = list(_texts())
    numbers = [(text, one.start, one.end) for text in texts for one in found(text)]
    wrong = sum(
        TELEPHONE.search(text[max(0, start - AROUND) : start]) is None and "电话" not in text[end : end + AROUND]
        for text, start, end in numbers
    )
    yield Row(
        name="masking.false in real messages", value=wrong, unit="masks",
        reference=f"{len(numbers)} telephones of offices in {len(texts):,} texts", goal="0", holds=wrong == 0,
    )  # fmt: skip


def _texts() -> Iterator[str]:
    for name in BOOKS:
        with closing(load_workbook(MESSAGES / name, read_only=True)) as book:
            for row in book[book.sheetnames[0]].iter_rows(values_only=True):
                yield from (cell for cell in row if isinstance(cell, str))


def _growth() -> Row:
    """Return the most that a text of twice the length takes, beside the text itself."""
    ratio, piece = max((_seconds(piece * 2 * LENGTH) / _seconds(piece * LENGTH), piece) for piece in ADVERSE)
    return Row(
        name="masking.twice the text", value=ratio, unit="times", reference=f"the text itself, of {piece!r}",
        ratio=ratio, goal=f"≤ {TWICE}", holds=ratio <= TWICE,
    )  # fmt: skip


def _seconds(text: str) -> float:
    """Return the least of three tries: others share the machine."""
    took = []
    for _ in range(3):
        began = time.process_time()
        masked(text)
        took.append(time.process_time() - began)
    return min(took)
