"""Where in the original texts it is said. Pure.

What was looked for is found in the normal form, and carried back to the original, whose ranges are in UTF-16 code units
(what browsers count), whatever full width, traditional characters or emoji stand between.
"""

from __future__ import annotations

import operator
import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final

from graph.text.nfkc import is_mark
from graph.text.normalise import IDEOGRAPHS, INVISIBLE, is_plain, normalise, piece
from graph.text.tokens import CODE, CODE_JOINT, LETTER, LONGEST_CODE, UNIT, bigrams, ends, sets
from search.code_units import code_units
from search.engine import Leaf, OneOf, Run, Starting, Term, TokenField
from search.passages import NOTHING, Block, Marked, chosen, joined, merged
from search.records import Passage, Range

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from search.documents import Source

CODE_PART: Final = re.compile(f"{LETTER}{{1,{LONGEST_CODE}}}")
ONE_CHINESE: Final = re.compile(f"[{IDEOGRAPHS}]")
TWO_CHINESE: Final = re.compile(f"[{IDEOGRAPHS}]{{2}}")
GAP: Final = "(?:[^\\w\U00020000-\U0003ffff]|_)*"
"""What may stand between two units. Of Chinese characters only the rare planes have some that are no letters; to name
the others as well makes a pattern that takes a millisecond to compile, and each query has one of its own."""


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
        self._phrases = [_Phrase.of(leaf.bigrams) for leaf in wanted if isinstance(leaf, Run)]

    def passages(self, source: Source) -> tuple[Passage, ...]:
        """Return the numbers that it is known by, where such are wanted, and the best passages of its texts."""
        fields = [("title", source.title), ("body", source.body)]
        fields += [("reply", text) for text in source.replies] + [("document", text) for text in source.documents]
        found = chosen([self._marked(field, text) for field, text in fields])
        known = dict.fromkeys(number for number, code in source.known_by.codes() if self._codes.known(code))
        return (*(_whole("number", number) for number in known), *found)

    def _marked(self, field: str, text: str) -> Marked:
        """Return a text with the stretches of the original that hold what is wanted."""
        form = mapped(text)

        def original(low: int, high: int, phrases: frozenset[int] = NOTHING) -> Block:
            return Block(form.origin[low], _end(form.origin, high), phrases)

        spans, said = list(self.stretches(form.plain)), list(self._said(form.plain))
        phrases = [original(within[0][0], within[-1][1], frozenset([number])) for number, within in said]
        marks = merged(
            [original(*span) for span in joined([*spans, *chain.from_iterable(within for _, within in said)])]
        )
        blocks = merged([*(original(*span) for span in joined(spans)), *phrases]) if phrases else marks
        return Marked(field, text, [(one.low, one.high) for one in marks], blocks)

    def _said(self, plain: str) -> Iterator[tuple[int, Sequence[tuple[int, int]]]]:
        """Yield where each phrase is said: the stretches of its units, those of one that overlaps itself as one."""
        held = [(number, one) for number, one in enumerate(self._phrases) if all(map(plain.__contains__, one.signs))]
        if not held:
            return
        text = f" {' '.join(bigrams(plain))} "
        found = [(number, *run) for number, phrase in held for run in phrase.runs(text)]
        if found:
            spans = [unit.span() for unit in UNIT.finditer(plain)]
            yield from ((number, spans[first:last]) for number, first, last in found)

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


def _pattern(pairs: set[str], single: set[str]) -> re.Pattern[str] | None:
    """Return what finds the first of each of these pairs, and the second as its group; and each of these characters.

    It takes in no more than one character, since pairs overlap, and begins with a set, which is searched for fast.
    """
    if not pairs | single:
        return None
    looked = [f"(?<=[{firsts}])(?={GAP}([{seconds}]))" for firsts, seconds in sets(pairs)]
    looked += [f"(?<=[{''.join(single)}])"] if single else []
    return re.compile(f"[{''.join({one[0] for one in pairs | single})}](?:{'|'.join(looked)})")


def _whole(field: str, text: str) -> Passage:
    return Passage(field=field, text=text, ranges=(Range(0, code_units(text)[-1]),))


def _end(origin: Sequence[int], high: int) -> int:
    """Return where the original of the character before `high` ends."""
    # A character may be a hundred thousand of the normal form, each of which is asked about.
    following = bisect_right(origin, origin[high - 1], high)
    return origin[following] if following < len(origin) else origin[-1]


def _pairs(leaf: Leaf) -> tuple[str, ...]:
    match leaf:
        case Term(TokenField.BIGRAMS, token):
            return (token,)
        case OneOf(TokenField.BIGRAMS, tokens):
            return tokens
        case _:
            return ()


@dataclass(frozen=True, slots=True)
class _Phrase:
    """A phrase as the bigrams that it is found by, with a blank before each and behind the last."""

    text: str
    length: int
    """How many bigrams it has."""
    signs: frozenset[str]
    again: str
    """What follows it where it begins anew within itself (哈哈 in 哈哈哈), and behind how many bigrams it does so."""
    period: int

    @classmethod
    def of(cls, found: Sequence[str]) -> _Phrase:
        """Return a phrase of these bigrams."""
        length, period = len(found), _period(found)
        again = " ".join((*found[length - period :], ""))
        return cls(f" {' '.join(found)} ", length, frozenset("".join(found)), again, period)

    def runs(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield from which unit to which it is said in a text of bigrams, overlapping ones together.

        Those that begin within its first half do so at its period, so each stretch of a text is looked at but twice.
        """
        first = last = at = unit = 0
        while (found := text.find(self.text, at)) >= 0:
            unit += text.count(" ", at, found)
            if last and unit >= last:
                yield first, last
            first = unit if unit >= last else first
            end = found + len(self.text)
            while 2 * self.period <= self.length and text.startswith(self.again, end):
                end, unit = end + len(self.again), unit + self.period
            last = unit + self.length + 1
            # Behind the blank before it: the next may begin with its second bigram.
            unit, at = unit + 1, end - len(self.text) + 1
        if last:
            yield first, last


def _period(found: Sequence[str]) -> int:
    """Return after how many of its items a sequence repeats itself to its end (Knuth, Morris and Pratt, 1977)."""
    borders = [0] * len(found)
    for at in range(1, len(found)):
        border = borders[at - 1]
        while border and found[at] != found[border]:
            border = borders[border - 1]
        borders[at] = border + (found[at] == found[border])
    return len(found) - borders[-1]


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

    def known(self, code: str) -> bool:
        """Tell whether the code of a number by which something is known is wanted, or begins with what is."""
        return code in self.whole or any(code[:length] in self.prefixes for length in self.lengths)

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
