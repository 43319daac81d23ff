"""What the body of a Word document says: the text that a reader of the page sees, each piece once.

A line for each paragraph and each row of a table. Not there is what was struck out, hidden, or waits to be filled in;
what stands there twice, for newer programs and for older ones, is read once.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

from connectors.letters import symbols

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

_WORD: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MATH: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_COMPATIBILITY: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_WORD_2010: Final = "{http://schemas.microsoft.com/office/word/2010/wordml}"
_PARAGRAPH: Final = f"{_WORD}p"
_TABLE: Final = f"{_WORD}tbl"
_ROW: Final = f"{_WORD}tr"
_CELL: Final = f"{_WORD}tc"
_RUN: Final = f"{_WORD}r"
_FIELD: Final = f"{_WORD}fldChar"
_CONTROL: Final = f"{_WORD}sdt"
_SYMBOL: Final = f"{_WORD}sym"
_ALTERNATIVES: Final = f"{_COMPATIBILITY}AlternateContent"
_TEXTS: Final = frozenset({f"{_WORD}t", f"{_MATH}t"})
_NOTES: Final = {f"{_WORD}footnoteReference": "footnote", f"{_WORD}endnoteReference": "endnote"}
_SIGNS: Final = {
    f"{_WORD}tab": "\t", f"{_WORD}ptab": "\t", f"{_WORD}br": "\n", f"{_WORD}cr": "\n", f"{_WORD}noBreakHyphen": "-",
}  # fmt: skip
_ABSENT: Final = frozenset(
    f"{_WORD}{name}"
    for name in (
        "del", "moveFrom", "delText", "instrText", "pPr", "rPr", "tblPr", "trPr", "tcPr", "sectPr", "sdtPr", "rt",
    )
)  # fmt: skip
"""What was struck out, how it looks, and how a character in the line below is read."""
CHECKED: Final = {True: "☑", False: "☐"}
OFF: Final = frozenset({"0", "false", "off", "none"})


def lines_of(body: Any, note: Callable[[str, str], Any]) -> list[str]:
    """Return the lines of a body, its notes below it; `note` gives a note's element by its kind and id, or None."""
    reader = _Reader(note)
    lines = list(reader.lines(body))
    for place, element in enumerate(chain.from_iterable(iter(reader.take_notes, [])), 1):
        lines.append(f"[{place}] {' '.join(filter(None, map(str.strip, reader.lines(element))))}")
    return lines


class _Reader:
    """Reads elements, and gathers the notes that they refer to."""

    def __init__(self, note: Callable[[str, str], Any]) -> None:
        self._note = note
        self._met: dict[tuple[str, str], int] = {}
        self._waiting: list[Any] = []

    def take_notes(self) -> list[Any]:
        """Return the notes referred to since the last time; a note may refer to others."""
        taken, self._waiting = self._waiting, []
        return taken

    def lines(self, element: Any) -> Iterator[str]:
        """Yield the lines of whatever stands in a body, a cell, a text box or a note, in their order."""
        for child in _present(element):
            if child.tag == _PARAGRAPH:
                yield from "".join(self._characters(child)).split("\n")
            elif child.tag == _ROW:
                yield "\t".join(self._cells(child))
            elif child.tag == _ALTERNATIVES:
                yield from self._first(child, self.lines)
            elif child.tag == _CONTROL and not _is_filled_in(child):
                yield from _box(child)
            else:
                yield from self.lines(child)

    def _cells(self, row: Any) -> Iterator[str]:
        """Yield a row's own cells, whatever they are wrapped in; those of tables within them are theirs."""
        for child in _present(row):
            if child.tag == _CELL:
                yield " ".join(filter(None, map(str.strip, self.lines(child))))
            else:
                yield from self._cells(child)

    def _characters(self, element: Any, font: str = "") -> Iterator[str]:
        for child in _present(element):
            tag = child.tag
            if tag in _TEXTS:
                yield symbols.drawn(child.text or "", font)
            elif tag in _SIGNS:
                yield _SIGNS[tag]
            elif tag == _RUN:
                if not _is_hidden(child):
                    yield from self._characters(child, _font(child))
            elif tag in {_PARAGRAPH, _TABLE}:  # of a text box
                yield "\n".join(["", *self.lines([child]), ""])
            else:
                yield from self._special(child, font)

    def _special(self, child: Any, font: str) -> Iterator[str]:
        tag = child.tag
        if tag == _SYMBOL:
            yield _symbol(child)
        elif tag == _FIELD:
            yield _field(child)
        elif tag in _NOTES:
            yield self._mark(_NOTES[tag], child.get(f"{_WORD}id", ""))
        elif tag == _ALTERNATIVES:
            yield from self._first(child, lambda one: self._characters(one, font))
        elif tag == _CONTROL and not _is_filled_in(child):
            yield from _box(child)
        else:
            yield from self._characters(child, font)

    def _first(self, alternatives: Any, read: Callable[[Any], Iterable[str]]) -> list[str]:
        """Return the first alternative that says anything: the others say the same to other programs."""
        return next((found for found in map(list, map(read, alternatives)) if any(map(str.strip, found))), [])

    def _mark(self, kind: str, key: str) -> str:
        """Return the mark of a note, which is the number of its line below the text."""
        if (kind, key) not in self._met:
            found = self._note(kind, key)
            if found is None:
                return ""
            self._met[kind, key] = len(self._met) + 1
            self._waiting.append(found)
        return f"[{self._met[kind, key]}]"


