"""Does what somebody searches for find a person? By a name field, by a whole number, or by the beginning of one. Pure.

A number's beginning is refused from seven digits on, as few people have the same, wherever a star, a blank or a sign
stands in it and whether it is typed in digits or dictated. Dates, years, round sums and the ids of matters pass.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from graph.text.normalise import normalise
from graph.text.numbers import masked
from graph.text.readings import BIRTH_YEARS, PROVINCES
from graph.text.signs import plain_digits
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NAMED: Final = re.compile(r"(?<![^\s()\"“”|&*-])(?:name|姓名)\s*:")
"""What asks for a person in the query language, in the normal form."""
SIGNS: Final = re.compile(r"[*\"“”()]")
"""Of the language; behind a star, digits are no whole number to whoever looks for one."""
ADDRESS: Final = re.compile(r"[A-Za-z0-9._%+-] {0,2}@")
"""A name before the sign of an address, however the address goes on."""

FEW: Final = 7
"""So many digits of a number few people share."""
LONGEST: Final = 18
PAIR: Final = 2
GROUP: Final = re.compile("[0-9]+")
CLUSTER: Final = re.compile(r"[0-9]+(?:[^\w@+]{1,4}[0-9]+)*")
STAR: Final = re.compile(r"[\"“”() ]{0,4}\*")
SUM: Final = re.compile(r"[0-9]+000(?![0-9])|[0-9.]+ ?[元万亿平吨]")
_YEAR: Final = "(?:19|20)[0-9]{2}"
_DAY: Final = "(?:0[1-9]|[12][0-9]|3[01])"
_TIME: Final = rf"{_YEAR}(?:(?:0[1-9]|1[0-2]){_DAY}|[-./ ](?:0?[1-9]|1[0-2])(?:[-./ ](?:{_DAY}|[1-9]))?)?"
TIMES: Final = re.compile(rf"{_TIME}(?:[^0-9]{{1,3}}{_TIME})*(?![0-9])")
TOWN: Final = re.compile(rf"(?:{PROVINCES.pattern})[0-9]{{4}}20[0-9](?:[0-9]{{3}})?(?![0-9])")
"""The codes of towns and villages that read like a year of birth behind a county's (GB/T 10114)."""
OTHER_TERM: Final = re.compile(rf" +{_YEAR}[-年]")
"""A date behind a blank is another term of a search than the division before it."""

MOBILE: Final = re.compile("1[3-9][0-9]{5,9}")
LANDLINE: Final = re.compile("0(?:10|2[0-9]|[3-9][0-9]{2})[2-8][0-9]{3,7}")
IDENTITY: Final = re.compile(
    rf"(?:{PROVINCES.pattern})[0-9]{{4}}(?P<year>[0-9]{{1,4}})(?:(?:0[1-9]?|1[0-2]?)(?:[0-9]{{1,6}})?)?"
)

NAME: Final = Wording("`name:`")
NUMBER: Final = Wording("a telephone, identity or card number or an address")
BEGINNING: Final = Wording("the beginning of a person's number or address")


def personal(text: str) -> Wording | None:
    """Return what in a text finds a person, None where nothing does."""
    plain = normalise(text)
    if NAMED.search(plain):
        return NAME
    if any(masked(one) != one for one in (text, plain, SIGNS.sub(" ", plain))):
        return NUMBER
    typed = plain_digits(text)
    return BEGINNING if ADDRESS.search(typed) or _begins_number(typed) else None


def _begins_number(typed: str) -> bool:
    text = SIGNS.sub(" ", typed)
    for match in CLUSTER.finditer(text):
        groups = list(GROUP.finditer(text, *match.span()))
        starred = STAR.match(typed, match.end()) is not None
        for first in range(len(groups)):
            several = groups[first : first + LONGEST]
            said = not starred and _is_of_matters(text, several[0].start(), several[-1].end())
            if not said and any(map(_begins, _beginnings(text, several))):
                return True
    return False


def _is_of_matters(text: str, start: int, end: int) -> bool:
    """Tell whether digits are a sum, a town's code, or years or days."""
    said = (pattern.match(text, start, end + len(" 元")) for pattern in (SUM, TIMES, TOWN))
    return any(one and one.end() >= end for one in said)


def _beginnings(text: str, groups: Sequence[re.Match[str]]) -> Iterator[str]:
    """Yield the beginnings that groups may be: the first, which is no pair, and it with those that follow."""
    digits, alone = groups[0][0], len(groups[0][0]) == 1
    if len(digits) == PAIR:
        return
    yield digits
    for before, group in pairwise(groups):
        other = len(digits) == 6 and OTHER_TERM.match(text, before.end())
        if other or (len(before[0]) == 1) != alone or len(digits) + len(group[0]) > LONGEST:
            break
        digits += group[0]
        yield digits


def _begins(digits: str) -> bool:
    if len(digits) < FEW:
        return False
    identity = IDENTITY.fullmatch(digits)
    born = identity is not None and any(str(year).startswith(identity["year"]) for year in BIRTH_YEARS)
    return born or MOBILE.fullmatch(digits) is not None or LANDLINE.fullmatch(digits) is not None
