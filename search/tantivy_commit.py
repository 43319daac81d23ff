"""What one commit of tantivy's answers; the files are known to `search.tantivy_engine`."""

from __future__ import annotations

from dataclasses import replace
from struct import Struct
from typing import TYPE_CHECKING, Any, Final

from tantivy import Query

from graph.database import Uuid
from graph.journal import Reached
from graph.records import Position, SubmissionId
from search.engine import GRAIN, AllOf, Candidate, Found, varies
from search.recency import share_of
from search.records import SearchOrder
from search.tantivy_questions import LATENESS, SCHEMA, below, facets_of, fitting, query_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    import tantivy

    from search.engine import Leaf, Lookup

    Scored = tuple[float, int, tantivy.DocAddress]
    """A score, a recency, and where the document lies."""

BOTH_HALVES: Final = Struct(">QQ").pack
"""The bytes of an id, of its halves as numbers."""
MOST_COUNTS: Final = 10_000
"""Counts of one commit that are kept."""
TIED: Final = (100, 1_000)
"""Candidates that are read beyond those asked for, since tantivy gives some days the same score: those are put in order
here. More where so many are not enough."""


class Commit:
    """What one commit holds. What is counted in it is counted once."""

    def __init__(self, searcher: tantivy.Searcher, seen: tuple[object, ...]) -> None:
        self.searcher = searcher
        self.seen = seen
        """The generation, and by what its commits are told apart."""
        self.held = _held(searcher)
        """How much of the journal it holds; None where it holds nothing yet."""
        self._counts: dict[Hashable, int] = {}

    def find(self, lookup: Lookup) -> Found:
        """Return what matches."""
        by_time = lookup.order is SearchOrder.NEWEST or not varies(lookup.match, lookup.weights)
        query = query_of(lookup, by_time=by_time)
        bound = lookup.below if lookup.order is SearchOrder.NEWEST else None
        # tantivy takes memory for all that it is asked for, and ends the process where there is not so much.
        limit = min(lookup.limit, self.searcher.num_docs)
        if by_time:
            total, candidates = _latest(self.searcher, below(query, bound), limit)
        else:
            total, candidates = _best(self.searcher, query, limit)
        if bound is not None:
            # Whoever leafs through the pages is told how many there are on each.
            total = self._once((lookup.match, lookup.filter, lookup.audience, lookup.arrived_until), query)
        return Found(total, candidates, facets_of(self.searcher, query, lookup.facets))

    def counted(self, audience: AllOf, leaf: Leaf | None = None) -> int:
        """Return how many documents an asker may see, or how many of them hold a leaf."""
        if leaf is None and audience == AllOf():
            return self.searcher.num_docs - (self.held is not None)
        held = () if leaf is None else (leaf,)
        return self._once((audience, leaf), fitting(replace(audience, nodes=(*audience.nodes, *held))))

    def _once(self, key: Hashable, query: Query) -> int:
        # Not `doc_freq`, which counts copies that were replaced: as many as are not merged away yet.
        found = self._counts.get(key)
        if found is None:
            if len(self._counts) >= MOST_COUNTS:
                self._counts.clear()
            found = self._counts[key] = _count(self.searcher, query)
        return found


def _held(searcher: tantivy.Searcher) -> Reached | None:
    hits = searcher.search(Query.term_query(SCHEMA, "about", "index", "basic"), limit=1).hits
    if not hits:
        return None
    told = searcher.doc(hits[0][1])
    return Reached(Position(told["position"][0]), bytes.fromhex(told["link"][0]))


def _latest(searcher: tantivy.Searcher, query: Query, limit: int) -> tuple[int, tuple[Candidate, ...]]:
    result = searcher.search(query, limit=max(limit, 1), order_by_field="recency")
    return _total(result), _candidates(searcher, [(0.0, *hit) for hit in result.hits[:limit]])


def _best(searcher: tantivy.Searcher, query: Query, limit: int) -> tuple[int, tuple[Candidate, ...]]:
    """Return the candidates with the greatest scores, of equal ones the latest."""
    for tied in TIED:
        result = searcher.search(query, limit=limit + tied, weight_by_field="lateness")
        hits = result.hits
        least = hits[limit - 1][0] if len(hits) >= limit > 0 else 0.0
        if len(hits) < limit + tied or hits[-1][0] < least:
            break
    scored = _scored(searcher, [hit for hit in hits if hit[0] >= least])
    scored.sort(key=lambda one: one[:2], reverse=True)
    return _total(result), _candidates(searcher, scored[:limit])


def _scored(searcher: tantivy.Searcher, hits: Sequence[tuple[Any, tantivy.DocAddress]]) -> list[Scored]:
    """Return what was found with its score, without what lateness added, and its recency."""
    recencies = _numbers(searcher, "recency", [address for _, address in hits])
    return [
        (round(score / (1 + LATENESS * share_of(recent)) * GRAIN) / GRAIN, recent, address)
        for (score, address), recent in zip(hits, recencies, strict=True)
    ]


def _candidates(searcher: tantivy.Searcher, scored: Sequence[Scored]) -> tuple[Candidate, ...]:
    halves = (_numbers(searcher, name, [address for _, _, address in scored]) for name in ("high", "low"))
    return tuple(
        Candidate(SubmissionId(Uuid(BOTH_HALVES(high, low))), score, recent)
        for (score, recent, _), high, low in zip(scored, *halves, strict=True)
    )


def _numbers(searcher: tantivy.Searcher, name: str, addresses: list[tantivy.DocAddress]) -> Sequence[Any]:
    return searcher.fast_field_values(name, addresses) if addresses else ()


def _count(searcher: tantivy.Searcher, query: Query) -> int:
    return _total(searcher.search(query, limit=1))


def _total(result: tantivy.SearchResult) -> int:
    return int(result.count)  # type: ignore[attr-defined]  # the stub forgets it
