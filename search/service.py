"""Answers a search: the engine finds candidates, the graph is read for them, the best are weighed and marked here."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Final, Protocol

from graph.errors import InvalidError
from graph.journal import NOTHING
from graph.records import Channel, SubmissionId
from search import documents
from search.audience import audience
from search.compile import compile_query, for_number
from search.cursor import FOREIGN, After, mark, opened, sealed
from search.engine import AllOf, AnyOf, Exact, ExactField, Lookup
from search.highlight import Marker
from search.query import Not, names, parse, without_field
from search.records import Hit, SearchOrder, SearchPage
from search.score import Scorer, Weight, grained
from search.similar import Likeness
from search.standing import COVERED, Looked, look
from search.understanding import understood

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager

    from graph.database import Row
    from graph.records import CaseId
    from graph.scope import Scope
    from search.compile import Compiled
    from search.documents import Source, Texts
    from search.engine import Candidate, Engine, Found
    from search.hidden import Hidden
    from search.records import SearchRequest
    from search.similar import Similar
    from search.standing import Standing

NONE: Final = AllOf((AnyOf(()),))
"""What nothing fits."""
WEIGHED: Final = 200
"""Candidates that are put into our own order; those beyond follow, the latest first."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate in its place; `after` is where the page behind it goes on."""

    source: Source
    score: float
    after: After


@dataclass(frozen=True, slots=True)
class Answered:
    """What was found: `whole` holds all that was asked for, of which facets are, `some` only some of it."""

    whole: Found
    ranked: Sequence[Ranked]
    some: Found | None = None


class Reading(Protocol):
    """Reads what one viewer may see."""

    async def fetch(self, text: str, *values: object) -> Sequence[Row]: ...


class Reader(Protocol):
    """Lends a connection to read by under a viewer."""

    def lent(self, scope: Scope) -> AbstractAsyncContextManager[Reading]: ...


class Search:
    """The one way to ask the index."""

    def __init__(self, *, reader: Reader, engine: Engine, hidden: Hidden | None = None) -> None:
        """Take `hidden`, by which those who may find people by what is masked; nobody does without it."""
        self._reader = reader
        self._engine = engine
        self._hidden = hidden

    async def search(self, request: SearchRequest, scope: Scope) -> SearchPage:
        """Return a page of hits with passages and facets, of what a viewer may see.

        Raises QuerySyntaxError, SearchUnavailableError, and InvalidError for a cursor that is none of this search.
        """
        asking = self._asking(request, scope)
        order = asking.order
        after = opened(request.after, order)
        # What the index held when it was asked, or more: read before.
        asking.held = await self._engine.held() or NOTHING
        compiled, after = await asking.understood(after)
        lookup = replace(asking.lookup(compiled), order=order, facets=request.facets)
        if order is SearchOrder.NEWEST:
            answered = Answered(*await asking.newest(lookup, request.first + 1, after))
        else:
            answered = await asking.relevant(lookup, compiled, request.first + 1, after)
        hits = await asyncio.to_thread(_hits, answered, request.first, compiled, order)
        withheld = asking.looked.barrier > asking.held.position
        return SearchPage(
            total=None if withheld else answered.whole.total,
            loose=None if withheld else answered.some.total if answered.some else 0,
            hits=hits, has_next_page=len(answered.ranked) > request.first, order=order,
            facets={} if withheld else dict(answered.whole.facets), standing=asking.looked.standing,
        )  # fmt: skip

    async def standing(self, scope: Scope) -> Standing:
        """Tell how the index stands for a viewer, before it is asked. Raises SearchUnavailableError."""
        held = await self._engine.held() or NOTHING
        async with self._reader.lent(scope) as reading:
            return (await look(reading, held, sorted(scope.audiences))).standing

    async def matches(self, request: SearchRequest, scope: Scope) -> tuple[SubmissionId, ...]:
        """Return all that hold what is asked, the latest received first and `first` at most, unread: ids and no more.

        Whoever asks reads them under the policy. Raises QuerySyntaxError and SearchUnavailableError.
        """
        asking = self._asking(replace(request, order=SearchOrder.NEWEST), scope)
        compiled, _ = await asking.understood(After())
        lookup = replace(asking.lookup(compiled), order=SearchOrder.NEWEST, limit=request.first)
        return tuple(one.submission for one in (await self._engine.find(lookup)).candidates)

    async def similar(
        self, to: SubmissionId, scope: Scope, *, first: int, own_case: bool = False
    ) -> tuple[Similar, ...]:
        """Return what says much the same as a submission (`search.similar`). Raises SearchUnavailableError."""
        asking = Likeness(reader=self._reader, engine=self._engine, scope=scope)
        return await asking.similar(to, first=first, own_case=own_case)

    def _asking(self, request: SearchRequest, scope: Scope) -> _Asking:
        return _Asking(self._reader, self._engine, request, scope, self._hidden if request.numbers else None)


