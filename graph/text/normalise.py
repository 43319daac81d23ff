"""The normal form in which texts are compared: NFKC, half width, ideographs, simplified, case folded. Pure.

What a text's part becomes does not depend on what stands around it, so that a phrase cut from a text has the normal
form that it has in the text. Therefore traditional characters are mapped one by one, by a table that opencc gives
once, and not word by word (乾隆 becomes 干隆 in texts and in queries alike).
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Final

import opencc

from graph.text.ideographs import alike
from graph.text.nfkc import nfkc

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

COMMON: Final = tuple((wide, nfkc(wide)) for wide in "，：；？！（）…％～\u3000\u00a0")
"""The wide signs and blanks that nearly every text has: replaced first, they spare most texts the slow general way."""

INVISIBLE: Final = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff\U000f0000-\U0010ffff]")
"""What pages and pasted texts carry between the characters of a word, and nobody sees; and the private planes."""

IDEOGRAPHS: Final = "〇\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
"""Chinese characters, as the inside of a regular expression's set."""


_USUAL: Final = (
    *range(0x80), 0xB7, *range(0x2010, 0x203B), *range(0x3001, 0x3004), *range(0x3008, 0x3021), *range(0x4E00, 0xA000),
)  # fmt: skip
"""What most texts are of: Chinese characters, ASCII and signs. Most of these are their own normal form."""


@cache
def _simplified() -> dict[int, str]:
    # The rare planes are left out: their traditional forms are no one's.
    characters = [chr(code) for code in chain(range(0x3400, 0x4DC0), range(0x4E00, 0xA000))]
    converted = opencc.OpenCC("t2s").convert("\n".join(characters)).split("\n")
    table = {one: other for one, other in zip(characters, converted, strict=True) if one != other and len(other) == 1}
    # A few simplified forms are themselves entries (薴, 苧, 苎): follow them, so that once is enough.
    simplified = {ord(one): table.get(other, other) for one, other in table.items()}
    # NFKC knows the Kangxi radicals alone, and PDFs write others as well (⻔ for 门).
    return simplified | {code: simplified.get(ord(ideograph), ideograph) for code, ideograph in alike().items()}


@cache
def _intricate() -> re.Pattern[str]:
    plain = {chr(code) for code in _USUAL if code not in _simplified() and not INVISIBLE.match(chr(code))}
    plain = {one for one in plain if one.isascii() or _folded(one) == one}.union(wide for wide, _ in COMMON)
    return re.compile(f"[^{''.join(_ranges(sorted(map(ord, plain))))}]")


def _ranges(codes: Sequence[int]) -> Iterator[str]:
    """Yield characters in ascending order as the ranges of a regular expression's set."""
    first = last = codes[0]
    for code in (*codes[1:], None):
        if code != last + 1:
            yield f"{re.escape(chr(first))}-{re.escape(chr(last))}"
            first = code or first
        last = code or last


def is_plain(text: str) -> bool:
    """Tell whether a text is of Chinese characters, ASCII and signs alone that have plain normal forms.

    These are a letter's small letter, a wide sign's narrow one, and all others themselves: nearly all texts are so.
    """
    return _intricate().search(text) is None


def _narrow(text: str) -> str:
    for wide, narrow in COMMON:
        text = text.replace(wide, narrow)
    return text


def _folded(text: str) -> str:
    return nfkc(_narrow(text)).casefold()


def normalise(text: str) -> str:
    """Return the text's normal form. Doing it twice changes nothing more."""
    if is_plain(text):
        return _narrow(text).lower()
    text = _folded(INVISIBLE.sub("", text))
    # Folding can undo what NFKC composed.
    text = _folded(text)
    return text.translate(_simplified())


LONGEST_KNOWN: Final = 8
"""Characters of a piece whose normal form is kept: a longer one may be a whole text, and does not come again."""


def piece(text: str) -> str:
    """Return the normal form of a character with the marks on it, of which the same come again and again."""
    return _known(text) if len(text) <= LONGEST_KNOWN else normalise(text)


@lru_cache(maxsize=65_536)
def _known(text: str) -> str:
    return normalise(text)
