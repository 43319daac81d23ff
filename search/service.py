"""Answers a search: the engine finds candidates, the graph is read for them, the best are weighed and marked here."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Protocol

from graph.errors import InvalidError
from graph.records import SubmissionId
from search import documents
from search.audience import audience
from search.compile import compile_query, for_number
from search.cursor import FOREIGN, After, opened, sealed
from search.engine import Lookup
from search.highlight import passages
from search.query import parse
from search.records import Hit, SearchOrder, SearchPage
from search.score import Weight, score, weights

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from contextlib import AbstractAsyncContextManager

    from graph.database import Row
    from graph.scope import Scope
    from search.compile import Compiled
    from search.documents import Source
    from search.engine import AllOf, Candidate, Engine, Found
    from search.records import SearchRequest

FEW: Final = 10
"""Where fewer hits hold all the words, those that hold some of them are hits, too: better than an empty page."""
WEIGHED: Final = 200
"""Candidates that are put into our own order; those beyond follow in the engine's."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate in its place; `after` is where the page behind it goes on."""

    source: Source
    score: float
    after: After


class Reading(Protocol):
    """Reads what one viewer may see."""

    async def fetch(self, text: str, *values: object) -> Sequence[Row]: ...
    async def fetchval(self, text: str, *values: object) -> Any: ...


class Reader(Protocol):
    """Lends a connection to read by under a viewer."""

    def lent(self, scope: Scope) -> AbstractAsyncContextManager[Reading]: ...


class Search:
    """The one way to ask the index."""

    def __init__(
        self, *, reader: Reader, engine: Engine, tokens_of: Callable[[str], tuple[str, ...]] = lambda _: ()
    ) -> None:
        """Take `tokens_of`, which returns the codes of the number that a text is; nothing where it is none."""
        self._reader = reader
        self._engine = engine
        self._tokens_of = tokens_of

    async def search(self, request: SearchRequest, scope: Scope) -> SearchPage:
        """Return a page of hits with passages and facets, of what a viewer may see.

        Raises QuerySyntaxError, SearchUnavailableError, and InvalidError for a cursor that is none of this search.
        """
        compiled = compile_query(parse(request.text))
        if request.numbers and not compiled.match.without and (tokens := self._tokens_of(request.text)):
            compiled = for_number(compiled, tokens)
        # Nothing to weigh by: the newest first.
        order = request.order if compiled.terms else SearchOrder.NEWEST
        after = opened(request.after, order)
        lookup = Lookup(
            match=compiled.match, filter=request.filter, order=order, facets=request.facets, audience=audience(scope)
        )
        # What the index held when it was asked, or more: read before.
        held = await asyncio.to_thread(self._engine.position) or 0
        asking = _Asking(self._reader, self._engine, scope)
        if order is SearchOrder.NEWEST:
            found, ranked = await asking.newest(lookup, request.first + 1, after)
        else:
            found, ranked = await asking.relevant(lookup, compiled, request.first + 1, after)
        withheld = await asking.barrier() > held
        hits = await asyncio.to_thread(lambda: tuple(_hit(one, compiled, order) for one in ranked[: request.first]))
        more = len(ranked) > request.first
        if withheld:
            return SearchPage(total=None, hits=hits, has_next_page=more, facets={})
        return SearchPage(total=found.total, hits=hits, has_next_page=more, facets=dict(found.facets))


