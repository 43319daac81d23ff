"""The rows of workbooks (.xlsx, .xlsm, .xls), streamed. The only module that imports the library which reads them.

A workbook's plain values come fastest, but leave out which cells are computed. So whether a sheet holds any formula is
looked up in its packed XML first, and only such a sheet is read the slower way that tells it for each cell.
"""

from __future__ import annotations

import re
import zipfile
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import python_calamine_plus as calamine

from connectors.connector import UnreadableError
from connectors.values import Formula
from graph.records import RejectionReason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.connector import Limits, Resource
    from connectors.values import Cell

ZIP: Final = b"PK\x03\x04"
OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
CHUNK: Final = 1_048_576
_FORMULA: Final = re.compile(rb"<(?:\w+:)?f[\s/>]")
_OVERLAP: Final = 32
"""Bytes that a tag cut in two by a chunk's end may have: longer prefixes are not written by any program."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One visible sheet. `rows` streams all of it; only one sheet is streamed at a time."""

    name: str
    number: int
    """From 1, among the visible sheets."""
    _book: Any
    _index: int
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
    check_workbook(resource, limits)
    computed = resource.head(4) == ZIP and _has_formulas(resource)
    try:
        book = (
            calamine.CalamineWorkbook.from_path(resource.path)
            if resource.path is not None
            else calamine.CalamineWorkbook.from_filelike(resource.open())
        )
    except calamine.PasswordError as error:
        raise _locked() from error
    except calamine.CalamineError as error:
        raise _damaged() from error
    with closing(book):
        shown = [index for index, sheet in enumerate(book.sheets_metadata) if _is_shown(sheet)]
        yield [
            Sheet(book.sheet_names[index], number, book, index, computed, limits.columns)
            for number, index in enumerate(shown, 1)
        ]


@contextmanager
def faults(where: str) -> Iterator[None]:
    """Turn what the library raises in the midst of a sheet into a fault that says where."""
    try:
        yield
    except calamine.CalamineError as error:
        message = "The workbook is damaged there. Open it in a spreadsheet program, save it anew and take that in."
        raise UnreadableError(RejectionReason.UNREADABLE, message, where=where) from error


def check_workbook(resource: Resource, limits: Limits) -> None:
    """Refuse what only calls itself a workbook, is locked, or unpacks to too much. Raises UnreadableError, OSError."""
    head = resource.head(8)
    if not head:
        raise UnreadableError(RejectionReason.EMPTY, "The file is empty. Export it again.")
    if head == OLE:
        with resource.open() as stream:
            if _is_encrypted(stream.read(CHUNK)):
                raise _locked()
        return
    if not head.startswith(ZIP):
        message = (
            "This is no workbook, whatever its name says: a web page or a text table was saved under the name of one. "
            "Open it in a spreadsheet program and save it as .xlsx, or rename it to .csv if it is one."
        )
        raise UnreadableError(RejectionReason.UNREADABLE, message)
    check_archive(resource, limits)


def _is_encrypted(head: bytes) -> bool:
    """Tell whether an OLE container holds an encrypted package: its directory names one in UTF-16."""
    return "EncryptedPackage".encode("utf-16-le") in head or "EncryptionInfo".encode("utf-16-le") in head


def check_archive(resource: Resource, limits: Limits) -> None:
    """Refuse an archive that is damaged or unpacks to too much. Raises UnreadableError."""
    try:
        with resource.open() as stream, zipfile.ZipFile(stream) as archive:
            total = 0
            for member in archive.infolist():
                total += member.file_size
                ratio = member.file_size / max(member.compress_size, 1)
                if member.file_size > limits.member or (member.file_size > CHUNK and ratio > limits.ratio):
                    raise _bomb()
            if total > limits.unpacked:
                raise _bomb()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise _damaged() from error


def _has_formulas(resource: Resource) -> bool:
    """Look through the packed sheets for a formula's tag."""
    with resource.open() as stream, zipfile.ZipFile(stream) as archive:
        for member in archive.infolist():
            if member.filename.lower().startswith("xl/worksheets/") and _holds_formula(archive, member):
                return True
    return False


def _holds_formula(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bool:
    before = b""
    try:
        with archive.open(member) as sheet:
            while chunk := sheet.read(CHUNK):
                if _FORMULA.search(before + chunk):
                    return True
                before = chunk[-_OVERLAP:]
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, RuntimeError, NotImplementedError) as error:
        raise _damaged() from error
    return False


def _is_shown(sheet: Any) -> bool:
    visible, worksheet = calamine.SheetVisibleEnum.Visible, calamine.SheetTypeEnum.WorkSheet
    return bool(sheet.visible == visible and sheet.typ == worksheet)


def _locked() -> UnreadableError:
    return UnreadableError(
        RejectionReason.ENCRYPTED, "The workbook is protected by a password. Save it without one and take that in."
    )


def _damaged() -> UnreadableError:
    message = "The workbook is cut off or damaged. Copy or export it again, or save it anew in a spreadsheet program."
    return UnreadableError(RejectionReason.UNREADABLE, message)


def _bomb() -> UnreadableError:
    return UnreadableError(
        RejectionReason.BOMB, "The workbook unpacks to far more than a register holds. Split it and take in the parts."
    )
