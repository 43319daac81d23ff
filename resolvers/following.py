"""What subscribers are told: the journal or their alerts behind a cursor, and what is added, as long as they listen.

Nothing is buffered for them. Whoever is slow is behind in the journal, and that costs nobody else anything; who is too
slow is told, with the cursor to come back with, and dropped.
"""

from __future__ import annotations

import time
from contextlib import aclosing
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from strawberry.schema.name_converter import NameConverter

from graph.database import statements
from graph.errors import InvalidError, NotFoundError
from resolvers.conditions import conditions_of
from resolvers.cursors import SealedCursors, not_ours
from resolvers.roots import ref
from schema import answers, subscriptions, types
from schema.answers import ALERT_CURSORS, NEWEST_ALERTS
from schema.enums import ChangeKind
from schema.errors import RequestError
from schema.ids import key_of
from sync.changes import Place, opened_place, sealed_place
from sync.tail import grew

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence
    from datetime import datetime
    from uuid import UUID

    from graph.identity import Vault
    from graph.scope import Scope
    from resolvers.conditions import Condition
    from resolvers.reader import Lent, Reader
    from schema import inputs
    from sync.tail import Tail

SQL = statements("follow")
SAVED = statements("alerts")
NAMES: Final = NameConverter()
ENTRIES: Final = 500
"""Entries that are looked through at once, or alerts that are read."""
MATCHING: Final = {
    "CaseFilter": 'select id from "case" {row} where {row}.id = any($1::uuid[])',
    "SubmissionFilter": "select id from submission {row} where {row}.id = any($1::uuid[])",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One event: what an entry tells of one node, and where to go on behind it."""

    place: Place
    kind: str
    at: datetime
    node: UUID


@dataclass(frozen=True, slots=True)
class Follows:
    """Implements `schema.ports.Follows` for one viewer. `patience` is the seconds that an event may wait."""

    reader: Reader
    vault: Vault
    tail: Tail
    scope: Scope
    patience: float

    async def case_changed(
        self, chosen: inputs.CaseFilter | None, after: str | None
    ) -> AsyncGenerator[subscriptions.CaseChange, None]:
        """Yield what happens in cases."""
        conditions = conditions_of("CaseFilter", given_of(chosen))
        async with aclosing(self._told(SQL.cases_told, "CaseFilter", conditions, after)) as events:
            async for told in events:
                yield subscriptions.CaseChange(
                    cursor=sealed_place(self.vault, self.scope.name, told.place),
                    kind=ChangeKind(told.kind),
                    at=told.at,
                    case=ref(types.Case, told.node),
                )

    async def submission_received(
        self, chosen: inputs.SubmissionFilter | None, after: str | None
    ) -> AsyncGenerator[subscriptions.SubmissionReceipt, None]:
        """Yield what comes in."""
        conditions = conditions_of("SubmissionFilter", given_of(chosen))
        async with aclosing(self._told(SQL.submissions_told, "SubmissionFilter", conditions, after)) as events:
            async for told in events:
                yield subscriptions.SubmissionReceipt(
                    cursor=sealed_place(self.vault, self.scope.name, told.place),
                    kind=ChangeKind(told.kind),
                    at=told.at,
                    submission=ref(types.Submission, told.node),
                )

    async def search_alerted(
        self, saved_search: str | None, after: str | None
    ) -> AsyncGenerator[subscriptions.SearchAlert, None]:
        """Yield what the viewer's saved searches match, what may not be seen left out."""
        search = None if saved_search is None else key_of("SavedSearch", saved_search)
        cursors = SealedCursors(self.vault, ALERT_CURSORS)
        (reached,) = (0,) if after is None else cursors.read(NEWEST_ALERTS, after)
        await self._require_own(search)
        async with self.tail.follower() as grown:
            while True:
                async with self.reader.lent(self.scope) as connection:
                    rows = await connection.fetch(SAVED.told, reached, search, ENTRIES)
                for row in rows:
                    reached = row["number"]
                    began = time.monotonic()
                    yield subscriptions.SearchAlert(
                        cursor=cursors.seal(str(reached)),
                        at=row["at"],
                        saved_search=ref(answers.SavedSearch, row["search"]),
                        submission=ref(types.Submission, row["submission"]),
                    )
                    if time.monotonic() - began > self.patience:
                        raise self._too_slow(cursors.seal(str(reached)))
                if len(rows) < ENTRIES:
                    await grew(grown)

    async def _require_own(self, search: UUID | None) -> None:
        if search is None:
            return
        async with self.reader.lent(self.scope) as connection:
            if await connection.fetchval(SAVED.own_search, search) is None:
                raise NotFoundError("saved search", search)

    async def _told(
        self, statement: str, kind: str, conditions: Sequence[Condition], after: str | None
    ) -> AsyncGenerator[Told, None]:
        async with self.tail.follower() as grown:
            place = await self._start(after)
            while True:
                read, events, more = await self._read(statement, kind, conditions, place)
                for event in events:
                    began = time.monotonic()
                    yield event
                    if time.monotonic() - began > self.patience:
                        raise self._too_slow(sealed_place(self.vault, self.scope.name, event.place))
                place = read
                if not more:
                    await grew(grown)

    async def _start(self, after: str | None) -> Place:
        if after is not None:
            try:
                return opened_place(self.vault, self.scope.name, after)
            except InvalidError:
                raise not_ours() from None
        async with self.reader.lent(self.scope) as connection:
            return Place(await connection.fetchval(SQL.head))

    async def _read(
        self, statement: str, kind: str, conditions: Sequence[Condition], place: Place
    ) -> tuple[Place, list[Told], bool]:
        """Return how far the next entries reach, what they tell that is to be told, and whether more have come."""
        # An entry of which some was told already is read again, and that much of it left out.
        begin = place.position - (1 if place.told else 0)
        async with self.reader.lent(self.scope) as connection:
            head = await connection.fetchval(SQL.head)
            entries = await connection.fetch(statement, begin, ENTRIES)
            nodes = sorted({node for entry in entries for node in entry["nodes"]})
            wanted = await self._matching(connection, kind, conditions, nodes)
        events = []
        for entry in entries:
            for number, node in enumerate(entry["nodes"], 1):
                last = number == len(entry["nodes"])
                where = Place(entry["position"]) if last else Place(entry["position"], number)
                known = entry["position"] == place.position and number <= place.told
                if node in wanted and not known:
                    events.append(Told(where, entry["kind"], entry["at"], node))
        # What must not be seen is passed over, so that it is not looked through again.
        reached = max(place.position, min(begin + ENTRIES, head))
        return Place(reached), events, reached < head

    async def _matching(
        self, connection: Lent, kind: str, conditions: Sequence[Condition], nodes: list[UUID]
    ) -> set[UUID]:
        if not conditions or not nodes:
            return set(nodes)
        values: list[object] = [nodes]
        text = MATCHING[kind]
        for condition in conditions:
            placed = condition.text
            for number, value in enumerate(condition.values):
                values.append(value)
                placed = placed.replace(f"{{{number}}}", f"${len(values)}")
            text += f" and {placed}"
        return {row["id"] for row in await connection.fetch(text.replace("{row}", "found"), *values)}

    def _too_slow(self, cursor: str) -> RequestError:
        message = f"An event waited longer than {self.patience:.0f} s to be taken. Subscribe again behind the cursor."
        return RequestError("SLOW_CLIENT", message, limit=self.patience, cursor=cursor)


def given_of(chosen: object) -> Any:
    """Return an input as GraphQL gives it, by its fields' names."""
    definition = getattr(chosen, "__strawberry_definition__", None)
    if definition is None or isinstance(chosen, Enum):
        return chosen
    return {NAMES.from_field(one): given_of(getattr(chosen, one.python_name)) for one in definition.fields}
