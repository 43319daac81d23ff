"""Answers operations: each is prepared, and run in its viewer's turn."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from graphql import OperationType

from graph.scope import scope as scope_of
from resolvers.asked import Answer
from resolvers.preparation import Preparation
from resolvers.running import Run, Surroundings
from resolvers.turns import BusyError, Lanes
from schema.errors import LimitError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from contextlib import AbstractContextManager

    from strawberry import Schema

    from graph.identity import Vault
    from graph.policy import Viewer
    from resolvers.asked import Asked
    from resolvers.limits import DocumentLimits
    from resolvers.reader import Reader
    from resolvers.trusted import Trusted
    from schema.ports import Context


@dataclass(frozen=True, slots=True)
class Following:
    """How subscriptions are answered."""

    held: Callable[[Viewer], AbstractContextManager[None]]
    """Holds one more subscription of a viewer; raises LimitError where that is too many."""
    patience: float
    """Seconds that an event may wait to be taken."""


class Executor:
    """Answers the operations of one schema. `context` is made anew for each operation and viewer."""

    def __init__(
        self,
        schema: Schema,
        *,
        reader: Reader,
        vault: Vault,
        limits: DocumentLimits,
        context: Callable[[Viewer], Context],
        trusted: Trusted,
        zone: str,
        following: Following | None = None,
        lanes: Lanes | None = None,
    ) -> None:
        self.lanes = lanes or Lanes.of(1, 1)
        self.preparation = Preparation(
            schema, vault=vault, limits=limits, trusted=trusted, zone=zone, turns=self.lanes.documents
        )
        self.surroundings = Surroundings(schema, self.preparation, reader, context, self.lanes.telling)
        self._limits = limits
        self._following = following

    async def execute(self, asked: Asked, viewer: Viewer, allowed: frozenset[OperationType]) -> Answer:
        """Answer a query or mutation in its viewer's turn.

        Raises NotTakenError for an operation of another type, and BusyError where too many of this viewer's wait.
        """
        planned = await self.preparation.planned(asked, viewer, allowed)
        if isinstance(planned, Answer):
            return planned
        prepared, plan = planned
        run = Run(self.surroundings, prepared, viewer)
        writes = prepared.operation.operation is OperationType.MUTATION
        turns = self.lanes.writing if writes else self.lanes.for_reading(plan.cost)
        async with turns.of(viewer.name):
            answer = await run.answer(plan)
        answer.extensions = run.notices()
        if asked.explain and self._limits.explain:
            answer.extensions |= {"explain": plan.printed(scope_of(viewer).shape)}
        return answer

    async def subscribe(self, asked: Asked, viewer: Viewer) -> AsyncGenerator[Answer, None]:
        """Answer a subscription, an answer for each event; what cannot be subscribed to gets one that says why."""
        try:
            planned = await self.preparation.planned(asked, viewer, frozenset(OperationType))
            if not isinstance(planned, Answer) and planned[0].operation.operation is not OperationType.SUBSCRIPTION:
                planned = await self.execute(asked, viewer, frozenset(OperationType))
        except BusyError as error:
            planned = Answer(errors=[error])
        if isinstance(planned, Answer):
            yield planned
            return
        prepared, plan = planned
        assert self._following is not None
        try:
            with self._following.held(viewer):
                run = Run(self.surroundings, prepared, viewer)
                async with aclosing(run.followed(plan, self._following.patience)) as answers:
                    async for answer in answers:
                        yield answer
        except LimitError as error:
            yield Answer(errors=[error])
