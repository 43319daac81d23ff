"""Lines of a page as paragraphs: what only the paper's edge parted is joined, and the page's marks left out. Pure.

That a line reaches the edge is told by whoever read it: by its characters in a text layer, by its place in a picture.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from connectors import labels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

ENDS: Final = tuple("。！？；：!?;:")
"""How a line ends that the next need not go on with."""
_BEGINNINGS: Final = ("  ", "\u3000", *"·•●○■□◆◇▪☐☑☒✓✔✗✘➢→★☆※")
"""How a line begins that goes on with nothing: set in, or with the sign of a list."""
_PAGE_NUMBER: Final = re.compile(
    r"\s*(?:[-—–]\s*\d{1,4}\s*[-—–]|第\s*\d{1,4}\s*页(?:\s*(?:[共/，,]\s*)?(?:共\s*)?\d{1,4}\s*页)?)\s*"
)
_SCANNER: Final = re.compile(
    r"(?:[A-Z]{2}\s{1,3})?(?:(?:本文件)?(?:由|使用)?\s{0,3}(?:扫描全能王|全能扫描王|夸克扫描王|白描|WPS\s?扫描).{0,20}"
    r"|(?:Scanned|Created) (?:by|with) [\w ]{1,30}|(?:Cam|Clear|Tap|Genius) ?Scan(?:ner)?|Adobe Scan)",
    re.IGNORECASE,
)
"""What the scanning programs of telephones print below each page."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it stands on its page."""

    text: str
    full: bool
    """Whether it reaches the edge, so that the next may go on with it."""
    apart: bool = False
    """Whether it is set in, or stands apart from the line above."""


def without_marks(lines: Sequence[T], text: Callable[[T], str]) -> list[T]:
    """Return a page's lines without its number at the foot or head, and without the mark of who scanned it."""
    kept = [line for line in lines if not _SCANNER.fullmatch(text(line).strip())]
    while kept and not text(kept[-1]).strip():
        kept.pop()
    for place in (-1, 0):
        if kept and _PAGE_NUMBER.fullmatch(text(kept[place])):
            kept.pop(place)
    return kept


def joined(lines: Iterable[Line]) -> str:
    """Return lines as a text: each that is full goes on in the next, where that begins nothing new."""
    parts: list[str] = []
    full = False
    for line in lines:
        begins = not full or line.apart or _begins(line.text)
        parts += ["\n", line.text] if begins else [line.text]
        full = line.full
    return "".join(parts).strip()


def _begins(text: str) -> bool:
    bare = text.strip()
    return not bare or text.startswith(_BEGINNINGS) or bool(labels.DATE.fullmatch(bare) or labels.segments(text))
