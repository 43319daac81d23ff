"""Makes `sounds.tsv`, how Chinese characters are read: a syllable without its tone, and the characters read so.

The characters are those of GB 2312, which input methods offer first. Their readings are those of the package
`pypinyin`: the usual one, and others that a good part of its phrases has (重 is zhong, and chong as in 重庆). Run it
from the project's root, where that is installed: `python -m graph.rules.make_sounds`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path
from typing import Final

from pypinyin.contrib.tone_convert import to_normal
from pypinyin.phrases_dict import phrases_dict
from pypinyin.pinyin_dict import pinyin_dict

SHARE: Final = 0.1
FEWEST: Final = 2
"""Of the phrases that a character stands in, so many must read it in another way for that to count as usual."""
ROWS: Final = (
    *((row, 94 if row != 0xD7 else 89) for row in range(0xB0, 0xD8)),
    *((row, 94) for row in range(0xD8, 0xF8)),
)
"""The rows of GB 2312 that hold Chinese characters, and how many each has."""


def characters() -> list[str]:
    """Return the characters of GB 2312, the frequent ones first."""
    return [bytes((row, 0xA1 + cell)).decode("gb2312") for row, count in ROWS for cell in range(count)]


def in_phrases() -> dict[str, Counter[str]]:
    """Return how often each character is read how in phrases."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for phrase, readings in phrases_dict.items():
        if len(phrase) == len(readings):
            for character, (reading, *_) in zip(phrase, readings, strict=True):
                found[character][to_normal(reading, v_to_u=False)] += 1
    return found


def sounds() -> dict[str, str]:
    """Return the characters by how they are read, each first where it is usually read; `v` is ü, as it is typed."""
    phrases = in_phrases()
    found: defaultdict[str, list[str]] = defaultdict(list)
    others: defaultdict[str, list[str]] = defaultdict(list)
    for character in characters():
        usual = to_normal(pinyin_dict[ord(character)].split(",")[0], v_to_u=False)
        found[usual].append(character)
        counts = phrases.get(character, Counter())
        least = max(SHARE * counts.total(), FEWEST)
        for reading, count in counts.items():
            if reading != usual and count >= least:
                others[reading].append(character)
    return {reading: "".join(found[reading] + others[reading]) for reading in sorted({*found, *others} - {"n"})}


if __name__ == "__main__":
    lines = "".join(f"{reading}\t{found}\n" for reading, found in sounds().items())
    Path(__file__).with_name("sounds.tsv").write_text(lines, encoding="utf-8")