class _Asking:
    """One search of one viewer; with `hidden`, a whole number or a name finds who has it behind a mask."""

    def __init__(
        self, reader: Reader, engine: Engine, request: SearchRequest, scope: Scope, hidden: Hidden | None
    ) -> None:
        self._reader = reader
        self._engine = engine
        self._request = request
        self._scope = scope
        self._audience = audience(scope)
        self._tree = parse(request.text)
        self._people = {name: hidden.name(name) for name in names(self._tree)} if hidden else {}
        plain = compile_query(self._tree, people=self._people)
        excluding = any(isinstance(node, Not) for node in self._tree.nodes)
        self._codes = hidden.number(without_field(request.text)) if hidden and not excluding else ()
        # Nothing to weigh by: the newest first.
        self.order = request.order if plain.leaves and not self._codes else SearchOrder.NEWEST
        self.held = NOTHING
        """What the index held when it was asked."""
        self.looked = Looked(COVERED, 0)
        """How it stands for this viewer, by the last look into the graph."""

    async def understood(self, after: After) -> tuple[Compiled, After]:
        """Return what a query means, given what is there: which of its bigrams are slips, and how much each tells.

        The first page finds out, those behind it keep to that.
        """
        compiled, after = await self._meant(after)
        if self._request.cases:
            compiled = replace(compiled, filed=_filed_in(self._request.cases))
        return compiled, after

    async def _meant(self, after: After) -> tuple[Compiled, After]:
        if self._codes:
            return for_number(compile_query(self._tree), self._codes), after
        if after != After():
            compiled = compile_query(self._tree, after.slips, self._people)
            return replace(compiled, common=after.loose or frozenset()), after
        weigh = self.order is SearchOrder.RELEVANCE
        found = await understood(self._engine, self._tree, self._audience, weigh=weigh, people=self._people)
        told = tuple(weight for _, weight in found.weights)
        return found.compiled, After(slips=found.slips, until=_now() if weigh else None, weights=told)

    def lookup(self, compiled: Compiled) -> Lookup:
        """Return what the engine is asked."""
        return Lookup(match=compiled.strictly, filter=self._request.filter, audience=self._audience)

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

    async def relevant(self, lookup: Lookup, compiled: Compiled, count: int, after: After) -> Answered:
        """Return the best candidates in our own order, and behind them the rest, the latest first."""
        weighed = _paired(compiled, after.weights)
        # The first page takes all there is: to tell what came in until now costs as much as to find it.
        until = after.until if self._request.after else None
        lookup = replace(lookup, arrived_until=until, weights=grained(weighed), limit=WEIGHED)
        if after.loose is not None:
            return await self._loosely(lookup, compiled, weighed, after, count)
        if after.below is not None:
            return Answered(*await self._beyond(lookup, weighed, after, count))
        whole = await self._engine.find(lookup)
        decides = after.key is None and not self._request.cases and compiled.loosely is not None
        if decides and whole.total < compiled.few:
            return await self._loosely(lookup, compiled, weighed, after, count)
        ranked, read = await self._weighed(whole.candidates, weighed, after, count)
        # By what is seen: how many the index has of what is seen no more must not be told by this, either.
        if decides and whole.total <= WEIGHED and read < compiled.few:
            return await self._loosely(lookup, compiled, weighed, after, count)
        if len(ranked) < count and whole.total > len(whole.candidates):
            ranked += await self._rest(lookup, whole.candidates, weighed, after, count - len(ranked))
        return Answered(whole, ranked)

    async def _loosely(
        self, lookup: Lookup, compiled: Compiled, weighed: Sequence[Weight], after: After, count: int
    ) -> Answered:
        """Return the same with what holds some of what is asked, in one order with what holds all."""
        after = replace(after, loose=compiled.common)
        whole = await self._engine.find(lookup)
        loosely = replace(lookup, match=compiled.loosely or NONE, facets=())
        if after.below is not None:
            some, ranked = await self._beyond(loosely, weighed, after, count)
            return Answered(whole, ranked, some)
        some = await self._engine.find(loosely)
        candidates = [*whole.candidates, *some.candidates]
        ranked, _ = await self._weighed(candidates, weighed, after, count)
        if len(ranked) < count and some.total > len(some.candidates):
            ranked += await self._rest(loosely, candidates, weighed, after, count - len(ranked))
        return Answered(whole, ranked, some)

    async def _weighed(
        self, candidates: Sequence[Candidate], weighed: Sequence[Weight], after: After, count: int
    ) -> tuple[list[Ranked], int]:
        """Return the first candidates in our own order, of those behind `after.key`; and how many are seen."""
        async with self._reading() as reading:
            scorer = Scorer(weighed)
            found = [one.submission for one in candidates]
            texts = await documents.load_texts(reading, found, numbers=scorer.by_numbers)
            here = [one for one in candidates if one.submission in texts]
            keys = await asyncio.to_thread(_keys, here, texts, scorer)
            keyed = sorted(zip(keys, (one.submission for one in here), strict=True))
            behind = (place for place in keyed if after.key is None or place[0] > after.key)
            best = list(islice(behind, count))
            sources = await documents.load(reading, [one for _, one in best])
        ranked = [Ranked(sources[one], -key[0], replace(after, key=key)) for key, one in best if one in sources]
        return ranked, len(here)

    async def _rest(
        self, lookup: Lookup, given: Sequence[Candidate], weighed: Sequence[Weight], after: After, count: int
    ) -> list[Ranked]:
        """Return what follows those that were weighed, which come no more."""
        marks = frozenset(mark(one.submission) for one in given)
        after = replace(after, key=None, given=marks)
        return (await self._beyond(replace(lookup, facets=()), weighed, after, count))[1]

    async def _beyond(
        self, lookup: Lookup, weighed: Sequence[Weight], after: After, count: int
    ) -> tuple[Found, list[Ranked]]:
        """Return what follows the weighed, the latest first; scores tell the same as among those."""
        found, ranked = await self.newest(replace(lookup, order=SearchOrder.NEWEST), count, after)
        points = await asyncio.to_thread(_points, {one.source.id: one.source for one in ranked}, weighed)
        return found, [replace(one, score=points[one.source.id]) for one in ranked]

    async def _sources(self, candidates: Sequence[Candidate]) -> dict[SubmissionId, Source]:
        """Read the candidates in the graph as it is now; one that is not there any more, or not seen, is no hit."""
        async with self._reading() as reading:
            return await documents.load(reading, [one.submission for one in candidates])

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[Reading]:
        """Give one snapshot of the graph as this viewer sees it, and note how the index stands in it."""
        async with self._reader.lent(self._scope) as reading:
            self.looked = await look(reading, self.held, sorted(self._scope.audiences))
            yield reading


