"""What of a table's columns, or of an object's keys, is not read, and the known name that each is most like. Pure.

Nothing that a source sends is passed over in silence: whoever sent it is told of each name, and may ask to be refused
instead.
"""

from __future__ import annotations

import difflib
from functools import cache
from typing import TYPE_CHECKING, Final

from connectors.fields import Field
from connectors.headings import LONGEST, known, meaning, normal, spellings
from connectors.values import NOTHING, Cell, ValueFault
from graph.records import RejectionReason, Unread, UnreadField

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from connectors.headings import HeadingMap
    from graph.records import Channel

MOST_SUGGESTED: Final = 200
"""Names of one file or push that a known one is looked for: comparing takes a millisecond, and keys may be endless."""
NEAR: Final = 0.75
"""How like two names are, from 0 to 1, before one is suggested for the other."""
_SHORTEST_WORD: Final = 4
"""Letters of a Latin word that may be looked for inside another; of Chinese signs two are a word."""


@cache
def _known_names(channel: Channel) -> Mapping[str, str]:
    """Return the normal forms of all known names of a channel, each with how it is written."""
    own = {normal(field): field.value for field in Field}
    return {name: own.get(name, name) for name in known(channel)}


class Suggestions:
    """Finds known names for the unknown ones of one file or push."""

    def __init__(self, channel: Channel, also: Iterable[str] = ()) -> None:
        self._names = {**_known_names(channel), **{normal(name): name for name in also}}
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
        inside = [one for one in self._names if len(one) >= (_SHORTEST_WORD if one.isascii() else 2) and one in bare]
        if inside:
            # A Chinese name ends in what it is (联系人电话); else the longest part tells most (承办部门名称).
            return self._names[max(inside, key=lambda one: (bare.endswith(one), len(one)))]
        near = difflib.get_close_matches(bare, self._names, 1, NEAR)
        return self._names[near[0]] if near else None


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
        message = (
            f"These are not read, and this source is read strictly: {'、'.join(names)}. Correct their names, or say in"
            " a mapping file what they mean or that they are ignored."
        )
        raise ValueFault(RejectionReason.HEADINGS, message)
