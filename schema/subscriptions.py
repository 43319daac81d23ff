"""What can be followed as it happens."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime
from typing import Annotated

import strawberry

from schema.answers import SavedSearch
from schema.enums import ChangeKind
from schema.fields import followed, told
from schema.inputs import CaseFilter, SubmissionFilter
from schema.ports import Info
from schema.types import Case, Submission

Behind = Annotated[
    str | None,
    strawberry.argument(
        name="after",
        description="Go on behind the event, or the page of `changes`, that had this cursor; from now on if left out.",
    ),
]


@strawberry.type(description="Something that happened in a case.")
class CaseChange:
    cursor: str = told("Give it to `after` to go on behind this event without missing or doubling one.")
    kind: ChangeKind = told("What happened.")
    at: datetime = told("When it happened.")
    case: Case = told("The case that answers for it, as it is when this is sent.")


@strawberry.type(description="A submission that came in.")
class SubmissionReceipt:
    cursor: str = told("Give it to `after` to go on behind this event without missing or doubling one.")
    kind: ChangeKind = told("What happened.")
    at: datetime = told("When it happened.")
    submission: Submission = told("The submission, as it is when this is sent.")


@strawberry.type(description="A new match of a search that you saved.")
class SearchAlert:
    cursor: str = told("Give it to `after` to go on behind this event without missing or doubling one.")
    at: datetime = told("When it was found to match.")
    saved_search: SavedSearch = told("The saved search.")
    submission: Submission = told("The submission, as it is when this is sent.")


@strawberry.type(description="What can be followed.")
class Subscription:
    @followed(
        "What happens in cases: a submission taken in or revised, the case opened, moved, joined or parted,"
        " something filed or recorded in it. A new submission of a new case tells `SUBMISSION_RECEIVED`, then"
        " `CASE_OPENED`."
    )
    async def case_changed(
        self,
        info: Info,
        *,
        chosen: Annotated[
            CaseFilter | None, strawberry.argument(name="filter", description="Which cases, as they are by then.")
        ] = None,
        after: Behind = None,
    ) -> AsyncGenerator[CaseChange, None]:
        async with aclosing(info.context.follows.case_changed(chosen, after)) as events:
            async for event in events:
                yield event

    @followed("Submissions as they are taken in.")
    async def submission_received(
        self,
        info: Info,
        *,
        chosen: Annotated[
            SubmissionFilter | None, strawberry.argument(name="filter", description="Which submissions.")
        ] = None,
        after: Behind = None,
    ) -> AsyncGenerator[SubmissionReceipt, None]:
        async with aclosing(info.context.follows.submission_received(chosen, after)) as events:
            async for event in events:
                yield event

    @followed(
        "New matches of the searches that you saved: each submission once for each search, within seconds of being"
        " found by `search`. What you may not see is passed over."
    )
    async def search_alerted(
        self,
        info: Info,
        *,
        saved_search: Annotated[
            strawberry.ID | None, strawberry.argument(name="savedSearch", description="One of them; all if left out.")
        ] = None,
        after: Annotated[
            str | None,
            strawberry.argument(
                name="after",
                description="Go on behind the event, or the alert of `SavedSearch.alerts`, that had this cursor; from"
                " the first alert on if left out.",
            ),
        ] = None,
    ) -> AsyncGenerator[SearchAlert, None]:
        async with aclosing(info.context.follows.search_alerted(saved_search, after)) as events:
            async for event in events:
                yield event
