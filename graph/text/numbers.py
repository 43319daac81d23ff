"""Numbers and addresses by which a person is found, inside Chinese texts as they are really typed. Pure.

Found are telephone numbers (mobile ones, and landlines with their area code), identity numbers (GB 11643: 18 characters
with a right check digit, or with a province and a birthday that can be; the 15 digits of before 1999), bank cards
(ISO/IEC 7812: 13 to 19 digits that pass the Luhn check) and e-mail addresses. What everybody may dial (12345, 110,
400-…) stays, and so do dates, amounts, and the numbers of documents and tickets.

A number is a run of digits that is whole, or a few such runs with blanks, dashes, dots, slashes or a line end between
them in a grouping that people use. A part of a longer run is one only where two numbers were typed without a gap.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
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

IGNORED: Final = "\0"
"""Stands for a sign that nobody sees: digits around it are one run."""


class _Plain(dict[int, int | str]):
    """Full width, digits of all scripts, blanks and dashes as ASCII, one sign for one, so that places stay."""

    def __missing__(self, code: int) -> int | str:
        """Work a sign out once; there are only as many as Unicode has."""
        sign = chr(code)
        if (digit := unicodedata.decimal(sign, None)) is not None:
            plain: int | str = str(digit)
        elif unicodedata.category(sign) == "Cf":
            plain = IGNORED
        else:
            plain = " " if sign.isspace() else code
        self[code] = plain
        return plain


PLAIN: Final = _Plain(
    {
        **{wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)},
        **dict.fromkeys(map(ord, "‐‑‒–—―−﹣"), "-"),
    }
)
SPELT: Final = {
    sign: str(value)
    for value, signs in enumerate(("零〇", "一幺壹", "二贰", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖"))
    for sign in signs
} | {
    chr(code): str(value)
    for code in (*range(0xB2, 0xBA), *range(0x2070, 0x208A), *range(0x2460, 0x2800), *range(0x1F100, 0x1F10B))
    if (value := unicodedata.digit(chr(code), None)) is not None
}
"""Digits that are mostly something else: words, and marks of lists and powers."""
DICTATED: Final = 11
"""So many of them in a row are a number."""
SPELT_RUN: Final = re.compile(f"[{''.join(SPELT)}]+")

ENOUGH_DIGITS: Final = re.compile(rf"[0-9](?:[^0-9\u4e00-\u9fff]{{0,8}}[0-9]){{{FEWEST - 1}}}")
"""What a text without any number lacks: most are done with by this and a look for @."""

_LOCAL: Final = "A-Za-z0-9._%+-"
EMAIL: Final = re.compile(
    rf"(?<![{_LOCAL}])[{_LOCAL}]++ {{0,2}}@ {{0,2}}[A-Za-z0-9-]{{1,63}}(?:\.[A-Za-z0-9-]{{1,63}}){{1,4}}"
)
JOINT: Final = r"(?: {0,2}[-./_] {0,2}| {1,4}|\) ?-? ?)"
_DIGITS: Final = r"[0-9](?:\0{0,2}[0-9])*"
CLUSTER: Final = re.compile(rf"{_DIGITS}(?:{JOINT}{_DIGITS})*(?:{JOINT}?[Xx](?![A-Za-z0-9]))?")
"""Runs of digits that may belong together."""
RUN: Final = re.compile(_DIGITS)
PASSES: Final = 4
"""How often a text is looked through at most: a mask may part what stood together."""

MOBILE: Final = re.compile(r"1[3-9][0-9]{9}")
MOBILE_GROUPS: Final = frozenset({(11,), (3, 4, 4), (3, 8), (7, 4), (4, 3, 4), (3, 3, 5), (5, 6), (6, 5), (1,) * 11,
     (4, 4, 3), (4, 7), (5, 3, 3), (3, 5, 3), (3, 3, 3, 2), (3, 2, 2, 2, 2), (3, 4, 2, 2), (2, 3, 3, 3)})  # fmt: skip
LANDLINE: Final = re.compile(r"0(?:10|2[0-9]|[3-9][0-9]{2})[2-8][0-9]{6,7}")
"""An area code and a number of seven or eight digits, which begins with no 1 (service numbers) and no 9."""
CARD: Final = re.compile(r"(?:[3-9][0-9]{12,18}|2(?:22[1-9]|2[3-9][0-9]|[3-6][0-9]{2}|7[01][0-9]|720)[0-9]{12})")
"""By the issuer's first digits: those that begin with 0 and 1, or with a year, are tickets and times."""
PROVINCES: Final = re.compile("1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]")
"""The first two digits of identity numbers (GB/T 2260), and of the permits of residents from beyond."""


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


def plain_digits(text: str, fewest: int = DICTATED) -> str:
    """Return a text of the same length with all digits as ASCII; words for digits where `fewest` stand in a row."""

    def spelt(match: re.Match[str]) -> str:
        run = match[0]
        return run if len(run) < fewest else "".join(map(SPELT.__getitem__, run))

    return SPELT_RUN.sub(spelt, text).translate(PLAIN)


def found(text: str) -> tuple[Found, ...]:
    """Return the numbers of a text in their order; no two overlap."""
    plain = plain_digits(text)
    if "@" not in plain and ENOUGH_DIGITS.search(plain) is None:
        return ()
    emails = [_email(match) for match in EMAIL.finditer(plain)] if "@" in plain else []
    # Addresses are blotted out, so that no number reaches into one.
    rest = EMAIL.sub(lambda match: "@" * len(match[0]), plain) if emails else plain
    numbers = [one for match in CLUSTER.finditer(rest) for one in _numbers(_Cluster.of(match))]
    return tuple(sorted([*emails, *numbers], key=lambda one: one.start))


