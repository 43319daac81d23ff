"""What subscribers are told: the journal or their alerts behind a cursor, and what is added, as long as they listen.

Nothing is buffered for them: whoever is slow is behind in the journal, and that costs nobody else anything. They wait
until something may concern them, and then read it under the policy, one for all who may see the same.
"""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from strawberry.schema.name_converter import NameConverter

from graph.database import statements
from graph.errors import InvalidError, NotFoundError
from graph.scope import scope as scope_of
from resolvers.cursors import SealedCursors, not_ours
from resolvers.filters import conditions_of
from resolvers.permission import require
from resolvers.roots import ref
from resolvers.shared_reads import NOBODY, Wanted
from schema import answers, subscriptions, types
from schema.answers import ALERT_CURSORS, NEWEST_ALERTS
from schema.enums import ChangeKind
from schema.errors import argument
from schema.ids import key_of
from sync.changes import Place, opened_place, sealed_place
from sync.tail import Told
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from uuid import UUID

    from graph.identity import Vault
    from graph.policy import Viewer
    from graph.scope import Scope
    from resolvers.conditions import Condition, Instance
    from resolvers.shared_reads import Event, SharedReads
    from schema import inputs

SAVED = statements("alerts")
NAMES: Final = NameConverter()
ENTRIES: Final = 500
"""Alerts that are read at once."""


@dataclass(frozen=True)
class Follows:
    """Implements `schema.ports.Follows` for one viewer."""

    shared: SharedReads
    instance: Instance
    viewer: Viewer

    @property
    def vault(self) -> Vault:
        """What seals cursors."""
        return self.instance.vault

    @cached_property
    def scope(self) -> Scope:
        """What the viewer sees."""
        return scope_of(self.viewer)

    async def case_changed(
        self, chosen: inputs.CaseFilter | None, after: str | None
    ) -> AsyncGenerator[subscriptions.CaseChange, None]:
        """Yield what happens in cases."""
        conditions = self._conditions("CaseFilter", chosen)
        async with aclosing(self._told(Told.CASES, conditions, after)) as events:
            async for event in events:
                yield subscriptions.CaseChange(
                    cursor=sealed_place(self.vault, self.scope.name, event.place),
                    kind=ChangeKind(event.kind),
                    at=event.at,
                    case=ref(types.Case, event.node),
                )

    async def submission_received(
        self, chosen: inputs.SubmissionFilter | None, after: str | None
    ) -> AsyncGenerator[subscriptions.SubmissionReceipt, None]:
        """Yield what comes in."""
        conditions = self._conditions("SubmissionFilter", chosen)
        async with aclosing(self._told(Told.SUBMISSIONS, conditions, after)) as events:
            async for event in events:
                yield subscriptions.SubmissionReceipt(
                    cursor=sealed_place(self.vault, self.scope.name, event.place),
                    kind=ChangeKind(event.kind),
                    at=event.at,
                    submission=ref(types.Submission, event.node),
                )

    async def search_alerted(
        self, saved_search: str | None, after: str | None
    ) -> AsyncGenerator[subscriptions.SearchAlert, None]:
        """Yield what the viewer's saved searches match, what may not be seen left out."""
        with argument("savedSearch"):
            search = None if saved_search is None else key_of("SavedSearch", saved_search)
        cursors = SealedCursors(self.vault, ALERT_CURSORS)
        with argument("after"):
            (reached,) = (0,) if after is None else cursors.read(NEWEST_ALERTS, after)
        await self._require_own(search)
        async with self.shared.tail.follower(Told.ALERTS, self.scope) as follower:
            while True:
                async with (
                    self.shared.turns.of(self.scope.name, patient=True),
                    self.shared.reader.lent(self.scope) as connection,
                ):
                    rows = await connection.fetch(SAVED.told, reached, search, ENTRIES)
                for row in rows:
                    reached = row["number"]
                    yield subscriptions.SearchAlert(
                        cursor=cursors.seal(str(reached)),
                        at=row["at"],
                        saved_search=ref(answers.SavedSearch, row["search"]),
                        submission=ref(types.Submission, row["submission"]),
                    )
                if len(rows) < ENTRIES:
                    await follower.called()

    def _conditions(self, kind: str, chosen: object) -> tuple[Condition, ...]:
        """Return what a filter asks; raise RequestError where the viewer may not ask it, or nobody can."""
        conditions = conditions_of(kind, given_of(chosen), self.instance)
        for condition in conditions:
            if condition.needs is not None:
                require(self.viewer, condition.needs)
        return conditions

    async def _require_own(self, search: UUID | None) -> None:
        if search is None:
            return
        async with self.shared.reader.lent(self.scope) as connection:
            if await connection.fetchval(SAVED.own_search, search) is None:
                raise NotFoundError(Wording("saved search"), search)

    async def _told(
        self, told: Told, conditions: tuple[Condition, ...], after: str | None
    ) -> AsyncGenerator[Event, None]:
        tail, nameless = self.shared.tail, replace(self.scope, name=NOBODY)
        async with tail.follower(told, self.scope) as follower:
            at_end = after is None
            place = Place(await tail.position()) if after is None else self._opened(after)
            while True:
                if at_end:
                    place = Place(await follower.next(place.position))
                # Only those who were woken together are at one place, and are told what was seen then.
                read, scope = (self.shared.read, nameless) if at_end else (self.shared.read_alone, self.scope)
                found = await read(Wanted(told, scope, conditions, place))
                for event in found.events:
                    yield event
                place, at_end = found.reached, not found.more

    def _opened(self, cursor: str) -> Place:
        try:
            return opened_place(self.vault, self.scope.name, cursor)
        except InvalidError:
            raise not_ours("after") from None


def given_of(chosen: object) -> Any:
    """Return an input as GraphQL gives it, by its fields' names."""
    definition = getattr(chosen, "__strawberry_definition__", None)
    if definition is None or isinstance(chosen, Enum):
        return chosen
    return {NAMES.from_field(one): given_of(getattr(chosen, one.python_name)) for one in definition.fields}
