"""Which authorities does a text name? One key for every ordinary spelling of one organ. Pure.

Sources write an organ's division with or without what it lies in, by its short name or by its level alone (区城管局),
its function in full, short, or as it was called before, and often with a unit, a post and a person behind. Several
stand in one field. What is not understood to its last character is said not to be complete: whoever protects somebody
by this must then take it that any organ may be meant.

A reading is a division and what follows it, a function and what follows that. Every division that a name may begin
with is tried with every function, the longest first, and the first reading counts that leaves nothing over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from graph.divisions import divisions, prefix_of
from graph.organ_functions import Form, names_an_authority, names_at
from graph.organ_seats import Seat, Seats
from graph.organ_words import (
    BEHIND,
    BEHIND_LOCAL,
    JOINT,
    LABEL,
    NOTE,
    POSTS_ALONE,
    TELEPHONE,
    fits_people,
    names_no_authority,
    tells_a_person,
)
from graph.text.nfkc import nfkc
from graph.text.normalise import normalise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graph.gazetteer import Gazetteer

LONGEST: Final = 200
"""Characters of a field that names organs; more is a text, and not understood."""

_NOTE: Final = re.compile(r"[(\[【〔]([^()\[\]【】〔〕]*)[)\]】〕]")
_LAST_NOTE: Final = re.compile(rf"(?<=.){_NOTE.pattern}$")
_BRACKETS: Final = ("()", "[]", "【】", "〔〕")
_WRAPPING: Final = str.maketrans("", "", "《》<>〈〉\"'“”‘’「」『』")
_BETWEEN: Final = re.compile(r"[、,;/|&]+")
_EDGES: Final = " .:。·-—_\n"
# 岳麓区望月湖派出所: a police station carries its own name.
_STATION: Final = re.compile(r"[\u4e00-\u9fff]{2,8}?派出所")
_STATIONS_FUNCTIONS: Final = ("公安局",)
# 政协岳麓区委员会, 共青团长沙市委: not the Party's.
_COMMITTEE: Final = ("委", "委员会")
_BRANCH: Final = re.compile(r"(?P<name>[\u4e00-\u9fff]{2,10}?)(?:公安)?(?:分局|大队|支队|中队)")
_ZONE: Final = re.compile("[省市区县旗]")
_RANKS: Final = {"总队": 2, "支队": 4}
_OWN: Final = r"(?:(?![局委办厅府院部处科所队省市区县某的和与及])[\u4e00-\u9fff]){2,7}?"
_LOCAL: Final = re.compile(
    rf"(?P<own>{_OWN})(?P<kind>街道|街办|镇|乡)(?:办事处|街道办|办(?!公)|党工委|工委|人民政府|政府|党委|委员会)?"
)
"""Street offices and towns: their own name tells them apart, not a function."""
_VILLAGE: Final = re.compile(
    rf"(?P<own>{_OWN})(?P<kind>村|社区|居委会)(?:村民委员会|村委会|村委|居民委员会|居委会|居委)?"
)
_KINDS: Final = {"街办": "街道", "居委会": "社区"}
# 统筹城乡, 新型城镇化: what ends so before 乡 or 镇 names no place.
_NO_OWN_NAME: Final = ("城", "集", "乡", "镇")


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


class _Reading(NamedTuple):
    """An office, and where what was understood of it ends; `whole` where a name ends there too."""

    organs: tuple[NamedOrgan, ...]
    """One, or one for each function that the office has (教育体育局)."""
    end: int
    whole: bool


class _Read(NamedTuple):
    """What a piece of a field names, whether all of it was understood, and the division of the last organ in it."""

    organs: tuple[NamedOrgan, ...]
    complete: bool
    last: str | None


class OrganNames:
    """Understands the names of organs by a gazetteer, whose home is the instance's own division."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._seats = Seats(gazetteer)

    def named_by(self, text: str, near: str | None = None) -> OrgansNamed:
        """Return what a field names; `near` is the division of what it stands in."""
        if len(text) > LONGEST or not (pieces := _pieces(text)):
            return NOT_UNDERSTOOD
        found: dict[str, NamedOrgan] = {}
        complete, last = True, None
        for piece in pieces:
            read = self._piece(piece, prefix_of(near or ""), last)
            found |= {organ.key: organ for organ in read.organs}
            complete, last = complete and read.complete, read.last
        return OrgansNamed(tuple(found.values()), complete)

    def keys(self, text: str, near: str | None = None) -> tuple[str, ...]:
        """Return the keys of the organs that a field names."""
        return tuple(organ.key for organ in self.named_by(text, near).organs)

    def is_authority(self, text: str) -> bool:
        """Tell whether a text names authorities and nothing else."""
        named = self.named_by(text)
        return named.complete and bool(named.organs)

    def _piece(self, piece: str, near: str, last: str | None) -> _Read:
        """Read a piece as what stands between its blanks, where each is a name, else as one name with blanks inside."""
        words = piece.split()
        if len(words) > 1 and (apart := self._apart(words, near, last)):
            return apart
        # Of 张三 红星公司 the first is not of the firm's name, while 红 星 公 司 is one.
        read = self._joined("".join(words), near, last, firms=all(len(word) == 1 for word in words[1:]))
        # 某局长 apart from the office before it is of any.
        somebody = any(word.startswith("某") and len(word) > 1 for word in words[1:])
        return read._replace(complete=read.complete and not somebody)

    def _apart(self, words: list[str], near: str, last: str | None) -> _Read | None:
        organs: list[NamedOrgan] = []
        for word in words:
            read = self._joined(word, near, last)
            if not read.complete or not (read.organs or names_no_authority(word)):
                return None
            organs += read.organs
            last = read.last
        return _Read(tuple(organs), complete=True, last=last)

    def _joined(self, text: str, near: str, last: str | None, *, firms: bool = True) -> _Read:
        """Read names one behind the other, with a conjunction between them or each with its division.

        `firms`: names of what is no authority are understood.
        """
        text = _restored(text)
        if last and (people := POSTS_ALONE.fullmatch(text)) and tells_a_person(people):
            return _Read((), complete=True, last=last)
        organs: list[NamedOrgan] = []
        at = 0
        while at < len(text):
            if (end := _no_authority(text, at) if firms else None) is None:
                reading = self._reading(text, at, near, last)
                if reading is None:
                    return _Read(tuple(organs), complete=False, last=None)
                organs += reading.organs
                last, end = reading.organs[0].division, reading.end
                if not reading.whole:
                    return _Read(tuple(organs), complete=False, last=None)
            joint = JOINT.match(text, end)
            at = joint.end() if joint else end
        return _Read(tuple(organs), complete=True, last=last)

    def _reading(self, text: str, at: int, near: str, last: str | None) -> _Reading | None:
        """Return the first reading that leaves nothing over, else an organ that is surely named by its full name."""
        surely: _Reading | None = None
        for seat in self._seats.at(text, at, near, last):
            for reading in self._readings(text, seat):
                if reading.whole:
                    return reading
                surely = surely or reading
        return surely

    def _readings(self, text: str, seat: Seat) -> Iterator[_Reading]:
        yield from self._functions(text, seat)
        if seat.kinded and self._seats.is_county(seat.division):
            yield from self._locals(text, seat)

    def _functions(self, text: str, seat: Seat) -> Iterator[_Reading]:
        for name in names_at(text, seat.end):
            if not self._fits(name.depth, seat.division) or not _is_of_level(text, seat, name.text):
                continue
            functions = (seat.function,) if seat.function and name.text in _COMMITTEE else name.functions
            if seat.function and functions != (seat.function,):
                continue
            end = seat.end + len(name.text)
            reading = self._behind(text, end, seat.division, (functions, name.form))
            if reading or (name.form is Form.FULL and len(name.text) > 2):
                yield reading or _Reading(_organs(seat.division, functions), end, whole=False)
        station = _STATION.match(text, seat.end)
        if station and self._seats.is_county(seat.division) and not _hides_a_name(station[0].removesuffix("派出所")):
            reading = self._behind(text, station.end(), seat.division, (_STATIONS_FUNCTIONS, Form.FULL))
            if reading:
                yield reading

    def _fits(self, depth: int | None, division: str) -> bool:
        return depth is None or depth in self._seats.depths(division)

    def _behind(self, text: str, end: int, division: str, found: tuple[tuple[str, ...], Form]) -> _Reading | None:
        """Return the reading where all that follows a function's name belongs to its organ, or is the next name."""
        functions, form = found
        if form is Form.STEM and JOINT.match(text, end):
            return None
        if (branch := _BRANCH.match(text, end)) and (below := self._seats.below(division, branch["name"])):
            division, end = below, branch.end()
        organs = _organs(division, functions)
        behind = BEHIND.match(text, end)
        people = behind and tells_a_person(behind) and fits_people(behind["people"], functions)
        if behind and people and self._is_unit(behind["units"], division, found):
            return _Reading(organs, behind.end(), whole=True)
        # Without a conjunction the next name must tell where it begins: 区委区政府.
        if form is Form.FULL and self._begins(text, end, division):
            return _Reading(organs, end, whole=True)
        return None

    def _begins(self, text: str, at: int, before: str) -> bool:
        """Tell whether the full name of an office begins at a position, with its division or level."""
        seats = (seat for seat in self._seats.at(text, at, "", before) if seat.explicit)
        return any(name.form is Form.FULL for seat in seats for name in names_at(text, seat.end))

    def _is_unit(self, units: str | None, division: str, found: tuple[tuple[str, ...], Form]) -> bool:
        """Tell whether what follows a name is a unit inside that organ, and not an organ of its own."""
        functions, form = found
        if not units:
            return True
        if form is Form.STEM or self._seats.names_a_division(units) or not self._is_of_rank(units, division):
            return False
        if (_ZONE.search(units) or units.endswith("分局")) and units != "分局":
            # 湘江新区公安分局 is of a zone, which the table of divisions lacks; a county's branch was read before.
            return False
        if units.endswith("派出所") and not self._seats.is_county(division):
            # A city's station is of some district, which nothing here tells.
            return False
        if any(name.text == units and name.functions == functions for name in names_at(units, 0)):
            return True
        inner = units.endswith(("科", "股", "室", "中队"))
        others = {
            name.functions for start in range(len(units)) for name in names_at(units, start) if len(name.text) > 1
        }
        return inner or not others - {functions}

    def _is_of_rank(self, units: str, division: str) -> bool:
        """Tell whether a division of this level has such units; in 岳麓区教育局、交警支队 the other is the city's."""
        return all(self._fits(depth, division) for unit, depth in _RANKS.items() if unit in units)

    @staticmethod
    def _locals(text: str, seat: Seat) -> Iterator[_Reading]:
        town = _LOCAL.match(text, seat.end)
        if town is None or not _is_own_name(town["own"]):
            return
        key = f"{seat.division}/{town['own']}{_KINDS.get(town['kind'], town['kind'])}"
        village = _VILLAGE.match(text, town.end())
        if village and _is_own_name(village["own"]):
            inner = f"{key}/{village['own']}{_KINDS.get(village['kind'], village['kind'])}"
            yield from _local(text, NamedOrgan(inner, seat.division), village.end())
        yield from _local(text, NamedOrgan(key, seat.division), town.end())


