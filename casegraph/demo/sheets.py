"""Tables as files: workbooks, comma-separated values and JSON, written row by row in bounded memory."""

from __future__ import annotations

import csv
from datetime import date, datetime
from typing import TYPE_CHECKING, Final, Protocol

import orjson
import xlsxwriter  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Cell = str | int | date | datetime | None
"""What a table can hold. None leaves its place empty."""

STANDARD: Final = "%Y-%m-%d %H:%M:%S"
"""The usual way to write a moment; the one for which Python has something faster than `strftime`."""
MADE_AT: Final = datetime(2020, 1, 1)  # noqa: DTZ001 - a workbook's properties name no zone
"""Stands in every workbook, so that equal contents are equal bytes."""


class Sheet(Protocol):
    """A table that is being written."""

    def write(self, row: Sequence[Cell]) -> None:
        """Write one more row."""

    def close(self) -> None:
        """Complete the file."""


class Csv:
    """Comma-separated values in a given encoding."""

    def __init__(
        self, path: Path, headings: Sequence[str], *, encoding: str = "utf-8-sig", moment: str = STANDARD
    ) -> None:
        self._file = path.open("w", encoding=encoding, newline="")
        self._writer = csv.writer(self._file)
        self._moment = moment
        self._writer.writerow(headings)

    def write(self, row: Sequence[Cell]) -> None:
        """Write one more row."""
        moment = self._moment
        self._writer.writerow([spelled(cell, moment) if isinstance(cell, date) else cell for cell in row])

    def close(self) -> None:
        """Complete the file."""
        self._file.close()


class Workbook:
    """A workbook of one sheet. Times are real dates, or text where a `moment` format is given."""

    def __init__(self, path: Path, headings: Sequence[str], *, moment: str | None = None) -> None:
        self._book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_urls": False})
        self._book.set_properties({"created": MADE_AT})
        self._sheet = self._book.add_worksheet("导出")
        self._time = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._moment = moment
        self._row = 0
        self.write(headings)

    def write(self, row: Sequence[Cell]) -> None:
        """Write one more row."""
        sheet, at = self._sheet, self._row
        for column, cell in enumerate(row):
            match cell:
                case str():
                    if cell:
                        sheet.write_string(at, column, cell)
                case None:
                    continue
                case int():
                    sheet.write_number(at, column, cell)
                case _:
                    self._write_time(column, cell)
        self._row += 1

    def close(self) -> None:
        """Complete the file."""
        self._book.close()

    def _write_time(self, column: int, cell: date | datetime) -> None:
        if self._moment is not None:
            self._sheet.write_string(self._row, column, spelled(cell, self._moment))
        else:
            style = self._time if isinstance(cell, datetime) else self._day
            self._sheet.write_datetime(self._row, column, cell, style)


class Json:
    """A list of objects in one JSON file, or one object a line; empty values are left out."""

    def __init__(self, path: Path, keys: Sequence[str], *, lines: bool = False, moment: str = STANDARD) -> None:
        self._file = path.open("wb")
        self._keys = keys
        self._moment = moment
        self._between, self._end = (b"", b"") if lines else (b"[\n", b"]\n")
        self._after = b"\n" if lines else b""
        self._separator = b"" if lines else b",\n"

    def write(self, row: Sequence[Cell]) -> None:
        """Write one more object."""
        pairs = zip(self._keys, row, strict=True)
        item = {key: self._value(cell) for key, cell in pairs if cell is not None}
        self._file.write(self._between + orjson.dumps(item) + self._after)
        self._between = self._separator

    def close(self) -> None:
        """Complete the file."""
        self._file.write(self._end)
        self._file.close()

    def _value(self, cell: Cell) -> str | int:
        return cell if isinstance(cell, int) else spelled(cell, self._moment)


def spelled(cell: Cell, moment: str) -> str:
    """Write a cell as text; a day is written like a moment without its time."""
    match cell:
        case str():
            return cell
        case None:
            return ""
        case datetime():
            return cell.isoformat(" ") if moment is STANDARD else cell.strftime(moment)
        case date() if moment is STANDARD:
            return cell.isoformat()
        case date():
            return cell.strftime(moment[: moment.index("%d") + 2] + ("日" if "日" in moment else ""))
        case int():
            return str(cell)
