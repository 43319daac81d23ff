"""Numbers and addresses by which a person is found, inside Chinese texts as they are really typed. Pure.

Found are telephone numbers (mobile ones, and landlines with their area code), identity numbers (GB 11643: 18 characters
with a right check digit, or the 15 digits of before 1999 with a date that can be), bank cards (ISO/IEC 7812: 13 to 19
digits that pass the Luhn check) and e-mail addresses. What everybody may dial (12345, 110, 400-…) stays, and so do
dates, amounts, and the numbers of documents and tickets.

A number is a run of digits that is whole, or a few such runs with blanks or dashes between them in a grouping that
people use; a part of a longer run is never one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from graph.identity import identity_check, mask_card, mask_email, mask_identity, mask_phone, normal_identity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class NumberKind(StrEnum):
    """What was found. The values name the keyed hashes (`Vault.equality`), so that mentions and texts share them."""

    PHONE = "phone"
    IDENTITY = "identity"
    CARD = "card"
    EMAIL = "email"


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


FEWEST: Final = 10
"""Digits of the shortest number: an area code of three and a landline of seven."""
LONGEST: Final = 22
"""Digits of the longest: 0086 and a mobile, or a bank card of 19, each with room to see that it is longer still."""

PLAIN: Final[dict[int, int | str]] = {
    **{wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)},
    **dict.fromkeys(map(ord, "\t\u00a0\u2002\u2003\u2009\u200b\u200c\u200d\u202f\u2060\u3000\ufeff"), " "),
    **dict.fromkeys(map(ord, "‐‑‒–—―−﹣"), "-"),
}
"""Full width, blanks and dashes of all sorts as ASCII, character by character, so that places stay what they are."""

_WIDE_DIGIT: Final = "0-9\uff10-\uff19"
ENOUGH_DIGITS: Final = re.compile(
    f"[{_WIDE_DIGIT}](?:[^{_WIDE_DIGIT}\u4e00-\u9fff]{{0,3}}[{_WIDE_DIGIT}]){{{FEWEST - 1}}}"
)
"""What a text without any number lacks: most are done with by this and a look for @."""

_LOCAL: Final = "A-Za-z0-9._%+-"
EMAIL: Final = re.compile(rf"(?<![{_LOCAL}])[{_LOCAL}]++@[A-Za-z0-9-]{{1,63}}(?:\.[A-Za-z0-9-]{{1,63}}){{1,4}}")
JOINT: Final = r"(?: ?[-] ?| {1,2}|\) ?-? ?)"
CLUSTER: Final = re.compile(rf"[0-9]+(?:{JOINT}[0-9]+)*(?:{JOINT}?[Xx](?![A-Za-z0-9]))?")
"""Runs of digits that may belong together."""
RUN: Final = re.compile(r"[0-9]+")

MOBILE: Final = re.compile(r"1[3-9][0-9]{9}")
MOBILE_GROUPS: Final = frozenset({(11,), (3, 4, 4), (3, 8), (7, 4), (4, 3, 4), (3, 3, 5), (5, 6), (6, 5), (1,) * 11})
LANDLINE: Final = re.compile(r"0(?:10|2[0-9]|[3-9][0-9]{2})[2-8][0-9]{6,7}")
"""An area code and a number of seven or eight digits, which begins with no 1 (service numbers) and no 9."""
CARD: Final = re.compile(r"(?:[3-9][0-9]{12,18}|2(?:22[1-9]|2[3-9][0-9]|[3-6][0-9]{2}|7[01][0-9]|720)[0-9]{12})")
"""By the issuer's first digits: those that begin with 0 and 1, or with a year, are tickets and times."""
PROVINCES: Final = re.compile("1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]")
"""The first two digits of identity numbers (GB/T 2260), and of the permits of residents from beyond."""


