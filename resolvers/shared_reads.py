"""What entries tell whoever may see the same: read once, under the policy, for all who ask at the same place.

A read is shared by those whose rights are the same to the last, whatever they are called, and is made under these
rights and nobody's name. It is kept until the journal grows, since that may change who sees what.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from graph.database import statements
from sync.changes import Place
from sync.tail import Told

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from graph.database import Row
    from graph.scope import Scope
    from resolvers.conditions import Condition
    from resolvers.reader import Lent, Reader
    from resolvers.turns import Turns
    from sync.tail import Tail

SQL = statements("follow")
ENTRIES: Final = 500
"""Entries that are looked through at once."""
NOBODY: Final = "nobody"
"""Whose name shared reads are made under: row-level security wants one, and no viewer's has no colon."""
TELLING: Final[Mapping[Told, str]] = {Told.CASES: SQL.cases_told, Told.SUBMISSIONS: SQL.submissions_told}
MATCHING: Final[Mapping[Told, str]] = {
    Told.CASES: 'select id from "case" {row} where {row}.id = any($1::uuid[])',
    Told.SUBMISSIONS: "select id from submission {row} where {row}.id = any($1::uuid[])",
}


@dataclass(frozen=True, slots=True)
class Event:
    """What an entry tells of one node, and where to go on behind it."""

    place: Place
    kind: str
    at: datetime
    node: UUID


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked: events behind a place, for whoever sees this much, under these conditions."""

    told: Told
    scope: Scope
    conditions: tuple[Condition, ...]
    place: Place

    @property
    def key(self) -> Hashable:
        """What two have in common who are told the same. Conditions are told by their texts: values may be lists."""
        return self.told, self.scope, self.place, repr(self.conditions)


@dataclass(frozen=True, slots=True)
class Found:
    """The next events, how far the entries reach that were looked through, and whether more have come."""

    events: tuple[Event, ...]
    reached: Place
    more: bool


class SharedReads:
    """Reads for followers, each thing once."""

    def __init__(self, reader: Reader, tail: Tail, turns: Turns) -> None:
        self.reader = reader
        self.tail = tail
        self.turns = turns
        self._looks = 0
        self._reads: dict[Hashable, asyncio.Task[Found]] = {}

    async def read(self, wanted: Wanted) -> Found:
        """Return what is told behind a place, to whoever of NOBODY's scope was woken there."""
        if self._looks != self.tail.looks:
            self._looks, self._reads = self.tail.looks, {}
        reading = self._reads.get(wanted.key)
        if reading is None or (reading.done() and (reading.cancelled() or reading.exception() is not None)):
            reading = self._reads[wanted.key] = asyncio.create_task(self.read_alone(wanted))
        # Who leaves leaves the others their read.
        return await asyncio.shield(reading)

    async def read_alone(self, wanted: Wanted) -> Found:
        """Return what is told behind a place, as it is seen now."""
        place = wanted.place
        # An entry of which some was told already is read again, and that much of it left out.
        begin = place.position - (1 if place.told else 0)
        async with (
            self.turns.of(wanted.scope.name, patient=True),
            self.reader.lent(wanted.scope) as connection,
        ):
            head = await connection.fetchval(SQL.head)
            entries = await connection.fetch(TELLING[wanted.told], begin, ENTRIES)
            nodes = sorted({node for entry in entries for node in entry["nodes"]})
            matching = await _matching(connection, wanted, nodes)
        # What must not be seen is passed over, so that it is not looked through again.
        reached = max(place.position, min(begin + ENTRIES, head))
        return Found(_events(entries, place, matching), Place(reached), reached < head)


def _events(entries: Sequence[Row], place: Place, matching: set[UUID]) -> tuple[Event, ...]:
    """Return what entries tell behind a place of the nodes that match. Pure."""
    events = []
    for entry in entries:
        for number, node in enumerate(entry["nodes"], 1):
            last = number == len(entry["nodes"])
            where = Place(entry["position"]) if last else Place(entry["position"], number)
            known = entry["position"] == place.position and number <= place.told
            if node in matching and not known:
                events.append(Event(where, entry["kind"], entry["at"], node))
    return tuple(events)


async def _matching(connection: Lent, wanted: Wanted, nodes: list[UUID]) -> set[UUID]:
    """Return the nodes for which the conditions hold."""
    if not wanted.conditions or not nodes:
        return set(nodes)
    values: list[object] = [nodes]
    text = MATCHING[wanted.told]
    for condition in wanted.conditions:
        placed = condition.text
        for number, value in enumerate(condition.values):
            values.append(value)
            placed = placed.replace(f"{{{number}}}", f"${len(values)}")
        text += f" and {placed}"
    return {row["id"] for row in await connection.fetch(text.replace("{row}", "found"), *values)}
