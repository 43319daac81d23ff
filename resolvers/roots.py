"""What the planner's statement does not answer by itself: ids of any type, topics, search, the journal.

Nodes are answered as references, which the planner reads.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from strawberry import ID

from graph.errors import InvalidError
from graph.records import SubmissionId
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
)
from schema import answers
from schema.bindings import ROWS
from schema.enums import ChangeKind, SuggestionKind
from schema.errors import LimitError, RequestError
from schema.ids import global_id, key_of, split_id
from search.documents import SQL
from search.grouping import CasePage
from search.records import SearchFilter, SearchOrder, SearchPage, SearchRequest
from search.standing import worst
from search.suggestions import holds, organ_suggestions, sounds, suggested
from sync.changes import LARGEST_PAGE, changes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from graph.identity import Vault
    from graph.scope import Scope
    from resolvers.reader import Reader
    from schema import inputs
    from schema.types import Node
    from search.standing import Standing, worst
from search.suggestions import Suggestion, Vocabulary

T = TypeVar("T")
LARGEST_BATCH = 200
LONGEST_NAME = 200
"""Characters of what is typed; nothing that is suggested has a longer name."""
NODE_TYPES = frozenset(kind.__name__ for kind in ROWS)


class Topics(Protocol):
    """The taxonomy of topics."""

    def all(self) -> tuple[str, ...]: ...
    def children(self, path: str | None = None) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class Sources:
    """Where answers come from."""

    reader: Reader
    vault: Vault
    search: Searcher
    by_case: CaseSearcher
    vocabulary: Vocabulary
    topics: Topics
    page_size: int
    """Hits that one page may have."""


def ref(kind: type[T], key: UUID) -> T:
    """Return a reference that stands for a node until it is read."""
    return cast("T", Ref(kind.__name__, key))


class GraphReads:
    """Implements `schema.ports.Reads` for one viewer."""

    def __init__(self, sources: Sources, scope: Scope) -> None:
        self._sources = sources
        self._scope = scope
        self._standing: Standing | None = None
        """How the index stood when it was asked, at worst; None where nobody asked it."""

    async def node(self, node_id: str) -> Node | None:
        return _node(node_id)

    async def nodes(self, ids: Sequence[str]) -> list[Node | None]:
        if len(ids) > LARGEST_BATCH:
            message = f"At most {LARGEST_BATCH} ids are answered at once; {len(ids)} were given."
            raise LimitError("LIMIT_NODES", message, limit=LARGEST_BATCH, asked=len(ids))
        return [_node(one) for one in ids]

    async def topics(self, under: str | None) -> list[answers.Topic]:
        return [
            answers.Topic(path=path, name=path.rpartition("/")[2], level=path.count("/") + 1)
            for path in self._sources.topics.children(under)
        ]

    async def search(self, asked: inputs.SearchAsked) -> answers.SearchConnection:
        request = request_of(asked, self._sources.page_size, numbers="identities" in self._scope.may)
        if impossible(asked.filter):
            return answer_of(SearchPage(total=0, loose=0, hits=(), has_next_page=False, facets={}), asked, ref)
        try:
            page = await self._sources.search.search(request, self._scope)
        except InvalidError as error:
            raise not_ours() if error.field == "after" else error from None
        self._standing = worst(self._standing, page.standing)
        return answer_of(page, asked, ref)

    async def search_cases(self, asked: inputs.SearchAsked) -> answers.CaseSearchConnection:
        request = request_of(asked, MOST_CASES, numbers="identities" in self._scope.may)
        if impossible(asked.filter):
            return cases_of(CasePage(total=0, loose=0, cases=(), has_next_page=False, facets={}), asked, ref)
        try:
            page = await self._sources.by_case.search(request, self._scope)
        except InvalidError as error:
            raise not_ours() if error.field == "after" else error from None
        self._standing = worst(self._standing, page.standing)
        return cases_of(page, asked, ref)

    async def similar(self, to: str, first: int, *, own_case: bool) -> list[answers.SimilarHit]:
        key, size = SubmissionId(key_of("Submission", to)), checked_size(first, MOST_CASES)
        await self._stand()
        found = await self._sources.search.similar(key, self._scope, first=size, own_case=own_case)
        return [similar_of(one, ref) for one in found]

    async def suggest(self, text: str, first: int) -> list[answers.Suggestion]:
        typed, size = normalise(clean("text", text)).strip(), checked_size(first, MOST_CASES)
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
            text=text, filter=SearchFilter(division=indexed(division)), order=SearchOrder.NEWEST,
            first=MOST_MATCHES + 1, numbers="identities" in self._scope.may,
        )  # fmt: skip
        await self._stand()
        return await self._sources.search.matches(request, self._scope)

    def notices(self) -> dict[str, Any]:
        """Say where the index covered less than the whole, however its hits were asked for."""
        return {} if self._standing is None or self._standing.complete else {"search": asdict(self._standing)}

    async def _stand(self) -> None:
        """Note how the index stands before it is asked for what has no room to say so."""
        self._standing = worst(self._standing, await self._sources.search.standing(self._scope))

    async def changes(self, after: str | None, first: int) -> answers.ChangePage:
        size = checked_size(first, LARGEST_PAGE)
        try:
            async with self._sources.reader.lent(self._scope) as connection:
                page = await changes(connection, self._sources.vault, self._scope.name, after, size)
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


def _found(vocabulary: Vocabulary, organs: Sequence[str], typed: str, first: int) -> list[Suggestion]:
    """Return what is suggested of the vocabulary and these organs. Pure, and long where organs are many."""
    holding = (one for one in organ_suggestions(organs) if holds(one, typed))
    return suggested([*vocabulary.holding(typed), *holding], typed, first)


def _node(node_id: str) -> Node:
    kind, key = split_id(node_id)
    if kind not in NODE_TYPES:
        raise RequestError("INVALID_ID", "This is not an id of ours. Use one as it was given.")
    return cast("Node", Ref(kind, key))