def masked(text: str) -> str:
    """Return a text with its numbers as everybody may see them. Doing it twice changes nothing more."""
    while numbers := found(text):
        pieces, at = [], 0
        for one in numbers:
            pieces += [text[at : one.start], _mask(one, text[one.start : one.end])]
            at = one.end
        text = "".join(pieces) + text[at:]
    return text


def found(text: str) -> tuple[Found, ...]:
    """Return the numbers of a text in their order; no two overlap."""
    if "@" not in text and "\uff20" not in text and ENOUGH_DIGITS.search(text) is None:
        return ()
    plain = text.translate(PLAIN)
    emails = [_email(match) for match in EMAIL.finditer(plain)] if "@" in plain else []
    numbers = [one for match in CLUSTER.finditer(plain) for one in _numbers(_Cluster.of(match))]
    apart = [one for one in numbers if not any(one.start < mail.end and mail.start < one.end for mail in emails)]
    return tuple(sorted([*emails, *apart], key=lambda one: one.start))


def whole(text: str) -> Found | None:
    """Return the number that a text is, whatever way it is typed; None where it is more or less than one."""
    bare = text.strip()
    numbers = found(bare)
    return numbers[0] if len(numbers) == 1 and _spans(numbers[0], bare) else None


def _spans(one: Found, text: str) -> bool:
    around = text[: one.start] + text[one.end :]
    return not any(sign.isalnum() for sign in around)


def _email(match: re.Match[str]) -> Found:
    return Found(NumberKind.EMAIL, match.start(), match.end(), match[0].lower())


def _mask(one: Found, typed: str) -> str:
    match one.kind:
        case NumberKind.PHONE:
            return mask_phone(one.value)
        case NumberKind.IDENTITY:
            # As it was typed: the value of an old number is another one.
            return mask_identity("".join(sign for sign in typed.translate(PLAIN) if sign.isalnum()).upper())
        case NumberKind.CARD:
            return mask_card(one.value)
        case NumberKind.EMAIL:
            return mask_email(one.value)


# Runs of digits that stand together ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Cluster:
    """Runs of digits with a joint between each two; `last` is the check digit X behind them, where there is one."""

    text: str
    spans: tuple[tuple[int, int], ...]
    signed: int | None
    """Where the X behind the last run ends."""

    @classmethod
    def of(cls, match: re.Match[str]) -> _Cluster:
        """Take a match apart; a run beside an asterisk is what a mask left, and belongs to nothing."""
        text = match.string
        spans = [run.span() for run in RUN.finditer(text, match.start(), match.end())]
        signed = match.end() if match[0][-1] in "Xx" else None
        if spans and text[spans[0][0] - 1 : spans[0][0]] == "*":
            spans.pop(0)
        if spans and text[match.end() : match.end() + 1] == "*":
            spans.pop()
            signed = None
        return cls(text, tuple(spans), signed)

    def runs(self, first: int, last: int) -> tuple[str, ...]:
        return tuple(self.text[low:high] for low, high in self.spans[first : last + 1])


@dataclass(frozen=True, slots=True)
class _Candidate:
    """Some runs in a row that may be one number."""

    digits: str
    groups: tuple[int, ...]
    start: int
    end: int
    signed: int | None
    text: str
    """All of the text it stands in."""


def _numbers(cluster: _Cluster) -> Iterator[Found]:
    """Yield the numbers of a cluster from its left, each as long as it can be."""
    at = 0
    while at < len(cluster.spans):
        one = next(_readings(cluster, at), None)
        if one is None:
            at += 1
            continue
        yield one
        while at < len(cluster.spans) and cluster.spans[at][0] < one.end:
            at += 1


def _readings(cluster: _Cluster, first: int) -> Iterator[Found]:
    """Yield what the runs from `first` on can be read as, the surest reading first."""
    lengths = [high - low for low, high in cluster.spans[first:]]
    totals = list(accumulate(lengths))
    lasts = [place for place, total in enumerate(totals) if FEWEST <= total <= LONGEST]
    for read in READERS:
        for place in reversed(lasts):
            if one := read(_candidate(cluster, first, first + place)):
                yield one


