"""What every reader shares: nodes by key, lists and pages of what belongs to a node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from graph.reads import BY_ID
from resolvers import rows
from resolvers.cursors import PlainCursors
from resolvers.loaders import Loaders
from resolvers.pages import connection_of, page_from
from schema import answers, types

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence
    from uuid import UUID

    from graph.database import Row
    from graph.reads import Order
    from resolvers.cursors import Cursors
    from resolvers.snapshot import Snapshot
    from schema.ports import PageRequest
    from schema.types import Connection

T = TypeVar("T")

NODES: Final[dict[type, tuple[str, Callable[[Row], Any]]]] = {
    types.Case: ("cases_by_key", rows.case_of),
    types.Submission: ("submissions_by_key", rows.submission_of),
    types.Revision: ("revisions_by_key", rows.revision_of),
    types.Document: ("documents_by_key", rows.document_of),
    types.Mention: ("mentions_by_key", rows.mention_of),
    types.Party: ("parties_by_key", rows.party_of),
    types.Place: ("places_by_key", rows.place_of),
    types.Organ: ("organs_by_key", rows.organ_of),
    types.Event: ("events_by_key", rows.event_of),
    answers.Rejection: ("rejections_by_key", rows.rejection_of),
}
"""How each node is read by its key."""

NODE_TYPES: Final = {kind.__name__: kind for kind in NODES}


class GoneError(Exception):
    """A row that another one refers to is not there. The database's foreign keys should make that impossible."""


class Fetching:
    """Answers by loaders over one snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.loaders = Loaders(snapshot)

    async def renew(self) -> None:
        """See what was committed since, as a mutation's payload must."""
        self.loaders.forget()
        await self.snapshot.close()

    async def find(self, kind: type[T], key: UUID) -> T | None:
        """Return a node by its key, None where there is none."""
        statement, build = NODES[kind]
        row = await self.loaders.nodes(statement).load(key)
        return None if row is None else build(row)

    async def get(self, kind: type[T], key: UUID) -> T:
        """Return a node that another one refers to."""
        found = await self.find(kind, key)
        if found is None:
            raise GoneError(f"{kind.__name__} {key}")
        return found

    async def some(self, kind: type[T], keys: Iterable[UUID]) -> list[T]:
        """Return the nodes of these keys, in their order, without those that are not there."""
        statement, build = NODES[kind]
        found = await self.loaders.nodes(statement).load_many(list(keys))
        return [build(row) for row in found if row is not None]

    async def nodes_of(self, name: str, parent: UUID, kind: type[T]) -> list[T]:
        """Return all nodes of a list."""
        return await self.some(kind, [row["id"] for row in await self.loaders.lists(name).load(parent)])

    async def links_of(self, name: str, parent: UUID, build: Callable[[Row], T]) -> list[T]:
        """Return all ties of a list."""
        return [build(row) for row in await self.loaders.lists(name).load(parent)]

    async def page_of_nodes(
        self, name: str, parent: UUID, kind: type[T], request: PageRequest, order: Order = BY_ID
    ) -> Connection[T]:
        """Return a page of the nodes that belong to `parent`."""
        return await self.page_within(
            name, parent, request, order, cursors=PlainCursors(), build=lambda found: self.build(kind, found)
        )

    async def page_within(
        self,
        name: str,
        parent: UUID,
        request: PageRequest,
        order: Order,
        *,
        cursors: Cursors,
        build: Callable[[Sequence[Row]], Awaitable[Sequence[T]]],
    ) -> Connection[T]:
        """Return a page of what belongs to `parent`."""
        page = page_from(request, order, cursors)
        return await connection_of(
            await self.loaders.pages(name, page).load(parent),
            page,
            cursors,
            build=build,
            count=lambda: self.loaders.counts(name).load(parent),
        )

    async def build(self, kind: type[T], found: Sequence[Row]) -> list[T]:
        """Return the nodes of a page's rows, which the same snapshot has."""
        return await self.some(kind, [row["id"] for row in found])
