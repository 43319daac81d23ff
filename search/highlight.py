"""Where in the original texts it is said. Pure.

What was looked for is found in the normal form, and carried back to the original, whose ranges are in UTF-16 code units
(what browsers count), whatever full width, traditional characters or emoji stand between.
"""

from __future__ import annotations

import operator
import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from graph.text.nfkc import is_mark
from graph.text.normalise import IDEOGRAPHS, INVISIBLE, is_plain, normalise, piece
from graph.text.tokens import CODE, CODE_JOINT, LETTER, LONGEST_CODE, UNIT, ends, sets
from search.engine import Leaf, OneOf, Run, Starting, Term, TokenField
from search.records import Passage, Range

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from search.documents import Source

AROUND: Final = 40
"""Characters shown before the first mark of a passage."""
LONGEST: Final = 160
"""Characters of a passage."""
CODE_PART: Final = re.compile(f"{LETTER}{{1,{LONGEST_CODE}}}")
ONE_CHINESE: Final = re.compile(f"[{IDEOGRAPHS}]")
TWO_CHINESE: Final = re.compile(f"[{IDEOGRAPHS}]{{2}}")
GAP: Final = "(?:[^\\w\U00020000-\U0003ffff]|_)*"
"""What may stand between two units. Of Chinese characters only the rare planes have some that are no letters; to name
the others as well makes a pattern that takes a millisecond to compile, and each query has one of its own."""
MOST: Final = 4
"""Passages of one hit: its title, and the places that say most."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """A text's normal form; `origin[i]` is where in the original its i-th character begins, with the end at last."""

    plain: str
    origin: Sequence[int]


PLAIN: Final = "\x00-\x7f\u3001-\u3020\u4e00-\u9fff\uff01-\uff5e"
ONE_BY_ONE: Final = re.compile(f"[{PLAIN}]+(?=[{PLAIN}]|\\Z)")
"""Stretches of characters that each have a normal form of one character; nothing that follows combines with them."""


def mapped(text: str) -> Mapped:
    """Return a text's normal form with the way back. The form is that of `normalise`, piece by piece."""
    if is_plain(text) and len(form := normalise(text)) == len(text):
        return Mapped(form, range(len(text) + 1))
    plain: list[str] = []
    origin: list[int] = []
    start = 0
    for run in ONE_BY_ONE.finditer(text):
        _map_clusters(text[start : run.start()], start, plain, origin)
        plain.append(normalise(run[0]))
        origin += range(run.start(), run.end())
        start = run.end()
    _map_clusters(text[start:], start, plain, origin)
    return Mapped("".join(plain), (*origin, len(text)))


def _map_clusters(text: str, start: int, plain: list[str], origin: list[int]) -> None:
    for cluster in _clusters(text):
        form = piece(cluster)
        plain.append(form)
        origin += [start] * len(form)
        start += len(cluster)


def _clusters(text: str) -> Iterator[str]:
    """Yield characters with the marks that combine with them: no normal form reaches across."""
    start = 0
    for place in range(1, len(text)):
        if not _clings(text[place]):
            yield text[start:place]
            start = place
    if text:
        yield text[start:]


def _clings(sign: str) -> bool:
    """Tell whether a character may make one with those before it, or is not seen between two that do."""
    if sign < "\u0300":
        return sign == "\u00ad"
    # Hangul vowels and finals compose without being marks.
    return is_mark(sign) or "\u1160" <= sign <= "\u11ff" or INVISIBLE.match(sign) is not None


class Marker:
    """Marks in submissions what one query looks for."""

    def __init__(self, terms: Iterable[Leaf]) -> None:
        wanted = frozenset(terms)
        pairs = {pair for leaf in wanted for pair in _pairs(leaf)}
        single = {leaf.prefix for leaf in wanted if isinstance(leaf, Starting) and leaf.field is TokenField.BIGRAMS}
        self._chinese = _pattern(set(filter(TWO_CHINESE.fullmatch, pairs)), set(filter(ONE_CHINESE.fullmatch, single)))
        """Finds what is of Chinese characters alone, as nearly all is: a hit is marked in a third of the time."""
        self._pairs = frozenset(pair for pair in pairs if not TWO_CHINESE.fullmatch(pair))
        self._single = frozenset(unit for unit in single if not ONE_CHINESE.fullmatch(unit))
        self._codes = _Codes.of(wanted)

    def passages(self, source: Source) -> tuple[Passage, ...]:
        """Return the title where something is found in it, and the best passages of the other texts."""
        fields = [("title", source.title), ("body", source.body)]
        fields += [("reply", text) for text in source.replies] + [("document", text) for text in source.documents]
        found = [
            (number, passage)
            for number, (field, text) in enumerate(fields)
            if (passage := self._passage(field, text)) is not None
        ]
        best = sorted(found, key=lambda one: (one[1].field != "title", -len(one[1].ranges), one[0]))[:MOST]
        return tuple(passage for _, passage in sorted(best, key=lambda one: one[0]))

    def _passage(self, field: str, text: str) -> Passage | None:
        marks = self._marked(text)
        if not marks:
            return None
        start, end = _window(text, marks)
        shown = [(low, min(high, end)) for low, high in marks if start <= low < end]
        units = _units(text[start:end])
        ranges = tuple(Range(units[low - start], units[high - start]) for low, high in shown)
        return Passage(field=field, text=text[start:end], ranges=ranges)

    def _marked(self, text: str) -> list[tuple[int, int]]:
        """Return the stretches of the original text that hold what is wanted, in order, none touching another."""
        form = mapped(text)
        merged: list[list[int]] = []
        for low, high in sorted(self.stretches(form.plain)):
            start, end = form.origin[low], _end(form.origin, high)
            if merged and start <= merged[-1][1]:
                merged[-1][1] = max(merged[-1][1], end)
            else:
                merged.append([start, end])
        return [(low, high) for low, high in merged]

    def stretches(self, plain: str) -> Iterator[tuple[int, int]]:
        """Yield where in a normal form it is said, in any order and more than once."""
        if self._chinese:
            for found in self._chinese.finditer(plain):
                yield found.span()
                if found.lastindex:
                    yield found.span(found.lastindex)
        if self._pairs or self._single:
            yield from self._by_units(plain)
        if self._codes:
            yield from _codes(plain, self._codes)

    def _by_units(self, plain: str) -> Iterator[tuple[int, int]]:
        units = UNIT.findall(plain)
        places = {at for at, unit in enumerate(units) if unit in self._single} if self._single else set()
        for at, pair in enumerate(map(operator.add, units, units[1:])):
            if pair in self._pairs:
                places |= {at, at + 1}
        if places:
            spans = [unit.span() for unit in UNIT.finditer(plain)]
            yield from (spans[at] for at in places)


