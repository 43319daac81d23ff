"""Texts cut into tokens: character bigrams, numbers and codes; and into words, for weighing a query. Pure.

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

from graph.text.normalise import IDEOGRAPHS, is_plain, normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LETTER: Final = rf"[^\W_{IDEOGRAPHS}]"
"""A letter or digit that is no Chinese character, as a regular expression."""

UNIT: Final = re.compile(f"[{IDEOGRAPHS}]|{LETTER}{{1,32}}")
CODE: Final = re.compile(f"{LETTER}+(?:[-./]{LETTER}+)*")
CODE_JOINT: Final = re.compile("[-./]")
JOINTS: Final = ("-", ".", "/")
JOINED: Final = re.compile(f"(?<!{LETTER}){LETTER}++(?:[-./]{LETTER}++)+")
"""Begins with a whole run: else a long one would be gone through from each of its letters on."""
LONGEST_CODE: Final = 64
DIGITS: Final = re.compile("[0-9]{5,}")
"""Numbers that are long enough to be asked for by some of their digits."""
FEWEST_DIGITS: Final = 4
"""By which the inside or the end of a number is found: as many as people remember of one."""
INNER: Final = "D"
"""Begins the tokens that are a number's ends. It is a capital, which no normal form has: nobody types such a token."""
LONGEST_UNIT: Final = 32

# Nearly every normal form is of Chinese characters, ASCII and a few signs: for those, plain ranges find the runs of
# letters in half the time that all of Unicode takes.
RUN: Final = re.compile(f"[{IDEOGRAPHS}]+|{LETTER}+")
UNUSUAL: Final = re.compile("[^\x00-\x7f\u3001-\u3003\u3008-\u3020\u4e00-\u9fff\u00b7\u2010-\u203a]")
USUAL_RUN: Final = re.compile("[\u4e00-\u9fff]+|[0-9a-z]+")
CHINESE: Final = re.compile(f"[{IDEOGRAPHS}]")
PLAIN_RUN: Final = re.compile("[\u4e00-\u9fff0-9A-Za-z]+")

# Bigrams are built as UTF-32 with strided copies, eight times faster than pairing in Python. For that a unit of several
# letters is one character of a private plane for the while: normal forms have none.
PLANE: Final = range(0xF0000, 0xFFFFE)
PLACEHOLDER: Final = re.compile("[\U000f0000-\U000ffffd]")
BLANK: Final = array("I", " ".encode("utf-32-le"))


@dataclass(frozen=True, slots=True)
class Tokens:
    """What texts are found by; of each kind the tokens, joined by blanks. Bigrams stand apart for each text.

    The last unit of a text is there alone, too: so a character is found by the bigrams that begin with it.
    """

    bigrams: tuple[str, ...]
    codes: str


def units(plain: str) -> list[str]:
    """Return the units of a normalised text."""
    return UNIT.findall(plain)


def bare(text: str) -> str:
    """Return a text's normal form without what stands between its units."""
    if is_plain(text):
        return "".join(PLAIN_RUN.findall(text)).lower()
    return "".join(_runs(normalise(text))[0])


def words(plain: str) -> list[str]:
    """Return the Chinese words of a normalised text, of two characters or more, as a dictionary cuts it."""
    import rjieba  # noqa: PLC0415  # reads its dictionary for 0.15 s, which only those who ask have use for

    return [word for word in rjieba.cut(plain) if len(word) > 1 and "\u33ff" < word < "\ua000" and word.isalnum()]


def codes(plain: str) -> list[str]:
    """Return numbers and codes of a normalised text: `138-1234-5678` as its parts and as 13812345678."""
    return _codes(plain, _runs(plain)[1])


def ends(code: str) -> list[str]:
    """Return the tokens by which digits inside a code are found: what ends it, from each digit on (`D5678`)."""
    return [
        INNER + run[0][at:]
        for run in DIGITS.finditer(code)
        for at in range(0 if run.start() else 1, len(run[0]) - FEWEST_DIGITS + 1)
    ]


def bigrams(plain: str) -> list[str]:
    """Return the bigrams of a normalised text."""
    return _pairs(*_runs(plain)).split()[:-1]


def sets(pairs: Iterable[str]) -> list[tuple[str, str]]:
    """Return sets of first characters and sets of second ones, of which these pairs, and no others, are made."""
    seconds: dict[str, str] = {}
    for pair in pairs:
        seconds[pair[0]] = seconds.get(pair[0], "") + pair[1]
    firsts: dict[str, str] = {}
    for first, following in seconds.items():
        firsts[following] = firsts.get(following, "") + first
    return [(first, following) for following, first in firsts.items()]


def _runs(plain: str) -> tuple[list[str], list[str]]:
    """Return a text's runs of Chinese characters and of other letters, and those of other letters again, the same."""
    if UNUSUAL.search(plain) is None:
        runs = USUAL_RUN.findall(plain)
        return runs, [run for run in runs if run < "\u4e00"]
    runs = RUN.findall(plain)
    return runs, [run for run in runs if not CHINESE.match(run)]


def _codes(plain: str, letters: list[str]) -> list[str]:
    found = [run for run in letters if len(run) <= LONGEST_CODE]
    if len(found) < len(letters):
        found = [run[at : at + LONGEST_CODE] for run in letters for at in range(0, len(run), LONGEST_CODE)]
    if letters and any(joint in plain for joint in JOINTS):
        found += [CODE_JOINT.sub("", code)[:LONGEST_CODE] for code in JOINED.findall(plain)]
    return found


def _pairs(runs: list[str], letters: list[str]) -> str:
    """Return the bigrams of runs, joined by blanks, and the last unit after them."""
    if not runs:
        return ""
    long_units: list[str] = []
    if letters:
        runs, long_units = _shortened(runs, letters)
    single = array("I", "".join(runs).encode("utf-32-le"))
    count = len(single)
    paired = BLANK * (3 * count - 2)
    paired[0::3], paired[1::3] = single, single[1:]
    joined = paired.tobytes().decode("utf-32-le")
    return PLACEHOLDER.sub(lambda match: long_units[ord(match[0]) - PLANE[0]], joined) if long_units else joined


def _shortened(runs: list[str], letters: list[str]) -> tuple[list[str], list[str]]:
    """Return runs with each unit of several letters as one character, and those units in order."""
    # The plane's end is reached by no text that is taken in; what would lie beyond it shares the last number.
    numbers = chain(PLANE, repeat(PLANE[-1]))
    short, long_units = [], []
    following = iter(letters)
    letter = next(following, None)
    for run in runs:
        if run is not letter:
            short.append(run)
            continue
        letter = next(following, None)
        if len(run) == 1:
            short.append(run)
            continue
        for at in range(0, len(run), LONGEST_UNIT):
            long_units.append(run[at : at + LONGEST_UNIT])
            short.append(chr(next(numbers)))
    return short, long_units


def analyse(texts: Sequence[str]) -> Tokens:
    """Return the tokens of normalised texts of one document; no bigram reaches from one into the next."""
    pairs: list[str] = []
    found: list[str] = []
    for text in texts:
        runs, letters = _runs(text)
        if runs:
            pairs.append(_pairs(runs, letters))
            found += _codes(text, letters)
    found += [end for code in found if len(code) > FEWEST_DIGITS for end in ends(code)]
    return Tokens(tuple(pairs), " ".join(dict.fromkeys(found)))
