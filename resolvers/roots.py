"""What the planner's statement does not answer by itself: ids of any type, topics, search, the journal.

Nodes are answered as references, which the planner reads.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from strawberry import ID

from graph.divisions import divisions
from graph.errors import InvalidError
from graph.policy import EVERYWHERE, Action, Clearance, Role, allows
from graph.records import SubmissionId
from graph.scope import scope as scope_of
from graph.text.normalise import normalise
from resolvers.conditions import clean
from resolvers.cursors import not_ours
from resolvers.finishing import Ref
from resolvers.history import MOST_MATCHES
from resolvers.pages import checked_size
from resolvers.search import (
    MOST_CASES,
    CaseSearcher,
    Searcher,
    answer_of,
    cases_of,
    impossible,
    indexed,
    request_of,
    similar_of,
    topic_of,
)
from schema import answers
from schema.bindings import ROWS
from schema.enums import ChangeKind, SuggestionKind
from schema.errors import LimitError, RequestError, argument
from schema.ids import global_id, key_of, split_id
from schema.types import Node, Organ
from search.documents import SQL
from search.grouping import CasePage
from search.query_tokens import QuerySyntaxError
from search.records import SearchOrder, SearchPage, SearchRequest
from search.standing import worst
from search.suggestions import holds, organ_suggestions, sounds, suggested
from sync.changes import LARGEST_PAGE, changes, cursor_of_now
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from graph.policy import Viewer
    from resolvers.conditions import Instance
    from resolvers.reader import Reader
    from schema import inputs
    from search.standing import Standing, worst
from search.suggestions import Suggestion, Vocabulary

T = TypeVar("T")
LARGEST_BATCH = 200
LONGEST_NAME = 200
"""Characters of what is typed; nothing that is suggested has a longer name."""
NODE_TYPES = frozenset(kind.__name__ for kind in ROWS if issubclass(kind, Node))


class Topics(Protocol):
    """The taxonomy of topics."""

    def all(self) -> tuple[str, ...]: ...
    def children(self, path: str | None = None) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class Sources:
    """Where answers come from."""

    reader: Reader
    search: Searcher
    by_case: CaseSearcher
    vocabulary: Vocabulary
    topics: Topics
    instance: Instance
    page_size: int
    """Hits that one page may have."""


def ref(kind: type[T], key: UUID) -> T:
    """Return a reference that stands for a node until it is read."""
    return cast("T", Ref(kind.__name__, key))


class GraphReads:
    """Implements `schema.ports.Reads` for one viewer."""

    def __init__(self, sources: Sources, viewer: Viewer) -> None:
        self._sources = sources
        self._viewer = viewer
        self._scope = scope_of(viewer)
        self._standing: Standing | None = None
        """How the index stood when it was asked, at worst; None where nobody asked it."""

    async def node(self, node_id: str) -> Node | None:
        return _node(node_id, "id")

    async def nodes(self, ids: Sequence[str]) -> list[Node | None]:
        if len(ids) > LARGEST_BATCH:
            message = Wording(
                "At most {largest} ids are answered at once; {count} were given.", largest=LARGEST_BATCH, count=len(ids)
            )
            raise LimitError("LIMIT_NODES", message, limit=LARGEST_BATCH, asked=len(ids), argument="ids")
        return [_node_or_error(one, f"ids.{place}") for place, one in enumerate(ids)]

    async def viewer(self) -> answers.Viewer:
        viewer = self._viewer
        return answers.Viewer(
            name=viewer.name,
            roles=[one for one in Role if one in viewer.roles],
            everywhere=EVERYWHERE in viewer.divisions,
            divisions=[_division_of(code) for code in sorted(viewer.divisions) if code != EVERYWHERE],
            organs=[ref(Organ, one) for one in sorted(viewer.organs)],
            clearances=[one for one in Clearance if one in viewer.clearances],
            may=[action for action in Action if allows(viewer, action)],
        )

    async def topics(self, under: str | None) -> list[answers.Topic]:
        return [topic_of(path) for path in self._sources.topics.children(under)]

    async def search(self, asked: inputs.SearchAsked) -> answers.SearchConnection:
        request = request_of(
            asked, self._sources.page_size, self._sources.instance.zone, numbers="identities" in self._scope.may
        )
        if impossible(asked.filter):
            return answer_of(SearchPage(total=0, loose=0, hits=(), has_next_page=False, facets={}), asked, ref)
        try:
            page = await self._sources.search.search(request, self._scope)
        except InvalidError as error:
            raise not_ours("after") if error.field == "after" else error from None
        self._standing = worst(self._standing, page.standing)
        return answer_of(page, asked, ref)

    async def search_cases(self, asked: inputs.SearchAsked) -> answers.CaseSearchConnection:
        request = request_of(asked, MOST_CASES, self._sources.instance.zone, numbers="identities" in self._scope.may)
        if impossible(asked.filter):
            return cases_of(CasePage(total=0, loose=0, cases=(), has_next_page=False, facets={}), asked, ref)
        try:
            page = await self._sources.by_case.search(request, self._scope)
        except InvalidError as error:
            raise not_ours("after") if error.field == "after" else error from None
        self._standing = worst(self._standing, page.standing)
        return cases_of(page, asked, ref)

    async def similar(self, to: str, first: int, *, own_case: bool) -> list[answers.SimilarHit]:
        with argument("to"):
            key = SubmissionId(key_of("Submission", to))
        with argument("first"):
            size = checked_size(first, MOST_CASES)
        await self._stand()
        found = await self._sources.search.similar(key, self._scope, first=size, own_case=own_case)
        return [similar_of(one, ref) for one in found]

    async def suggest(self, text: str, first: int) -> list[answers.Suggestion]:
        with argument("text"):
            typed = normalise(clean("text", text)).strip()
        with argument("first"):
            size = checked_size(first, MOST_CASES)
        if not 0 < len(typed) <= LONGEST_NAME:
            return []
        async with self._sources.reader.lent(self._scope) as connection:
            # Names are not stored as they are read: by the sound all of them are looked at.
            names = await connection.fetch(SQL.organs_named, "" if sounds(typed) else typed)
        found = await asyncio.to_thread(_found, self._sources.vocabulary, [row["name"] for row in names], typed, size)
        return [
            answers.Suggestion(kind=SuggestionKind(one.kind.name), label=one.label, query=one.query) for one in found
        ]

    async def matches(self, text: str, division: str | None) -> Sequence[UUID]:
        """Return the submissions that match, the latest first: one more than are told apart where they are cut."""
        request = SearchRequest(
            text=text, order=SearchOrder.NEWEST,
            first=MOST_MATCHES + 1, numbers="identities" in self._scope.may,
        )  # fmt: skip
        await self._stand()
        try:
            return await self._sources.search.matches(request, self._scope, indexed(division))
        except QuerySyntaxError as error:
            raise RequestError("QUERY_SYNTAX", error.message, position=error.position, argument="matching") from None

    async def changes_cursor(self) -> str:
        async with self._sources.reader.lent(self._scope) as connection:
            return await cursor_of_now(connection, self._sources.instance.vault, self._scope.name)

    def notices(self) -> dict[str, Any]:
        """Say where the index covered less than the whole, however its hits were asked for."""
        return {} if self._standing is None or self._standing.complete else {"search": asdict(self._standing)}

    async def _stand(self) -> None:
        """Note how the index stands before it is asked for what has no room to say so."""
        self._standing = worst(self._standing, await self._sources.search.standing(self._scope))

    async def changes(self, after: str | None, first: int) -> answers.ChangePage:
        with argument("first"):
            size = checked_size(first, LARGEST_PAGE)
        try:
            async with self._sources.reader.lent(self._scope) as connection:
                page = await changes(connection, self._sources.instance.vault, self._scope.name, after, size)
        except InvalidError:
            raise not_ours("after") from None
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


def _division_of(prefix: str) -> answers.ViewerDivision:
    found = divisions().get(prefix.ljust(6, "0"))
    return answers.ViewerDivision(code=prefix, name=None if found is None else found.full_name)


def _found(vocabulary: Vocabulary, organs: Sequence[str], typed: str, first: int) -> list[Suggestion]:
    """Return what is suggested of the vocabulary and these organs. Pure, and long where organs are many."""
    holding = (one for one in organ_suggestions(organs) if holds(one, typed))
    return suggested([*vocabulary.holding(typed), *holding], typed, first)


def _node(node_id: str, blamed: str) -> Node:
    with argument(blamed):
        kind, key = split_id(node_id)
        if kind not in NODE_TYPES:
            raise RequestError("INVALID_ID", Wording("This is not an id of ours. Use one as it was given."))
    return cast("Node", Ref(kind, key))


def _node_or_error(node_id: str, blamed: str) -> Node | None:
    """Return what an id names, or the error that stands in its place: the others are answered."""
    try:
        return _node(node_id, blamed)
    except RequestError as error:
        return cast("Node", error)
