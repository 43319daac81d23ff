"""The same questions answered by Strawberry as its documentation shows it: types, resolvers, DataLoaders, asyncpg.

Each nested list is one statement for all its parents.
"""

from __future__ import annotations

import base64
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

from bench.graphql.statements import CASES, EVENTS, FILTERED, ORGANS, PAGE, PARTIES, RELATIONS, SUBMISSIONS
from graph.database import Pool, Row
from graph.records import CaseRelation, CaseStatus, Channel, EventKind, PartyKind, PetitionKind, Satisfaction

T = TypeVar("T")
Key = tuple[UUID, int]
"""A parent, and how many of its rows."""

for kind in (CaseRelation, CaseStatus, Channel, EventKind, PartyKind, PetitionKind, Satisfaction):
    strawberry.enum(kind)


class Loaders:
    """The loaders of one request."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.cases: DataLoader[UUID, Case] = DataLoader(self._one(CASES, case_of))
        self.organs: DataLoader[UUID, Organ] = DataLoader(self._one(ORGANS, organ_of))
        self.parties: DataLoader[Key, list[Party]] = DataLoader(self._pages(PARTIES, party_of))
        self.submissions: DataLoader[Key, list[Submission]] = DataLoader(self._pages(SUBMISSIONS, submission_of))
        self.events: DataLoader[Key, list[Event]] = DataLoader(self._pages(EVENTS, event_of))
        self.relations: DataLoader[UUID, list[Relation]] = DataLoader(self._relations)

    def _one(self, text: str, build: Callable[[Row], T]) -> Callable[[list[UUID]], Awaitable[Sequence[T]]]:
        async def load(keys: list[UUID]) -> Sequence[T]:
            found = {row["asked"]: build(row) for row in await self.pool.fetch(text, keys)}
            return [found[key] for key in keys]

        return load

    def _pages(self, text: str, build: Callable[[Row], T]) -> Callable[[list[Key]], Awaitable[Sequence[list[T]]]]:
        async def load(keys: list[Key]) -> Sequence[list[T]]:
            lists: dict[UUID, list[T]] = defaultdict(list)
            for row in await self.pool.fetch(text, [parent for parent, _ in keys], max(first for _, first in keys)):
                lists[row["parent"]].append(build(row))
            return [lists[parent][:first] for parent, first in keys]

        return load

    async def _relations(self, keys: list[UUID]) -> Sequence[list[Relation]]:
        lists: dict[UUID, list[Relation]] = defaultdict(list)
        for row in await self.pool.fetch(RELATIONS, keys):
            lists[row["parent"]].append(Relation(relation=CaseRelation(row["relation"]), target_key=row["target"]))
        return [lists[key] for key in keys]


Info = strawberry.Info[Loaders, None]


@strawberry.type
class Organ:
    id: strawberry.ID
    name: str


@strawberry.type
class Party:
    id: strawberry.ID
    kind: PartyKind
    names: list[str]
    phones: list[str]
    mention_count: int
    submission_count: int


@strawberry.type
class Submission:
    id: strawberry.ID
    channel: Channel
    source: str
    external_id: str
    kind: PetitionKind
    title: str
    text: str
    topic: str | None
    division: str | None
    received_at: datetime
    receipt_code: str


@strawberry.type
class Event:
    id: strawberry.ID
    kind: EventKind
    at: datetime
    at_given: bool
    text: str
    satisfaction: Satisfaction | None
    organ_key: strawberry.Private[UUID | None]

    @strawberry.field
    async def organ(self, info: Info) -> Organ | None:
        return None if self.organ_key is None else await info.context.organs.load(self.organ_key)


@strawberry.type
class PartyPage:
    nodes: list[Party]


@strawberry.type
class SubmissionPage:
    nodes: list[Submission]


@strawberry.type
class EventPage:
    nodes: list[Event]


@strawberry.type
class Relation:
    relation: CaseRelation
    target_key: strawberry.Private[UUID]

    @strawberry.field
    async def target(self, info: Info) -> Case:
        return await info.context.cases.load(self.target_key)


@strawberry.type
class Case:
    key: strawberry.Private[UUID]
    id: strawberry.ID
    number: int
    status: CaseStatus
    kind: PetitionKind
    title: str
    topic: str | None
    division: str | None
    channels: list[Channel]
    submission_count: int
    opened_at: datetime
    first_received_at: datetime
    last_activity_at: datetime

    @strawberry.field
    async def parties(self, info: Info, first: int = 20) -> PartyPage:
        return PartyPage(nodes=await info.context.parties.load((self.key, first)))

    @strawberry.field
    async def submissions(self, info: Info, first: int = 20) -> SubmissionPage:
        return SubmissionPage(nodes=await info.context.submissions.load((self.key, first)))

    @strawberry.field
    async def events(self, info: Info, first: int = 20) -> EventPage:
        return EventPage(nodes=await info.context.events.load((self.key, first)))

    @strawberry.field
    async def relations(self, info: Info) -> list[Relation]:
        return await info.context.relations.load(self.key)


@strawberry.type
class PageInfo:
    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class CasePage:
    nodes: list[Case]
    page_info: PageInfo


@strawberry.input
class StatusFilter:
    equals: CaseStatus


@strawberry.input
class DivisionFilter:
    within: str


@strawberry.input
class InstantFilter:
    until: datetime


@strawberry.input
class CaseFilter:
    status: StatusFilter | None = None
    division: DivisionFilter | None = None
    opened_at: InstantFilter | None = None


@strawberry.type
class Query:
    @strawberry.field
    async def case(self, info: Info, id: strawberry.ID) -> Case:  # noqa: A002 - as the API has it
        return await info.context.cases.load(UUID(base64.b64decode(id).decode().partition(":")[2]))

    @strawberry.field
    async def cases(self, info: Info, filter: CaseFilter, first: int = 20) -> CasePage:  # noqa: A002 - the same
        arguments: list[Any] = [filter.opened_at.until if filter.opened_at else None, first + 1]
        text = PAGE.format("")
        if filter.status and filter.division:
            low = filter.division.within
            arguments += [filter.status.equals.value, low, low[:-1] + chr(ord(low[-1]) + 1)]
            text = PAGE.format(FILTERED)
        rows = await info.context.pool.fetch(text, *arguments)
        nodes = [case_of(row) for row in rows[:first]]
        end = cursor_of(nodes[-1]) if nodes else None
        return CasePage(nodes=nodes, page_info=PageInfo(has_next_page=len(rows) > first, end_cursor=end))


# From rows -------------------------------------------------------------------------------------------------------


def id_of(kind: str, row: Row) -> strawberry.ID:
    """Return a global id."""
    return strawberry.ID(base64.b64encode(f"{kind}:{row['id']}".encode()).decode())


def cursor_of(case: Case) -> str:
    """Return where a case stands."""
    return base64.urlsafe_b64encode(json.dumps([case.opened_at.isoformat(), str(case.key)]).encode()).decode()


def case_of(row: Row) -> Case:
    return Case(
        key=row["id"], id=id_of("Case", row), number=row["number"], status=CaseStatus(row["status"]),
        kind=PetitionKind(row["kind"]), title=row["title"], topic=row["topic"], division=row["division"],
        channels=[Channel(channel) for channel in row["channels"]], submission_count=row["submission_count"],
        opened_at=row["opened_at"], first_received_at=row["first_received_at"],
        last_activity_at=row["last_activity_at"],
    )  # fmt: skip


def organ_of(row: Row) -> Organ:
    return Organ(id=id_of("Organ", row), name=row["name"])


def party_of(row: Row) -> Party:
    return Party(
        id=id_of("Party", row), kind=PartyKind(row["kind"]), names=row["names"] or [], phones=row["phones"] or [],
        mention_count=row["mention_count"], submission_count=row["submission_count"],
    )  # fmt: skip


def submission_of(row: Row) -> Submission:
    return Submission(
        id=id_of("Submission", row), channel=Channel(row["channel"]), source=row["source"],
        external_id=row["external_id"], kind=PetitionKind(row["kind"]), title=row["title"], text=row["body"],
        topic=row["topic"], division=row["division"], received_at=row["received_at"],
        receipt_code=row["receipt_code"],
    )  # fmt: skip


def event_of(row: Row) -> Event:
    return Event(
        id=id_of("Event", row), kind=EventKind(row["kind"]), at=row["at"], at_given=row["at_given"],
        text=row["body"], satisfaction=Satisfaction(row["satisfaction"]) if row["satisfaction"] else None,
        organ_key=row["organ"],
    )  # fmt: skip
