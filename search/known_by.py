"""The numbers by which submissions and cases are known, as codes of the index. Pure.

A case has a number, a submission an id at its source (its ticket, letter or message) and a receipt. They are found
whole, or by a beginning with a star, however they are typed; never by digits inside: every ticket of a year has those.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from graph.text.normalise import normalise
from graph.text.tokens import LETTER, LONGEST_CODE, units

KNOWN: Final = "K"
"""Begins their codes. It is a capital, which no query that is typed has in its normal form."""
NO_WORD: Final = re.compile(LETTER)


@lru_cache(maxsize=4_096)
def known_token(number: str) -> str:
    """Return the code by which what has a number is found: its letters and digits, whatever stands between them."""
    return KNOWN + "".join(units(normalise(number)))[:LONGEST_CODE]


def may_be_known(typed: str) -> bool:
    """Tell whether what is typed may be such a number: each has a digit or a letter that is no Chinese character."""
    return NO_WORD.search(typed) is not None