def _present(element: Any) -> Iterator[Any]:
    return (child for child in element if child.tag not in _ABSENT)


def _is_on(element: Any, name: str) -> bool:
    """Tell whether an element has a property of a name that is not off."""
    found = element.find(name)
    value = None if found is None else next(iter(found.attrib.values()), "1")
    return value is not None and value not in OFF


def _is_hidden(run: Any) -> bool:
    properties = run.find(f"{_WORD}rPr")
    return properties is not None and _is_on(properties, f"{_WORD}vanish")


def _font(run: Any) -> str:
    """Return the font of a run's letters, where it names one."""
    fonts = run.find(f"{_WORD}rPr/{_WORD}rFonts")
    return "" if fonts is None else str(fonts.get(f"{_WORD}ascii") or fonts.get(f"{_WORD}hAnsi") or "")


def _symbol(element: Any) -> str:
    """Return the sign that a font draws for a code."""
    try:
        code = int(element.get(f"{_WORD}char", ""), 16)
        return symbols.sign(code, element.get(f"{_WORD}font", ""))
    except (ValueError, OverflowError):
        return ""


def _field(begin: Any) -> str:
    """Return what a form's older field shows by itself: a box, or the entry chosen from a list."""
    box = begin.find(f".//{_WORD}checkBox")
    if box is not None:
        state = f"{_WORD}checked" if box.find(f"{_WORD}checked") is not None else f"{_WORD}default"
        return CHECKED[_is_on(box, state)]
    choice = begin.find(f".//{_WORD}ddList")
    return "" if choice is None else _chosen(choice)


def _chosen(choice: Any) -> str:
    entries = [entry.get(f"{_WORD}val", "") for entry in choice.findall(f"{_WORD}listEntry")]
    given = [found for name in ("result", "default") if (found := choice.find(f"{_WORD}{name}")) is not None]
    number = next((one.get(f"{_WORD}val", "") for one in given), "0")
    return entries[int(number)] if number.isdecimal() and int(number) < len(entries) else ""


def _is_filled_in(control: Any) -> bool:
    """Tell whether a control shows what somebody put in, rather than a prompt or nothing."""
    content = control.find(f"{_WORD}sdtContent")
    properties = control.find(f"{_WORD}sdtPr")
    if properties is not None and _is_on(properties, f"{_WORD}showingPlcHdr"):
        return False
    return content is not None and len(content) > 0


def _box(control: Any) -> Iterator[str]:
    """Yield the state of a check box that shows no sign of its own."""
    box = control.find(f"{_WORD}sdtPr/{_WORD_2010}checkbox")
    if box is not None:
        yield CHECKED[_is_on(box, f"{_WORD_2010}checked")]
