"""How Chinese characters are read: who writes by sound picks a wrong character, or types the sound alone. Pure.

The table `graph/rules/sounds.tsv` has the characters of GB 2312 by syllable, without tones.
"""

from __future__ import annotations

import math
from collections import defaultdict
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

TABLE: Final = Path(__file__).parent.parent / "rules" / "sounds.tsv"
LONGEST: Final = 6
"""Letters of the longest syllables (zhuang)."""
MOST_SYLLABLES: Final = 12
"""Of what is typed by its sound: longer runs of letters are something else."""
MOST_WAYS: Final = 8
"""To part the same letters, of which the shortest are kept on the way."""
MOST_PAIRS: Final = 2_000
"""Of two syllables: of the most frequent ones (ji, yi: 300 characters each), the rarest characters are left out."""


@cache
def _characters() -> dict[str, str]:
    """Return the characters by syllable."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    return {syllable: characters for syllable, _, characters in (line.partition("\t") for line in lines)}


@cache
def _alike() -> dict[str, str]:
    """Return for each character all that have a reading of its."""
    found: defaultdict[str, str] = defaultdict(str)
    for characters in _characters().values():
        for character in characters:
            found[character] += characters
    return {character: "".join(dict.fromkeys(others.replace(character, ""))) for character, others in found.items()}


@lru_cache(maxsize=4_096)
def alike(pair: str) -> tuple[str, ...]:
    """Return the pairs that a pair of characters becomes by one that sounds the same: 油烟 → 由烟, 游烟 … 油颜 …"""
    if len(pair) != 2:
        return ()
    one, other = pair[0], pair[1]
    return (*(first + other for first in _alike().get(one, "")), *(one + second for second in _alike().get(other, "")))


@lru_cache(maxsize=4_096)
def pairs(first: str, second: str) -> tuple[str, ...]:
    """Return the pairs of characters that two syllables can be."""
    ones, others = _characters()[first], _characters()[second]
    if len(ones) * len(others) > MOST_PAIRS:
        most = math.isqrt(MOST_PAIRS)
        ones, others = ones[:most], others[:most]
    return tuple(one + other for one in ones for other in others)


@lru_cache(maxsize=4_096)
def syllables(letters: str) -> tuple[tuple[str, ...], ...]:
    """Return the ways in which small letters are two syllables or more, as few as can be: yuelu → yue lu."""
    if not letters.isascii() or not letters.isalpha() or len(letters) > MOST_SYLLABLES * LONGEST:
        return ()
    ways: list[list[tuple[str, ...]]] = [[()]]
    for end in range(1, len(letters) + 1):
        found = [
            (*way, letters[start:end])
            for start in range(max(end - LONGEST, 0), end)
            if letters[start:end] in _characters()
            for way in ways[start]
        ]
        ways.append(sorted(found, key=len)[:MOST_WAYS])
    # What is a syllable already is two only where both are more than a vowel: xian is xi an, but yue is not yu e.
    least = 2 if letters in _characters() else 1
    several = [way for way in ways[-1] if 1 < len(way) <= MOST_SYLLABLES and min(map(len, way)) >= least]
    return tuple(way for way in several if len(way) == len(several[0]))


def is_syllable(letters: str) -> bool:
    """Tell whether small letters are how some character is read."""
    return letters in _characters()


@cache
def _syllables() -> dict[str, tuple[str, ...]]:
    """Return for each character how it is read."""
    found: defaultdict[str, tuple[str, ...]] = defaultdict(tuple)
    for syllable, characters in _characters().items():
        for character in characters:
            found[character] += (syllable,)
    return dict(found)


@lru_cache(maxsize=16_384)
def readings(name: str) -> tuple[tuple[str, ...], ...]:
    """Return for each character of a name how it is read; what the table does not have is read as it is written."""
    return tuple(_syllables().get(character, (character,)) for character in name)


def heard(letters: str, read: Sequence[tuple[str, ...]], begin: int = 0) -> bool:
    """Tell whether a name that is read so goes on, from a character of it, with small letters.

    Each of its characters is typed whole or by its initial, the last one by any beginning: yuelu, yl, ylq, yuel.
    A blank stands between two of them.
    """
    letters = " ".join(letters.split())
    # Where in the letters a character may begin: the ways to come there are not told apart, since they are many.
    places = {0}
    for at in range(begin, len(read)):
        if len(letters) in places or any(one.startswith(letters[place:]) for place in places for one in read[at]):
            return True
        places = {
            place + len(part) + letters.startswith(" ", place + len(part))
            for place in places
            for part in {part for one in read[at] for part in (one, *_initials(one))}
            if letters.startswith(part, place)
        }
        if not places:
            return False
    return len(letters) in places


def _initials(syllable: str) -> tuple[str, ...]:
    """Return how the beginning of a syllable is typed: zh and z of zhang."""
    return (syllable[:1], syllable[:2]) if syllable[1:2] == "h" else (syllable[:1],)
