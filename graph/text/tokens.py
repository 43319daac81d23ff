"""Texts cut into tokens: words, character bigrams, single characters, numbers and codes. Pure.

Both search engines index these tokens as they are, each kind in a field of its own, so a text is cut here and nowhere
else. All tokens are of letters and digits, at most 64 of them: engines disagree about everything beyond.

A *unit* is one Chinese character, or a run of up to 32 other letters and digits. A bigram is two neighbouring units,
whatever signs and blanks stand between them; so bigrams in a row are exactly a phrase, in any mix of scripts.
"""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass
from itertools import chain, repeat
from typing import TYPE_CHECKING, Final

import rjieba

from graph.text.normalise import IDEOGRAPHS

if TYPE_CHECKING:
    from collections.abc import Sequence

LETTER: Final = rf"[^\W_{IDEOGRAPHS}]"
"""A letter or digit that is no Chinese character, as a regular expression."""

UNIT: Final = re.compile(f"[{IDEOGRAPHS}]|{LETTER}{{1,32}}")
CODE: Final = re.compile(f"{LETTER}+(?:[-./]{LETTER}+)*")
CODE_PART: Final = re.compile(f"{LETTER}{{1,64}}")
CODE_JOINT: Final = re.compile("[-./]")

# Units and bigrams are built as UTF-32 with strided copies, five times faster than pairing in Python. For that a unit
# of several letters is one character of a private plane for the while (normal forms have none), and signs are dropped.
PLANE: Final = range(0xF0000, 0xFFFFE)
LONG_UNIT: Final = re.compile(f"{LETTER}{{2,32}}")
NO_UNIT: Final = re.compile(rf"[^\w{IDEOGRAPHS}\U000f0000-\U000ffffd]+|_+")
PLACEHOLDER: Final = re.compile("[\U000f0000-\U000ffffd]")
BLANK: Final = array("I", " ".encode("utf-32-le"))


@dataclass(frozen=True, slots=True)
class Tokens:
    """What texts are found by; of each kind the tokens, joined by blanks. Bigrams stand apart for each text."""

    words: str
    bigrams: tuple[str, ...]
    units: str
    codes: str


def units(plain: str) -> list[str]:
    """Return the units of a normalised text."""
    return UNIT.findall(plain)


def words(plain: str) -> list[str]:
    """Return the Chinese words of a normalised text, of two characters or more, as a dictionary cuts it."""
    return [word for word in rjieba.cut(plain) if len(word) > 1 and "\u33ff" < word < "\ua000" and word.isalnum()]


def codes(plain: str) -> list[str]:
    """Return numbers and codes of a normalised text: `138-1234-5678` as its parts and as 13812345678."""
    found = CODE.findall(plain)
    parts = CODE_PART.findall(" ".join(found))
    return parts + [CODE_JOINT.sub("", code)[:64] for code in found if not code.isalnum()]


def bigrams(plain: str) -> list[str]:
    """Return the bigrams of a normalised text."""
    return _units_and_bigrams(plain)[1].split()


def _units_and_bigrams(plain: str) -> tuple[str, str]:
    long_units = LONG_UNIT.findall(plain)
    if long_units:
        # The plane's end is reached by no text that is taken in; what would lie beyond it shares the last number.
        numbers = chain(PLANE, repeat(PLANE[-1]))
        plain = LONG_UNIT.sub(lambda _: chr(next(numbers)), plain)
    single = array("I", NO_UNIT.sub("", plain).encode("utf-32-le", "replace"))
    count = len(single)
    if count < 2:
        alone: list[str] = long_units or units(plain)
        return " ".join(alone), ""
    spread, paired = BLANK * (2 * count), BLANK * (3 * count - 3)
    spread[0::2] = single
    paired[0::3], paired[1::3] = single[:-1], single[1:]
    joined = spread.tobytes().decode("utf-32-le"), paired.tobytes().decode("utf-32-le")
    if not long_units:
        return joined

    def restored(match: re.Match[str]) -> str:
        unit: str = long_units[ord(match[0]) - PLANE[0]]
        return unit

    return PLACEHOLDER.sub(restored, joined[0]), PLACEHOLDER.sub(restored, joined[1])


def analyse(texts: Sequence[str]) -> Tokens:
    """Return the tokens of normalised texts of one document; no bigram reaches from one into the next."""
    whole = "\n".join(texts)
    cut = [_units_and_bigrams(text) for text in texts]
    return Tokens(
        words=" ".join(words(whole)),
        bigrams=tuple(pairs for _, pairs in cut if pairs),
        units=" ".join([single for single, _ in cut]),
        codes=" ".join(codes(whole)),
    )
