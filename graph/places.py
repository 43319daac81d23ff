"""Places: the divisions in the database, and the places that a source names by letters instead.

Public messages are often published with their places replaced (A市A3区, 西地省). Such a name means nothing outside its
source, so it has no code; its id is made of the source's name and its own.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from graph.database import statements
from graph.divisions import Division, divisions
from graph.gazetteer import Gazetteer
from graph.ids import place_id
from graph.records import PlaceId, PlaceLevel
from graph.text.nfkc import nfkc

if TYPE_CHECKING:
    from graph.database import Connection

__all__ = ["Division", "Gazetteer", "SourcePlace", "find_source_places", "load"]

# A letter before 市 is a city, a letter and a number a county. 小区B区 is a part of an estate, hence the number;
# 3A市 and KTV市 are neither, hence the look behind.
_LETTERED: Final = re.compile(
    r"(?<![0-9A-Za-z０-９Ａ-Ｚａ-ｚ])"
    r"(?P<letter>[A-ZＡ-Ｚ])(?P<number>[0-9０-９]{0,3})[ \u3000\xa0]?(?P<kind>[市区县])(?![场域级])"
)
_HIDDEN_PROVINCE: Final = "西地省"
"""The name that the published messages put in place of the province."""
_CITY: Final = "市"


@dataclass(frozen=True, slots=True)
class SourcePlace:
    """A place as one source names it. `parent` is the id of its city, which comes before it where both are listed."""

    source: str
    name: str
    full_name: str
    """With its city: A市A3区."""
    level: PlaceLevel
    parent: PlaceId | None

    @property
    def id(self) -> PlaceId:
        """The id of its place, the same on every instance."""
        return PlaceId(place_id(f"{self.source}/{self.full_name}"))


def find_source_places(text: str, source: str) -> tuple[SourcePlace, ...]:
    """Return the lettered places that a text names, in order, each once and after its city.

    A3区 alone implies A市: a source gives the letter to the city and numbers its counties.
    """
    found: dict[str, SourcePlace] = {}
    if _HIDDEN_PROVINCE in text:
        found[_HIDDEN_PROVINCE] = SourcePlace(source, _HIDDEN_PROVINCE, _HIDDEN_PROVINCE, PlaceLevel.PROVINCE, None)
    for match in _LETTERED.finditer(text):
        letter, number, kind = (nfkc(part) for part in match.group("letter", "number", "kind"))
        for place in _lettered(letter, number, kind, source):
            found.setdefault(place.full_name, place)
    return tuple(found.values())


def _lettered(letter: str, number: str, kind: str, source: str) -> tuple[SourcePlace, ...]:
    """Return the city of a letter, and the county where a number says which."""
    if not number and kind != _CITY:
        return ()
    city = SourcePlace(source, letter + _CITY, letter + _CITY, PlaceLevel.PREFECTURE, None)
    if not number:
        return (city,)
    name = letter + number + kind
    return city, SourcePlace(source, name, city.name + name, PlaceLevel.COUNTY, city.id)


async def load(connection: Connection) -> int:
    """Bring the divisions into the database inside the caller's transaction; return how many were written.

    Nothing is written where the table holds them as they are. A division that was abolished stays, since cases name it.
    """
    table = divisions()
    statement = statements("places")
    if await connection.fetchval(statement.digest, list(table)) == _digest(table):
        return 0
    rows = table.values()
    status = await connection.execute(
        statement.upsert,
        [row.id for row in rows],
        [row.code for row in rows],
        [row.name for row in rows],
        [row.full_name for row in rows],
        [row.level for row in rows],
        [table[row.parent].id if row.parent else None for row in rows],
    )
    return int(status.rpartition(" ")[2])


def _digest(table: dict[str, Division]) -> str:
    """Return the digest that the statement `digest` makes of these rows."""
    lines = []
    for code in sorted(table):
        row = table[code]
        parent = [str(table[row.parent].id)] if row.parent else []
        lines.append("\t".join([row.code, row.name, row.full_name, row.level, *parent]))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
