"""Registers and exports as sheets: .xlsx, .xlsm, .xls, .csv and .tsv of every channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from connectors import delimited, sheets
from connectors.connector import UnreadableError
from connectors.forms import form_of
from connectors.layout import SEARCHED, find_layout
from connectors.rows import Columns, RowReader
from connectors.values import Clock
from graph.records import Refusal, RejectionReason

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connectors.connector import ReadOptions, Resource
    from connectors.values import Cell
    from graph.records import Channel, Reading

WORKBOOKS: Final = frozenset({".xlsx", ".xlsm", ".xltx", ".xls", ".et"})
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
        if resource.suffix in TEXTS:
            with delimited.open_rows(resource, options.limits) as rows:
                yield from _Reading(self.channel, resource, options, resource.name).read(rows)
            return
        with sheets.open_sheets(resource, options.limits) as found:
            if not found:
                raise UnreadableError(
                    RejectionReason.EMPTY, "The workbook has no visible sheet. Show the one that is meant."
                )
            for sheet in found:
                yield from self._sheet(sheet, resource, options, alone=len(found) == 1)

    def _sheet(
        self, sheet: sheets.Sheet, resource: Resource, options: ReadOptions, *, alone: bool
    ) -> Iterator[Reading]:
        place = resource.name if sheet.number == 1 else f"{resource.name} sheet {sheet.number}"
        try:
            with sheets.faults(place.removeprefix(resource.name).strip()):
                yield from _Reading(self.channel, resource, options, place).read(sheet.rows())
        except UnreadableError as error:
            if alone:
                raise
            if error.reason is not RejectionReason.EMPTY:
                error.message = f"Sheet {sheet.number}: {error.message}"
                yield error.refusal(self.channel, resource.name, options.source, resource.kept())


class _Reading:
    """The reading of one sheet: its headings first, then row by row."""

    def __init__(self, channel: Channel, resource: Resource, options: ReadOptions, place: str) -> None:
        self._channel = channel
        self._resource = resource
        self._options = options
        self._place = place

    def read(self, rows: Iterator[Sequence[Cell] | UnreadableError]) -> Iterator[Reading]:
        """Yield the readings. Raises UnreadableError where there are no headings, or nothing at all."""
        first = list(islice(rows, SEARCHED + 1))
        whole = [[] if isinstance(row, UnreadableError) else row for row in first]
        if not any(cell for row in whole for cell in row):
            raise UnreadableError(RejectionReason.EMPTY, "There is nothing in it. Export it again.")
        self._check_width(whole)
        layout = find_layout(whole, self._channel, self._options.mapping)
        mapping = self._options.mapping
        clock = Clock.at(self._options.zone, datetime.now(UTC))
        columns = Columns(layout.headings, layout.columns, clock, mapping.values if mapping else {})
        reader = RowReader(self._channel, columns, self._options, form_of(self._channel))
        data = chain(first[layout.first :], rows)
        for number, row in enumerate(data, layout.first + 1):
            position = f"{self._place} row {number}"
            if isinstance(row, UnreadableError):
                yield self._unparsed(row, position)
            elif (reading := reader.read(row, position)) is not None:
                yield reading

    def _check_width(self, rows: Sequence[Sequence[Cell]]) -> None:
        most = self._options.limits.columns
        if any(len(row) > most and any(row[most:]) for row in rows):
            message = f"The sheet has more than {most} columns. Export it with its own columns only."
            raise UnreadableError(RejectionReason.BOMB, message)

    def _unparsed(self, error: UnreadableError, position: str) -> Refusal:
        return error.refusal(self._channel, position, self._options.source, b"")
