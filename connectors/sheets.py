"""The rows of workbooks (.xlsx, .xlsm, .xls), streamed. The only module that imports the library which reads them.

A workbook's plain values come fastest, but leave out which cells are computed. So whether a sheet holds any formula is
looked up in its packed XML first, and only such a sheet is read the slower way that tells it for each cell.
"""

from __future__ import annotations

import os
import struct
import zipfile
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import python_calamine_plus as calamine

from connectors.archives import CHUNK, OLE, ZIP, check_archive, check_container
from connectors.connector import UnreadableError
from connectors.values import Formula
from graph.records import RejectionReason
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from connectors.connector import Limits, Resource
    from connectors.values import Cell

# What it panics at is told as a refusal. Of the trace that it prints of its own this leaves one line; it is read once.
os.environ["RUST_BACKTRACE"] = "0"

NO_SHEETS: Final = ("sharedstrings.xml", "styles.xml", ".rels", ".bin", ".png", ".jpeg", ".jpg")
_FORMULA_ENDS: Final = (b"</f>", b":f>", b"dataTable")
"""What a sheet with a formula holds: its closing tag, or the word of the only kind that has none. A text that holds one
by chance costs time and nothing else. Plain searches: a pattern takes four times as long."""
_OVERLAP: Final = 16
"""Bytes of a chunk's end that may be the beginning of one of them."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One visible sheet. `rows` streams all of it; only one sheet is streamed at a time."""

    name: str
    number: int
    """From 1, among the visible sheets."""
    _book: Any
    _index: int
    since_1904: bool
    """Whether its days are counted from 1904 on: the library knows, but not that a number is a day."""
    _computed: bool
    _most: int

    def rows(self, *, most: int | None = None, width: int | None = None) -> Iterator[list[Cell]]:
        """Yield the rows from the top, blank ones as well, each `width` cells wide; `most` ends it after so many."""
        last = None if most is None else most - 1
        bounds = {"max_row": last, "max_col": self._most if width is None else width - 1}
        try:
            if self._computed:
                stream = self._book.stream_sheet_by_index(self._index, rich=True, **bounds)
                yield from map(_told, stream)
            else:
                yield from self._book.stream_sheet_by_index(self._index, **bounds)
        except calamine.StreamingNotSupported:
            yield from self._loaded(most)

    def _loaded(self, most: int | None) -> Iterator[list[Cell]]:
        """Read an .xls, which has at most 65,536 rows, at once."""
        sheet = self._book.get_sheet_by_index(self._index)
        yield from sheet.to_python(skip_empty_area=False, nrows=most)


def _told(cells: list[Any]) -> list[Cell]:
    return [cell.value if cell.formula is None else Formula(cell.value) for cell in cells]


@contextmanager
def open_sheets(resource: Resource, limits: Limits) -> Iterator[list[Sheet]]:
    """Open a workbook's visible sheets. Raises UnreadableError, OSError."""
    computed = _checked(resource, limits)
    with _refused(_damaged):
        book = _opened(resource)
    with closing(book):
        shown = [index for index, sheet in enumerate(book.sheets_metadata) if _is_shown(sheet)]
        since_1904 = bool(book.epoch_1904) or _is_old_since_1904(resource)
        yield [
            Sheet(book.sheet_names[index], number, book, index, since_1904, computed, limits.columns)
            for number, index in enumerate(shown, 1)
        ]


def _opened(resource: Resource) -> Any:
    """Open a workbook as what it is: of a path the library believes the name."""
    if resource.path is not None and resource.suffix in _NAMED[resource.head(len(ZIP)) == ZIP]:
        return calamine.CalamineWorkbook.from_path(resource.path)
    with resource.open() as stream:
        return calamine.CalamineWorkbook.from_filelike(stream)


_NAMED: Final = {True: frozenset({".xlsx", ".xlsm", ".xltx"}), False: frozenset({".xls"})}
"""The names of workbooks that are archives, and of those that are not."""


def _is_old_since_1904(resource: Resource) -> bool:
    """Tell whether an .xls counts its days from 1904 on: one of its first records says so, the library does not."""
    head = resource.head(CHUNK)
    at = head.find(_FIRST_RECORD) if head.startswith(OLE) else -1
    while 0 <= at <= len(head) - 6:
        kind, size, value = struct.unpack_from("<HHH", head, at)
        if kind in {_DATE_MODE, _LAST_RECORD}:
            return bool(kind == _DATE_MODE and value == 1)
        at += 4 + size
    return False


_FIRST_RECORD: Final = b"\x09\x08\x10\x00\x00\x06\x05\x00"
_DATE_MODE: Final = 0x22
_LAST_RECORD: Final = 0x0A


@contextmanager
def faults(where: str) -> Iterator[None]:
    """Turn what the library raises in the midst of a sheet into a fault that says where."""
    message = Wording("The workbook is damaged there. Open it in a spreadsheet program, save it anew and take that in.")
    with _refused(lambda: UnreadableError(RejectionReason.UNREADABLE, message, where=where)):
        yield


@contextmanager
def _refused(fault: Callable[[], UnreadableError]) -> Iterator[None]:
    """Turn what the library raises into a fault, also where it gives up without an error of its own."""
    try:
        yield
    except calamine.PasswordError as error:
        raise _locked() from error
    except calamine.CalamineError as error:
        raise fault() from error
    except BaseException as error:
        if type(error).__module__ != _PANICS:
            raise
        raise fault() from None


_PANICS: Final = "pyo3_runtime"
"""The module of what a library in Rust raises for a mistake of its own: no Exception, and not to be imported."""


def _checked(resource: Resource, limits: Limits) -> bool:
    """Refuse what only calls itself a workbook, is locked, or unpacks to too much; tell whether it holds formulas.

    Raises UnreadableError, OSError.
    """
    if resource.head(len(OLE)) == OLE:
        check_container(resource, limits)
        return False  # an .xls, which does not tell its formulas
    check_archive(resource, limits)
    return _has_formulas(resource)


def _has_formulas(resource: Resource) -> bool:
    """Tell whether any sheet holds a formula, by its tag in the packed XML."""
    with resource.open() as stream, zipfile.ZipFile(stream) as archive:
        sheets = (name for name in archive.namelist() if not name.lower().endswith(NO_SHEETS))
        return any(_holds_formula(archive, name) for name in sheets)


def _holds_formula(archive: zipfile.ZipFile, name: str) -> bool:
    before = b""
    with archive.open(name) as packed:
        while chunk := packed.read(CHUNK):
            if any(end in chunk or end in before + chunk[:_OVERLAP] for end in _FORMULA_ENDS):
                return True
            before = chunk[-_OVERLAP:]
    return False


def _is_shown(sheet: Any) -> bool:
    visible, worksheet = calamine.SheetVisibleEnum.Visible, calamine.SheetTypeEnum.WorkSheet
    return bool(sheet.visible == visible and sheet.typ == worksheet)


def _locked() -> UnreadableError:
    return UnreadableError(
        RejectionReason.ENCRYPTED,
        Wording("The workbook is protected by a password. Save it without one and take that in."),
    )


def _damaged() -> UnreadableError:
    message = Wording(
        "The workbook is cut off or damaged. Copy or export it again, or save it anew in a spreadsheet program."
    )
    return UnreadableError(RejectionReason.UNREADABLE, message)
