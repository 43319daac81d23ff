"""Registers and exports as sheets: .xlsx, .xlsm, .xls, .csv and .tsv of every channel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from connectors import delimited, pagetables, sheets
from connectors.connector import UnreadableError
from connectors.contents import Content, content_of
from connectors.fields import MOMENTS
from connectors.forms import form_of
from connectors.layout import SEARCHED, find_layout
from connectors.moments import Clock, since_1900
from connectors.rows import Columns, RowReader
from connectors.unread import Suggestions, unread_columns
from connectors.values import Cell
from graph.records import RejectionReason
from wording import Wording

if TYPE_CHECKING:
    from connectors.connector import ReadOptions, Resource
    from graph.records import Channel, Reading

WORKBOOKS: Final = frozenset({".xlsx", ".xlsm", ".xltx", ".xls", ".et"})
EMPTY: Final = frozenset({"", None})
TEXTS: Final = frozenset({".csv", ".tsv"})


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet of one channel: a register, an export."""

    name: str
    channel: Channel

    def accepts(self, resource: Resource) -> bool:
        """Take what is named like a sheet; what it really is, reading tells."""
        return resource.suffix in WORKBOOKS | TEXTS

    def read(self, resource: Resource, options: ReadOptions) -> Iterator[Reading]:
        """Yield a draft or a refusal for each row that is not blank."""
        content = content_of(resource)
        if content is Content.TEXT:
            yield from self._lines(resource, options)
        elif content is Content.MARKUP:
            yield from self._page(resource, options)
        else:
            with sheets.open_sheets(resource, options.limits) as found:
                if not found:
                    raise UnreadableError(
                        RejectionReason.EMPTY, Wording("The workbook has no visible sheet. Show the one that is meant.")
                    )
                yield from self._sheets(found, resource, options)

    def _lines(self, resource: Resource, options: ReadOptions) -> Iterator[Reading]:
        """Read a table as text."""
        with delimited.open_rows(resource, options.limits) as rows:
            reading = _Reading(self.channel, resource, options, "")
            first = list(islice(rows, SEARCHED + 1))
            faults = [row for row in first if isinstance(row, UnreadableError)]
            try:
                reading.begin([[] if isinstance(row, UnreadableError) else row for row in first], square=False)
            except UnreadableError as error:
                raise (faults or [error])[0] from None
            yield from reading.rest(chain(first, rows))

    def _page(self, resource: Resource, options: ReadOptions) -> Iterator[Reading]:
        """Read the tables of a page that have headings; the others hold its titles and edges."""
        faults: list[UnreadableError] = []
        tables = pagetables.tables_of(resource, options.limits)
        for number, rows in enumerate(tables, 1):
            reading = _Reading(self.channel, resource, options, "" if number == 1 else f"table {number}")
            try:
                width = reading.begin(rows[: SEARCHED + 1], square=True)
            except UnreadableError as error:
                faults.append(error)
                continue
            yield from reading.rest(iter([*row, *[""] * (width - len(row))] for row in rows))
        if len(faults) == len(tables):
            raise faults[max(range(len(tables)), key=lambda at: len(tables[at]))]

    def _sheets(self, found: list[sheets.Sheet], resource: Resource, options: ReadOptions) -> Iterator[Reading]:
        """Read sheet by sheet; one that cannot be read is told and the others go in, blank ones are passed over."""
        faults: list[UnreadableError] = []
        for sheet in found:
            try:
                yield from self._sheet(sheet, resource, options)
            except UnreadableError as error:
                faults.append(error)
                if error.reason is not RejectionReason.EMPTY and len(found) > 1:
                    error.message = Wording("Sheet {number}: {message}", number=sheet.number, message=error.message)
                    yield error.refusal(self.channel, resource.name, options.source, resource.kept())
        blank = [error for error in faults if error.reason is RejectionReason.EMPTY]
        if faults and (len(found) == 1 or len(blank) == len(found)):
            raise faults[0]

    def _sheet(self, sheet: sheets.Sheet, resource: Resource, options: ReadOptions) -> Iterator[Reading]:
        place = "" if sheet.number == 1 else f"sheet {sheet.number}"
        reading = _Reading(self.channel, resource, options, place)
        with sheets.faults(place):
            width = reading.begin(list(sheet.rows(most=SEARCHED + 1)), square=True)
            rows = sheet.rows(width=width)
            yield from reading.rest(reading.since_1900(rows) if sheet.since_1904 else rows)


Rows = Iterator[Sequence[Cell] | UnreadableError]


class _Reading:
    """The reading of one sheet: its headings first, then row by row."""

    def __init__(self, channel: Channel, resource: Resource, options: ReadOptions, sheet: str) -> None:
        self._channel = channel
        self._options = options
        self._place = f"{resource.name} {sheet}".strip()

    def begin(self, first: Sequence[Sequence[Cell]], *, square: bool) -> int:
        """Find the headings and return how wide the table is; a `square` one may have columns without a heading.

        Raises UnreadableError where there are no headings, or nothing at all.
        """
        width = max((index + 1 for row in first for index, cell in enumerate(row) if cell not in EMPTY), default=0)
        if not width:
            raise UnreadableError(RejectionReason.EMPTY, Wording("There is nothing in it. Export it again."))
        if width > self._options.limits.columns:
            message = Wording(
                "The sheet has more than {columns} columns. Export it with its own columns only.",
                columns=self._options.limits.columns,
            )
            raise UnreadableError(RejectionReason.BOMB, message)
        mapping = self._options.mapping
        layout = find_layout(first, self._channel, mapping, width if square else 0)
        clock = Clock.at(self._options.zone, datetime.now(UTC))
        words = mapping.values if mapping else {}
        suggestions = Suggestions(self._channel)
        unread = unread_columns(layout.headings, layout.columns, self._channel, mapping, suggestions)
        columns = Columns(layout.headings, layout.columns, clock, words, unread)
        self._first, self._columns = layout.first, layout.columns
        self._reader = RowReader(self._channel, columns, self._options, form_of(self._channel))
        return width

    def since_1900(self, rows: Iterator[list[Cell]]) -> Iterator[list[Cell]]:
        """Yield rows whose days are counted from 1900 on, where a workbook counts them from 1904.

        That is known of the workbook alone: what a refusal keeps of a row must mean the same when it is read again.
        """
        moments = [index for name, index in self._columns.items() if name in MOMENTS]
        for row in rows:
            for index in moments:
                row[index] = since_1900(row[index])
            yield row

    def rest(self, rows: Rows) -> Iterator[Reading]:
        """Yield the readings of a table's rows, its headings among them."""
        read, place = self._reader.read, self._place
        for number, row in enumerate(islice(rows, self._first, None), self._first + 1):
            if isinstance(row, UnreadableError):
                yield row.refusal(self._channel, f"{place} row {number}", self._options.source, b"")
            elif (reading := read(row, f"{place} row {number}")) is not None:
                yield reading
