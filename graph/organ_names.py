"""Which authorities does a text name? One key for every ordinary spelling of one organ. Pure.

Sources write an organ's division with or without what it lies in, by its short name or by its level alone (区城管局),
its function in full, short, or as it was called before, and often with a post and a person behind. Several stand in one
field. What is not understood as a whole is said not to be complete: whoever protects somebody by this must then take it
that any organ may be meant.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from graph.divisions import divisions
from graph.text.normalise import normalise

if TYPE_CHECKING:
    from graph.gazetteer import Gazetteer

TABLE: Final = Path(__file__).parent / "rules" / "organ_functions.tsv"
"""Functions of authorities, and by which names each goes besides; older names stand with what they became."""
LONGEST: Final = 200
"""Characters of a field that names organs; more is a text, and not understood."""

_NOTE: Final = re.compile(r"(?<=.)(?:\(([^()]*)\)|\[([^\[\]]*)\]|【([^【】]*)】|〔([^〔〕]*)〕)")
"""What stands in brackets behind a name: mostly a person or a number, sometimes another name of an organ."""
_WRAPPING: Final = str.maketrans("", "", "《》<>〈〉\"'“”‘’「」『』()[]【】〔〕")
_BETWEEN: Final = re.compile(r"[、,;/|&\n]")
_JOINING: Final = re.compile(r"以及|[和与及]")
_BLANKS: Final = re.compile(r"[\s\u3000]+")
_LEVELS: Final = {"省": 2, "市": 4, "州": 4, "区": 6, "县": 6}
_OWN_LEVEL: Final = re.compile(r"(?:本|我|该)?(?P<level>[省市州区县])")
_LOCAL: Final = re.compile(
    r"(?P<name>[\u4e00-\u9fff]{1,6}?(?:街道|镇|乡|村|社区))(?:办事处|人民政府|政府|村委会|居委会|委员会|党委|党工委)?"
)
"""Street offices, towns and villages: their own name tells them apart, not a function."""
_UNIT: Final = r"(?:[\u4e00-\u9fff]{0,8}?(?:支队|大队|中队|所|科|处|股|室|窗口|执法队)|分局)?"
_POST: Final = (
    r"(?:(?:党组|党委|党支部|办公室)?(?:原|时任|副|常务副|代理)?"
    r"(?:局长|书记|主任|科长|处长|股长|所长|队长|大队长|支队长|中队长|院长|检察长|庭长|镇长|乡长|村长|支书|部长|委员|常委|长)"
    r"|领导|干部|工作人员|职工|执法人员|民警|警察|法官)?"
)
_POSTED: Final = re.compile(rf"(?P<post>{_POST})(?P<person>[\u4e00-\u9fff]{{0,4}})")
_BEHIND: Final = re.compile(_UNIT + _POSTED.pattern)
_LONGEST_NAME: Final = 3
"""Characters of a person's name that follows an organ's at once; with more it may be a part of the organ's."""
_COMPANY: Final = re.compile(r"[\u4e00-\u9fffa-z0-9]{2,}(?:公司|集团|商店|超市|饭店|餐馆|酒店|业委会|业主委员会)")


@dataclass(frozen=True, slots=True)
class NamedOrgan:
    """An authority. `key` is the same for every spelling of it: its division and its function."""

    key: str
    division: str
    """The division's code without trailing pairs of zeros."""


@dataclass(frozen=True, slots=True)
class OrgansNamed:
    """What a field names."""

    organs: tuple[NamedOrgan, ...]
    """Each once."""
    complete: bool
    """Whether nothing in it may name an organ besides."""


NOT_UNDERSTOOD: Final = OrgansNamed((), complete=False)


class _Seat(NamedTuple):
    """A division, and what of a piece follows its name."""

    division: str | None
    rest: str


@cache
def functions() -> dict[str, str]:
    """Return the function that each name stands for."""
    found: dict[str, str] = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        function, _, names = line.partition("\t")
        for name in (function, *names.split("|")):
            found[normalise(name)] = function
    return found


@cache
def _by_length() -> tuple[str, ...]:
    return tuple(sorted(functions(), key=len, reverse=True))


@cache
def _leveled() -> tuple[str, ...]:
    """Return the names that begin with a level which is a part of them."""
    kinds = ("党委", "人民政府")
    return tuple(name for name, stands in functions().items() if stands in kinds and name[0] in _LEVELS)


@cache
def _anywhere() -> re.Pattern[str]:
    # What is two characters long is a word as well (公安, 财政): in the middle of a name it tells nothing.
    return re.compile("|".join(re.escape(name) for name in _by_length() if len(name) > 2))