def _units(shown: str) -> Sequence[int]:
    """Return how many UTF-16 code units stand before each character, and before the end."""
    if len(shown.encode("utf-16-le", "surrogatepass")) == 2 * len(shown):
        return range(len(shown) + 1)
    return (0, *accumulate(2 if sign > "\uffff" else 1 for sign in shown))


def _pattern(pairs: set[str], single: set[str]) -> re.Pattern[str] | None:
    """Return what finds the first of each of these pairs, and the second as its group; and each of these characters.

    It takes in no more than one character, since pairs overlap, and begins with a set, which is searched for fast.
    """
    if not pairs | single:
        return None
    looked = [f"(?<=[{firsts}])(?={GAP}([{seconds}]))" for firsts, seconds in sets(pairs)]
    looked += [f"(?<=[{''.join(single)}])"] if single else []
    return re.compile(f"[{''.join({one[0] for one in pairs | single})}](?:{'|'.join(looked)})")


def _window(text: str, marks: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Return the stretch of a text that shows most marks; a text that is short enough is shown whole.

    It cuts through no mark, since half of one shows nothing that was looked for; only one that is too long is cut.
    """
    if len(text) <= LONGEST:
        return 0, len(text)
    lows, highs = [low for low, _ in marks], [high for _, high in marks]
    starts = [_outside(max(low - AROUND, 0), lows, highs) for low in lows]
    start = max(starts, key=lambda at: (bisect_right(highs, at + LONGEST) - bisect_left(lows, at), -at))
    end = min(start + LONGEST, len(text))
    first, last = bisect_left(lows, start), bisect_left(lows, end) - 1
    return start, lows[last] if last > first and highs[last] > end else end


def _outside(at: int, lows: Sequence[int], highs: Sequence[int]) -> int:
    """Return a place, or the end of the mark that it lies in."""
    before = bisect_left(lows, at)
    return max(at, highs[before - 1]) if before else at


def _end(origin: Sequence[int], high: int) -> int:
    """Return where the original of the character before `high` ends."""
    # A character may be a hundred thousand of the normal form, each of which is asked about.
    following = bisect_right(origin, origin[high - 1], high)
    return origin[following] if following < len(origin) else origin[-1]


def _pairs(leaf: Leaf) -> tuple[str, ...]:
    match leaf:
        case Term(TokenField.BIGRAMS, token):
            return (token,)
        case OneOf(TokenField.BIGRAMS, tokens) | Run(tokens):
            return tokens
        case _:
            return ()


@dataclass(frozen=True, slots=True)
class _Codes:
    """The numbers and codes that are wanted, so that one is looked up among them however many they are."""

    whole: frozenset[str]
    prefixes: frozenset[str]
    lengths: frozenset[int]

    @classmethod
    def of(cls, wanted: Iterable[Leaf]) -> _Codes:
        """Take what of a query is found by codes."""
        found = [leaf for leaf in wanted if isinstance(leaf, Term | Starting) and leaf.field is TokenField.CODES]
        prefixes = frozenset(leaf.prefix for leaf in found if isinstance(leaf, Starting))
        whole = frozenset(leaf.token for leaf in found if isinstance(leaf, Term))
        return cls(whole, prefixes, frozenset(map(len, prefixes)))

    def __bool__(self) -> bool:
        return bool(self.whole or self.prefixes)

    def fit(self, code: str) -> bool:
        """Tell whether a code is wanted, or begins, inside or at its end, with what is."""
        if code in self.whole:
            return True
        tokens = (code, *ends(code)) if self.prefixes else ()
        return any(token[:length] in self.prefixes for token in tokens for length in self.lengths)


def _codes(plain: str, wanted: _Codes) -> Iterator[tuple[int, int]]:
    for code in CODE.finditer(plain):
        parts = [part.span() for part in CODE_PART.finditer(plain, *code.span()) if wanted.fit(part[0])]
        yield from parts
        if not parts and wanted.fit(CODE_JOINT.sub("", code[0])[:LONGEST_CODE]):
            yield code.span()