def whole(text: str) -> Found | None:
    """Return the number that a text is, whatever way it is typed; None where it is more or less than one."""
    bare = text.strip()
    numbers = found(bare)
    return numbers[0] if len(numbers) == 1 and _spans(numbers[0], bare) else None


def _spans(one: Found, text: str) -> bool:
    around = text[: one.start] + text[one.end :]
    return not any(sign.isalnum() for sign in around)


def _email(match: re.Match[str]) -> Found:
    return Found(NumberKind.EMAIL, match.start(), match.end(), match[0].replace(" ", "").lower())


def _mask(one: Found, typed: str) -> str:
    match one.kind:
        case NumberKind.PHONE:
            return mask_phone(one.value)
        case NumberKind.IDENTITY:
            # As it was typed: the value of an old number is another one.
            return mask_identity("".join(sign for sign in plain_digits(typed) if sign.isalnum()).upper())
        case NumberKind.CARD:
            return mask_card(one.value)
        case NumberKind.EMAIL:
            return mask_email(one.value)


# Runs of digits that stand together ------------------------------------------------------------------------------


MASK: Final = "***"
"""What every mask of ours holds; one or two asterisks are a person's own."""
_LEFT: Final = 4
"""Digits that a mask leaves on one side, at most."""


def _short(span: tuple[int, int]) -> bool:
    return span[1] - span[0] <= _LEFT


@dataclass(frozen=True, slots=True)
class _Cluster:
    """Runs of digits with a joint between each two; `last` is the check digit X behind them, where there is one."""

    text: str
    spans: tuple[tuple[int, int], ...]
    signed: int | None
    """Where the X behind the last run ends."""

    @classmethod
    def of(cls, match: re.Match[str]) -> _Cluster:
        """Take a match apart; a short run beside the asterisks of a mask is what it left, and belongs to nothing."""
        text = match.string
        spans = [run.span() for run in RUN.finditer(text, match.start(), match.end())]
        signed = match.end() if match[0][-1] in "Xx" else None
        if spans and _short(spans[0]) and text[max(0, spans[0][0] - len(MASK)) : spans[0][0]] == MASK:
            spans.pop(0)
        if spans and _short(spans[-1]) and text[match.end() : match.end() + len(MASK)] == MASK:
            spans.pop()
            signed = None
        return cls(text, tuple(spans), signed)

    def runs(self, first: int, last: int) -> tuple[str, ...]:
        return tuple(self.text[low:high].replace(IGNORED, "") for low, high in self.spans[first : last + 1])


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
        if pair := _glued(cluster, at):
            yield from pair
            at += 1
            continue
        one = next(_readings(cluster, at), None)
        if one is None:
            at += 1
            continue
        yield one
        while at < len(cluster.spans) and cluster.spans[at][0] < one.end:
            at += 1


def _readings(cluster: _Cluster, first: int) -> Iterator[Found]:
    """Yield what the runs from `first` on can be read as, the surest reading first."""
    candidates, total = [], 0
    for last in range(first, len(cluster.spans)):
        low, high = cluster.spans[last]
        total += high - low - cluster.text.count(IGNORED, low, high)
        if total > LONGEST:
            break
        if total >= FEWEST:
            candidates.append(_candidate(cluster, first, last))
    for read in READERS:
        for candidate in reversed(candidates):
            if one := read(candidate):
                yield one


def _glued(cluster: _Cluster, at: int) -> tuple[Found, ...]:
    """Read one run as two numbers without anything between: two mobiles, or a mobile and an identity number."""
    low, high = cluster.spans[at]
    if high - low not in {22, 29}:
        return ()
    for cut in (11, 18):
        halves = [cluster.text[low : low + cut], cluster.text[low + cut : high]]
        if all(map(_surely, halves)):
            kinds = [NumberKind.PHONE if len(half) == 11 else NumberKind.IDENTITY for half in halves]
            places = [(low, low + cut), (low + cut, high)]
            return tuple(Found(kind, *place, half) for kind, place, half in zip(kinds, places, halves, strict=True))
    return ()


def _surely(digits: str) -> bool:
    if len(digits) == 11:
        return MOBILE.fullmatch(digits) is not None
    return len(digits) == 18 and _is_date(digits[6:14]) and normal_identity(digits) is not None


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


def _mistyped_identity(one: _Candidate) -> Found | None:
    """Read 18 digits with a province and a date that can be, though the check digit is wrong."""
    number, end, groups = one.digits, one.end, one.groups
    if one.signed is not None and len(number) == 17:
        number, end, groups = number + "X", one.signed, (*groups[:-1], groups[-1] + 1)
    if groups in {(18,), (6, 8, 4)} and PROVINCES.match(number) and _is_birthday(number[6:14]):
        return Found(NumberKind.IDENTITY, one.start, end, number)
    return None


YOUNGEST: Final = "2015"
"""The latest year of birth where the check digit is wrong: tickets are numbered by division, day and count as well."""


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
    if LANDLINE.fullmatch(digits) and len(groups) <= 3 and (len(groups) == 1 or 2 <= groups[0] <= 4):
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
    if start and one.text[start - 1] == "+":
        start -= 1
    if start and one.text[start - 1] == "(" and ")" in one.text[start : one.end]:
        start -= 1
    return Found(NumberKind.PHONE, start, one.end, digits)


READERS: Final = (_identity, _mobile, _landline, _old_identity, _card, _mistyped_identity)
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


def _is_birthday(text: str) -> bool:
    return _is_date(text) and "1900" <= text[:4] <= YOUNGEST


EARLIEST: Final = 1850
LATEST: Final = 2100
