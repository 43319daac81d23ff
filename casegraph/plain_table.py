"""A table in plain text, aligned though Chinese characters are twice as wide as Latin ones. Pure."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

GAP: Final = "  "
WIDE: Final = frozenset({"W", "F"})
"""What East Asian Width (Unicode annex 11) sets in two columns."""


def width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(2 if unicodedata.east_asian_width(one) in WIDE else 1 for one in text)


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], widest: int) -> Iterator[str]:
    """Yield the lines of a table whose cells are broken at blanks where they take more than `widest` columns."""
    cut = [[list(_broken(cell, widest)) for cell in row] for row in (headings, *rows)]
    widths = [max(width(line) for row in cut for line in row[column]) for column in range(len(headings))]
    for number, row in enumerate(cut):
        for line in range(max(len(cell) for cell in row)):
            cells = [cell[line] if line < len(cell) else "" for cell in row]
            padded = (cell + " " * (wide - width(cell)) for cell, wide in zip(cells, widths, strict=True))
            yield GAP.join(padded).rstrip()
        if number == 0:
            yield GAP.join("-" * wide for wide in widths)


def _broken(text: str, widest: int) -> Iterator[str]:
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if line and width(longer) > widest:
            yield line
            longer = word
        line = longer
    yield line
