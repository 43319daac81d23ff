"""Which stretches of a submission's texts are shown: few, short, and first of all those that hold the phrases. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from search.code_units import code_units
from search.records import Passage, Range

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

AROUND: Final = 40
"""Characters shown before the first mark of a passage."""
LONGEST: Final = 160
"""Characters of a passage."""
MOST: Final = 4
"""Passages of one hit: its title, and the places that say most."""
NOTHING: Final[frozenset[int]] = frozenset()


class Block(NamedTuple):
    """A stretch of a text that is marked, or that one or several phrases reach over with the signs inside them."""

    low: int
    high: int
    phrases: frozenset[int] = NOTHING


@dataclass(frozen=True, slots=True)
class Marked:
    """A text with what is marked in it: `marks` in order, none touching another, and the blocks that they lie in."""

    field: str
    text: str
    marks: Sequence[tuple[int, int]]
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class _Place:
    """A passage that may be shown. `more`: of a text of which another is shown before it."""

    number: int
    passage: Passage
    phrases: frozenset[int]
    more: bool

    def worth(self, shown: frozenset[int]) -> tuple[int, bool, int, int]:
        """Return how much it should be shown: for phrases that nothing shows yet, as the title, for its marks."""
        title = self.passage.field == "title"
        return len(self.phrases - shown), title, len(self.passage.ranges), -self.number


def joined(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return stretches in order, those that touch as one."""
    found: list[tuple[int, int]] = []
    low = high = -1
    for start, end in sorted(spans):
        if start > high:
            found.append((low, high))
            low, high = start, end
        elif end > high:
            high = end
    return [*found[1:], (low, high)] if spans else []


def merged(blocks: Sequence[Block]) -> list[Block]:
    """Return blocks in order, those that touch as one."""
    found: list[Block] = []
    for block in sorted(blocks, key=itemgetter(0)):
        if found and block.low <= found[-1].high:
            last = found[-1]
            found[-1] = Block(last.low, max(last.high, block.high), last.phrases | block.phrases)
        else:
            found.append(block)
    return found


def chosen(texts: Sequence[Marked]) -> tuple[Passage, ...]:
    """Return the passages to show: those with phrases first, then in the order of the texts."""
    places = [place for number, text in enumerate(texts) if text.marks for place in _places(number, text)]
    if len(places) > MOST:
        places = _best(places)
    return tuple(place.passage for place in sorted(places, key=lambda one: (not one.phrases, one.number)))


def _best(places: Sequence[_Place]) -> list[_Place]:
    """Return those that show most; one that follows another of its text has to show a phrase that no other does."""
    best: list[_Place] = []
    shown = NOTHING
    while places and len(best) < MOST:
        place = max(places, key=lambda one: one.worth(shown))
        shown |= place.phrases
        best.append(place)
        places = [one for one in places if one is not place and (not one.more or one.phrases - shown)]
    return best


def _places(number: int, text: Marked) -> Iterator[_Place]:
    """Yield the best passage of a text, and those that hold the phrases that it does not."""
    held = [block.phrases for block in text.blocks]
    missing = frozenset().union(*held)
    if not missing:
        yield _Place(number, _passage(text, *_window(text, held)), NOTHING, more=False)
        return
    for more in range(MOST):
        start, end = _window(text, held)
        phrases = frozenset().union(*(one.phrases for one in text.blocks if start <= one.low and one.high <= end))
        # Of one that is too long to be shown whole, the beginning is.
        phrases |= next((one.phrases for one in text.blocks if one.low >= start), NOTHING)
        yield _Place(number, _passage(text, start, end), phrases, more > 0)
        missing -= phrases
        if not missing:
            return
        held = [block.phrases & missing for block in text.blocks]


def _passage(text: Marked, start: int, end: int) -> Passage:
    shown = text.text[start:end]
    units = code_units(shown)
    ranges = [(low - start, min(high, end) - start) for low, high in text.marks if start <= low < end]
    return Passage(field=text.field, text=shown, ranges=tuple(Range(units[low], units[high]) for low, high in ranges))


def _window(text: Marked, held: Sequence[frozenset[int]]) -> tuple[int, int]:
    """Return the stretch of a text that shows most of the phrases `held`, then most blocks; a short text is whole.

    It cuts through no block, since half of one shows nothing that was looked for; only one that is too long is cut.
    """
    if len(text.text) <= LONGEST:
        return 0, len(text.text)
    lows, highs = [block.low for block in text.blocks], [block.high for block in text.blocks]
    starts = [_outside(max(low - AROUND, 0), lows, highs) for low in lows]
    within = [(bisect_left(lows, at), bisect_right(highs, at + LONGEST)) for at in starts]
    phrases = list(_distinct(within, held)) if any(held) else [0] * len(starts)
    best = max(range(len(starts)), key=lambda one: (phrases[one], within[one][1] - within[one][0], -starts[one]))
    start = starts[best]
    end = min(start + LONGEST, len(text.text))
    first, last = bisect_left(lows, start), bisect_left(lows, end) - 1
    return start, lows[last] if last > first and highs[last] > end else end


def _outside(at: int, lows: Sequence[int], highs: Sequence[int]) -> int:
    """Return a place, or the end of the block that it lies in."""
    before = bisect_left(lows, at)
    return max(at, highs[before - 1]) if before else at


def _distinct(within: Sequence[tuple[int, int]], held: Sequence[frozenset[int]]) -> Iterator[int]:
    """Yield how many phrases each stretch of blocks has, whose ends only go forwards; each has its first block."""
    counted: Counter[int] = Counter()
    begun = ended = 0
    for first, last in within:
        for block in held[ended : max(last, first + 1)]:
            counted.update(block)
        ended = max(ended, last, first + 1)
        for block in held[begun:first]:
            counted.subtract(block)
        begun = first
        yield sum(1 for count in counted.values() if count > 0)
