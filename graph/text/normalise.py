"""The normal form in which texts are compared: NFKC, half width, simplified characters, case folded. Pure.

What a text's part becomes does not depend on what stands around it, so that a phrase cut from a text has the normal
form that it has in the text. Therefore traditional characters are mapped one by one, by a table that opencc gives
once, and not word by word (乾隆 becomes 干隆 in texts and in queries alike).
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import chain
from typing import Final

import opencc

COMMON: Final = tuple((wide, unicodedata.normalize("NFKC", wide)) for wide in "，：；？！（）…％～\u3000\u00a0")
"""The wide signs and blanks that nearly every text has: replaced first, they spare most texts the slow general way."""

INVISIBLE: Final = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff\U000f0000-\U0010ffff]")
"""What pages and pasted texts carry between the characters of a word, and nobody sees; and the private planes."""

IDEOGRAPHS: Final = "〇\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
"""Chinese characters, as the inside of a regular expression's set."""


@cache
def _simplified() -> tuple[re.Pattern[str], dict[int, str]]:
    # The rare planes are left out: their traditional forms are no one's, and make the pattern a hundred times slower.
    characters = [chr(code) for code in chain(range(0x3400, 0x4DC0), range(0x4E00, 0xA000))]
    converted = opencc.OpenCC("t2s").convert("\n".join(characters)).split("\n")
    table = {one: other for one, other in zip(characters, converted, strict=True) if one != other and len(other) == 1}
    # A few simplified forms are themselves entries (薴, 苧, 苎): follow them, so that once is enough.
    settled = {ord(one): table.get(other, other) for one, other in table.items()}
    return re.compile(f"[{''.join(table)}]"), settled


def _folded(text: str) -> str:
    if not unicodedata.is_normalized("NFKC", text):
        for wide, narrow in COMMON:
            text = text.replace(wide, narrow)
        text = unicodedata.normalize("NFKC", text)
    return text.casefold()


def normalise(text: str) -> str:
    """Return the text's normal form. Doing it twice changes nothing more."""
    if INVISIBLE.search(text):
        text = INVISIBLE.sub("", text)
    text = _folded(text)
    if not unicodedata.is_normalized("NFKC", text):
        text = _folded(text)
    traditional, table = _simplified()
    return text.translate(table) if traditional.search(text) else text
