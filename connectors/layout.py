"""Where the headings of a table stand and which column holds which field. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from connectors.connector import UnreadableError
from connectors.fields import Field
from connectors.headings import examples, meaning
from connectors.merged import Known, goes_on, joined
from connectors.values import WITHOUT_UNSEEN, unquoted
from graph.records import RejectionReason
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.headings import HeadingMap
    from connectors.values import Cell
    from graph.records import Channel

_UNUSABLE: Final = re.compile("[\0\ud800-\udfff]")

SEARCHED: Final = 30
"""Rows from the top in which headings are looked for; above them stand titles and notes."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A table's columns."""

    headings: tuple[str, ...]
    """One a column, each once: what a record's payload calls its cells."""
    columns: Mapping[Field, int]
    first: int
    """The index of the first row of data."""


def find_layout(rows: Sequence[Sequence[Cell]], channel: Channel, mapping: HeadingMap | None, width: int = 0) -> Layout:
    """Find the headings among a table's first rows, in one row or several; the table has at least so many columns.

    Raises UnreadableError where none name text and time, or two equally name one field.
    """
    best: Mapping[Field, int] = {}
    fault: UnreadableError | None = None
    known = Known(channel, mapping)
    names = [[_name(cell) for cell in row] for row in rows]
    heading: Sequence[str] = ()
    for index, row in enumerate(names[:SEARCHED]):
        heading = joined(heading, row, known) if goes_on(heading, row, known) else row
        if index + 1 < len(names) and goes_on(heading, names[index + 1], known):
            continue
        try:
            columns = columns_of(heading, channel, mapping)
        except UnreadableError as error:
            fault = fault or error
            continue
        if _is_whole(columns):
            return Layout(unique(_shown(heading), width), columns, index + 1)
        best = max(best, columns, key=len)
    raise fault or UnreadableError(RejectionReason.HEADINGS, _missing(best, channel))


def columns_of(names: Sequence[str], channel: Channel, mapping: HeadingMap | None) -> dict[Field, int]:
    """Return the column of each field that headings name. Raises UnreadableError where two equally name one."""
    found: dict[Field, tuple[int, int]] = {}
    for index, name in enumerate(names):
        meant = meaning(name, channel, mapping)
        if meant is None:
            continue
        field, rank = meant
        if field in found and found[field][0] == rank:
            both = f"Columns {found[field][1] + 1} and {index + 1}"
            message = Wording(
                "{both} are both headed {sub}. Rename the one that is not meant.",
                both=both,
                sub=_UNUSABLE.sub("", name),
            )
            raise UnreadableError(RejectionReason.HEADINGS, message)
        if field not in found or rank < found[field][0]:
            found[field] = rank, index
    return {field: index for field, (_, index) in found.items()}


def unique(names: Sequence[str], width: int = 0) -> tuple[str, ...]:
    """Return headings that differ from one another, for at least so many columns."""
    names = [*names, *[""] * (width - len(names))]
    seen: dict[str, int] = {}
    made: list[str] = []
    for index, given in enumerate(names):
        name = _UNUSABLE.sub("\ufffd", given) or f"column#{index + 1}"
        seen[name] = seen.get(name, 0) + 1
        made.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return tuple(made)


def _name(cell: Cell) -> str:
    return " ".join(unquoted(cell.translate(WITHOUT_UNSEEN).strip()).split()) if isinstance(cell, str) else ""


def _shown(names: Sequence[str]) -> Sequence[str]:
    """Leave out the blank cells at the end of a heading row."""
    return names[: max((index + 1 for index, name in enumerate(names) if name), default=0)]


def _is_whole(columns: Mapping[Field, int]) -> bool:
    return Field.TEXT in columns and (Field.RECEIVED_AT in columns or Field.RECEIVED_ON in columns)


def _missing(best: Mapping[Field, int], channel: Channel) -> Wording:
    wanted = []
    if Field.TEXT not in best:
        wanted.append(f"the text ({examples(channel, Field.TEXT)})")
    if Field.RECEIVED_AT not in best and Field.RECEIVED_ON not in best:
        wanted.append(f"the time ({examples(channel, Field.RECEIVED_AT)})")
    return Wording(
        "No row among the first {searched} heads {wanted}. Rename the columns so, part merged "
        "headings, or take the file in with a mapping file.",
        searched=SEARCHED,
        wanted=" and ".join(wanted),
    )
