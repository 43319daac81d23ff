"""What the API can be asked."""

from __future__ import annotations

from typing import Annotated

import strawberry

from schema.answers import ChangePage, Rejection, SearchConnection, Topic
from schema.enums import Direction, FacetName, SearchOrder
from schema.fields import fetched
from schema.inputs import (
    CaseFilter,
    CaseOrder,
    PartyFilter,
    PlaceFilter,
    RejectionFilter,
    SearchAsked,
    SearchFilter,
    SubmissionFilter,
)
from schema.ports import PageRequest
from schema.types import (
    After,
    Before,
    Case,
    Connection,
    First,
    Info,
    Last,
    Node,
    Organ,
    Party,
    Place,
    ReceivedOrder,
    Submission,
)


def _argument(name: str, description: str) -> object:
    return strawberry.argument(name=name, description=description)


Id = Annotated[strawberry.ID, _argument("id", "Its id.")]


@strawberry.type(description="What can be asked.")
class Query:
    @fetched("Anything by its id; null where nothing has it.")
    async def node(self, info: Info, node_id: Id) -> Node | None:
        return await info.context.reads.node(node_id)

    @fetched("Several things by their ids, in their order; null where nothing has one.")
    async def nodes(
        self, info: Info, ids: Annotated[list[strawberry.ID], _argument("ids", "Their ids.")]
    ) -> list[Node | None]:
        return await info.context.reads.nodes(ids)

    @fetched("A case by its id; the id of a joined case answers with the leading one.")
    async def case(self, info: Info, node_id: Id) -> Case | None:
        return await info.context.reads.case(node_id)

    @fetched("The cases that lead, by filter and order.")
    async def cases(
        self,
        info: Info,
        *,
        chosen: Annotated[CaseFilter | None, _argument("filter", "Which ones.")] = None,
        order_by: Annotated[CaseOrder | None, _argument("orderBy", "Latest opened first if left out.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Case]:
        return await info.context.reads.cases(chosen, order_by, PageRequest(first, after, last, before))

    @fetched("A submission by its id.")
    async def submission(self, info: Info, node_id: Id) -> Submission | None:
        return await info.context.reads.submission(node_id)

    @fetched("The submissions, by filter, in the order of receipt.")
    async def submissions(
        self,
        info: Info,
        *,
        chosen: Annotated[SubmissionFilter | None, _argument("filter", "Which ones.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        order_by: ReceivedOrder = Direction.DESCENDING,
    ) -> Connection[Submission]:
        return await info.context.reads.submissions(chosen, order_by, PageRequest(first, after, last, before))

    @fetched("A party by its id; the id of a mention's former party answers with the present one.")
    async def party(self, info: Info, node_id: Id) -> Party | None:
        return await info.context.reads.party(node_id)

    @fetched("The parties, in the order in which they were first mentioned.")
    async def parties(
        self,
        info: Info,
        *,
        chosen: Annotated[PartyFilter | None, _argument("filter", "Which ones.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Party]:
        return await info.context.reads.parties(chosen, PageRequest(first, after, last, before))

    @fetched("The places, by their full names.")
    async def places(
        self,
        info: Info,
        *,
        chosen: Annotated[PlaceFilter | None, _argument("filter", "Which ones.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Place]:
        return await info.context.reads.places(chosen, PageRequest(first, after, last, before))

    @fetched("The organs, by their names.")
    async def organs(
        self, info: Info, *, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Organ]:
        return await info.context.reads.organs(PageRequest(first, after, last, before))

    @fetched("The taxonomy of topics.")
    async def topics(
        self,
        info: Info,
        *,
        under: Annotated[
            str | None, _argument("under", "Only those right below this path; the top if left out.")
        ] = None,
    ) -> list[Topic]:
        return await info.context.reads.topics(under)

    @fetched("What could not be taken in, latest first; only what is still open unless asked.")
    async def rejections(
        self,
        info: Info,
        *,
        chosen: Annotated[RejectionFilter | None, _argument("filter", "Which ones.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Rejection]:
        return await info.context.reads.rejections(chosen, PageRequest(first, after, last, before))

    @fetched("Where is it said? Full text over titles, texts, replies and attachments.")
    async def search(
        self,
        info: Info,
        *,
        query: Annotated[str, _argument("query", "What to find; empty finds everything.")] = "",
        chosen: Annotated[SearchFilter | None, _argument("filter", "What hits must be.")] = None,
        order_by: Annotated[SearchOrder, _argument("orderBy", "Which hit comes first.")] = SearchOrder.RELEVANCE,
        first: Annotated[int, _argument("first", "How many hits.")] = 20,
        after: After = None,
        facets: Annotated[list[FacetName] | None, _argument("facets", "What to count the hits by.")] = None,
    ) -> SearchConnection:
        return await info.context.reads.search(
            SearchAsked(
                query=query, filter=chosen, order=order_by, first=first, after=after, facets=tuple(facets or ())
            )
        )

    @fetched("What happened after a cursor, for whoever follows; see also `GET /sync/changes`.")
    async def changes(
        self,
        info: Info,
        *,
        after: Annotated[str | None, _argument("after", "Where to go on; from the beginning if left out.")] = None,
        first: Annotated[int, _argument("first", "How many at most.")] = 100,
    ) -> ChangePage:
        return await info.context.reads.changes(after, first)
