"""Numbers and addresses by which a person is found, inside Chinese texts as they are really typed. Pure.

Found are telephone numbers (mobile ones, and landlines with their area code), identity numbers (GB 11643: 18 characters
with a right check digit, or nearly; the 15 digits of before 1999), bank cards (ISO/IEC 7812: 13 to 19 digits that pass
the Luhn check) and e-mail addresses. What everybody may dial (12345, 110, 400-…) stays, and so do dates, amounts, and
the numbers of documents and tickets.

A text is brought to one form first (`graph.text.signs`). A number is a run of digits that is whole, or a few such runs
with blanks, signs or a line end between them in a grouping that people use. A part of a longer run is one only where
several numbers were typed without a gap. Digits that are spelt, in words or in circles, may be words before and behind
a number (张三一三八…, 五六七八一直), so it may begin or end at each.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from graph.identity import mask_card, mask_email, mask_identity, mask_phone
from graph.text.readings import FEWEST, READERS, Candidate, NumberKind
from graph.text.signs import AS_DIGITS, SPELT, TAKEN, Plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

__all__ = ["RULE", "Found", "NumberKind", "found", "masked", "whole"]

RULE: Final = 2
"""Counts up whenever a text may read otherwise than before: what stands by an older rule is masked anew
(`graph.remasking`)."""


@dataclass(frozen=True, slots=True)
class Found:
    """One number in a text: where it stands, `end` excluded, and the form in which equal ones are equal."""

    kind: NumberKind
    start: int
    end: int
    value: str

    def __repr__(self) -> str:
        """Tell no number: what is found ends up in tracebacks."""
        return f"Found({self.kind}, {self.start}, {self.end})"


_SIGN: Final = rf"(?:[^\w*@+{SPELT}{TAKEN}]|_)"
"""What may stand between the digits of a number. An asterisk hides some, and a plus begins another."""
_WEAK: Final = frozenset(" \n-./_\\()·•|~")
"""Signs that keep a number's groups apart. Commas and all others part numbers as well: they do not mix with these."""
_SHORT: Final = 4
"""Digits of the longest group that a list of houses, amounts or bus lines is made of."""
IDENTITY_DIGITS: Final = 18
_LINE_END: Final = re.compile(r"[ -]*\n[ \n]*")
_MOST_LINE_ENDS: Final = 2
"""As many may have broken a number where it has no groups; more lines are a list."""
_DIGIT: Final = "(?:[0-9]|(?<![A-Za-z])[Xx](?![A-Za-z]))"
DIGIT: Final = re.compile(_DIGIT)
CLUSTER: Final = re.compile(rf"[0-9](?:{_SIGN}{{0,8}}+{_DIGIT})*+")
"""Digits that may belong together."""
ENOUGH_DIGITS: Final = re.compile(rf"[0-9{SPELT}](?:{_SIGN}{{0,8}}[0-9{SPELT}]){{{FEWEST - 1}}}")
"""What a text without any number lacks: most are done with by this and a look for @."""
LEFT_BY_MASK: Final = re.compile(r"(?<=\*{3})[0-9Xx]{1,4}(?![0-9])|(?<![0-9])[0-9]{1,4}(?=\*{3})")
"""What a mask of ours left of a number belongs to no other; one or two asterisks are a person's own."""

_LOCAL: Final = "[A-Za-z0-9._%+-]"
_LABEL: Final = "[A-Za-z0-9-]{1,63}"
_USUAL_ENDS: Final = "(?i:com|cn|net|org|gov|edu|top|vip|me|cc|info)(?![A-Za-z0-9-])"
EMAIL: Final = re.compile(
    rf"(?<!{_LOCAL}){_LOCAL}++(?:[ \n]{{1,2}}\.[ \n]{{1,2}}{_LOCAL}++){{0,3}}[ \n]{{0,2}}@[ \n]{{0,2}}{_LABEL}"
    rf"(?:(?:\.|[ \n]{{1,2}}\.[ \n]{{0,2}}|[ \n]{{0,2}}[.。][ \n]{{0,2}}(?={_USUAL_ENDS})){_LABEL}){{1,4}}"
)
"""A blank before a dot ends no sentence. Behind one, or for a Chinese stop, an address goes on by a usual end alone."""
_NOT_IN_EMAIL: Final = str.maketrans({" ": "", "\n": "", "。": "."})
PASSES: Final = 4
"""How often a text is looked through at most: a mask may part what stood together."""


def masked(text: str) -> str:
    """Return a text with its numbers as everybody may see them. Doing it twice changes nothing more."""
    for _ in range(PASSES):
        numbers = found(text)
        if not numbers:
            break
        pieces, at = [], 0
        for one in numbers:
            pieces += [text[at : one.start], _mask(one, text[one.start : one.end])]
            at = one.end
        text = "".join(pieces) + text[at:]
    return text


