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
from graph.text.tokens import bare, bigrams, codes, ends, sets
from search.engine import GRAIN, Leaf, OneOf, Run, Starting, Term, TokenField
from search.known_by import is_code
from search.recency import recency, share_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from search.documents import Source, Texts
    from search.known_by import Known

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
KNOWN_FIRST: Final = 100.0
"""Who types a number wants what is known by it, before all that only mentions it."""
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


class Scorer:
    """Scores submissions for one query."""

    def __init__(self, weighed: Sequence[Weight]) -> None:
        self._strings: list[tuple[str, float, float, str]] = []
        """What is looked for as it stands; how much it tells, and how much more where it leads; by what it leads."""
        self._others: list[tuple[Callable[[_Said], int], float, float, re.Pattern[str] | None]] = []
        """What is counted otherwise, and the same of it."""
        self._known: list[tuple[str, bool, float]] = []
        """By what it may be known, whether by that whole, and how much that tells."""
        for what, weight in weighed:
            if isinstance(what, Term | Starting) and is_code(_token(what)):
                self._known.append((_token(what), isinstance(what, Term), weight * KNOWN_FIRST))
            else:
                self._take(what, weight)

    @property
    def by_numbers(self) -> bool:
        """Whether it counts by what submissions are known."""
        return bool(self._known)

    def _take(self, what: Leaf | str, weight: float) -> None:
        leading = weight * LEAD
        match what:
            case str():
                self._strings.append((what, weight, 0.0, ""))
            case Term(TokenField.BIGRAMS, token):
                self._strings.append((token, weight, leading, token))
            case Starting(TokenField.BIGRAMS, token):
                self._strings.append((token, weight, leading, ""))
            case Run(found):
                run = "".join(pair[:1] for pair in found) + found[-1][1:]
                self._strings.append((run, weight, leading, ""))
            case OneOf():
                pattern = _pattern(what)
                self._others.append((lambda said: len(pattern.findall(said.bare)), weight, leading, pattern))
            case Term(_, token):
                self._others.append((lambda said: said.codes().count(token), weight, leading, None))
            case Starting(_, prefix):
                self._others.append(
                    (lambda said: sum(code.startswith(prefix) for code in said.codes()), weight, leading, None)
                )

    def score(self, source: Source) -> float:
        """Return how well a submission answers."""
        return self.points(source, recency(source.received_at, source.id))

    def points(self, texts: Texts | Source, recent: int) -> float:
        """Return the same of what it says, and of when it was received as a recency."""
        said = (
            "\n".join((texts.body, *texts.replies, *texts.documents))
            if texts.replies or texts.documents
            else texts.body
        )
        name, body = bare(texts.title), bare(said)
        lead = body[:LEADING]
        held_back = SATURATION * (1 - LENGTH + LENGTH * (len(name) + len(body)) / USUAL_LENGTH)
        points = 0.0
        for string, weight, leading, first in self._strings:
            named = name.count(string)
            if count := TITLE * named + body.count(string):
                points += weight * count * (SATURATION + 1) / (count + held_back)
                if named or (first and first in lead):
                    points += leading
        if self._others:
            points += self._others_of(_Said(texts.title, name), _Said(said, body), lead, held_back)
        if self._known:
            points += self._known_by(texts.known_by)
        late = 1 + LATE * share_of(recent)
        return round(points * late, DIGITS)

    def _known_by(self, known: Known) -> float:
        codes = [code for _, code in known.codes()]
        return sum(
            weight
            for wanted, whole, weight in self._known
            if any(code == wanted if whole else code.startswith(wanted) for code in codes)
        )

    def _others_of(self, title: _Said, text: _Said, lead: str, held_back: float) -> float:
        points = 0.0
        for counted, weight, leading, pattern in self._others:
            named = counted(title)
            if count := TITLE * named + counted(text):
                points += weight * count * (SATURATION + 1) / (count + held_back)
                if named or (pattern and pattern.search(lead)):
                    points += leading
        return points


def _token(leaf: Term | Starting) -> str:
    return leaf.token if isinstance(leaf, Term) else leaf.prefix


class _Said:
    """A text: its normal form without what stands between its units, which bigrams reach across, and its codes."""

    def __init__(self, text: str, plain: str) -> None:
        self._text = text
        self._codes: list[str] | None = None
        self.bare = plain

    def codes(self) -> list[str]:
        """Return its numbers and codes, and what they end with."""
        if self._codes is None:
            found = codes(normalise(self._text))
            self._codes = found + [end for code in found for end in ends(code)]
        return self._codes


@lru_cache(maxsize=256)
def _pattern(what: OneOf) -> re.Pattern[str]:
    """Return what finds any of many pairs: as few pairs of sets as they are made of."""
    return re.compile("|".join(f"[{firsts}][{seconds}]" for firsts, seconds in sets(what.tokens)))
