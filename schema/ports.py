"""What the schema asks of whoever answers it. `resolvers/` implements these, `casegraph/` puts them into the context.

A field's meaning stands in `schema/types.py`; how it is fetched is decided behind these protocols.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import strawberry

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence
    from uuid import UUID

    from schema import answers, inputs, mutations, subscriptions, types


class Reads(Protocol):
    """What is read elsewhere than by the planner's statement: it answers with references, which the planner follows."""

    async def node(self, node_id: str) -> types.Node | None: ...
    async def nodes(self, ids: Sequence[str]) -> list[types.Node | None]: ...
    async def topics(self, under: str | None) -> list[answers.Topic]: ...
    async def search(self, asked: inputs.SearchAsked) -> answers.SearchConnection: ...
    async def matches(self, text: str, division: str | None) -> Sequence[UUID]: ...
    async def changes(self, after: str | None, first: int) -> answers.ChangePage: ...


class Writes(Protocol):
    """Every mutation."""

    async def submit_letter(self, entered: inputs.SubmitLetterInput) -> mutations.SubmitPayload: ...
    async def submit_visit(self, entered: inputs.SubmitVisitInput) -> mutations.SubmitPayload: ...
    async def submit_hotline_ticket(self, entered: inputs.SubmitHotlineTicketInput) -> mutations.SubmitPayload: ...
    async def submit_web_message(self, entered: inputs.SubmitWebMessageInput) -> mutations.SubmitPayload: ...
    async def join_cases(self, entered: inputs.JoinCasesInput) -> mutations.CasePayload: ...
    async def part_cases(self, entered: inputs.PartCasesInput) -> mutations.CasePayload: ...
    async def file_submission(self, entered: inputs.FileSubmissionInput) -> mutations.FilePayload: ...
    async def part_submission(self, entered: inputs.PartSubmissionInput) -> mutations.FilePayload: ...
    async def join_parties(self, entered: inputs.JoinPartiesInput) -> mutations.PartyPayload: ...
    async def part_parties(self, entered: inputs.PartPartiesInput) -> mutations.PartyPayload: ...
    async def retry_rejection(self, entered: inputs.RetryRejectionInput) -> mutations.RetryPayload: ...
    async def reveal(self, entered: inputs.RevealInput) -> mutations.RevealPayload: ...


class Follows(Protocol):
    """Every subscription."""

    def case_changed(
        self, chosen: inputs.CaseFilter | None, after: str | None
    ) -> AsyncGenerator[subscriptions.CaseChange, None]: ...
    def submission_received(
        self, chosen: inputs.SubmissionFilter | None, after: str | None
    ) -> AsyncGenerator[subscriptions.SubmissionReceipt, None]: ...


@dataclass(slots=True)
class Context:
    """What a field finds at hand while one operation runs."""

    reads: Reads
    writes: Writes
    follows: Follows


Info = strawberry.Info[Context, None]
