"""How well a submission answers: BM25F over its title and its other texts. Pure, and of its texts alone.

The best candidates are ordered by this and not by the engine's own score, which counts copies that are replaced but not
yet merged away: equal submissions must score equal. After Robertson and Zaragoza, The Probabilistic Relevance Framework
(2009).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from graph.text.normalise import normalise
from graph.text.tokens import bare, bigrams, codes
from search.engine import Starting, TokenField

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from search.documents import Source
    from search.engine import Term

SATURATION: Final = 1.2
LENGTH: Final = 0.75
"""How much a long text is held back: the usual value, and on real messages the best (see `make bench ONLY=search`)."""
USUAL_LENGTH: Final = 400
"""Characters of a usual petition with its answer; fixed, so that a score does not change with what else is there."""
TITLE: Final = 3.0
"""A word of the title is worth as many of the text."""
DIGITS: Final = 4
"""Decimals of a score: below them lies what floating point makes of another order of adding."""

Weight = tuple["Term | Starting | str", float]
"""What is counted in a text (a word where it is a string), and how much it tells."""


def weights(total: int, frequencies: Mapping[Term | Starting, int], words: Sequence[str]) -> tuple[Weight, ...]:
    """Return how much each term and word tells: the rarer the more, never less than nothing.

    Words are not indexed: one is at most as frequent as its rarest bigram.
    """
    telling = {
        term: round(math.log1p((total - min(count, total) + 0.5) / (min(count, total) + 0.5)), DIGITS)
        for term, count in frequencies.items()
    }
    pairs = {term.token: weight for term, weight in telling.items() if not isinstance(term, Starting)}
    rarest = {word: max((pairs.get(pair, 0.0) for pair in bigrams(word)), default=0.0) for word in words}
    return (*telling.items(), *rarest.items())


def score(source: Source, weighed: Sequence[Weight]) -> float:
    """Return how well a submission answers."""
    title, *rest = (normalise(text) for text in source.texts())
    text = "\n".join(rest)
    length = 1 - LENGTH + LENGTH * (len(text) + len(title)) / USUAL_LENGTH
    named, said = _Text(title, bare(title)), _Text(text, "\n".join(map(bare, rest)))
    points = 0.0
    for what, weight in weighed:
        count = TITLE * _count(what, named) + _count(what, said)
        points += weight * count * (SATURATION + 1) / (count + SATURATION * length)
    return round(points, DIGITS)


class _Text(NamedTuple):
    """A normalised text, and the same without what stands between its units, which bigrams reach across."""

    plain: str
    bare: str


def _count(what: Term | Starting | str, text: _Text) -> int:
    if isinstance(what, str):
        return text.bare.count(what)
    if what.field is TokenField.BIGRAMS:
        return text.bare.count(what.prefix if isinstance(what, Starting) else what.token)
    found = codes(text.plain)
    if isinstance(what, Starting):
        return sum(code.startswith(what.prefix) for code in found)
    return found.count(what.token)
