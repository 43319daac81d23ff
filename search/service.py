"""Answers a search: the engine finds candidates, the graph is read for them, the best are weighed and marked here."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Protocol

from graph.errors import InvalidError
from graph.records import Channel, SubmissionId
from search import documents
from search.audience import audience
from search.compile import compile_query, for_number
from search.cursor import FOREIGN, After, mark, opened, sealed
from search.engine import GRAIN, AllOf, AnyOf, Exact, ExactField, Lookup
from search.highlight import passages
from search.query import parse
from search.records import Hit, SearchOrder, SearchPage
from search.score import Weight, score, weights
from search.similar import Likeness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from contextlib import AbstractAsyncContextManager

    from graph.database import Row
    from graph.records import CaseId
    from graph.scope import Scope
    from search.compile import Compiled
    from search.documents import Source
    from search.engine import Candidate, Engine, Found, Leaf
    from search.records import SearchRequest
    from search.similar import Similar

FEW: Final = 10
"""Where fewer hits hold all the words, those that hold some of them are hits, too: better than an empty page."""
WEIGHED: Final = 200
"""Candidates that are put into our own order; those beyond follow, the latest first."""


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
        compiled = self._compiled(request)
        # Nothing to weigh by: the newest first.
        order = request.order if compiled.terms else SearchOrder.NEWEST
        after = opened(request.after, order)
        if request.cases:
            compiled = _filed_in(compiled, request.cases, loose=after.loose)
        lookup = Lookup(
            match=compiled.match, filter=request.filter, order=order, facets=request.facets, audience=audience(scope)
        )
        # What the index held when it was asked, or more: read before.
        held = await self._engine.position() or 0
        asking = _Asking(self._reader, self._engine, scope)
        if order is SearchOrder.NEWEST:
            found, ranked = await asking.newest(lookup, request.first + 1, after)
        else:
            found, ranked = await asking.relevant(lookup, compiled, request.first + 1, after)
        withheld = await asking.barrier() > held
        hits = await asyncio.to_thread(lambda: tuple(_hit(one, compiled, order) for one in ranked[: request.first]))
        more = len(ranked) > request.first
        if withheld:
            return SearchPage(total=None, hits=hits, has_next_page=more, order=order, facets={})
        return SearchPage(total=found.total, hits=hits, has_next_page=more, order=order, facets=dict(found.facets))

    async def matches(self, request: SearchRequest, scope: Scope) -> tuple[SubmissionId, ...]:
        """Return all that hold what is asked, the latest received first and `first` at most, unread: ids and no more.

        Whoever asks reads them under the policy. Raises QuerySyntaxError and SearchUnavailableError.
        """
        lookup = Lookup(
            match=self._compiled(request).match, filter=request.filter, order=SearchOrder.NEWEST, limit=request.first,
            audience=audience(scope),
        )  # fmt: skip
        return tuple(one.submission for one in (await self._engine.find(lookup)).candidates)

    async def similar(
        self, to: SubmissionId, scope: Scope, *, first: int, own_case: bool = False
    ) -> tuple[Similar, ...]:
        """Return what says much the same as a submission (`search.similar`). Raises SearchUnavailableError."""
        asking = Likeness(reader=self._reader, engine=self._engine, scope=scope)
        return await asking.similar(to, first=first, own_case=own_case)

    def _compiled(self, request: SearchRequest) -> Compiled:
        """Return what to look for; a whole number finds what holds it behind a mask where the asker may."""
        compiled = compile_query(parse(request.text))
        if request.numbers and not compiled.match.without and (tokens := self._tokens_of(request.text)):
            return for_number(compiled, tokens)
        return compiled


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
        """Return what follows a time, the latest first, but those that were given already."""
        found = await self._engine.find(replace(lookup, limit=count + len(after.given), below=after.below))
        first, wanted, ranked = found, count + len(after.given), await self._newest_of(found, after)
        # A hit that the graph no longer has leaves a gap, which the next ones fill.
        while len(ranked) < count and len(found.candidates) == wanted:
            wanted, below = count, found.candidates[-1].recency
            found = await self._engine.find(replace(lookup, limit=wanted, below=below, facets=()))
            ranked += await self._newest_of(found, after)
        return first, ranked[:count]

    async def _newest_of(self, found: Found, after: After) -> list[Ranked]:
        candidates = [one for one in found.candidates if mark(one.submission) not in after.given]
        sources = await self._sources(candidates)
        return [
            Ranked(sources[one.submission], 0.0, replace(after, key=None, below=one.recency))
            for one in candidates
            if one.submission in sources
        ]

    async def relevant(
        self, lookup: Lookup, compiled: Compiled, count: int, after: After
    ) -> tuple[Found, list[Ranked]]:
        """Return the best candidates in our own order, and behind them the rest, the latest first."""
        if not after.weights:
            after = replace(after, until=_now(), weights=await self._weights(compiled, lookup.audience))
        weighed = _paired(compiled, after.weights)
        lookup = replace(lookup, arrived_until=after.until, weights=_leaves(weighed), limit=WEIGHED)
        if after.loose and compiled.loose:
            lookup = replace(lookup, match=compiled.loose)
        if after.below is not None:
            return await self._beyond(lookup, weighed, after, count)
        found = await self._engine.find(lookup)
        if after.key is None and found.total < FEW and compiled.loose:
            after, lookup = replace(after, loose=True), replace(lookup, match=compiled.loose)
            found = await self._engine.find(lookup)
        ranked = await self._weighed(found.candidates, weighed, after)
        if len(ranked) < count and found.total > len(found.candidates):
            given = frozenset(mark(one.submission) for one in found.candidates)
            _, rest = await self._beyond(
                replace(lookup, facets=()), weighed, replace(after, key=None, given=given), count - len(ranked)
            )
            ranked += rest
        return found, ranked

    async def _weights(self, compiled: Compiled, seen: AllOf) -> tuple[float, ...]:
        total, counts = await self._engine.frequencies(compiled.terms, seen)
        return tuple(
            weight for _, weight in weights(total, dict(zip(compiled.terms, counts, strict=True)), compiled.words)
        )

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

    async def _beyond(
        self, lookup: Lookup, weighed: Sequence[Weight], after: After, count: int
    ) -> tuple[Found, list[Ranked]]:
        """Return what follows the weighed, the latest first; scores tell the same as among those."""
        found, ranked = await self.newest(replace(lookup, order=SearchOrder.NEWEST), count, after)
        points = await asyncio.to_thread(_points, {one.source.id: one.source for one in ranked}, weighed)
        return found, [replace(one, score=points[one.source.id]) for one in ranked]

    async def _sources(self, candidates: Sequence[Candidate]) -> dict[SubmissionId, Source]:
        """Read the candidates in the graph as it is now; one that is not there any more, or not seen, is no hit."""
        if not candidates:
            return {}
        async with self._reader.lent(self._scope) as reading:
            return await documents.load(reading, [one.submission for one in candidates])


def _filed_in(compiled: Compiled, cases: Sequence[CaseId], *, loose: bool) -> Compiled:
    """Return the same of what is filed in these cases alone, which are few: only a whole search decides to be loose."""
    filed = AnyOf(tuple(Exact(ExactField.CASE, str(case)) for case in cases))
    asked = compiled.loose if loose and compiled.loose else compiled.match
    return replace(compiled, match=AllOf((filed, *asked.nodes), asked.without), loose=None)


def _now() -> int:
    return time.time_ns() // 1_000_000


def _leaves(weighed: Sequence[Weight]) -> dict[Leaf, float]:
    """Return the weights by which engines choose candidates: of what is indexed alone, in their grain."""
    return {what: round(weight * GRAIN) / GRAIN for what, weight in weighed if not isinstance(what, str)}


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
        submission=source.id, case=source.case, leading=source.leading or source.case, channel=Channel(source.channel),
        score=ranked.score, passages=passages(source, compiled.terms),
        cursor=sealed(ranked.after, order),
    )  # fmt: skip
