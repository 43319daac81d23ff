"""Unicode's normal form NFKC (UAX #15), in time that grows with the text alone. Pure.

The library sorts the marks that stand on one character by moving each past those before it, so that ten thousand
marks in a row take a second. No script needs more than a few: UAX #15 itself takes thirty for all that a stream holds.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MOST_MARKS: Final = 30
"""Marks in a row that are kept."""
_MANY: Final = re.compile(f"(?:[^\\w\x00-\u02ff]|[ﾞﾟ]){{{MOST_MARKS + 1},}}")
"""Where there may be more of them: no mark is a letter but those two, and none stands so far in front."""


def nfkc(text: str) -> str:
    """Return the normal form, of the marks on one character the first `MOST_MARKS`. Twice changes nothing more."""
    few = _few_marks(text)
    # A mark may be made of several, hence once more.
    return few if unicodedata.is_normalized("NFKC", few) else _few_marks(unicodedata.normalize("NFKC", few))


def _few_marks(text: str) -> str:
    return text if text.isascii() else _MANY.sub(_first_marks, text)


def _first_marks(match: re.Match[str]) -> str:
    kept: list[str] = []
    run = 0
    for sign in match[0]:
        run = run + 1 if is_mark(sign) else 0
        if run <= MOST_MARKS:
            kept.append(sign)
    return "".join(kept)


def is_mark(sign: str) -> bool:
    """Tell whether a sign is a mark on the one before it, or is made of such."""
    return unicodedata.combining(unicodedata.normalize("NFKD", sign)[0]) > 0