def _filed_in(cases: Sequence[CaseId]) -> AnyOf:
    """Return what is filed in these cases, which are few."""
    return AnyOf(tuple(Exact(ExactField.CASE, str(case)) for case in cases))


def _now() -> int:
    return time.time_ns() // 1_000_000


def _keys(
    candidates: Sequence[Candidate], texts: Mapping[SubmissionId, Texts], scorer: Scorer
) -> list[tuple[float, int]]:
    """Return where each candidate stands: the best first, of equal ones the latest."""
    return [(-scorer.points(texts[one.submission], one.recency), -one.recency) for one in candidates]


def _points(sources: dict[SubmissionId, Source], weighed: Sequence[Weight]) -> dict[SubmissionId, float]:
    scorer = Scorer(weighed)
    return {one: scorer.score(source) for one, source in sources.items()}


def _paired(compiled: Compiled, kept: Iterable[float]) -> list[Weight]:
    try:
        return list(zip((*compiled.leaves, *compiled.words), kept, strict=True))
    except ValueError:
        raise InvalidError("after", FOREIGN) from None


def _hits(answered: Answered, first: int, compiled: Compiled, order: SearchOrder) -> tuple[Hit, ...]:
    marker = Marker(compiled.marks)
    # Where something is found loosely, all that holds everything is among the candidates.
    whole = {one.submission for one in answered.whole.candidates}
    return tuple(
        Hit(
            submission=one.source.id, case=one.source.case, leading=one.source.leading or one.source.case,
            channel=Channel(one.source.channel), score=one.score,
            loose=answered.some is not None and one.source.id not in whole, passages=marker.passages(one.source),
            cursor=sealed(one.after, order),
        )
        for one in answered.ranked[:first]
    )  # fmt: skip
