"""The numbers by which submissions and cases are known, as codes of the index. Pure.

A case has a number, a submission an id at its source (of a ticket, letter or message) and a receipt. Each is found
whole, however it is typed; the id, which sources count up, also by a beginning with a star. None is by digits inside:
every ticket of a year has those.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from graph.text.normalise import normalise
from graph.text.tokens import LETTER, LONGEST_CODE, units

if TYPE_CHECKING:
    from collections.abc import Iterator

WHOLE: Final = "K"
"""Begins their codes. It is a capital, which no query that is typed has in its normal form."""
BEGINNING: Final = "L"
"""Begins the codes by whose beginnings something is found."""
NO_WORD: Final = re.compile(LETTER)


class Known(NamedTuple):
    """What a submission is known by; empty where it is not asked for."""

    case: str = ""
    id: str = ""
    receipt: str = ""

    def codes(self) -> Iterator[tuple[str, str]]:
        """Yield the codes by which it is found, each with the number that it is of."""
        yield from ((number, whole_code(number)) for number in self if number)
        if self.id:
            yield self.id, beginning_code(self.id)


UNASKED: Final = Known()


def whole_code(number: str) -> str:
    """Return the code by which what has a number is found: its letters and digits, whatever stands between them."""
    return WHOLE + _bare(number)


def beginning_code(number: str) -> str:
    """Return what the codes begin with of all whose id begins so."""
    return BEGINNING + _bare(number)


@lru_cache(maxsize=4_096)
def _bare(number: str) -> str:
    return "".join(units(normalise(number)))[:LONGEST_CODE]


def is_code(token: str) -> bool:
    """Tell whether a code is one of these."""
    return token.startswith((WHOLE, BEGINNING))


def may_be_known(typed: str) -> bool:
    """Tell whether what is typed may be such a number: each has a digit or a letter that is no Chinese character."""
    return NO_WORD.search(typed) is not None
