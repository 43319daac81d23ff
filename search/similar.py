"""What else says much the same? The telling terms of one submission are looked for in all others.

Engines have a "more like this" of their own, each another one; ours is a lookup as every search is, so both answer
alike.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from graph.text.normalise import normalise
from graph.text.tokens import bigrams
from search import documents
from search.audience import audience
from search.engine import AllOf, AnyOf, Exact, ExactField, Lookup, Term, TokenField
from search.highlight import Marker
from search.score import TITLE, Scorer, grained, weights

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graph.records import SubmissionId
    from graph.scope import Scope
    from search.documents import Source
    from search.engine import Candidate, Engine, Leaf
    from search.records import Passage
    from search.service import Reader

ASKED: Final = 120
"""Bigrams of which it is asked how many texts have them, those said most often first: each is a count of its own."""
TELLING: Final = 25
"""Terms that are looked for, which tell the most: more find the same and take longer."""
SHARE: Final = 0.3
"""So much of them another must hold: about what two letters about one matter share, each in its own words."""
LEAST: Final = 4
"""Bigrams in common below which two texts share a phrase of every letter (请求尽快), but no matter."""
CANDIDATES: Final = 200
"""Those that are read and weighed, as many as of a search."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Similar:
    """One submission that says much the same, with where it does."""

    submission: SubmissionId
    score: float
    passages: tuple[Passage, ...]


def said(source: Source) -> dict[Term, float]:
    """Return how often a submission says each of its bigrams, the most said first: those of its title count for more.

    What others answered is not its own: all that one office answers is alike.
    """
    counted: Counter[str] = Counter(bigrams(normalise(source.body)))
    for pair in bigrams(normalise(source.title)):
        counted[pair] += int(TITLE)
    return {Term(TokenField.BIGRAMS, pair): float(count) for pair, count in counted.most_common(ASKED)}


def telling(often: Mapping[Term, float], total: int, frequencies: Sequence[int]) -> dict[Term, float]:
    """Return the terms that tell the most: the rarer and the more often said, but none that nobody else has."""
    shared: dict[Leaf, int] = {term: count for term, count in zip(often, frequencies, strict=True) if count > 1}
    rare = [(term, weight) for term, weight in weights(total, shared, ()) if isinstance(term, Term)]
    weighed = [(term, round(weight * (1 + math.log(often[term])), 4)) for term, weight in rare]
    # Of equal ones those said first, so that both engines look for the same.
    return dict(sorted(weighed, key=lambda one: -one[1])[:TELLING])


def lookup_of(source: Source, terms: Mapping[Term, float], seen: AllOf, *, own_case: bool) -> Lookup:
    """Return what to ask an engine."""
    # Where the leading case may not be seen, others that it leads are no part of the own one: they are told by reading.
    whole = source.leading in {None, source.case}
    without = (Exact(ExactField.CASE, str(source.case)),) if whole and not own_case else ()
    some = AnyOf(tuple(terms), enough(terms))
    return Lookup(
        match=AllOf((some,), without), weights=grained(list(terms.items())),
        limit=CANDIDATES, audience=seen,
    )  # fmt: skip


class Likeness:
    """Asks an engine for what is similar, and reads it as a viewer."""

    def __init__(self, *, reader: Reader, engine: Engine, scope: Scope) -> None:
        self._reader, self._engine, self._scope = reader, engine, scope

    async def similar(self, to: SubmissionId, *, first: int, own_case: bool) -> tuple[Similar, ...]:
        """Return up to `first` submissions, the most similar first; of one that the viewer does not see there are none.

        What is filed in its own case is left out unless asked for. Raises SearchUnavailableError.
        """
        source = (await self._read([to])).get(to)
        often = {} if source is None else said(source)
        if source is None or not often:
            return ()
        seen = audience(self._scope)
        terms = telling(often, *(await self._engine.frequencies(list(often), seen)))
        if len(terms) < LEAST:
            return ()
        found = await self._engine.find(lookup_of(source, terms, seen, own_case=own_case))
        candidates = [one for one in found.candidates if one.submission != to]
        sources = await self._read([one.submission for one in candidates])
        kept = [
            one
            for one in candidates
            if one.submission in sources and (own_case or sources[one.submission].case != source.case)
        ]
        return (await asyncio.to_thread(best, kept, sources, terms))[:first]

    async def _read(self, submissions: Sequence[SubmissionId]) -> dict[SubmissionId, Source]:
        if not submissions:
            return {}
        async with self._reader.lent(self._scope) as reading:
            return await documents.load(reading, submissions)


def enough(terms: Mapping[Term, float]) -> int:
    """Return how many of the terms another must hold."""
    return max(LEAST, math.ceil(len(terms) * SHARE))


def own_words(source: Source) -> Source:
    """Return a submission without what others answered to it: that is indexed, but makes nobody say the same."""
    return replace(source, replies=())


def best(
    candidates: Sequence[Candidate], sources: Mapping[SubmissionId, Source], terms: Mapping[Term, float]
) -> tuple[Similar, ...]:
    """Return the candidates that hold enough in their own words, the best first, the latest of equal ones first."""
    scorer, marker = Scorer(list(terms.items())), Marker(terms)
    points = {
        one.submission: scorer.score(own_words(sources[one.submission]))
        for one in candidates
        if sum(map(_tokens(own_words(sources[one.submission])).__contains__, terms)) >= enough(terms)
    }
    ordered = sorted(
        (one for one in candidates if one.submission in points),
        key=lambda one: (-points[one.submission], -one.recency),
    )
    return tuple(
        Similar(
            submission=one.submission, score=points[one.submission],
            passages=marker.passages(own_words(sources[one.submission])),
        )
        for one in ordered
    )  # fmt: skip


def _tokens(source: Source) -> frozenset[Term]:
    texts = [normalise(text) for text in source.texts()]
    return frozenset(Term(TokenField.BIGRAMS, pair) for text in texts for pair in bigrams(text))
