"""Where does a matter belong? Decided by what is said of its place in a field, never by a place named in passing. Pure.

An instance, or a source, has a home: the division that it serves. What is sent there belongs there, and a place that
lies in it says more exactly where. A place elsewhere (a train to 北京, a company's seat in 广州) moves nothing out of
home: then those to whom it was sent would not see it. A wrong division is worse than a wide one, so a text's own words
count nowhere but at the very beginning of its title.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from graph.organs import seat_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graph.divisions import Division
    from graph.gazetteer import Gazetteer


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a record says of where its matter is."""

    division: str | None = None
    """Its own field for that, as given: a code or a name."""
    scene: str | None = None
    """The address where it happened, as given."""
    organ: str | None = None
    """The organ that it was sent to, by name."""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Belonging:
    """Where a matter belongs, and the divisions that fields name as its place; those may lie elsewhere."""

    division: str | None
    """The code without trailing pairs of zeros; None where nothing tells."""
    named: tuple[Division, ...] = ()


class Homes:
    """The home of an instance and those of single sources, which go before it; each reads names as it is said there."""

    def __init__(self, own: Gazetteer, sources: Mapping[str, Gazetteer] | None = None) -> None:
        self.own = own
        self.sources: Mapping[str, Gazetteer] = dict(sources or {})

    def of(self, source: str) -> Gazetteer:
        """Return the gazetteer of a source's home, the instance's where it has none of its own."""
        return self.sources.get(source, self.own)

    def belonging(self, source: str, said: Said) -> Belonging:
        """Return where a matter of a source belongs."""
        return belonging(said, self.of(source))


def belonging(said: Said, home: Gazetteer) -> Belonging:
    """Return where a matter belongs that was sent to a home.

    Of what its fields name the first counts that lies in home: its division, the place where it happened; else the seat
    of its organ or the beginning of its title, where these say more than home. Without a home its fields alone count.
    """
    given = (
        home.by_name(said.division) if said.division else None,
        home.opening(said.scene) if said.scene else None,
    )
    named = tuple(dict.fromkeys(one for one in given if one))
    fields = [one.prefix for one in named]
    seat = seat_of(said.organ, home) if said.organ else None
    if not home.home:
        return Belonging(next(iter(fields), seat), named)
    closer = [one for one in (seat, _opening(said.title, home)) if one and one != home.home]
    return Belonging(next((one for one in (*fields, *closer) if one.startswith(home.home)), home.home), named)


def _opening(title: str, home: Gazetteer) -> str | None:
    """Return the division that a title begins with, where it names no other."""
    found = home.opening(title)
    return found.prefix if found and home.find_all(title) == (found,) else None


def places_named(belongs: Belonging, words: str, home: Gazetteer) -> tuple[str, ...]:
    """Return the codes of the divisions that fields name, and where none of these is at home, of one in the words.

    By their places the same words of one party are told apart; elsewhere, what words name is only passed by.
    """
    codes = [one.code for one in belongs.named]
    if not any(code.startswith(home.home) for code in codes):
        found = home.find(words)
        codes += [found.code] if found and found.code.startswith(home.home) else []
    return tuple(dict.fromkeys(codes))
