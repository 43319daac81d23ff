"""What of the graph a viewer sees: made of the policy's table, told to PostgreSQL, put into statements. Pure.

Everything that hangs on a case is seen by whoever may see that case, so each such row carries its case's `scope`: one
number of its division and whether it is an accusation (migration 0005). `graph/guard.py` puts it around every table
that a statement names; row-level security repeats it under the reading role.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from graph.policy import Action, allows
from graph.records import PetitionKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from graph.policy import Viewer

DIGITS: Final = 12
"""Of a division's code at its longest (the statistical code of a village)."""
LEVELS: Final = (2, 4, 6)
"""Digits of a division that are a column of their own on cases and submissions."""
UNNAMED: Final = 10**13
"""How far below zero an accusation goes further of which not everybody accused is known: no bounds of a division reach
it, so a reader who does not know of it does not see it."""
UNCLEARED: Final = "UNCLEARED"
SCOPED: Final = "SCOPED"
STAFF: Final = "STAFF"
"""Audiences of a barrier besides organs and persons: viewers who may not see accusations, those who do not see every
division, and where an accusation is unnamed, those who are staff of any organ."""


def scope_of(division: str | None, kind: PetitionKind, *, unnamed: bool = False) -> int:
    """Return the scope of a case: its division as a number, below zero where it is an accusation, further if unnamed.

    The same as the generated column of migration 0013.
    """
    if kind is not PetitionKind.ACCUSATION:
        return _number(division or "")
    return -_number(division or "") - UNNAMED * unnamed


def _number(division: str) -> int:
    return 1 + int(division[:DIGITS].ljust(DIGITS, "0"))


def bounds(prefix: str) -> tuple[int, int]:
    """Return the scopes of all that lies in a division: from the first to before the second."""
    if not prefix:
        return 1, 10**DIGITS + 1
    first = _number(prefix)
    return first, first + 10 ** (DIGITS - len(prefix))


def unconcerned(prefixes: Iterable[str], seats: Iterable[str]) -> list[tuple[int, int]]:
    """Return the scopes within divisions that concern no organ of these seats, from each first to before its second.

    A seat is concerned by what lies in it, by what lies in a division that holds it, and by what has no division.
    """
    concerned = set()
    for seat in seats:
        concerned.add(bounds(seat))
        holding = {_number(seat[:cut]) for cut in range(len(seat))}
        concerned |= {(number, number + 1) for number in holding}
    left = []
    for low, high in map(bounds, prefixes):
        edges = [(low, low), *sorted(one for one in concerned if one[0] < high and one[1] > low), (high, high)]
        reached = low
        for (_, ends), (begins, _) in pairwise(edges):
            reached = max(reached, ends)
            if reached < begins:
                left.append((reached, begins))
    return left


class Unnamed(StrEnum):
    """Which unnamed accusations of the viewer's divisions are seen."""

    NONE = "none"
    SOME = "some"
    """Those that concern no organ of the viewer's."""
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a scope a statement's text depends on; all else travels as parameters."""

    everywhere: bool = False
    ranges: int = 0
    """How many divisions, 2 standing for more."""
    level: int = 0
    """Digits of the one division where a column of its own holds them; 0 otherwise."""
    by_organ: bool = False
    accusations: bool = False
    accusable: bool = False
    """Whether the viewer, or an organ of the viewer's, could be accused."""
    unnamed: Unnamed = Unnamed.NONE
    rejections: bool = False
    reveals: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """What a viewer sees."""

    name: str
    divisions: tuple[str, ...]
    """Prefixes, none within another."""
    organs: tuple[str, ...]
    """Ids of the organs by whose part in a case it is seen."""
    staff: tuple[str, ...]
    """Ids of the organs whose accusation hides a case."""
    persons: tuple[str, ...]
    """Keyed hashes, in hexadecimal, by which an accused is thought to be the viewer."""
    may: frozenset[str]
    """`accusation`, `rejections`, `reveals`: what is seen besides cases that are none; `identities`: what is found by a
    whole number, too."""
    seats: tuple[str, ...] | None = None
    """Prefixes of the divisions of the organs; None where one is not known."""

    @property
    def everywhere(self) -> bool:
        """Tell whether every division is seen."""
        return self.divisions == ("",)

    @property
    def accusations(self) -> bool:
        """Tell whether accusations are seen, but those of the viewer's own."""
        return "accusation" in self.may

    @property
    def unnamed(self) -> Unnamed:
        """Which unnamed accusations are seen: whoever is of an organ could be of the one that is meant."""
        if not (self.accusations and self.divisions):
            return Unnamed.NONE
        if not self.staff:
            return Unnamed.ALL
        return Unnamed.SOME if self.seats else Unnamed.NONE

    @property
    def impartial(self) -> tuple[tuple[int, int], ...]:
        """The scopes, from each first to before its second, within which unnamed accusations are seen.

        They concern no organ of the viewer's.
        """
        if self.unnamed is Unnamed.NONE:
            return ()
        seats = self.seats if self.staff and self.seats else ()
        return tuple(unconcerned(self.divisions, seats))

    def decides(self, number: int) -> bool:
        """Tell whether the viewer would see a case of this scope if it were an unnamed accusation."""
        return any(low <= abs(number) % UNNAMED < high for low, high in self.impartial)

    def holds(self, number: int) -> bool:
        """Tell whether a case of this scope lies in the viewer's divisions, be it an accusation or not."""
        place = abs(number) % UNNAMED
        return any(low <= place < high for low, high in map(bounds, self.divisions))

    @property
    def shape(self) -> Shape:
        """What of it a statement's text depends on."""
        single = self.divisions[0] if len(self.divisions) == 1 else ""
        return Shape(
            everywhere=self.everywhere,
            ranges=min(len(self.divisions), 2),
            level=len(single) if len(single) in LEVELS and not self.organs else 0,
            by_organ=bool(self.organs),
            accusations=self.accusations,
            accusable=self.accusations and bool(self.staff or self.persons),
            unnamed=self.unnamed,
            rejections="rejections" in self.may,
            reveals="reveals" in self.may,
        )

    @property
    def ranges(self) -> list[tuple[int, int]]:
        """The scopes that the viewer's divisions reach, from each first to before its second."""
        found = [bounds(prefix) for prefix in self.divisions]
        if self.accusations:
            found += [(1 - high, 1 - low) for low, high in found]  # the same below zero
        found += [(1 - high - UNNAMED, 1 - low - UNNAMED) for low, high in self.impartial]
        return found

    @property
    def settings(self) -> tuple[str, ...]:
        """The values of `SETTINGS`."""
        ranges = ",".join(f"[{low},{high})" for low, high in self.ranges)
        persons = ",".join(f'"\\\\x{one}"' for one in self.persons)
        return (
            self.name, f"{{{ranges}}}", _array(self.organs), _array(self.staff), f"{{{persons}}}" if persons else "",
            ",".join(sorted(self.may)),
        )  # fmt: skip

    @property
    def values(self) -> tuple[object, ...]:
        """The parameters of a guarded statement: the settings, then what `Guard` compares with."""
        single = self.divisions[0] if len(self.divisions) == 1 else None
        low, high = bounds(single) if single is not None else (1, 1)
        return (*self.settings, low, high, single or "")

    @property
    def audiences(self) -> tuple[str, ...]:
        """The audiences of barriers that concern the viewer."""
        own = [*self.staff, *self.organs, *self.persons]
        kinds = ((UNCLEARED, not self.accusations), (SCOPED, not self.everywhere), (STAFF, bool(self.staff)))
        return (*own, *(kind for kind, concerned in kinds if concerned))


