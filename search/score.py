"""How well a submission answers: BM25F over its title and its other texts. Pure, and of its texts alone.

The best candidates are ordered by this and not by an engine's own score, which counts copies that are replaced but not
yet merged away: equal submissions must score equal. After Robertson and Zaragoza, The Probabilistic Relevance Framework
(2009). The constants are those that did best on real messages asked for by their withheld subjects, by two words of
those, and so with a wrong character (`make bench ONLY=search`); near them the figures hardly change.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from graph.text.normalise import normalise
from graph.text.tokens import bare, bigrams, codes, ends
from search.engine import GRAIN, Leaf, OneOf, Run, Starting, Term, TokenField
from search.recency import recency, share_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from search.documents import Source

SATURATION: Final = 0.5
"""A token that stands there often tells little more than one that stands there once."""
LENGTH: Final = 0.75
"""How much a long text is held back: the usual value."""
USUAL_LENGTH: Final = 400
"""Characters of a usual petition with its answer; fixed, so that a score does not change with what else is there."""
TITLE: Final = 3.0
"""A word of the title is worth as many of the text."""
LEAD: Final = 0.3
LEADING: Final = 100
"""Petitions say in their first hundred characters what they are about: what stands there, or in the title, counts so
much more."""
WORD: Final = 0.5
"""A word, and a character, tell half as much beside the bigrams that they share with their neighbours: words weigh up
bigrams across their borders, characters find what is worded a little otherwise."""
LATE: Final = 0.1
"""What was received in 2070 scores a tenth more than what was in 1990: a year later is worth a thousandth, and so of
equal texts the newest come first."""
DIGITS: Final = 4
"""Decimals of a score: below them lies what floating point makes of another order of adding."""

Weight = tuple["Leaf | str", float]
"""What is counted in a text (a word or character where it is a string), and how much it tells."""


def weights(total: int, frequencies: Mapping[Leaf, int], words: Sequence[str]) -> tuple[Weight, ...]:
    """Return how much each leaf and word tells: the rarer the more, never less than nothing.

    Words and characters are not indexed: a word is at most as frequent as its rarest bigram, a character at least as
    its most frequent one.
    """
    telling = {
        leaf: round(math.log1p((total - min(count, total) + 0.5) / (min(count, total) + 0.5)), DIGITS)
        for leaf, count in frequencies.items()
    }
    pairs = {leaf.token: weight for leaf, weight in telling.items() if isinstance(leaf, Term)}
    return (*telling.items(), *((word, round(WORD * _rarity(word, pairs), DIGITS)) for word in words))


def grained(weighed: Sequence[Weight]) -> dict[Leaf, float]:
    """Return the weights by which engines choose candidates: of what is indexed alone, in their grain."""
    return {what: round(weight * GRAIN) / GRAIN for what, weight in weighed if not isinstance(what, str)}


def _rarity(word: str, pairs: Mapping[str, float]) -> float:
    if len(word) == 1:
        return min((weight for pair, weight in pairs.items() if word in pair), default=0.0)
    return max((pairs.get(pair, 0.0) for pair in bigrams(word)), default=0.0)


def score(source: Source, weighed: Sequence[Weight]) -> float:
    """Return how well a submission answers."""
    title, text = _Said(source.title), _Said("\n".join((source.body, *source.replies, *source.documents)))
    length = 1 - LENGTH + LENGTH * (len(title.bare) + len(text.bare)) / USUAL_LENGTH
    lead = text.bare[:LEADING]
    points = 0.0
    for what, weight in weighed:
        named = title.count(what)
        count = TITLE * named + text.count(what)
        if count:
            points += weight * count * (SATURATION + 1) / (count + SATURATION * length)
            if not isinstance(what, str) and (named or _leads(what, lead)):
                points += weight * LEAD
    late = 1 + LATE * share_of(recency(source.received_at, source.id))
    return round(points * late, DIGITS)


class _Said:
    """A text in its normal form, without what stands between its units, which bigrams reach across."""

    def __init__(self, text: str) -> None:
        self._plain = normalise(text)
        self._codes: list[str] | None = None
        self.bare = bare(self._plain)

    def count(self, what: Leaf | str) -> int:
        """Return how often it stands there."""
        match what:
            case str():
                return self.bare.count(what)
            case Term(TokenField.BIGRAMS, token) | Starting(TokenField.BIGRAMS, token):
                return self.bare.count(token)
            case OneOf():
                return len(_pattern(what).findall(self.bare))
            case Run(found):
                return self.bare.count("".join(pair[:1] for pair in found) + found[-1][1:])
            case Term(_, token):
                return self._coded().count(token)
            case Starting(_, prefix):
                return sum(code.startswith(prefix) for code in self._coded())

    def _coded(self) -> list[str]:
        if self._codes is None:
            found = codes(self._plain)
            self._codes = found + [end for code in found for end in ends(code)]
        return self._codes


def _leads(what: Leaf, lead: str) -> bool:
    match what:
        case Term(TokenField.BIGRAMS, token):
            return token in lead
        case OneOf():
            return _pattern(what).search(lead) is not None
        case _:
            return False


@lru_cache(maxsize=256)
def _pattern(what: OneOf) -> re.Pattern[str]:
    """Return what finds any of many pairs: as few pairs of sets as they are made of."""
    seconds: dict[str, str] = {}
    for pair in what.tokens:
        seconds[pair[0]] = seconds.get(pair[0], "") + pair[1:]
    firsts: dict[str, str] = {}
    for first, following in seconds.items():
        firsts[following] = firsts.get(following, "") + first
    return re.compile("|".join(f"[{found}][{following}]" for following, found in firsts.items()))
