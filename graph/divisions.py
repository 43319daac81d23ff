"""The divisions of GB/T 2260 and the names they go by: the table `rules/divisions.tsv` as records."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from graph.ids import place_id
from graph.records import PlaceId, PlaceLevel

TABLE: Final = Path(__file__).parent / "rules" / "divisions.tsv"

FORMER: Final = Path(__file__).parent / "rules" / "former_divisions.tsv"
"""Names that are still written though the division is part of another one now, with that one's code."""

# Autonomous divisions carry their peoples in the name (湘西土家族苗族自治州); in speech these are left out (湘西州).
_PEOPLES: Final = (
    "各族|维吾尔族?|蒙古族?|哈萨克族?|柯尔克孜族?|塔吉克族?|锡伯族?|达斡尔族|鄂温克族|鄂伦春族?|俄罗斯族|朝鲜族|土家族|"
    "布依族|拉祜族|纳西族|景颇族|布朗族|仫佬族|毛南族|仡佬族|撒拉族|哈尼族|傈僳族|独龙族|普米族|德昂族|阿昌族|"
    "裕固族|保安族|东乡族|高山族|回族|藏族|苗族|彝族|壮族|满族|侗族|瑶族|白族|黎族|傣族|畲族|佤族|水族|土族|羌族|怒族|京族"
)
_AUTONOMOUS: Final = re.compile(rf"^(?P<base>.{{2,}}?)(?:{_PEOPLES})*自治(?P<kind>[区州县旗])$")
_PLAIN: Final = re.compile(r"^(?P<base>.{2,}?)(?:特别行政区|新区|林区|特区|地区|[省市区县旗盟])$")


@dataclass(frozen=True, slots=True)
class Division:
    """One division. `code` has six digits, `prefix` is the code without its trailing pairs of zeros."""

    code: str
    name: str
    full_name: str
    """From the province down: 湖南省长沙市岳麓区."""
    level: PlaceLevel
    parent: str | None
    """The code of the division it lies in."""
    short: str | None = field(compare=False)
    """What it is called without its kind: 长沙, 湘西, 浦东. None where one character would be left (和县)."""

    @property
    def prefix(self) -> str:
        """Everything below this division has a code that begins so."""
        return prefix_of(self.code)

    @property
    def id(self) -> PlaceId:
        """The id of its place, the same on every instance."""
        return PlaceId(place_id(self.code))

    @property
    def spoken(self) -> tuple[str, ...]:
        """The names with their kind, as written in the standard and as said: 湘西土家族苗族自治州, 湘西州."""
        autonomous = _AUTONOMOUS.match(self.name)
        if autonomous is None or self.level is PlaceLevel.PROVINCE:
            return (self.name,)
        base, kind = autonomous["base"], autonomous["kind"]
        return tuple(dict.fromkeys((self.name, f"{base}自治{kind}", f"{base}{kind}")))

    def holds(self, other: Division) -> bool:
        """Tell whether the other lies in this one and is not itself this one."""
        return other.code != self.code and other.code.startswith(self.prefix)


def prefix_of(code: str) -> str:
    """Return a code without its trailing pairs of zeros: 430100 → 4301. All that lies in it begins with it."""
    while code.endswith("00"):
        code = code[:-2]
    return code


def level_of(code: str) -> PlaceLevel:
    """Return how far down a code of six digits is."""
    if code.endswith("0000"):
        return PlaceLevel.PROVINCE
    return PlaceLevel.PREFECTURE if code.endswith("00") else PlaceLevel.COUNTY


def short_of(name: str) -> str | None:
    """Return a name without its kind and peoples, None where fewer than two characters would be left."""
    match = _AUTONOMOUS.match(name) or _PLAIN.match(name)
    if match is None:
        return None
    # Where a people alone is the name (东乡族自治县, 鄂温克族自治旗) its 族 goes as well.
    base = match["base"].removesuffix("族") if "自治" in name else match["base"]
    return base if len(base) > 1 else None


@cache
def divisions() -> dict[str, Division]:
    """Return all divisions by code, parents before their children."""
    names = dict(line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines())
    found: dict[str, Division] = {}
    for code, name in names.items():
        above = (code[:4] + "00", code[:2] + "0000")
        parent = next((found[one] for one in above if one != code and one in found), None)
        found[code] = Division(
            code=code,
            name=name,
            full_name=(parent.full_name if parent else "") + name,
            level=level_of(code),
            parent=parent.code if parent else None,
            short=short_of(name),
        )
    return found


@cache
def former_names() -> tuple[tuple[str, str], ...]:
    """Return pairs of a name that was abolished and the code of the division that followed."""
    lines = FORMER.read_text(encoding="utf-8").splitlines()
    return tuple((name, code) for name, code, _ in (line.split("\t") for line in lines))