def _candidate(cluster: _Cluster, first: int, last: int) -> _Candidate:
    start, end = cluster.spans[first][0], cluster.spans[last][1]
    runs = cluster.runs(first, last)
    return _Candidate(
        digits="".join(runs),
        groups=tuple(map(len, runs)),
        start=start,
        end=end,
        signed=cluster.signed if last == len(cluster.spans) - 1 else None,
        text=cluster.text,
    )


def _identity(one: _Candidate) -> Found | None:
    """Read 18 characters however they are grouped: date and check digit together are proof enough."""
    number, end = one.digits, one.end
    if one.signed is not None and len(number) == 17:
        number, end = number + "X", one.signed
    if len(number) == 18 and number[0] != "0" and _is_date(number[6:14]) and normal_identity(number):
        return Found(NumberKind.IDENTITY, one.start, end, number)
    return None


def _old_identity(one: _Candidate) -> Found | None:
    """Read the 15 digits of before 1999; their normal value is the number that its holder has now."""
    number = one.digits
    if one.groups not in {(15,), (6, 6, 3)} or not PROVINCES.match(number) or not _is_date("19" + number[6:12]):
        return None
    longer = number[:6] + "19" + number[6:]
    return Found(NumberKind.IDENTITY, one.start, one.end, longer + identity_check(longer))


def _card(one: _Candidate) -> Found | None:
    if CARD.fullmatch(one.digits) and _grouped_as_card(one.groups) and _luhn(one.digits):
        return Found(NumberKind.CARD, one.start, one.end, one.digits)
    return None


def _mobile(one: _Candidate) -> Found | None:
    digits, groups = _national(one)
    if MOBILE.fullmatch(digits) and groups in MOBILE_GROUPS:
        return _phone(one, digits)
    return None


def _landline(one: _Candidate) -> Found | None:
    digits, groups = _national(one)
    if len(digits) < len(one.digits) and not digits.startswith("0"):
        digits = "0" + digits
    if LANDLINE.fullmatch(digits) and len(groups) <= 3 and (len(groups) == 1 or groups[0] <= 4):
        return _phone(one, digits)
    return None


def _national(one: _Candidate) -> tuple[str, tuple[int, ...]]:
    """Return a telephone number's digits without 86 or 0086, and how they are grouped."""
    for prefix in ("0086", "86"):
        if one.digits.startswith(prefix) and one.groups[0] >= len(prefix):
            left = one.groups[0] - len(prefix)
            return one.digits[len(prefix) :], ((left,) if left else ()) + one.groups[1:]
    return one.digits, one.groups


def _phone(one: _Candidate, digits: str) -> Found:
    """Take a plus and an opened bracket in front as parts of the number."""
    start = one.start
    if one.text[:start].endswith("+"):
        start -= 1
    if one.text[:start].endswith("(") and ")" in one.text[start : one.end]:
        start -= 1
    return Found(NumberKind.PHONE, start, one.end, digits)


READERS: Final = (_identity, _mobile, _landline, _old_identity, _card)
"""The surest first: of two readings of the same runs, the one that proves more is right."""


def _grouped_as_card(groups: Sequence[int]) -> bool:
    by_fours = all(one == 4 for one in groups[:-1]) and groups[-1] <= 4
    return len(groups) == 1 or by_fours or tuple(groups) in {(6, 13), (6, 10), (4, 6, 5)} or set(groups) == {1}


def _luhn(digits: str) -> bool:
    """Tell whether the check digit of ISO/IEC 7812 is right; a row of equal digits is no card."""
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return len(set(digits)) > 1 and (doubled + sum(map(int, digits[::-2]))) % 10 == 0


def _is_date(text: str) -> bool:
    try:
        day = date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return False
    return EARLIEST <= day.year <= LATEST


EARLIEST: Final = 1850
LATEST: Final = 2100
