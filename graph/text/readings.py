"""As which numbers can digits be read? Each kind with its proof: lengths, check digits, dates, groups. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple

from graph.identity import identity_check, normal_identity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


class NumberKind(StrEnum):
    """What was found. The values name the keyed hashes (`Vault.equality`), so that mentions and texts share them."""

    PHONE = "phone"
    IDENTITY = "identity"
    CARD = "card"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Candidate:
    """Digits in a row that may be one number, and how many stand together; an X may be the last of them."""

    digits: str
    groups: tuple[int, ...]
    listed: bool
    """Whether signs stand between them that part numbers, too."""


class Reader(NamedTuple):
    """Knows one kind of numbers."""

    kind: NumberKind
    lengths: range | tuple[int, ...]
    """How many digits they have, the most first."""
    pattern: re.Pattern[str]
    """What all of them match."""
    value: Callable[[Candidate], str | None]
    """Returns the form in which equal ones are equal, None for what is none."""


# How people group -------------------------------------------------------------------------------------------------

MOST_GROUPS: Final = 5


def _one_by_one(groups: Sequence[int]) -> bool:
    return set(groups) == {1}


def _few(groups: Sequence[int]) -> bool:
    return len(groups) <= MOST_GROUPS and min(groups) > 1


def _cut_at(groups: Sequence[int], places: Iterable[int]) -> bool:
    """Tell whether groups end at these places alone."""
    return set(accumulate(groups[:-1])) <= set(places)


def _national(one: Candidate) -> tuple[str, tuple[int, ...]]:
    """Return a telephone number's digits without 86 or 0086, and how they are grouped."""
    prefix = next((prefix for prefix in ("0086", "86") if one.digits.startswith(prefix)), "")
    left, groups = len(prefix), list(one.groups)
    while left and groups[0] <= left:
        left -= groups.pop(0)
    if left:
        groups[0] -= left
    return one.digits[len(prefix) :], tuple(groups)


# The kinds --------------------------------------------------------------------------------------------------------

PROVINCES: Final = re.compile("1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]")
"""The first two digits of identity numbers (GB/T 2260), and of the permits of residents from beyond."""
_EARLIEST: Final = 1850
_LATEST: Final = 2100
BIRTH_YEARS: Final = range(1900, 2016)
_TICKETS: Final = range(2016, 2036)
"""Years of no birthday where the check digit is wrong: tickets are numbered by division, day and count as well."""


def _identity(one: Candidate) -> str | None:
    """Read 18 characters however they are grouped: date and check digit together are proof enough."""
    born = _date(one.digits[6:14])
    if not born or not _EARLIEST <= born.year <= _LATEST or _is_joined(one):
        return None
    return one.digits if normal_identity(one.digits) else None


def _is_joined(one: Candidate) -> bool:
    """Tell whether a comma parts what is rather another number from some digits behind it."""
    return one.listed and max(one.groups) > _LONGEST_LISTED


_LONGEST_LISTED: Final = 8
"""Digits of the birthday, which is the longest group of an identity number with commas."""


def _mistyped_identity(one: Candidate) -> str | None:
    """Read 18 with a birthday, though the check digit is wrong, since it is or since the province is."""
    born = _date(one.digits[6:14])
    return one.digits if _grouped_as_identity(one) and born and born.year in BIRTH_YEARS else None


def _misdated_identity(one: Candidate) -> str | None:
    """Read 18 with a province and what would be a birthday with another digit."""
    born = _date(one.digits[6:14])
    if not _grouped_as_identity(one) or not PROVINCES.match(one.digits) or (born and born.year in _TICKETS):
        return None
    return one.digits if _nearly_birthday(one.digits[6:14]) else None


def _grouped_as_identity(one: Candidate) -> bool:
    """Tell whether digits are in a few groups, behind which an X may stand alone, or one by one."""
    *groups, last = one.groups
    behind = (*groups[:-1], groups[-1] + 1) if groups and last == 1 else one.groups
    return _one_by_one(one.groups) or (_few(behind) and not _is_joined(one))


def _nearly_birthday(digits: str) -> bool:
    years, days = _birthdays()
    year, day = digits[:4], digits[4:]
    return (year in years and day in _near(days)) or (day in days and year in _near(years))


@cache
def _birthdays() -> tuple[frozenset[str], frozenset[str]]:
    """Return the years of birth, and the days of all years as month and day."""
    leap = (date(2000, 1, 1) + timedelta(days) for days in range(366))
    return frozenset(map(str, BIRTH_YEARS)), frozenset(day.strftime("%m%d") for day in leap)


