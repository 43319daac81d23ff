"""The headings that are known: a table of what was seen in the sheets that are really sent, with where."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from connectors.fields import Field
from connectors.values import UNSEEN
from graph.records import Channel
from graph.text.nfkc import nfkc
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

TABLE: Final = Path(__file__).with_name("headings.tsv")
COMMON: Final = "common"
"""Where the headings of every channel stand."""
LEFT_OUT: Final = "left out"
"""Where those stand that mean different things in different sheets."""
GROUPS: Final = ("person", "matter", "handling", "answer")
"""Where beginnings and ends of headings stand that are put together."""
BEGINNING: Final = "-"
_PARTS: Final = frozenset({COMMON, LEFT_OUT, *GROUPS, *(channel.value.lower() for channel in Channel)})
_NOISE: Final = re.compile(rf"[\s_*＊:：★●\-{UNSEEN}]+")


class VocabularyError(ValueError):
    """The table of headings is not as it must be. The message says which line of it to change."""


def normal(heading: str) -> str:
    """Return a heading without what differs from sheet to sheet: blanks, marks, width, case."""
    return _NOISE.sub("", nfkc(heading)).casefold()


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table. `field` is empty for a beginning, and for what is left out."""

    part: str
    field: Field | None
    heading: str
    source: str
    """Where it was seen; why, of what is left out."""


def table_of(text: str) -> tuple[Line, ...]:
    """Check the table of headings and return its lines. Raises VocabularyError, which names the line."""
    lines: list[Line] = []
    seen: dict[tuple[str, str], int] = {}
    for number, written in enumerate(text.splitlines(), 1):
        if not written or written.startswith("#"):
            continue
        line = _line(written.split("\t"), number)
        known_before = seen.setdefault(
            (line.part if line.field else f"{line.part} {BEGINNING}", normal(line.heading)), number
        )
        if known_before != number:
            raise VocabularyError(
                Wording(
                    "{name} line {number}: {heading} stands in line {known_before} already.",
                    name=TABLE.name,
                    number=number,
                    heading=line.heading,
                    known_before=known_before,
                )
            )
        lines.append(line)
    return tuple(lines)


def _line(cells: Sequence[str], number: int) -> Line:
    where = f"{TABLE.name} line {number}"
    if len(cells) != 4 or not all(cells):
        raise VocabularyError(
            Wording("{where}: write a part, a field, a heading and where it was seen, with tabs between.", where=where)
        )
    part, field, heading, source = cells
    if part not in _PARTS:
        raise VocabularyError(Wording("{where}: there is no part `{part}`.", where=where, part=part))
    none = part == LEFT_OUT or (part in GROUPS and field == BEGINNING)
    return Line(part, None if none else _field(field, where), heading, source)


def _field(name: str, where: str) -> Field:
    try:
        return Field(name)
    except ValueError:
        raise VocabularyError(
            Wording(
                "{where}: there is no field `{name}`. Known are {field}.",
                where=where,
                name=name,
                field=", ".join(Field),
            )
        ) from None


def _put_together(lines: Iterable[Line]) -> Mapping[str, Field]:
    """Return the headings that beginnings and ends make, in their order."""
    made: dict[str, Field] = {}
    for group in GROUPS:
        of_group = [line for line in lines if line.part == group]
        for end in of_group:
            if end.field is not None:
                made |= {normal(begin.heading + end.heading): end.field for begin in of_group if begin.field is None}
    return made


LINES: Final = table_of(TABLE.read_text(encoding="utf-8"))
"""All that is known, checked when the program starts."""


@cache
def known(channel: Channel) -> Mapping[str, tuple[Field, int]]:
    """Return a channel's normal headings with the field each means and its rank among that field's headings."""
    found: dict[str, tuple[Field, int]] = {}
    ranks: Counter[Field] = Counter()

    def add(heading: str, field: Field) -> None:
        found.setdefault(heading, (field, ranks[field]))
        ranks[field] += 1

    for part in (channel.value.lower(), COMMON):
        for line in LINES:
            if line.part == part and line.field is not None:
                add(normal(line.heading), line.field)
    for name in Field:
        found.setdefault(normal(name), (name, -1))
    for heading, field in _put_together(LINES).items():
        add(heading, field)
    return MappingProxyType(found)
