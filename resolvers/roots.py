"""What can be asked at the root."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from strawberry import ID

from graph.errors import InvalidError
from graph.reads import AT, BY_ID, FULL_NAME, LAST_ACTIVITY_AT, NAME, OPENED_AT, RECEIVED_AT, Order, count_of, page_of
from resolvers.belonging import CaseReads, PartyReads, SubmissionReads, directed
from resolvers.cursors import PlainCursors, not_ours
from resolvers.fetching import NODE_TYPES
from resolvers.filters import (
    case_conditions,
    party_conditions,
    place_conditions,
    rejection_conditions,
    submission_conditions,
)
from resolvers.pages import checked_size, connection_of, page_from
from resolvers.search import Searcher, answer_of, impossible, request_of
from schema import answers, types
from schema.enums import CaseOrderField, ChangeKind, Direction
from schema.errors import RequestError
from schema.ids import global_id, key_of, split_id
from schema.types import Node
from search.records import SearchPage
from sync.changes import LARGEST_PAGE, changes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graph.database import Row
    from graph.identity import Vault
    from graph.reads import Condition
    from resolvers.snapshot import Snapshot, Snapshots
    from schema import inputs
    from schema.ports import PageRequest
    from schema.types import Connection

T = TypeVar("T")
LARGEST_BATCH = 200
CASE_ORDERS = {CaseOrderField.OPENED_AT: OPENED_AT, CaseOrderField.LAST_ACTIVITY_AT: LAST_ACTIVITY_AT}


class Topics(Protocol):
    """The taxonomy of topics."""

    def children(self, path: str | None = None) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class Sources:
    """Where answers come from."""

    snapshots: Snapshots
    vault: Vault
    search: Searcher
    topics: Topics


class GraphReads(CaseReads, SubmissionReads, PartyReads):
    """Implements `schema.ports.Reads`."""

    def __init__(self, snapshot: Snapshot, sources: Sources) -> None:
        super().__init__(snapshot, sources.vault)
        self.sources = sources

    async def node(self, node_id: str) -> Node | None:
        kind, key = split_id(node_id)
        if kind not in NODE_TYPES:
            raise RequestError("INVALID_ID", "This is not an id of ours. Use one as it was given.")
        found: Node | None = await self.find(NODE_TYPES[kind], key)
        return found

    async def nodes(self, ids: Sequence[str]) -> list[Node | None]:
        if len(ids) > LARGEST_BATCH:
            message = f"At most {LARGEST_BATCH} ids are answered at once; {len(ids)} were given."
            raise RequestError("LIMIT_NODES", message, limit=LARGEST_BATCH, asked=len(ids))
        return list(await asyncio.gather(*(self.node(one) for one in ids)))

    async def case(self, node_id: str) -> types.Case | None:
        return await self.find(types.Case, key_of("Case", node_id))

    async def submission(self, node_id: str) -> types.Submission | None:
        return await self.find(types.Submission, key_of("Submission", node_id))

    async def party(self, node_id: str) -> types.Party | None:
        return await self.find(types.Party, key_of("Party", node_id))

    async def cases(
        self, chosen: inputs.CaseFilter | None, order: inputs.CaseOrder | None, page: PageRequest
    ) -> Connection[types.Case]:
        field = order.field if order else CaseOrderField.OPENED_AT
        direction = order.direction if order else Direction.DESCENDING
        return await self._all(
            "cases", types.Case, page, directed(CASE_ORDERS[field], direction), case_conditions(chosen)
        )

    async def submissions(
        self, chosen: inputs.SubmissionFilter | None, direction: Direction, page: PageRequest
    ) -> Connection[types.Submission]:
        order = directed(RECEIVED_AT, direction)
        return await self._all("submissions", types.Submission, page, order, submission_conditions(chosen))

    async def parties(self, chosen: inputs.PartyFilter | None, page: PageRequest) -> Connection[types.Party]:
        return await self._all("parties", types.Party, page, BY_ID, party_conditions(chosen))

    async def places(self, chosen: inputs.PlaceFilter | None, page: PageRequest) -> Connection[types.Place]:
        return await self._all("places", types.Place, page, FULL_NAME, place_conditions(chosen))

    async def organs(self, page: PageRequest) -> Connection[types.Organ]:
        return await self._all("organs", types.Organ, page, NAME, ())

    async def rejections(
        self, chosen: inputs.RejectionFilter | None, page: PageRequest
    ) -> Connection[answers.Rejection]:
        order = Order(AT.columns, descending=True)
        return await self._all("rejections", answers.Rejection, page, order, rejection_conditions(chosen))

    async def topics(self, under: str | None) -> list[answers.Topic]:
        return [
            answers.Topic(path=path, name=path.rpartition("/")[2], level=path.count("/") + 1)
            for path in self.sources.topics.children(under)
        ]

    async def search(self, asked: inputs.SearchAsked) -> answers.SearchConnection:
        request = request_of(asked)
        if impossible(asked.filter):
            nothing = SearchPage(total=0, hits=(), has_next_page=False, facets={})
            return answer_of(nothing, asked, {})
        try:
            page = await self.sources.search.search(request)
        except InvalidError as error:
            raise not_ours() if error.field == "after" else error from None
        found = await self.some(types.Submission, [hit.submission for hit in page.hits])
        return answer_of(page, asked, {submission.key: submission for submission in found})

    async def changes(self, after: str | None, first: int) -> answers.ChangePage:
        size = checked_size(first, LARGEST_PAGE)
        try:
            async with self.snapshot.lent() as connection:
                page = await changes(connection, self.sources.vault, after, size)
        except InvalidError:
            raise not_ours() from None
        told = [
            answers.Change(
                kind=ChangeKind(change.kind),
                node_type=change.node_type,
                id=ID(global_id(change.node_type, change.node)),
                at=change.at,
                state=change.state,
                fields=list(change.fields),
            )
            for change in page.changes
        ]
        return answers.ChangePage(changes=told, cursor=page.cursor, more=page.more)

    async def _all(
        self, name: str, kind: type[T], request: PageRequest, order: Order, conditions: Sequence[Condition]
    ) -> Connection[T]:
        cursors = PlainCursors()
        page = page_from(request, order, cursors)

        async def build(found: Sequence[Row]) -> list[T]:
            return await self.build(kind, found)

        async def count() -> int:
            (row,) = await self.snapshot.fetch(count_of(name, conditions=conditions))
            total: int = row["total"]
            return total

        rows = await self.snapshot.fetch(page_of(name, page, conditions=conditions))
        return await connection_of(rows, page, cursors, build=build, count=count)
