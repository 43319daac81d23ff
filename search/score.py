"""How well a submission answers: BM25F over its title and its other texts. Pure, and of its texts alone.

The best candidates are ordered by this and not by the engine's own score, which counts copies that are replaced but not
yet merged away: equal submissions must score equal. After Robertson and Zaragoza, The Probabilistic Relevance Framework
(2009).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from graph.text.normalise import normalise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from search.documents import Source
    from search.engine import Term

SATURATION: Final = 1.2
LENGTH: Final = 0.4
"""How much a long text is held back: petitions repeat themselves, and a long one says more of its matter."""
USUAL_LENGTH: Final = 400
"""Characters of a usual petition with its answer; fixed, so that a score does not change with what else is there."""
TITLE: Final = 3.0
"""A word of the title is worth as many of the text."""
DIGITS: Final = 4
"""Decimals of a score: below them lies what floating point makes of another order of adding."""


def weights(total: int, frequencies: Mapping[Term, int]) -> dict[Term, float]:
    """Return how much each term tells: the rarer the more, never less than nothing."""
    return {
        term: math.log1p((total - min(count, total) + 0.5) / (min(count, total) + 0.5))
        for term, count in frequencies.items()
    }


def score(source: Source, weighed: Mapping[Term, float]) -> float:
    """Return how well a submission answers."""
    title = normalise(source.title)
    rest: Sequence[str] = [normalise(text) for text in source.texts()[1:]]
    length = 1 - LENGTH + LENGTH * (sum(map(len, rest)) + len(title)) / USUAL_LENGTH
    points = 0.0
    for term, weight in weighed.items():
        token = term.token
        count = TITLE * title.count(token) + sum(text.count(token) for text in rest)
        points += weight * count * (SATURATION + 1) / (count + SATURATION * length)
    return round(points, DIGITS)