def found(text: str) -> tuple[Found, ...]:
    """Return the numbers of a text in their order; no two overlap."""
    plain = Plain.of(text)
    if "@" not in plain.text and ENOUGH_DIGITS.search(plain.text) is None:
        return ()
    numbers = sorted(_scan(plain.text), key=lambda one: one.start)
    return tuple(Found(one.kind, *plain.span(one.start, one.end), one.value) for one in numbers)


def whole(text: str) -> Found | None:
    """Return the number that a text is, whatever way it is typed; None where it is more or less than one."""
    bare = text.strip()
    numbers = found(bare)
    return numbers[0] if len(numbers) == 1 and _spans(numbers[0], bare) else None


def _spans(one: Found, text: str) -> bool:
    around = text[: one.start] + text[one.end :]
    return not any(sign.isalnum() for sign in around)


def _mask(one: Found, typed: str) -> str:
    match one.kind:
        case NumberKind.PHONE:
            return mask_phone(one.value)
        case NumberKind.IDENTITY:
            # As it was typed: the value of an old number is another one.
            plain = Plain.of(typed).text.translate(AS_DIGITS).upper()
            return mask_identity("".join(sign for sign in plain if sign.isalnum()))
        case NumberKind.CARD:
            return mask_card(one.value)
        case NumberKind.EMAIL:
            return mask_email(one.value)


# From the form of a text to its numbers ---------------------------------------------------------------------------


def _scan(text: str) -> list[Found]:
    """Return the addresses in a text's form, and the numbers in the rest of it."""
    emails = [
        Found(NumberKind.EMAIL, match.start(), match.end(), match[0].translate(_NOT_IN_EMAIL).lower())
        for match in (EMAIL.finditer(text) if "@" in text else ())
    ]
    rest = LEFT_BY_MASK.sub(lambda match: TAKEN * len(match[0]), _without(text, emails))
    digits = rest.translate(AS_DIGITS)
    clusters = (match for match in CLUSTER.finditer(digits) if match.end() - match.start() >= FEWEST)
    return emails + [one for match in clusters for one in _Cluster.of(match, rest).numbers()]


def _without(text: str, taken: Sequence[Found]) -> str:
    pieces, at = [], 0
    for one in taken:
        pieces += [text[at : one.start], TAKEN * (one.end - one.start)]
        at = one.end
    return "".join(pieces) + text[at:]


