"""Where a matter plays: the estate, firm, road or official that every text about it names alike.

A scene is a mapping whose slots come into being when a text first asks for them. Those in `FRESH` differ at each
asking (a date, a sum); all others stay as long as the scene, and make two texts be about the same thing.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Final

from casegraph.demo.people import full_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from casegraph.demo.chance import Chance
    from casegraph.demo.lexicon import Lexicon, Trouble

TIMES: Final = ("九点半", "十点多", "十点四十", "十一点半", "十一点多", "十二点", "九点五十")
SINCE: Final = ("去年{}月", "前年{}月", "前年年底", "去年春节后", "三年前", "去年{}月底", "大前年{}月")
OFFICIAL_POSTS: Final = ("村支书", "村主任", "社区书记", "副镇长", "站长", "街道副主任", "工程办主任", "城管中队长")
SUMS: Final = ("{}万元", "{}万多", "{}.5万元", "{}万余元")
LANDMARKS: Final = ("estate", "road", "school", "hospital", "market", "river", "factory", "village", "shop")
"""Slots that say where something is."""


class Scene(dict[str, str]):
    """The slots of one matter."""

    __slots__ = ("chance", "division", "lexicon", "today", "trouble")

    def __init__(self, lexicon: Lexicon, trouble: Trouble, chance: Chance, today: date) -> None:
        super().__init__()
        self.lexicon = lexicon
        self.trouble = trouble
        self.chance = chance
        self.today = today
        names = lexicon.names
        self.division = chance.pick(names.rural if trouble.rural else names.urban)
        self["q"] = names.divisions[self.division]

    def __missing__(self, slot: str) -> str:
        fresh = FRESH.get(slot)
        if fresh is not None:
            return fresh(self)
        value = self[slot] = STAYING[slot](self) if slot in STAYING else self.invented(slot)
        return value

    def invented(self, part: str) -> str:
        """Name something of this kind."""
        first, last = self.lexicon.names.parts[part]
        return self.chance.pick(first) + self.chance.pick(last)

    def day(self, back: int) -> str:
        """Tell of a day in the last weeks as people do, without its year."""
        return _day_of(self.today.toordinal() - 1 - int(self.chance.random() * back))

    @property
    def organ(self) -> str:
        """The organ that answers for the matter."""
        return self["organ"]

    @property
    def place(self) -> str:
        """The division and the finest landmark that the texts have named so far."""
        named = next((self[slot] for slot in LANDMARKS if slot in self), "")
        return f"{self['q']}{named}"


@cache
def _day_of(ordinal: int) -> str:
    day = date.fromordinal(ordinal)
    return f"{day.month}月{day.day}日"


def _fraction(low: int, high: int) -> Callable[[Scene], str]:
    return _of(tuple(f"{number / 10}" for number in range(low, high + 1)))


def _numbers(low: int, high: int, unit: int = 1) -> Callable[[Scene], str]:
    return _of(tuple(str(number * unit) for number in range(low, high + 1)))


def _of(options: tuple[str, ...]) -> Callable[[Scene], str]:
    size = len(options)
    return lambda scene: options[int(scene.chance.random() * size)]


def _firm(end: str) -> Callable[[Scene], str]:
    return lambda scene: scene.invented("brand") + end


def _organ(scene: Scene) -> str:
    return scene.lexicon.names.organs[scene.trouble.organ].format_map(scene)


def _accused_organ(scene: Scene) -> str:
    organs = scene.lexicon.names.organs
    key = scene.chance.pick(("urban", "housing", "street", "market", "labour", "education", "land", "environment"))
    return organs[key].format_map(scene)


def _street(scene: Scene) -> str:
    rural = scene.trouble.rural or scene.division in {"430121", "430181", "430182"}
    return scene.invented("town" if rural else "street")


def _official(scene: Scene) -> str:
    return f"{scene['post']}{scene['official_name']}"


def _staff(scene: Scene) -> str:
    phrases = scene.lexicon.phrases.desk_staff
    return scene.chance.pick(scene.chance.pick(phrases)).format_map(scene)


def _since(scene: Scene) -> str:
    return scene.chance.pick(SINCE).format(scene.chance.between(1, 12))


FRESH: Final[dict[str, Callable[[Scene], str]]] = {
    "date": lambda scene: scene.day(75),
    "rdate": lambda scene: scene.day(2),
    "days": _numbers(3, 45),
    "db": _numbers(62, 88),
    "fee": _fraction(12, 48),
    "fee2": _numbers(12, 30),
    "hour": _numbers(6, 10),
    "m": _numbers(8, 260),
    "money": _numbers(4, 480, 100),
    "months": lambda scene: scene.chance.pick(scene.lexicon.names.months),
    "n": _numbers(2, 6),
    "ref": lambda scene: scene.chance.digits(4),
    "sur": lambda scene: scene.chance.pick(scene.lexicon.names.surnames),
    "time": _of(TIMES),
    "wage": _numbers(18, 65, 100),
    "wage2": _numbers(18, 42, 10),
    "weekday": _of(("周一", "上周三", "周四", "上周五", "这个周二")),
    "who": _staff,
}
"""Slots that differ each time."""

STAYING: Final[dict[str, Callable[[Scene], str]]] = {
    "accused_organ": _accused_organ,
    "age": _numbers(66, 89),
    "area": _numbers(46, 158),
    "bigmoney": lambda scene: scene.chance.pick(SUMS).format(scene.chance.between(3, 96)),
    "block": _numbers(1, 36),
    "born": _numbers(1950, 1966),
    "born2": _numbers(1972, 1999),
    "builder": _firm("建设集团"),
    "child": _of(("儿子", "女儿", "孩子", "小孩", "孙子")),
    "company": lambda scene: scene.invented("brand") + scene.invented("trade"),
    "cross": lambda scene: scene.invented("road"),
    "firm": _firm("公司"),
    "floor": _numbers(5, 33),
    "group": _of(("一组", "二组", "三组", "五组", "六组", "八组", "十一组")),
    "households": _numbers(9, 240, 10),
    "line": _numbers(101, 988),
    "line2": _numbers(101, 988),
    "mortgage": _numbers(12, 68, 100),
    "official": _official,
    "official_name": lambda scene: full_name(scene.lexicon.names, scene.chance, male=scene.chance.happens(0.8)),
    "organ": _organ,
    "pension": _numbers(6, 19, 100),
    "phase": _of(("一期", "二期", "三期", "四期", "南区", "北区")),
    "post": _of(OFFICIAL_POSTS),
    "property": _firm("物业公司"),
    "since": _since,
    "since2": lambda scene: f"{scene.chance.between(1970, 1988)}年",
    "street": _street,
    "workers": _numbers(6, 60),
}
"""Slots that need more than two parts put together; the rest are `parts` of the grammar."""