@cache
def _near(right: frozenset[str]) -> frozenset[str]:
    """Return these with one digit, at most, that is another."""
    return frozenset(one[:at] + digit + one[at + 1 :] for one in right for at in range(4) for digit in "0123456789")


def _old_identity(one: Candidate) -> str | None:
    """Read the 15 digits of before 1999; their normal value is the number that its holder has now."""
    longer = one.digits[:6] + "19" + one.digits[6:]
    grouped = _cut_at(one.groups, (6, 9, 12)) or one.groups in _OLD_GROUPS or _one_by_one(one.groups)
    if not grouped or _is_joined(one) or not PROVINCES.match(longer) or not _date(longer[6:14]):
        return None
    return longer + identity_check(longer)


_OLD_GROUPS: Final = frozenset({(4, 4, 4, 3), (3,) * 5, (5, 5, 5), (3, 4, 4, 4)})


def _date(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None


def _card(one: Candidate) -> str | None:
    grouped = _cut_at(one.groups, range(4, 19, 4)) or one.groups in _CARD_GROUPS or _one_by_one(one.groups)
    return one.digits if grouped and not _is_joined(one) and _luhn(one.digits) else None


_CARD_GROUPS: Final = frozenset({(6, 13), (6, 10), (4, 6, 5), (6, 4, 4, 5), (6, 4, 4, 4, 1), (6, 6, 7), (5, 5, 5, 4)})


def _luhn(digits: str) -> bool:
    """Tell whether the check digit of ISO/IEC 7812 is right; a row of equal digits is no card."""
    if len(set(digits)) == 1:
        return False
    signs = (digits[::-2] + digits[-2::-2].translate(_DOUBLED)).encode()
    return (sum(signs) - len(signs) * ord("0")) % 10 == 0


_DOUBLED: Final = str.maketrans("0123456789", "0246813579")
"""Each digit twice, and the sum of that one's digits."""


def _mobile(one: Candidate) -> str | None:
    digits, groups = _national(one)
    if one.listed:
        return digits if groups in _LISTED_GROUPS or _one_by_one(groups) else None
    few = _few(groups) and (len(groups) != 2 or min(groups) > 2)
    return digits if few or _one_by_one(groups) else None


_LISTED_GROUPS: Final = frozenset({(3, 4, 4), (4, 4, 3), (3, 8), (7, 4), (3, 3, 5), (3, 2, 2, 2, 2)})
"""In which mobile numbers are typed with commas: others are lists of houses or bus lines."""


def _landline(one: Candidate) -> str | None:
    digits, groups = _national(one)
    if len(digits) < len(one.digits) and not digits.startswith("0"):
        digits = "0" + digits
    grouped = len(groups) == 1 or _one_by_one(groups) or (_few(groups) and 2 <= groups[0] <= 4)
    return digits if grouped and _LANDLINE.fullmatch(digits) else None


_LANDLINE: Final = re.compile(r"0(?:10|2[0-9]|(?!400|800)[3-9][0-9]{2})[2-8][0-9]{6,7}")
"""An area code and a number of seven or eight digits, which begins with no 1 (service numbers) and no 9. 400 and 800
are no area codes: everybody may dial them, from abroad as well."""
_CARDS: Final = re.compile("[3-9][0-9]{12,18}|2(?:22[1-9]|2[3-9][0-9]|[3-6][0-9]{2}|7[01][0-9]|720)[0-9]{12}")
"""By the issuer's first digits: those that begin with 0 and 1, or with a year, are tickets and times."""
_MOBILES: Final = re.compile("(?:(?:00)?86)?1[3-9][0-9]{9}")
_LANDLINES: Final = re.compile("(?:0|86)[0-9]{9,15}")
_IDENTITIES: Final = re.compile("[1-9][0-9]{16}[0-9X]")
_OLD_IDENTITIES: Final = re.compile("[1-8][0-9]{14}")

READERS: Final = (
    Reader(NumberKind.IDENTITY, (18,), _IDENTITIES, _identity),
    Reader(NumberKind.PHONE, (15, 13, 11), _MOBILES, _mobile),
    Reader(NumberKind.PHONE, range(16, 9, -1), _LANDLINES, _landline),
    Reader(NumberKind.IDENTITY, (18,), _IDENTITIES, _mistyped_identity),
    Reader(NumberKind.IDENTITY, (15,), _OLD_IDENTITIES, _old_identity),
    Reader(NumberKind.CARD, range(19, 12, -1), _CARDS, _card),
    Reader(NumberKind.IDENTITY, (18,), _IDENTITIES, _misdated_identity),
)
"""The surest first: of two readings of the same digits, the one that proves more is right."""
FEWEST: Final = min(min(one.lengths) for one in READERS)
"""Digits of the shortest number: an area code of three and a landline of seven."""
