"""The tables of web pages and of workbooks written as XML, which old systems save under the name of a workbook.

Both say the same in other words: a table holds rows, a row holds cells, and a cell may span columns and rows. The tags
are cut by one pattern that passes each character once; nothing is fetched, and no entity of a file's own is known.
"""

from __future__ import annotations

import html
import re
from itertools import islice
from typing import TYPE_CHECKING, Final

from connectors.connector import UnreadableError
from connectors.encodings import decode
from connectors.values import Formula
from graph.records import RejectionReason
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.connector import Limits, Resource
    from connectors.values import Cell

Rows = list[list["Cell"]]

ROWS: Final = frozenset({"tr", "row"})
CELLS: Final = frozenset({"td", "th", "cell"})
UNREAD: Final = frozenset({"script", "style", "comment"})
"""What is not shown; a comment on a workbook's cell is no part of it."""
BREAKS: Final = frozenset({"br", "p", "div"})
MOST_BLANK: Final = 1_000
"""Blank rows in one place that are left out of a file and counted: more than that numbers only a message."""
MOST_SAID: Final = 100
"""Attributes of a tag that are looked at."""
_LABEL: Final = re.compile(rb"(?:charset|encoding)\s*=\s*(?:[\"']\s*)?([\w-]{2,30})", re.IGNORECASE)
_LABELLED: Final = 4_096
_TAG: Final = re.compile(
    r"<!--.*?(?:-->|\Z)|<!\[CDATA\[(?P<data>.*?)(?:\]\]>|\Z)|<[!?][^>]*+(?:>|\Z)"
    r"|<(?P<end>/?)(?:\w+:)?(?P<name>[a-z][\w.-]*+)"
    r"(?P<said>(?:[^>\"']++|\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z))*+)(?:>|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_SAID: Final = re.compile(r"([^\s=/:]++)(?:\s*+=\s*+(?:\"([^\"]*+)\"?|'([^']*+)'?|([^\s>\"']++)))?")
_BLANKS: Final = re.compile(r"[ \t\r\n\f]+")
_NUMBER: Final = re.compile(r"-?\d{1,20}(?:\.\d{1,20})?(?:E[+-]?\d{1,2})?", re.ASCII | re.IGNORECASE)


def tables_of(resource: Resource, limits: Limits) -> list[Rows]:
    """Return the tables of a page that hold anything; hidden sheets are left out. Raises UnreadableError, OSError."""
    if resource.size > limits.letter:
        message = Wording(
            "The page is larger than {letter} bytes. Save it as .xlsx, which is streamed.", letter=limits.letter
        )
        raise UnreadableError(RejectionReason.TOO_LARGE, message)
    content = resource.read()
    label = _LABEL.search(content[:_LABELLED])
    text = decode(content, label[1].decode("ascii") if label else None).text
    page = _Page(limits.columns)
    at = 0
    for tag in _TAG.finditer(text):
        page.write(text[at : tag.start()])
        page.take(tag)
        at = tag.end()
    found = [rows for rows in page.all() if any(map(any, rows))]
    if not found:
        raise UnreadableError(RejectionReason.EMPTY, _NO_TABLE)
    return found


_NO_TABLE: Final = Wording(
    "There is no table in this web page: perhaps its sheets lie in files beside it. Open it in a "
    "spreadsheet program, save it as .xlsx and take that in."
)


class _Page:
    """The reading of a page, tag by tag."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: list[_Table] = []
        self._ended: list[Rows] = []
        self._before = 0
        """Tables that ended before the sheet under way."""
        self._unread = self._name = ""

    def all(self) -> list[Rows]:
        """Return all tables; those that are never closed end with the page."""
        while self._open:
            self._ended.append(self._open.pop().end())
        return self._ended

    def write(self, text: str) -> None:
        """Take the text between two tags."""
        if self._open and not self._unread:
            self._open[-1].write(html.unescape(_BLANKS.sub(" ", text)))
        elif self._name == "visible" and text.strip().lower() in {"sheethidden", "sheetveryhidden"}:
            del self._ended[self._before :]

    def take(self, tag: re.Match[str]) -> None:
        """Take one tag."""
        self._name = name = (tag["name"] or "").lower()
        if self._unread:
            if tag["end"] and name == self._unread:
                self._unread = ""
        elif tag["data"] is not None:
            self.write(tag["data"].replace("&", "&amp;"))
        elif name in UNREAD and not tag["end"]:
            self._unread = name
        elif tag["end"]:
            self._end(name)
        else:
            self._start(name, tag["said"] or "")

    def _start(self, name: str, said: str) -> None:
        if name == "table":
            self._open.append(_Table(self._most))
        elif name == "worksheet":
            self._before = len(self._ended)
        elif self._open:
            table = self._open[-1]
            if name in ROWS:
                table.start_row(_attributes(said))
            elif name in CELLS:
                table.start_cell(_attributes(said))
            elif name in BREAKS:
                table.write("\n")

    def _end(self, name: str) -> None:
        if not self._open:
            return
        if name == "table":
            self._ended.append(self._open.pop().end())
        elif name in ROWS:
            self._open[-1].end_row()
        elif name in CELLS:
            self._open[-1].end_cell()


class _Table:
    """A table under way. Of cells that span several, the first holds what stands there and the others nothing."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._rows: Rows = []
        self._row: list[Cell] = []
        self._covered: dict[int, int] = {}
        """Columns that a cell above covers, and in how many more rows."""
        self._text: list[str] | None = None
        self._said: Mapping[str, str] = {}

    def write(self, text: str) -> None:
        """Add to the cell under way; between cells stand blanks alone."""
        if self._text is not None:
            self._text.append(text)

    def start_row(self, said: Mapping[str, str]) -> None:
        """Begin a row, at the place that it names."""
        self.end_row()
        skipped = _whole(said, "index", 0) - 1 - len(self._rows)
        self._rows += [[] for _ in range(skipped if skipped <= MOST_BLANK else 0)]

    def start_cell(self, said: Mapping[str, str]) -> None:
        """Begin a cell, at the place that it names, else in the next column that none above covers."""
        self.end_cell()
        self._fill(_whole(said, "index", 1) - 1)
        while len(self._row) in self._covered:
            self._row.append("")
        self._text, self._said = [], said

    def end_cell(self) -> None:
        """End the cell under way, and keep the cells that it covers free."""
        if self._text is None:
            return
        wide = max(_whole(self._said, "colspan", 1), 1) + _whole(self._said, "mergeacross", 0)
        deep = max(_whole(self._said, "rowspan", 1) - 1, 0) + _whole(self._said, "mergedown", 0)
        at = len(self._row)
        self._row.append(_value("".join(self._text).strip(), self._said))
        self._text = None
        self._fill(at + wide)
        if deep:
            # A cell of this row that covers those below is counted down with it once.
            self._covered |= dict.fromkeys(range(at, len(self._row)), deep + 1)

    def end_row(self) -> None:
        """End the row under way, if any."""
        self.end_cell()
        if self._row:
            self._rows.append(self._row)
            self._row = []
            self._covered = {column: more - 1 for column, more in self._covered.items() if more > 1}

    def end(self) -> Rows:
        """End the table and return its rows."""
        self.end_row()
        return self._rows

    def _fill(self, width: int) -> None:
        self._row += [""] * (min(width, self._most + 1) - len(self._row))
        if len(self._row) > self._most:
            message = Wording(
                "A row has more than {most} cells. Export the table with its own columns only.", most=self._most
            )
            raise UnreadableError(RejectionReason.BOMB, message)


def _attributes(said: str) -> dict[str, str]:
    """Return what a tag says, by names without their prefixes: `ss:Index` is an index."""
    found = islice(_SAID.finditer(said), MOST_SAID)
    return {one[1].lower(): one[2] or one[3] or one[4] or "" for one in found}


def _whole(said: Mapping[str, str], name: str, default: int) -> int:
    given = said.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 8 else default


def _value(text: str, said: Mapping[str, str]) -> Cell:
    """Return what a cell holds: programs say beside its text whether it is computed, and the exact number."""
    if "formula" in said or "fmla" in said:
        return Formula(text)
    number = said.get("num", "")
    if _NUMBER.fullmatch(number):
        exact = float(number)
        return int(exact) if exact.is_integer() else exact
    return text