class Reach:
    """What lies within a viewer's divisions or organs: all that is seen, and more, since an accusation may be hidden.

    It spares asking the policy where the answer is no, and never answers for it.
    """

    def __init__(self, scope: Scope) -> None:
        self._ranges = scope.ranges
        self._organs = frozenset(scope.organs)

    def touches(self, scopes: Sequence[int], organs: Collection[str]) -> bool:
        """Tell whether a case of one of these scopes (sorted), or with a part of one of these organs, may be seen."""
        for low, high in self._ranges:
            place = bisect_left(scopes, low)
            if place < len(scopes) and scopes[place] < high:
                return True
        return not self._organs.isdisjoint(organs)


def _array(ids: tuple[str, ...]) -> str:
    return f"{{{','.join(ids)}}}" if ids else ""


SETTINGS: Final = (
    "casegraph.viewer", "casegraph.ranges", "casegraph.organs", "casegraph.staff", "casegraph.persons", "casegraph.may",
)  # fmt: skip
"""By which row-level security knows who asks, in the order of `Scope.settings`."""
SET: Final = ", ".join(
    [f"set_config('{name}', ${number}, true) as s{number}" for number, name in enumerate(SETTINGS, 1)]
    + ["set_config('casegraph.accusing', accusing(), true) as accusing"]
)
"""What a statement selects to say who asks; its first parameters are `Scope.settings`."""
LOW, HIGH, DIVISION = (len(SETTINGS) + place for place in (1, 2, 3))
"""The numbers of the other parameters among `Scope.values`: the one division's scopes, and its prefix."""
PARAMETERS: Final = DIVISION
"""How many parameters `Scope.values` are."""


def scope(viewer: Viewer) -> Scope:
    """Return what a viewer sees by the policy's table."""
    may = set()
    for name, action in (
        ("accusation", Action.READ_ACCUSATION),
        ("rejections", Action.READ_REJECTIONS),
        ("reveals", Action.READ_REVEALS),
        ("identities", Action.REVEAL),
    ):
        if allows(viewer, action):
            may.add(name)
    organs = tuple(sorted(str(one) for one in viewer.organs))
    return Scope(
        name=viewer.name,
        divisions=_outermost(viewer.divisions) if allows(viewer, Action.READ_DIVISION) else (),
        organs=organs if allows(viewer, Action.READ_ORGAN) else (),
        staff=organs,
        persons=tuple(sorted(one.hex() for one in viewer.persons)),
        may=frozenset(may),
        seats=viewer.seats,
    )


def _outermost(prefixes: tuple[str, ...]) -> tuple[str, ...]:
    """Return the prefixes that lie in no other."""
    found = set(prefixes)
    return tuple(sorted(one for one in found if not any(one[:cut] in found for cut in range(len(one)))))
