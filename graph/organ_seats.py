"""In which division does the organ sit whose name begins here? All that it may be, the surest first.

A name begins with its division (长沙市岳麓区, 岳麓), with its level (区, 我市), or with neither where it follows
another organ (岳麓区教育局、民政局). What could be two divisions is none.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from graph.divisions import divisions
from graph.organ_functions import names_at
from graph.records import PlaceLevel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graph.divisions import Division
    from graph.gazetteer import Gazetteer

# What stands before the division in the names of some, and the function that they must have then.
_BEFORE: Final = (
    *((word, None) for word in ("原", "前", "时任", "现任")),
    ("中国共产党", None),
    ("中共", None),
    ("国家税务总局", "税务局"),
    ("共青团", "共青团"),
    ("政协", "政协"),
)
_LEVEL: Final = re.compile(r"(?:本|我)?(?P<level>自治区|[省市州区县旗盟])(?:级(?!长))?")
_MARKET: Final = re.compile("场监|场和质量|监(?![察委狱])")
_DEPUTY: Final = re.compile(r"(?:原|前|时任|现任)?(?:常务)?副?(?=[省市州区县旗盟]?长)")
"""副区长 names the same organ as 区长."""
_UNDER: Final = re.compile(r"人民政府|政府|委")
"""长沙市人民政府信访局: the government or the committee that an office is of may stand before its function."""


class Seat(NamedTuple):
    """A division that a name may begin with, and where its function begins."""

    division: str
    end: int
    explicit: bool
    """The name says it itself, rather than the name before."""
    kinded: bool
    """It is said with its kind (岳麓区): what follows may be a town's own name."""
    function: str | None = None