class OrganNames:
    """Understands the names of organs by a gazetteer, whose home is the instance's own division."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer

    def named_by(self, text: str, near: str | None = None) -> OrgansNamed:
        """Return what a field names; `near` is the division of what it stands in, a code without pairs of zeros."""
        plain = _plain(text)
        if not plain or len(text) > LONGEST:
            return NOT_UNDERSTOOD
        found: dict[str, NamedOrgan] = {}
        complete, seat = True, None
        for piece in self._pieces(plain):
            organ, understood = self._piece(piece, near or self._gazetteer.home, seat)
            complete = complete and understood
            if organ:
                seat = organ.division
                found[organ.key] = organ
        return OrgansNamed(tuple(found.values()), complete)

    def keys(self, text: str, near: str | None = None) -> tuple[str, ...]:
        """Return the keys of the organs that a field names."""
        return tuple(organ.key for organ in self.named_by(text, near).organs)

    def _pieces(self, plain: str) -> list[str]:
        """Cut a field where one name ends and the next begins; a conjunction inside a name is no such place."""
        pieces: list[str] = []
        for part in _BETWEEN.split(plain):
            start = 0
            spans = [one.span() for one in _anywhere().finditer(part)]
            for joint in _JOINING.finditer(part):
                inside = any(low < joint.start() < high for low, high in spans)
                if not inside and self._names(part[start : joint.start()]) and part[joint.end() :]:
                    pieces.append(part[start : joint.start()])
                    start = joint.end()
            pieces.append(part[start:])
        return [piece for piece in pieces if piece]

    def _names(self, piece: str) -> bool:
        return _anywhere().search(piece) is not None or _LOCAL.search(piece) is not None

    def _piece(self, piece: str, near: str, before: str | None) -> tuple[NamedOrgan | None, bool]:
        """Return the organ that one name stands for, and whether all of it was understood."""
        for seat in self._seats(piece, near, before):
            if seat.division and (found := _organ(seat.division, seat.rest)):
                organ, behind = found
                return organ, _understood(behind) and self._gazetteer.find(behind) is None
        company = _COMPANY.fullmatch(piece) is not None and _anywhere().search(piece) is None
        return None, company

    def _seats(self, piece: str, near: str, before: str | None) -> list[_Seat]:
        """Return where an organ may sit, the surest first: as its name begins, as its level says, as the one before."""
        bare = piece.removeprefix("中共")
        division, rest = self._gazetteer.leading(bare)
        seats = []
        if division:
            # 岳麓区委 holds the last character of the division's name in its function (区委).
            seats = [_Seat(division.prefix, rest), _Seat(division.prefix, division.name[-1] + rest)]
        elif short := self._short(bare, near):
            seats = [short]
        elif (own := _OWN_LEVEL.match(bare)) and len(near) >= _LEVELS[own["level"]]:
            place = self._gazetteer.by_code(near[: _LEVELS[own["level"]]])
            # 区委 and 市长 hold their level in themselves.
            seats += [_Seat(place.prefix, bare[own.end() :])] if place else []
            if place and bare.startswith(_leveled()):
                seats.append(_Seat(place.prefix, bare))
        return seats if division or not before else [*seats, _Seat(before, bare)]

    @staticmethod
    def _short(bare: str, near: str) -> _Seat | None:
        """Return the county of the same prefecture that a name begins with the short name of: 岳麓城管局."""
        home = near[:4]
        inside = [
            one for one in divisions().values()
            if len(home) == 4 and one.prefix.startswith(home) and one.short and bare.startswith(one.short)
        ]  # fmt: skip
        return _Seat(inside[0].prefix, bare[len(inside[0].short or "") :]) if len(inside) == 1 else None


def _plain(text: str) -> str:
    spelled = _NOTE.sub(_noted, normalise(unicodedata.normalize("NFKC", text)).strip())
    return _BLANKS.sub("", re.sub(r"[\n\r]+", ";", spelled).translate(_WRAPPING)).strip(",;.:。")


def _noted(note: re.Match[str]) -> str:
    """Return what is left of a note: nothing, or what names an organ as a name of its own."""
    said = next(filter(None, note.groups()), "")
    return f";{said};" if _anywhere().search(said) else ""


def _organ(division: str, rest: str) -> tuple[NamedOrgan, str] | None:
    """Return the organ of a division that the rest of a name tells, and what follows it."""
    for name in _by_length():
        if rest.startswith(name):
            organ = NamedOrgan(f"{division}/{functions()[name]}", division)
            return organ, rest[len(name) :]
    local = _LOCAL.match(rest)
    if local:
        return NamedOrgan(f"{division}/{local['name']}", division), rest[local.end() :]
    return None


def _understood(behind: str) -> bool:
    """Tell whether what follows an organ's name is a unit of it, a post and a person, and names no other organ."""
    # A post first: 科长 is no unit (科) with a name behind.
    readings = (pattern.fullmatch(behind) for pattern in (_POSTED, _BEHIND))
    named = any(match and (match["post"] or len(match["person"]) <= _LONGEST_NAME) for match in readings)
    return named and not _anywhere().search(behind)
