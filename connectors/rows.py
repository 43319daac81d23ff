"""From the rows of a table to drafts: compiled once for a table's columns, then run for each row. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

import orjson

from connectors import values
from connectors.fields import Field
from connectors.moments import Clock
from connectors.unread import refuse_unread, says_something, told
from connectors.values import Cell, Formula, ValueFault
from graph.records import MAX_KEPT, Draft, Reading, Refusal, RejectionReason, Unread, UnreadField, key_fault, usable_key
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.connector import ReadOptions
    from graph.records import Channel

T = TypeVar("T")
Row = Sequence[Cell]
Getter = Callable[[Row], T]

FORMULA: Final = "formula"
"""The only key of the object that a formula is kept as, so that a retry does not take its saved result either."""
LONGEST_TITLE: Final = 40
"""Characters of a title that is taken from the text, where a source gives none."""
_SENTENCE_END: Final = re.compile(r"[。！？!?\n；;]")
_UNUSABLE: Final = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Columns:
    """Makes getters for a table's columns. A field without a column has a getter that finds nothing."""

    headings: Sequence[str]
    columns: Mapping[Field, int]
    clock: Clock
    words: Mapping[Field, Mapping[str, str]]
    """By field: what a sheet writes, and the known word for it."""
    unread: Mapping[int, UnreadField] = field(default_factory=dict)
    """The columns that mean no field, or one that another column gives."""
    asked: set[Field] = field(default_factory=set, compare=False)
    """The fields that somebody made a getter of: no others are read, whatever column they have."""

    def has(self, *fields: Field) -> bool:
        """Tell whether any of these fields has a column."""
        return any(field in self.columns for field in fields)

    def get(self, field: Field, read: Callable[[Cell], T | None]) -> Getter[T | None]:
        """Return what reads a field from a row. It raises `ValueFault` that names the column."""
        self.asked.add(field)
        index = self.columns.get(field)
        if index is None:
            return _nothing
        heading, words = self.headings[index], self.words.get(field)
        parse = read if words is None else lambda cell: read(_reworded(cell, words))

        def getter(row: Row) -> T | None:
            try:
                return parse(row[index])
            except ValueFault as fault:
                raise ValueFault(
                    fault.reason, Wording("Column {heading}: {message}.", heading=heading, message=fault.message)
                ) from None

        return getter

    def pair(self, field: Field, other: Field, read: Callable[[Cell, Cell], T | None]) -> Getter[T | None]:
        """Return what reads two fields, both of which have columns, as one value. Faults name the second column."""
        self.asked.update((field, other))
        first, second = self.columns[field], self.columns[other]
        heading = self.headings[second]

        def getter(row: Row) -> T | None:
            try:
                return read(row[first], row[second])
            except ValueFault as fault:
                raise ValueFault(
                    fault.reason, Wording("Column {heading}: {message}.", heading=heading, message=fault.message)
                ) from None

        return getter

    def left(self) -> dict[int, UnreadField]:
        """Return all columns that nothing reads, once all getters are made, by their index."""
        idle = {index: named for named, index in self.columns.items() if named not in self.asked}
        here = {index: UnreadField(told(self.headings[index]), Unread.NOT_HERE) for index in idle}
        return dict(sorted({**self.unread, **here}.items()))


def _nothing(row: Row) -> None:  # noqa: ARG001 - a getter takes a row
    return None


def _reworded(cell: Cell, words: Mapping[str, str]) -> Cell:
    return words.get(cell.strip(), cell) if isinstance(cell, str) else cell