class _Asking:
    """One search of one viewer."""

    def __init__(self, reader: Reader, engine: Engine, scope: Scope) -> None:
        self._reader = reader
        self._engine = engine
        self._scope = scope

    async def barrier(self) -> int:
        """Return how far the index must have come before this viewer is given counts."""
        async with self._reader.lent(self._scope) as reading:
            return int(await reading.fetchval(documents.SQL.barrier, list(self._scope.audiences)))

    async def newest(self, lookup: Lookup, count: int, after: After) -> tuple[Found, list[Ranked]]:
        first = found = await self._find(replace(lookup, limit=count, below=after.below))
        ranked = await self._newest_of(found)
        # A hit that the graph no longer has leaves a gap, which the next ones fill.
        while len(ranked) < count == len(found.candidates):
            below = found.candidates[-1].recency
            found = await self._find(replace(lookup, limit=count, below=below, facets=()))
            ranked += await self._newest_of(found)
        return first, ranked

    async def _newest_of(self, found: Found) -> list[Ranked]:
        sources = await self._sources(found.candidates)
        return [
            Ranked(sources[one.submission], 0.0, After(below=one.recency))
            for one in found.candidates
            if one.submission in sources
        ]

    async def relevant(
        self, lookup: Lookup, compiled: Compiled, count: int, after: After
    ) -> tuple[Found, list[Ranked]]:
        if after.loose and compiled.loose:
            lookup = replace(lookup, match=compiled.loose)
        limit = WEIGHED if after.rank < WEIGHED else 1
        found = await self._find(replace(lookup, limit=limit))
        if not after.weights and found.total < FEW and compiled.loose:
            after, lookup = replace(after, loose=True), replace(lookup, match=compiled.loose)
            found = await self._find(replace(lookup, limit=limit))
        ranked: list[Ranked] = []
        if not after.weights:
            after = replace(
                after, weights=tuple(weight for _, weight in await self._weights(compiled, lookup.audience))
            )
        if after.rank < WEIGHED:
            ranked = await self._weighed(found.candidates, _paired(compiled, after.weights), after)
        if len(ranked) < count and found.total > max(after.rank, WEIGHED):
            ranked += await self._beyond(lookup, compiled, replace(after, key=None), count - len(ranked))
        return found, ranked

    async def _weights(self, compiled: Compiled, seen: AllOf) -> Sequence[Weight]:
        total, counts = await asyncio.to_thread(self._engine.frequencies, compiled.terms, seen)
        return weights(total, dict(zip(compiled.terms, counts, strict=True)), compiled.words)

    async def _weighed(self, candidates: Sequence[Candidate], weighed: Sequence[Weight], after: After) -> list[Ranked]:
        """Return the candidates in our own order, those behind `after.key`."""
        sources = await self._sources(candidates)
        points = await asyncio.to_thread(_points, sources, weighed)
        here = [one for one in candidates if one.submission in sources]
        keyed = sorted(((-points[one.submission], -one.recency), one) for one in here)
        return [
            Ranked(sources[one.submission], -key[0], replace(after, key=key))
            for key, one in keyed
            if after.key is None or key > after.key
        ]

    async def _beyond(self, lookup: Lookup, compiled: Compiled, after: After, count: int) -> list[Ranked]:
        """Return what follows the candidates in our order, in the engine's; scores tell the same as there."""
        ranked: list[Ranked] = []
        rank = max(after.rank, WEIGHED)
        weighed = _paired(compiled, after.weights)
        while len(ranked) < count:
            found = await self._find(replace(lookup, limit=count, offset=rank, facets=()))
            sources = await self._sources(found.candidates)
            points = await asyncio.to_thread(_points, sources, weighed)
            ranked += [
                Ranked(sources[one.submission], points[one.submission], replace(after, rank=rank + place))
                for place, one in enumerate(found.candidates, 1)
                if one.submission in sources
            ]
            rank += len(found.candidates)
            if len(found.candidates) < count:
                break
        return ranked

    async def _find(self, lookup: Lookup) -> Found:
        return await asyncio.to_thread(self._engine.find, lookup)

    async def _sources(self, candidates: Sequence[Candidate]) -> dict[SubmissionId, Source]:
        """Read the candidates in the graph as it is now; one that is not there any more, or not seen, is no hit."""
        if not candidates:
            return {}
        async with self._reader.lent(self._scope) as reading:
            return await documents.load(reading, [one.submission for one in candidates])


def _points(sources: dict[SubmissionId, Source], weighed: Sequence[Weight]) -> dict[SubmissionId, float]:
    return {one: score(source, weighed) for one, source in sources.items()}


def _paired(compiled: Compiled, kept: Iterable[float]) -> list[Weight]:
    try:
        return list(zip((*compiled.terms, *compiled.words), kept, strict=True))
    except ValueError:
        raise InvalidError("after", FOREIGN) from None


def _hit(ranked: Ranked, compiled: Compiled, order: SearchOrder) -> Hit:
    source = ranked.source
    return Hit(
        submission=source.id, case=source.case, score=ranked.score, passages=passages(source, compiled.terms),
        cursor=sealed(ranked.after, order),
    )  # fmt: skip