@dataclass(frozen=True, slots=True)
class _Cluster:
    """Digits with at most a few signs between each two. Places in it are counted in digits."""

    text: str
    digits: str
    at: Sequence[int]
    """Where in the text each digit stands."""
    gaps: Sequence[int]
    """The places before which a sign stands."""
    cuts: bytearray
    """Not 0 at the places before which a number may end or begin."""

    @classmethod
    def of(cls, match: re.Match[str], typed: str) -> _Cluster:
        text = match.string
        at = [digit.start() for digit in DIGIT.finditer(text, *match.span())]
        digits = "".join(text[place] for place in at).upper()
        gaps = [place for place in range(1, len(at)) if at[place] - at[place - 1] > 1]
        cuts = bytearray(len(at) + 1)
        for place in (0, *gaps, len(at)):
            cuts[place] = True
        for place, digit in enumerate(digits):
            if digit == "X" or typed[at[place]] in SPELT:
                cuts[place] = cuts[place + 1] = True
        return cls(text, digits, at, gaps, cuts)

    def numbers(self) -> Iterator[Found]:
        """Yield the numbers from the left, each as the surest that it can be, and as long as that can be."""
        place = 0
        while 0 <= place <= len(self.digits) - FEWEST:
            several = self._glued(place) or self._whole(place)
            yield from (one.found for one in several)
            place = several[-1].end if several else self._next_cut(place)

    def _next_cut(self, place: int) -> int:
        return self.cuts.find(1, place + 1)

    def _whole(self, place: int) -> list[_Read]:
        """Return the number that begins here and ends at a cut, alone, or nothing."""
        one = self._first(place, self._is_cut)
        if one and not one.is_proven:
            # What takes all that is left is surer than what leaves some of it.
            one = self._first(place, len(self.digits).__eq__) or one
            one = self._without_word(one) or one
        return [one] if one else []

    def _without_word(self, one: _Read) -> _Read | None:
        """Return what a number is without its first digit, where that is rather a word (张三).

        With such words around it one telephone number in ten passes for a card.
        """
        if not self._is_cut(one.start + 1) or self._gaps_in(one.start + 1, one.end):
            return None
        after = self._first(one.start + 1, self._is_cut)
        if after is None or after.is_proven or one.found.kind is not NumberKind.CARD:
            return after if after and after.is_proven else None
        rest = not self._is_cut(one.start + 2) and after.end == one.end
        return after if rest or (after.is_mobile and after.end >= one.end - 2) else None

    def _is_cut(self, place: int) -> bool:
        return self.cuts[place] == 1

    def _gaps_in(self, start: int, end: int) -> Sequence[int]:
        return self.gaps[bisect_right(self.gaps, start) : bisect_left(self.gaps, end)]

    def _first(self, start: int, may_end: Callable[[int], bool]) -> _Read | None:
        return next(self._readings(start, may_end), None)

    def _glued(self, place: int) -> list[_Read]:
        """Return the numbers that a run, too long for one, is made of to its last digit; nothing where it is not."""
        end = self._next_cut(place)
        if end - place < 2 * FEWEST:
            return []
        behind_identity = self.digits.endswith("X", 0, place) and not self._gap(place)
        ways: dict[_Way, tuple[_Way, _Read] | None] = {_Way(place, behind_identity): None}
        for start in range(place, end):
            for way in (_Way(start, sure, card) for sure in (True, False) for card in (False, True)):
                if way in ways:
                    for one in self._readings(start, lambda _: True):
                        if after := way.with_read(one):
                            ways.setdefault(after, (way, one))
        # An X is a cut by itself, and may end the last of them.
        ends = (end + 1, end) if self.digits.startswith("X", end) else (end,)
        last = next((way for end in ends for card in (False, True) if (way := _Way(end, True, card)) in ways), None)
        return _walked(ways, last)

    def _readings(self, start: int, may_end: Callable[[int], bool]) -> Iterator[_Read]:
        """Yield what the digits from here can be read as, the surest first."""
        for reader in READERS:
            for end in (start + length for length in reader.lengths):
                if (
                    end < len(self.cuts)
                    and may_end(end)
                    and reader.pattern.fullmatch(self.digits, start, end)
                    and (candidate := self._candidate(start, end))
                    and (value := reader.value(candidate))
                ):
                    yield _Read(start, end, self._found(reader.kind, start, end, value), reader is READERS[0])

    def _candidate(self, start: int, end: int) -> Candidate | None:
        """Return digits with their groups; None where these may be of a list, or where some signs part numbers."""
        gaps = list(self._gaps_in(start, end))
        breaks = [place for place in gaps if not _LINE_END.fullmatch(self._gap(place))]
        if len(gaps) - len(breaks) > _MOST_LINE_ENDS:
            breaks = gaps
        listed = {_parts(self._gap(place)) for place in breaks}
        if len(listed) > 1 or (listed == {True} and self._in_list(start, end)):
            return None
        edges = [start, *breaks, end]
        groups = tuple(high - low for low, high in pairwise(edges))
        return Candidate(self.digits[start:end], groups, listed=listed == {True})

    def _gap(self, place: int) -> str:
        """Return what stands before a digit and behind the one before it."""
        return self.text[self.at[place - 1] + 1 : self.at[place]]

    def _in_list(self, start: int, end: int) -> bool:
        """Tell whether the list that some groups stand in goes on before or behind them with a short one."""
        before, behind = self.cuts.rfind(1, 0, start), self._next_cut(end)
        return (start > 0 and start - before <= _SHORT and _parts(self._gap(start))) or (
            behind > 0 and behind - end <= _SHORT and _parts(self._gap(end))
        )

    def _found(self, kind: NumberKind, start: int, end: int, value: str) -> Found:
        """Take a plus and an opened bracket in front of a telephone number as parts of it."""
        low, high = self.at[start], self.at[end - 1] + 1
        if kind is NumberKind.PHONE:
            low -= self.text.endswith("+", 0, low)
            low -= self.text.endswith("(", 0, low) and ")" in self.text[low:high]
        return Found(kind, low, high, value)


def _parts(gap: str) -> bool:
    return not _WEAK.issuperset(gap)


class _Read(NamedTuple):
    """A number of a cluster, and which of its digits are the number's."""

    start: int
    end: int
    found: Found
    is_proven: bool
    """Whether a check digit and a date prove it."""

    @property
    def is_identity(self) -> bool:
        """Whether it is an identity number of today's form."""
        return self.found.kind is NumberKind.IDENTITY and self.end - self.start == IDENTITY_DIGITS

    @property
    def is_mobile(self) -> bool:
        """Whether it is a mobile number."""
        return self.found.kind is NumberKind.PHONE and self.found.value.startswith("1")


class _Way(NamedTuple):
    """How far a run was read as numbers without a gap, which prove each other: of tickets, one in ten is a card."""

    end: int
    sure: bool = False
    """Whether a mobile or an identity number is among them, as must be."""
    card: bool = False
    """Whether a card is: one at most may be."""

    def with_read(self, one: _Read) -> _Way | None:
        card = one.found.kind is NumberKind.CARD
        if card and self.card:
            return None
        return _Way(one.end, self.sure or one.is_mobile or one.is_identity, self.card or card)


def _walked(ways: Mapping[_Way, tuple[_Way, _Read] | None], last: _Way | None) -> list[_Read]:
    """Return what was read on the way to the last place."""
    read: list[_Read] = []
    while last and (step := ways[last]):
        last, one = step
        read.append(one)
    return read[::-1]