class RowReader:
    """Reads the rows of one table of one channel."""

    def __init__(self, channel: Channel, columns: Columns, options: ReadOptions, form: Form) -> None:
        self._channel = channel
        self._options = options
        self._columns = columns
        self._draft = form(columns)
        self._names = tuple(columns.headings)
        known = frozenset(columns.columns.values())
        # A key that means no field may be anything, a person's name as well.
        self._told = tuple(name if index in known else f"{index + 1}" for index, name in enumerate(self._names))
        self._longest = options.limits.text
        self._key = columns.get(Field.EXTERNAL_ID, values.code)
        self._left = tuple(columns.left().items())
        self._strict = options.strict

    def read(self, row: Row, position: str) -> Reading | None:
        """Return what a row holds, None where it is wholly blank."""
        cells = dict(zip(self._names, row, strict=False))
        if len(row) != len(self._names):
            row = self._fitted(row)
        try:
            payload = orjson.dumps(cells)
        except TypeError:
            payload = _dumped(cells)
        if not any(map(_says_something, row)):
            return None
        try:
            self._check(row, payload)
            unread = self._unread(row) if self._left else ()
            return _with_a_key(self._draft(row, payload, position, self._options.source, unread))
        except ValueFault as fault:
            return self._refusal(fault, row, payload, position)

    def _unread(self, row: Row) -> tuple[UnreadField, ...]:
        unread = tuple([named for index, named in self._left if says_something(row[index])])
        if self._strict:
            refuse_unread(unread)
        return unread

    def _fitted(self, row: Row) -> Row:
        """Return a row as wide as the headings; what stands beyond them is checked later."""
        missing = len(self._names) - len(row)
        return [*row, *[None] * missing] if missing > 0 else row

    def _check(self, row: Row, payload: bytes) -> None:
        width = len(self._names)
        if len(row) > width and any(map(_says_something, row[width:])):
            message = Wording(
                "This row has more cells than the {width} headings. A comma or quotation mark in a text was "
                "written without quotation marks around it; export the table anew.",
                width=width,
            )
            raise ValueFault(RejectionReason.BAD_VALUE, message)
        if len(payload) > self._longest:
            self._check_lengths(row)
        if b"\\u0000" in payload or b"\\ud" in payload:
            self._check_characters(row)

    def _check_lengths(self, row: Row) -> None:
        for name, cell in zip(self._told, row, strict=False):
            if isinstance(cell, str) and len(cell) > self._longest:
                message = f"Column {name}: {len(cell)} characters stand there, at most {self._longest} are read."
                raise ValueFault(
                    RejectionReason.TOO_LARGE, Wording("{message} Send it as an attachment.", message=message)
                )

    def _check_characters(self, row: Row) -> None:
        for name, cell in zip(self._told, row, strict=False):
            found = _UNUSABLE.search(cell) if isinstance(cell, str) else None
            if found is None:
                continue
            if "\udc80" <= found[0] <= "\udcff":
                message = Wording(
                    "Column {name}: bytes stand there that are not in the file's encoding. Save it as UTF-8.", name=name
                )
                raise ValueFault(RejectionReason.ENCODING, message)
            message = Wording(
                "Column {name}: a NUL or half a character stands there. Export it again as UTF-8.", name=name
            )
            raise ValueFault(RejectionReason.BAD_CHARACTER, message)

    def _external_id(self, row: Row) -> str | None:
        try:
            return usable_key(self._key(row))
        except ValueFault:
            return None

    def _refusal(self, fault: ValueFault, row: Row, payload: bytes, position: str) -> Refusal:
        return Refusal(
            channel=self._channel,
            source=self._options.source,
            position=position,
            reason=fault.reason,
            message=fault.message,
            payload=payload if len(payload) <= MAX_KEPT else b"",
            external_id=self._external_id(row),
        )


Form = Callable[[Columns], Callable[[Row, bytes, str, str, tuple[UnreadField, ...]], Draft]]
"""Compiles a channel's rows: from columns to what makes a draft of a row, its payload, its position, its source, and
what of it is not read."""


def _with_a_key(draft: Draft) -> Draft:
    if draft.external_id and (message := key_fault(draft.external_id)):
        raise ValueFault(RejectionReason.BAD_VALUE, message)
    return draft


def _says_something(cell: Cell) -> bool:
    return cell is not None and cell not in {"", '=""'} and not (isinstance(cell, str) and cell.isspace())


def _dumped(cells: Mapping[str, Cell]) -> bytes:
    """Write cells that orjson does not: half characters, formulas, durations."""
    return json.dumps(cells, default=_plain, separators=(",", ":")).encode("ascii")


def _plain(cell: Any) -> Any:
    match cell:
        case Formula():
            return {FORMULA: _plain(cell.result)}
        case str() | int() | float() | None:
            return cell
        case datetime() | date() | time():
            return cell.isoformat()
        case timedelta():
            return str(cell)
        case _:
            return str(cell)


def title_of(text: str) -> str:
    """Return the beginning of a text as its title: its first sentence, if that is not too long."""
    first = _SENTENCE_END.split(text, maxsplit=1)[0].strip(values.STRIPPED) or text
    return first if len(first) <= LONGEST_TITLE else f"{first[: LONGEST_TITLE - 1]}…"
