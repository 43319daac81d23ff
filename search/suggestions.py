"""What a person may be about to type: divisions, topics and organs with what was typed in their names. Pure.

Suggestions come from vocabularies that are public, never from the index: its terms would tell what is filed. An organ
that only an accusation names is not public, so organs are read as the viewer by whoever asks, and handed in.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from heapq import nsmallest
from typing import TYPE_CHECKING, Final

from graph.divisions import divisions
from graph.records import PlaceLevel
from graph.text.normalise import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LAST: Final = "\U0010ffff"
"""Behind every character that a name has."""
PLAIN: Final = re.compile(r"[^\s()（）\"“”]+\Z")
"""What needs no quotes in a query."""
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
    return text if PLAIN.match(text) else f'"{text}"'


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
        if not set(name) & set('"“”'):
            yield Suggestion(SuggestionKind.ORGAN, name, f"organ:{quoted(name)}", (normalise(name),))


def place_of(one: Suggestion, typed: str) -> tuple[object, ...]:
    """Return where a suggestion stands: by the beginning of a name before by a part, then by how short the name is.

    A short name has little that was not typed yet. Then come places before topics before organs, the higher level
    first.
    """
    named = min((not name.startswith(typed), len(name)) for name in one.names if typed in name)
    return (*named, one.kind, one.level, one.label)


def suggested(found: Iterable[Suggestion], typed: str, first: int) -> list[Suggestion]:
    """Return the first of those that hold what was typed, each once."""
    return nsmallest(first, dict.fromkeys(found), key=lambda one: place_of(one, typed))


class Vocabulary:
    """Divisions and topics, found by the beginning of any part of their names in the time of two look-ups."""

    def __init__(self, topics: Iterable[str]) -> None:
        found = [*place_suggestions(), *topic_suggestions(topics)]
        # Every ending of every name, sorted: what holds a text is a stretch of them.
        endings = sorted(
            (name[at:], number) for number, one in enumerate(found) for name in one.names for at in range(len(name))
        )
        self._endings = [ending for ending, _ in endings]
        self._found = [found[number] for _, number in endings]

    def holding(self, typed: str) -> list[Suggestion]:
        """Return what has a name in which this stands; one may come several times."""
        return self._found[bisect_left(self._endings, typed) : bisect_left(self._endings, typed + LAST)]


@lru_cache(maxsize=4)
def vocabulary_of(topics: tuple[str, ...]) -> Vocabulary:
    """Return the vocabulary with these topics; it takes a tenth of a second to make."""
    return Vocabulary(topics)
