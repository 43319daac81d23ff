"""From where writing stands in a picture of a page to its text: rows, read from the top however the page lay. Pure."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from connectors.letters.misread import put_right
from connectors.letters.paragraphs import ENDS, Line, joined, without_marks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

TALL: Final = 1.5
"""How many times as high as wide a line is that was written along the page's side."""
FEWEST: Final = 10
"""Characters of a line that may reach the edge."""
INDENT: Final = 1.2
"""Characters by which a line is set in that begins a paragraph."""
SLACK: Final = (3.0, 0.6)
"""Characters by which a line that reaches the edge may fall short of it; the other of one that ends a sentence."""
GAP: Final = 1.0
"""Characters between two pieces of a row that stand apart."""
PART: Final = 1.9
"""How many times the usual way down to the next row parts paragraphs."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of writing in a page that lies as it is read."""

    left: float
    right: float
    middle: float
    height: float
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Row:
    """Pieces side by side."""

    left: float
    right: float
    middle: float
    text: str


def text_of(pages: Iterable[Mapping[str, Any]]) -> str:
    """Return what pages say, as the recogniser tells of them."""
    return joined(line for page in pages for line in lines_of(page))


def confidence(pages: Iterable[Mapping[str, Any]]) -> float:
    """Return how sure the recogniser was of the characters of all pages, 0 to 1."""
    scores = [(len(line["text"]), line["score"]) for page in pages for line in page["lines"]]
    characters = sum(count for count, _ in scores)
    return round(sum(count * score for count, score in scores) / characters, 3) if characters else 0.0


def pieces_of(page: Mapping[str, Any]) -> list[Piece]:
    """Return a page's lines, the page turned so that they are read from left to right and from the top."""
    lines = page["lines"]
    if not lines:
        return []
    width, height = page["size"]
    corners = [[tuple(point) for point in line["corners"]] for line in lines]
    if _most(lines, [_is_tall(box) for box in corners]):  # the recogniser turns such lines to the left
        corners = [[(y, width - x) for x, y in (box[1], box[2], box[3], box[0])] for box in corners]
        width, height = height, width
    if page["turned"]:
        corners = [[(width - x, height - y) for x, y in (box[2], box[3], box[0], box[1])] for box in corners]
    slope = statistics.median(_slope(box) for box in corners)
    return [_piece(box, slope, line) for box, line in zip(corners, lines, strict=True)]


def _most(lines: Sequence[Mapping[str, Any]], holds: Sequence[bool]) -> bool:
    """Tell whether something holds of most characters."""
    counted = [len(line["text"]) * (1 if held else -1) for line, held in zip(lines, holds, strict=True)]
    return sum(counted) > 0


def _is_tall(box: Sequence[tuple[float, float]]) -> bool:
    xs, ys = [x for x, _ in box], [y for _, y in box]
    return max(ys) - min(ys) > TALL * (max(xs) - min(xs))


def _slope(box: Sequence[tuple[float, float]]) -> float:
    (x, y), (further, lower) = box[0], box[1]
    return math.atan2(lower - y, further - x)


def _piece(box: Sequence[tuple[float, float]], slope: float, line: Mapping[str, Any]) -> Piece:
    cos, sin = math.cos(-slope), math.sin(-slope)
    xs, ys = zip(*((x * cos - y * sin, x * sin + y * cos) for x, y in box), strict=True)
    middle = (min(ys) + max(ys)) / 2
    return Piece(min(xs), max(xs), middle, max(ys) - min(ys), put_right(line["text"]), line["score"])


def lines_of(page: Mapping[str, Any]) -> Iterator[Line]:
    """Yield a page's rows from the top, each with its place among the others."""
    pieces = pieces_of(page)
    if not pieces:
        return
    size = statistics.median((piece.right - piece.left) / _width(piece.text) for piece in pieces)
    rows = without_marks(list(_rows(pieces, size)), lambda row: row.text)
    if not rows:
        return
    left, right = min(row.left for row in rows), max(row.right for row in rows)
    steps = [lower.middle - upper.middle for upper, lower in pairwise(rows)]
    usual = statistics.median(steps) if steps else 0.0
    for row, step in zip(rows, [0.0, *steps], strict=True):
        slack = SLACK[row.text.endswith(ENDS)]
        full = row.right - row.left >= FEWEST * size and row.right >= right - slack * size
        yield Line(row.text, full, apart=row.left >= left + INDENT * size or step > PART * usual)


def _width(text: str) -> float:
    """Return how many Chinese characters a text is wide."""
    return max(sum(0.55 if char.isascii() else 1.0 for char in text), 0.5)


def _rows(pieces: Sequence[Piece], size: float) -> Iterator[Row]:
    """Yield rows from the top, the pieces of each from the left."""
    row: list[Piece] = []
    for piece in sorted(pieces, key=lambda one: one.middle):
        if row and piece.middle - row[0].middle > 0.5 * max(row[0].height, piece.height):
            yield _row(row, size)
            row = []
        row.append(piece)
    yield _row(row, size)


def _row(pieces: Sequence[Piece], size: float) -> Row:
    ordered = sorted(pieces, key=lambda one: one.left)
    text = ordered[0].text
    for before, after in pairwise(ordered):
        text += ("  " if after.left - before.right > GAP * size else "") + after.text
    return Row(ordered[0].left, max(one.right for one in ordered), statistics.fmean(p.middle for p in ordered), text)
