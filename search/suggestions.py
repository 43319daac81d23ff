"""What a person may be about to type: divisions, topics and organs with what was typed in their names. Pure.

Suggestions come from vocabularies that are public, never from the index: its terms would tell what is filed. An organ
that only an accusation names is not public, so organs are read as the viewer by whoever asks, and handed in.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from heapq import nsmallest
from typing import TYPE_CHECKING, Final

from graph.divisions import divisions
from graph.records import PlaceLevel
from graph.text.normalise import normalise
from graph.text.sounds import heard, readings
from search.query_tokens import QUOTES, WORD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LAST: Final = "\U0010ffff"
"""Behind every character that a name has."""
JOINTS: Final = re.compile(r"[\s'’]+")
"""What may part syllables."""
LONGEST_SOUND: Final = 100
"""Letters by which a name is found: more are the sound of none."""
LEVELS: Final = {PlaceLevel.PROVINCE: 0, PlaceLevel.PREFECTURE: 1, PlaceLevel.COUNTY: 2}


class SuggestionKind(IntEnum):
    """What is suggested, in the order in which equal ones come."""

    PLACE = 0
    TOPIC = 1
    ORGAN = 2


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One thing to search by. `query` is what goes into the query for it."""

    kind: SuggestionKind
    label: str
    query: str
    names: tuple[str, ...] = field(compare=False)
    """What it is called, in normal form."""
    level: int = field(default=0, compare=False)
    """How far down it is among its own."""


def quoted(text: str) -> str:
    """Return a value as the query language takes it."""
    return text if WORD.fullmatch(text) else f'"{text}"'


def place_suggestions() -> Iterator[Suggestion]:
    """Yield the divisions, by the names that they are said by."""
    for one in divisions().values():
        names = tuple(dict.fromkeys(map(normalise, one.spoken)))
        yield Suggestion(SuggestionKind.PLACE, one.full_name, f"place:{one.prefix}", names, LEVELS[one.level])


def topic_suggestions(paths: Iterable[str]) -> Iterator[Suggestion]:
    """Yield topics, by their own names."""
    for path in paths:
        name = normalise(path.rpartition("/")[2])
        yield Suggestion(SuggestionKind.TOPIC, path, f"topic:{quoted(path)}", (name,), path.count("/"))


def organ_suggestions(names: Iterable[str]) -> Iterator[Suggestion]:
    """Yield organs; one whose name has a quotation mark cannot be asked for."""
    for name in names:
        if not set(name) & set(QUOTES):
            yield Suggestion(SuggestionKind.ORGAN, name, f"organ:{quoted(name)}", (normalise(name),))


def sounds(typed: str) -> str:
    """Return the letters by which names are found by their sound, nothing where what was typed is no sound.

    One letter is none: half of all names have it. Blanks stand where syllables are parted: yue lu, xi'an.
    """
    letters = JOINTS.sub(" ", typed)
    sounds_so = letters.isascii() and letters.replace(" ", "").isalpha()
    return letters if sounds_so and 1 < len(letters) <= LONGEST_SOUND else ""


def held(name: str, typed: str) -> tuple[bool, bool] | None:
    """Return how a name holds what was typed, None where it does not.

    Whether it does so by its sound alone, and whether not from the beginning on.
    """
    if (at := name.find(typed)) >= 0:
        return False, at > 0
    letters, read = sounds(typed), readings(name)
    at = next((at for at in range(len(name)) if heard(letters, read, at)), -1) if letters else -1
    return None if at < 0 else (True, at > 0)


def holds(one: Suggestion, typed: str) -> bool:
    """Tell whether a suggestion has a name that holds what was typed."""
    return any(held(name, typed) is not None for name in one.names)


def place_of(one: Suggestion, typed: str) -> tuple[object, ...]:
    """Return where a suggestion stands.

    What is written so comes before what sounds so; then a beginning before a part; then the shorter name, which has
    little that was not typed yet; then places before topics before organs, the higher level first.
    """
    named = min((*how, len(name)) for name in one.names if (how := held(name, typed)) is not None)
    return (*named, one.kind, one.level, one.label)


def suggested(found: Iterable[Suggestion], typed: str, first: int) -> list[Suggestion]:
    """Return the first of those that hold what was typed, each once."""
    return nsmallest(first, dict.fromkeys(found), key=lambda one: place_of(one, typed))


class Vocabulary:
    """Divisions and topics, found by any part of their names: as written by two look-ups, as read by some hundred."""

    def __init__(self, topics: Iterable[str]) -> None:
        found = [*place_suggestions(), *topic_suggestions(topics)]
        # Every ending of every name, sorted: what holds a text is a stretch of them.
        endings = sorted(
            (name[at:], number) for number, one in enumerate(found) for name in one.names for at in range(len(name))
        )
        self._endings = [ending for ending, _ in endings]
        self._found = [found[number] for _, number in endings]
        self._read: defaultdict[str, list[tuple[Sequence[tuple[str, ...]], Suggestion]]] = defaultdict(list)
        for ending, one in zip(self._endings, self._found, strict=True):
            read = readings(ending)
            for letter in {syllable[0] for syllable in read[0]}:
                self._read[letter].append((read, one))

    def holding(self, typed: str) -> list[Suggestion]:
        """Return what has a name in which this stands; one may come several times."""
        written = self._found[bisect_left(self._endings, typed) : bisect_left(self._endings, typed + LAST)]
        letters = sounds(typed)
        return written + [one for read, one in self._read.get(letters[:1], ()) if heard(letters, read)]


@lru_cache(maxsize=4)
def vocabulary_of(topics: tuple[str, ...]) -> Vocabulary:
    """Return the vocabulary with these topics; it takes a tenth of a second to make."""
    return Vocabulary(topics)
