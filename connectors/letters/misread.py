"""Letters that a recogniser took digits of a number for, put right where the number proves it. Pure.

A number that stands with an l for a 1 would be masked by nobody, and found by nobody. Nothing else is changed.
"""

from __future__ import annotations

import re
from typing import Final

MOST: Final = 3
"""Letters in one number."""
_DIGITS: Final = str.maketrans("lIi|oOQDzZsSbBgq", "1111000022558899")
_RUN: Final = re.compile(r"(?<![0-9A-Za-z|])[0-9A-Za-z|]{11}(?:[0-9A-Za-z|]{7})?(?![0-9A-Za-z|])")
_MOBILE: Final = re.compile(r"1[3-9][0-9]{9}")
_IDENTITY: Final = re.compile(
    r"[1-8][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9X]"
)
_CHECKS: Final = "10X98765432"


def put_right(text: str) -> str:
    """Return a text whose numbers hold the digits that were written there."""
    return _RUN.sub(lambda run: _number(run[0]), text)


def _number(written: str) -> str:
    read = written.translate(_DIGITS).upper()
    few = sum(char.isdigit() for char in written) >= len(written) - MOST
    return read if few and (_MOBILE.fullmatch(read) or _is_identity(read)) else written


def _is_identity(read: str) -> bool:
    """Tell whether it is an identity number by its date and its check digit (GB 11643, ISO 7064 MOD 11-2)."""
    if not _IDENTITY.fullmatch(read):
        return False
    return _CHECKS[sum(int(digit) << 17 - place for place, digit in enumerate(read[:17])) % 11] == read[17]