class Seats:
    """Finds divisions at the beginnings of organs' names."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer

    @cached_property
    def _shorts(self) -> dict[str, list[Division]]:
        found: defaultdict[str, list[Division]] = defaultdict(list)
        for division in divisions().values():
            if division.short:
                found[division.short].append(division)
        return found

    @cached_property
    def _with_counties(self) -> frozenset[str]:
        return frozenset(one.prefix[:4] for one in divisions().values() if len(one.prefix) == 6)

    def depths(self, division: str) -> frozenset[int]:
        """Return the depths that a division may be said to have: a municipality's district is a city's rank as well."""
        if len(division) == 6 and self._gazetteer.by_code(division[:4]) is None:
            return frozenset({4, 6})
        if any(self._gazetteer.by_code(one) is None for one in (f"{division}01",) if one in self._with_counties):
            return frozenset({2, 4})
        return frozenset({len(division)}) if self.has_counties(division) else frozenset({len(division), 6})

    def has_counties(self, division: str) -> bool:
        """Tell whether a division is not itself the lowest there."""
        return len(division) < 4 or division in self._with_counties

    def is_county(self, division: str) -> bool:
        """Tell whether towns lie in the division at once."""
        return len(division) == 6 or not self.has_counties(division)

    def below(self, division: str, name: str) -> str | None:
        """Return the county of a name that lies in a city or a municipality: 长沙市公安局岳麓分局."""
        found = {
            one.prefix
            for one in divisions().values()
            if len(one.prefix) == 6 and one.prefix.startswith(division) and name in (*one.spoken, one.short)
        }
        return found.pop() if len(found) == 1 and self.has_counties(division) else None

    def names_a_division(self, text: str) -> bool:
        """Tell whether a division is named anywhere in a text."""
        return bool(self._gazetteer.find_all(text))

    def at(self, text: str, start: int, near: str, before: str | None) -> Iterator[Seat]:
        """Yield the divisions that a name may begin with; `before` is that of the organ before it."""
        bases = tuple(base for base in (before, near, self._gazetteer.home) if base)
        starts = [
            (start, None),
            *((start + len(word), named) for word, named in _BEFORE if text.startswith(word, start)),
        ]
        for begin, function in starts:
            explicit = self._explicit(text, begin, near, bases)
            if explicit:
                yield from self._ends(text, explicit._replace(function=function))
            elif before and not self._begins_with_a_division(text[begin:]):
                yield from self._ends(text, Seat(before, begin, explicit=False, kinded=True, function=function))

    def _begins_with_a_division(self, text: str) -> bool:
        return len(self._gazetteer.leading(text)[1]) < len(text)

    @staticmethod
    def _ends(text: str, seat: Seat) -> Iterator[Seat]:
        """Yield a seat from where the function may begin: behind the level said again, or behind what it is under."""
        if deputy := _DEPUTY.match(text, seat.end):
            # At the very beginning nothing says whose deputy it is, but the level behind it does.
            repeated = deputy.end() > seat.end and text[seat.end - 1] == text[deputy.end() : deputy.end() + 1]
            yield seat._replace(end=seat.end)
            if repeated:
                yield seat._replace(end=deputy.end() + 1)
        else:
            yield seat
        if seat.kinded and seat.end and text[seat.end - 1] == text[seat.end : seat.end + 1]:
            yield seat._replace(end=seat.end + 1)
        if (under := _UNDER.match(text, seat.end)) and seat.explicit:
            yield seat._replace(end=under.end(), kinded=False)

    def _explicit(self, text: str, start: int, near: str, bases: tuple[str, ...]) -> Seat | None:
        rest = text[start:]
        division, behind = self._leading(rest, bases)
        if len(behind) < len(rest):
            return self._named(text[: len(text) - len(behind)], behind, division, near) if division else None
        if any(len(name.text) > 1 for name in names_at(rest, 0)):
            # 市场监管局 says no level.
            return None
        if level := self._level(text, start, bases):
            return level
        short = self._short(rest, bases)
        return Seat(short.prefix, start + len(short.short or ""), explicit=True, kinded=False) if short else None

    def _leading(self, rest: str, bases: tuple[str, ...]) -> tuple[Division | None, str]:
        """Return the division that a text begins with; of namesakes, the one in the city that it is near to."""
        division, behind = self._gazetteer.leading(rest)
        if division is None and len(behind) < len(rest):
            for base in bases:
                city = self._gazetteer.by_code(base[:4]) if len(base) >= 4 else None
                inside, after = self._gazetteer.leading((city.full_name if city else "") + rest)
                if city and inside and city.holds(inside) and len(after) <= len(behind):
                    return inside, after
        return division, behind

    def _named(self, said: str, behind: str, division: Division, near: str) -> Seat | None:
        if said.endswith("市") and _MARKET.match(behind):
            # 浏阳市场监管局 and 浏阳市监局 are of 浏阳, and of markets.
            said = said.removesuffix("市")
        kinded = said.endswith(division.spoken) or not said.endswith(division.short or division.name)
        if not kinded and self._is_doubtful(division, near):
            return None
        return Seat(division.prefix, len(said), explicit=True, kinded=kinded)

    def _is_doubtful(self, division: Division, near: str) -> bool:
        """Tell whether a short name may as well be that of a namesake inside: 吉林, or 长沙 said in 长沙县."""
        inside = [one for one in self._shorts[division.short or ""] if division.holds(one)]
        at_home = any(base.startswith(one.prefix) for one in inside for base in (near, self._gazetteer.home))
        return at_home or (bool(inside) and division.level is PlaceLevel.PROVINCE)

    def _level(self, text: str, start: int, bases: tuple[str, ...]) -> Seat | None:
        """Return the division of the level that a name says, as seen from the nearest base that has one."""
        deputy = _DEPUTY.match(text, start)
        level = _LEVEL.match(text, deputy.end() if deputy else start)
        if level is None:
            return None
        for base in bases:
            if not (base.startswith(bases[0]) or bases[0].startswith(base)):
                continue
            found = list(dict.fromkeys(self._of_level(base, level["level"])))
            if found:
                return Seat(found[0], level.end(), explicit=True, kinded=True) if len(found) == 1 else None
        return None

    def _of_level(self, base: str, level: str) -> Iterator[str]:
        for depth in range(2, len(base) + 1, 2):
            division = self._gazetteer.by_code(base[:depth])
            if division and division.name.endswith(level) and (level != "区" or not division.name.endswith("自治区")):
                yield division.prefix

    def _short(self, rest: str, bases: tuple[str, ...]) -> Division | None:
        """Return the one county, of the city that it is near to, whose short name a name begins with: 岳麓城管."""
        for base in bases:
            inside = [
                one
                for length in range(2, 8)
                for one in self._shorts.get(rest[:length], ())
                if len(base) >= 4 and one.prefix.startswith(base[:4]) and one.short == rest[:length]
            ]
            if inside:
                return inside[-1] if len({one.short for one in inside}) == len(inside) else None
        return None