def _local(text: str, organ: NamedOrgan, end: int) -> Iterator[_Reading]:
    behind = BEHIND_LOCAL.match(text, end)
    if behind is None or not tells_a_person(behind):
        return
    units = behind["units"] or ""
    # A police station or a tax office in a town is the county's.
    if not (units.endswith(("所", "队")) and names_an_authority(units)):
        yield _Reading((organ,), behind.end(), whole=True)


def _organs(division: str, functions: tuple[str, ...]) -> tuple[NamedOrgan, ...]:
    return tuple(NamedOrgan(f"{division}/{function}", division) for function in functions)


def _is_of_level(text: str, seat: Seat, name: str) -> bool:
    """区长 and 区委 take the level's own character: without it 长 and 委 are parts of other words."""
    return len(name) > 1 or text[seat.end - 1 : seat.end] in tuple("省市州区县旗盟")


def _is_own_name(own: str) -> bool:
    return not own.endswith(_NO_OWN_NAME) and not _hides_a_name(own)


def _hides_a_name(own: str) -> bool:
    return names_an_authority(own) or "某" in own


def _no_authority(text: str, start: int) -> int | None:
    """Return where a name ends that begins at a position and is no authority's."""
    joints = (joint.start() for joint in JOINT.finditer(text, start) if joint.start() > start)
    # One conjunction may be a character of the name (人和集团), a second is none.
    ends = islice((*islice(joints, 2), len(text)), 2)
    return next((end for end in ends if names_no_authority(text[start:end])), None)


