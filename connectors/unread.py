"""What of a table's columns, or of an object's keys, is not read, and the known name that each is most like. Pure.

Nothing that a source sends is passed over in silence: whoever sent it is told of each name, and may ask to be refused
instead.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from connectors.fields import Field
from connectors.headings import LONGEST, meaning, spellings
from connectors.values import NOTHING, Cell, ValueFault
from connectors.vocabulary import known, normal
from graph.records import RejectionReason, Unread, UnreadField
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from connectors.headings import HeadingMap
    from graph.records import Channel

MOST_SUGGESTED: Final = 200
"""Names of one file or push that a known one is looked for: people read no more, and keys may be endless."""
_SHORTEST_WORD: Final = 4
"""Letters of a Latin word that may be looked for inside another; of Chinese signs two are a word."""
_SHORTEST_SLIP: Final = 4
"""Signs of a name of which one may be wrong: with one of three another, it is another word."""


def _slips(name: str) -> Iterator[str]:
    """Yield a name and all that one sign less makes of it.

    Two names of which one sign is wrong, missing, too many or at its neighbour's place have one of these in common.
    """
    yield name
    if len(name) >= _SHORTEST_SLIP:
        yield from (name[:place] + name[place + 1 :] for place in range(len(name)))


@cache
def _known_names(channel: Channel, also: tuple[str, ...]) -> Mapping[str, str]:
    """Return the normal forms of all known names, each with how it is written."""
    own = {normal(field): field.value for field in Field}
    return {name: own.get(name, name) for name in known(channel)} | {normal(name): name for name in also}


@cache
def _known_slips(channel: Channel, also: tuple[str, ...]) -> Mapping[str, str]:
    """Return what slips make of the known names, each with the name that is meant."""
    found: dict[str, str] = {}
    for name, written in _known_names(channel, also).items():
        for slip in _slips(name):
            found.setdefault(slip, written)
    return found


class Suggestions:
    """Finds known names for the unknown ones of one file or push; `also` are known besides the fields' headings."""

    def __init__(self, channel: Channel, also: Iterable[str] = ()) -> None:
        self._names = _known_names(channel, tuple(also))
        self._slips = _known_slips(channel, tuple(also))
        self._found: dict[str, str | None] = {}

    def nearest(self, name: str) -> str | None:
        """Return the known name that is most like an unknown one, None where none is near."""
        if name not in self._found:
            if len(name) > LONGEST or len(self._found) >= MOST_SUGGESTED:
                return None
            self._found[name] = self._look(name)
        return self._found[name]

    def _look(self, name: str) -> str | None:
        *_, bare = spellings(name)
        slips = (self._slips.get(slip) for slip in _slips(bare) if len(bare) >= _SHORTEST_SLIP)
        if meant := next((written for written in slips if written), None):
            return meant
        inside = [one for one in self._names if len(one) >= (_SHORTEST_WORD if one.isascii() else 2) and one in bare]
        # A Chinese name ends in what it is (备用手机); else the longest part tells most (第二承办部门编码).
        found = max(inside, key=lambda one: (bare.endswith(one), len(one)), default=None)
        return self._names[found] if found else None


def unread_columns(
    names: Sequence[str],
    columns: Mapping[Field, int],
    channel: Channel,
    mapping: HeadingMap | None,
    suggestions: Suggestions,
) -> dict[int, UnreadField]:
    """Return the columns that no field is read from, by their index."""
    read = set(columns.values())
    found: dict[int, UnreadField] = {}
    for index, name in enumerate(names):
        if index in read:
            continue
        meant = meaning(name, channel, mapping)
        if meant and (instead := columns.get(meant[0])) is not None:
            found[index] = UnreadField(told(name), Unread.DOUBLED, told(names[instead]))
        elif mapping and not mapping.ignored.isdisjoint(spellings(name)):
            found[index] = UnreadField(told(name), Unread.LEFT_OUT)
        else:
            found[index] = UnreadField(told(name), Unread.UNKNOWN, suggestions.nearest(name))
    return found


def says_something(cell: Cell) -> bool:
    """Tell whether leaving a cell out loses anything."""
    if type(cell) is str:
        return cell not in NOTHING and cell.strip() not in NOTHING
    return cell is not None


def told(name: str) -> str:
    """Return a name as people are told of it: a heading, not a text that stands in its place."""
    plain = name.encode("utf-8", "replace").decode().replace("\0", "?")
    return plain if len(plain) <= LONGEST else f"{plain[:LONGEST]}…"


def refuse_unread(unread: Collection[UnreadField]) -> None:
    """Raise ValueFault where anything is not read that nobody said to leave out."""
    if names := [one.name for one in unread if one.why is not Unread.LEFT_OUT]:
        message = Wording(
            "These are not read, and this source is read strictly: {names}. Correct their names, or say "
            "in a mapping file what they mean or that they are ignored.",
            names="、".join(names),
        )
        raise ValueFault(RejectionReason.HEADINGS, message)
