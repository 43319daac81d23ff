"""Answers a search: the engine finds candidates, the graph is read for them, the best are weighed and marked here."""

from __future__ import annotations

import asyncio
import base64
import binascii
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import orjson

from graph.errors import InvalidError
from graph.records import SubmissionId
from search import documents
from search.compile import compile_query
from search.engine import Lookup
from search.highlight import passages
from search.query import parse
from search.records import Hit, SearchOrder, SearchPage
from search.score import score, weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graph.database import Pool
    from search.compile import Compiled
    from search.documents import Source
    from search.engine import Candidate, Engine, Found, Term
    from search.records import SearchRequest

FOREIGN: Final = "This cursor is not one of this search. Use one as it was given, or none."
FARTHEST: Final = 1 << 63
WEIGHED: Final = 200
"""Candidates that are put into our own order; those beyond follow in the engine's."""


@dataclass(frozen=True, slots=True)
class After:
    """Where a page goes on: behind a key among the weighed, at a rank beyond them, or below a time."""

    key: tuple[float, int] | None = None
    rank: int = 0
    below: int | None = None


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate in its place; `after` is where the page behind it goes on."""

    source: Source
    score: float
    after: After


class Search:
    """The one way to ask the index."""

    def __init__(self, *, pool: Pool, engine: Engine) -> None:
        self._pool = pool
        self._engine = engine

    async def search(self, request: SearchRequest) -> SearchPage:
        """Return a page of hits with passages and facets.

        Raises QuerySyntaxError, SearchUnavailableError, and InvalidError for a cursor that is none of this search.
        """
        compiled = compile_query(parse(request.text))
        # Nothing to weigh by: the newest first.
        order = request.order if compiled.terms else SearchOrder.NEWEST
        after = _opened(request.after, order)
        lookup = Lookup(match=compiled.match, filter=request.filter, order=order, facets=request.facets)
        if order is SearchOrder.NEWEST:
            found, ranked = await self._newest(lookup, request.first, after)
        else:
            found, ranked = await self._relevant(lookup, compiled, request.first, after)
        shown, more = ranked[: request.first], len(ranked) > request.first
        return SearchPage(
            total=found.total,
            hits=tuple(_hit(one, compiled.terms, order) for one in shown),
            has_next_page=more,
            facets=dict(found.facets),
        )

    async def _newest(self, lookup: Lookup, first: int, after: After) -> tuple[Found, list[Ranked]]:
        found = await self._find(replace(lookup, limit=first + 1, below=after.below))
        sources = await self._sources(found.candidates)
        return found, [
            Ranked(sources[one.submission], 0.0, After(below=one.recency))
            for one in found.candidates
            if one.submission in sources
        ]

    async def _relevant(
        self, lookup: Lookup, compiled: Compiled, first: int, after: After
    ) -> tuple[Found, list[Ranked]]:
        found = await self._find(replace(lookup, limit=WEIGHED))
        ranked: list[Ranked] = []
        if after.rank < WEIGHED:
            ranked = await self._weighed(found.candidates, compiled.terms)
            if after.key is not None:
                ranked = [one for one in ranked if one.after.key is not None and one.after.key > after.key]
        missing = first + 1 - len(ranked)
        if missing > 0 and found.total > max(after.rank, WEIGHED):
            ranked += await self._beyond(lookup, max(after.rank, WEIGHED), missing)
        return found, ranked

    async def _weighed(self, candidates: Sequence[Candidate], terms: Sequence[Term]) -> list[Ranked]:
        total, counts = await asyncio.to_thread(self._engine.frequencies, terms)
        weighed = weights(total, dict(zip(terms, counts, strict=True)))
        sources = await self._sources(candidates)
        ranked = []
        for one in candidates:
            if source := sources.get(one.submission):
                points = score(source, weighed)
                ranked.append(Ranked(source, points, After(key=(-points, -one.recency))))
        return sorted(ranked, key=lambda one: one.after.key or (0.0, 0))

    async def _beyond(self, lookup: Lookup, rank: int, count: int) -> list[Ranked]:
        found = await self._find(replace(lookup, limit=count, offset=rank, facets=()))
        sources = await self._sources(found.candidates)
        return [
            Ranked(sources[one.submission], 0.0, After(rank=rank + place))
            for place, one in enumerate(found.candidates, 1)
            if one.submission in sources
        ]

    async def _find(self, lookup: Lookup) -> Found:
        return await asyncio.to_thread(self._engine.find, lookup)

    async def _sources(self, candidates: Sequence[Candidate]) -> dict[SubmissionId, Source]:
        """Read the candidates in the graph as it is now; one that is not there any more is no hit."""
        if not candidates:
            return {}
        async with self._pool.acquire() as connection:
            return await documents.load(connection, [one.submission for one in candidates])


def _hit(ranked: Ranked, terms: Sequence[Term], order: SearchOrder) -> Hit:
    source = ranked.source
    return Hit(
        submission=source.id, case=source.case, score=ranked.score, passages=passages(source, terms),
        cursor=_sealed(ranked.after, order),
    )  # fmt: skip


def _sealed(after: After, order: SearchOrder) -> str:
    value = [order, *(after.key or (None, None)), after.rank, after.below]
    return base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")


def _opened(cursor: str | None, order: SearchOrder) -> After:
    if cursor is None:
        return After()
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        told, points, recency, rank, below = orjson.loads(raw)
        key = None if points is None else (float(points), int(recency))
        opened = After(key, int(rank), None if below is None else int(below))
    except (ValueError, TypeError, OverflowError, binascii.Error):
        raise InvalidError("after", FOREIGN) from None
    if told != order or not 0 <= opened.rank < FARTHEST or not 0 <= (opened.below or 0) < FARTHEST:
        raise InvalidError("after", FOREIGN)
    return opened