@cache
def _changed_names() -> dict[str, str]:
    """Return the names of divisions that the normal form changes (乾县), by what it makes of them."""
    names = (division.name for division in divisions().values())
    return {normalise(name): name for name in names if normalise(name) != name}


def _plain(text: str) -> str:
    return TELEPHONE.sub("", normalise(nfkc(text))).translate(_WRAPPING)


def _restored(text: str) -> str:
    for changed, name in _changed_names().items():
        text = text.replace(changed, name)
    return text


def _pieces(text: str) -> list[str]:
    """Cut a field where one name ends and the next begins; what stands in brackets is a piece, if it may be a name."""
    plain, notes = _unwrapped(_plain(text)), []
    while last := _LAST_NOTE.search(plain):
        notes.append(last[1])
        plain = _unwrapped(plain[: last.start()])
    # (市)住建局: what is in brackets at the beginning is the beginning.
    plain = _NOTE.sub(lambda note: note[1] if note.start() == 0 else note[0], plain)
    notes += [note[1] for note in _NOTE.finditer(plain)]
    pieces = [*_BETWEEN.split(_NOTE.sub("", plain)), *(one for note in notes for one in _noted(note))]
    bare = (LABEL.sub("", piece.strip(_EDGES), count=1) for piece in pieces)
    return [piece for piece in bare if piece.strip()]


def _unwrapped(text: str) -> str:
    text = text.strip(_EDGES)
    for opening, closing in _BRACKETS:
        if text.startswith(opening) and text.endswith(closing) and not {opening, closing} & set(text[1:-1]):
            text = text[1:-1].strip(_EDGES)
    return text


def _noted(note: str) -> list[str]:
    said = "".join(note.split())
    harmless = NOTE.fullmatch(said)
    if harmless and (not harmless["person"] or tells_a_person(harmless)):
        return []
    return _BETWEEN.split(note)
