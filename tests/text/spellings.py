"""Numbers of people as people type them. Choices are drawn: by hypothesis in tests, by `random` in `bench`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from graph.identity import identity_check
from graph.text.numbers import NumberKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Choice = TypeVar("Choice")


class Pick(Protocol):
    """Chooses one of several."""

    def __call__(self, several: Sequence[Choice], /) -> Choice: ...


@dataclass(frozen=True, slots=True)
class Spelling:
    """A number as it was typed."""

    kind: NumberKind | None
    """None for what everybody may dial, and where a digit is wrong, so that a proof may hold for another kind."""
    typed: str
    value: str


DIGITS: Final = "0123456789"
WORDS: Final = (
    "零一二三四五六七八九",
    "〇一二三四五六七八九",
    "零幺二三四五六七八九",
    "零壹贰叁肆伍陆柒捌玖",
    "洞幺两三四五六拐八勾",
)
SCRIPTS: Final = (
    DIGITS, *WORDS, "０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗",
    "𝟬𝟭𝟮𝟯𝟰𝟱𝟲𝟳𝟴𝟵", "⓪①②③④⑤⑥⑦⑧⑨", "⁰¹²³⁴⁵⁶⁷⁸⁹",
)  # fmt: skip
KEYCAP: Final = "\ufe0f\u20e3"
UNSEEN: Final = "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202c\u2060\u2066\ufe0f\ufeff\ue123\x07"
PLAIN_JOINTS: Final = (
    " ",
    "-",
    ".",
    "/",
    "_",
    "   ",
    "\u3000",
    "\t",
    " - ",
    "—",
    "--",
    "·",
    "\xa0",
    "\u2003",
    "\n",
    "\r\n",
)
LISTING_JOINTS: Final = ("、", ",", "，", " , ", ":", "；", "，\n", "。")
XS: Final = "XxＸｘ×Х"


def drawn(pick: Pick, count: int) -> str:
    """Return so many digits."""
    return "".join(pick(DIGITS) for _ in range(count))


def grouped(number: str, sizes: Sequence[int]) -> list[str]:
    """Return a number's groups."""
    edges = [0]
    for size in sizes:
        edges.append(edges[-1] + size)
    return [number[low:high] for low, high in pairwise(edges)]


# Numbers, and the groups that people make of them ------------------------------------------------------------------


def _born(pick: Pick, first: int, last: int) -> str:
    days = (date(last, 12, 31) - date(first, 1, 1)).days
    return (date(first, 1, 1) + timedelta(pick(range(days)))).strftime("%Y%m%d")


def _mobile(pick: Pick) -> tuple[str, tuple[int, ...]]:
    groups = [(11,), (3, 4, 4), (4, 4, 3), (3, 3, 5), (5, 6), (7, 4), (3, 8), (3, 2, 2, 2, 2), (1,) * 11]
    return "1" + pick("3456789") + drawn(pick, 9), pick(groups)


def _landline(pick: Pick) -> tuple[str, tuple[int, ...]]:
    area, count = pick(["010", "021", "0731", "0755", "0898"]), pick([7, 8])
    local = pick("2345678") + drawn(pick, count - 1)
    rests = [(count,), (count - 4, 4), (3, count - 3)]
    groups = [(len(area), *pick(rests)), (len(area) + count,), (1,) * (len(area) + count)]
    return area + local, pick(groups)


def _service(pick: Pick) -> tuple[str, tuple[int, ...]]:
    return pick(["400", "800"]) + drawn(pick, 7), pick([(10,), (3, 3, 4), (3, 4, 3), (4, 3, 3), (3, 7), (1,) * 10])


def _right_identity(pick: Pick) -> str:
    first = pick(["430104", "110105", "650102", "810000"]) + _born(pick, 1900, 2015) + drawn(pick, 3)
    return first + identity_check(first)


IDENTITY_GROUPS: Final = ((18,), (6, 8, 4), (6, 4, 4, 4), (4, 4, 4, 4, 2), (3, 3, 4, 4, 4), (6, 12), (14, 4), (1,) * 18)


def _identity(pick: Pick) -> tuple[str, tuple[int, ...]]:
    return _right_identity(pick), pick(IDENTITY_GROUPS)


def _identity_of_x(pick: Pick) -> tuple[str, tuple[int, ...]]:
    first = next(
        one for tried in range(1_000) if identity_check(one := f"430104{_born(pick, 1930, 2010)}{tried:03}") == "X"
    )  # fmt: skip
    return first + "X", pick([*IDENTITY_GROUPS, (17, 1), (6, 8, 3, 1)])


def _wrong_identity(pick: Pick) -> tuple[str, tuple[int, ...]]:
    """Return one with a wrong digit; a birthday of late is left out, since tickets have such."""
    number = _right_identity(pick)
    wrong = [
        number[:at] + other + number[at + 1 :] for at in range(18) for other in "123456789" if other != number[at]
    ]  # fmt: skip
    return pick([one for one in wrong if not "2016" <= one[6:10] < "2036"]), pick(IDENTITY_GROUPS)


def _old_identity(pick: Pick) -> tuple[str, tuple[int, ...]]:
    number = "430104" + _born(pick, 1910, 1998)[2:] + drawn(pick, 3)
    return number, pick([(15,), (6, 6, 3), (3,) * 5, (5, 5, 5), (1,) * 15])


def _card(pick: Pick) -> tuple[str, tuple[int, ...]]:
    first, count = pick(["4", "51", "62", "95"]), pick([16, 19])
    # No year stands where the birthday in an identity number does: where all may be words, it would be one.
    number = first + drawn(pick, 7 - len(first)) + pick("34567") + drawn(pick, count - 9)
    total = sum(sum(divmod(int(digit) * 2, 10)) for digit in number[::-2]) + sum(map(int, number[-2::-2]))
    fours = (4,) * (count // 4) + ((count % 4,) if count % 4 else ())
    return number + str(-total % 10), pick([(count,), fours, (6, count - 6), (1,) * count])


def _now(value: str) -> str:
    """Return the number that the holder of an old one has now."""
    longer = value[:6] + "19" + value[6:]
    return longer + identity_check(longer)


NUMBERS: Final[Mapping[str, tuple[NumberKind | None, Callable[[Pick], tuple[str, tuple[int, ...]]]]]] = {
    "mobile": (NumberKind.PHONE, _mobile),
    "landline": (NumberKind.PHONE, _landline),
    "service": (None, _service),
    "identity": (NumberKind.IDENTITY, _identity),
    "identity of X": (NumberKind.IDENTITY, _identity_of_x),
    "identity, one digit wrong": (None, _wrong_identity),
    "old identity": (NumberKind.IDENTITY, _old_identity),
    "card": (NumberKind.CARD, _card),
}
NAMES: Final = (*NUMBERS, "email")


# How they are typed -----------------------------------------------------------------------------------------------


def _written(pick: Pick, number: str) -> str:
    """Return digits in one script, or each in one of two."""
    scripts = (pick(SCRIPTS), pick([DIGITS, *WORDS]))
    framed = KEYCAP if pick(range(10)) == 0 else ""
    mixed = pick([False, False, True])
    digits = (pick(scripts) if mixed else scripts[0] for _ in number)
    return "".join(
        pick(XS) if digit == "X" else script[int(digit)] + (framed if script is DIGITS else "")
        for digit, script in zip(number, digits, strict=True)
    )


def _unseen(pick: Pick, typed: str) -> str:
    """Put signs that nobody sees between some others, several in a row."""
    if pick([True, True, False]):
        return typed
    return "".join(
        sign + "".join(pick(UNSEEN) for _ in range(pick([0, 0, 1, 4]))) for sign in typed[:-1]
    ) + typed[-1]  # fmt: skip


def _broken(pick: Pick, groups: list[str], joint: str) -> list[str]:
    """Break a line inside a group, as a column's edge does."""
    at = pick(range(len(groups)))
    inside = [cut for cut in range(1, len(groups[at])) if groups[at][cut] not in KEYCAP]
    if "\n" in joint or not inside or pick([True, True, True, False]):
        return groups
    cut = pick(inside)
    end = pick(["\n", "\r\n", " \n", "-\n", "\n\u3000\u3000"])
    return [*groups[:at], groups[at][:cut] + end + groups[at][cut:], *groups[at + 1 :]]


def _joint(pick: Pick, name: str, sizes: tuple[int, ...]) -> str:
    usual = set(sizes) == {1} or sizes in {(3, 4, 4), (6, 8, 4)} or (name == "landline" and len(sizes) == 2)
    return pick(PLAIN_JOINTS + LISTING_JOINTS if usual else PLAIN_JOINTS)


def number(pick: Pick, name: str) -> Spelling:
    """Return a number of one of `NUMBERS`, typed somehow."""
    kind, make = NUMBERS[name]
    value, sizes = make(pick)
    joint = _joint(pick, name, sizes)
    groups = _broken(pick, [_written(pick, group) for group in grouped(value, sizes)], joint)
    return Spelling(kind, _unseen(pick, joint.join(groups)), _now(value) if name == "old identity" else value)


def email(pick: Pick) -> Spelling:
    """Return an e-mail address, typed somehow."""
    local = pick(["zhangsan", "li_si", "wang-wu", "a", "13812341234", "x.y"])
    domain = pick(["qq.com", "163.com", "mail.gov.cn"])
    dot, at = pick([".", " . ", " .", ". ", "．", "。", "\n."]), pick(["@", " @ ", "＠", "@ ", " \n@"])
    wide = {ord(sign): ord(sign) + 0xFEE0 for sign in "abcdefghijklmnopqrstuvwxyz@"}
    typed = local + at + domain.replace(".", dot)
    typed = typed.translate(wide) if pick([True, False]) else typed
    return Spelling(NumberKind.EMAIL, _unseen(pick, typed), f"{local}@{domain}")


def spelling(pick: Pick, name: str) -> Spelling:
    """Return a number or address of `NAMES`, typed somehow."""
    return email(pick) if name == "email" else number(pick, name)


# What is nobody's -------------------------------------------------------------------------------------------------


def _of(pick: Pick, *ranges: range) -> list[int]:
    return [pick(one) for one in ranges]


def _day(pick: Pick) -> str:
    year, month, day = _of(pick, range(1998, 2030), range(1, 13), range(1, 29))
    return pick([
        f"{year}-{month:02}-{day:02}", f"{year}/{month}/{day} 9:32:09", f"{year}.{month}.{day}",
        f"{year}{month:02}{day:02}", f"{year}年{month}月{day}日至{year + 1}年1月15日",
        f"{year}-{month:02}-{day:02} 12:30:11", f"{year}-{year + 7} {year}",
        "".join(WORDS[1][int(digit)] for digit in str(year)) + "年十一月二十九日",
    ])  # fmt: skip


def _sum(pick: Pick) -> str:
    amount, cents = _of(pick, range(1_000, 99_999_999), range(100))
    return pick([f"{amount:,}元", f"{amount}.{cents:02}元", f"{amount / 10_000:.4f}万元", f"¥{amount:,}.{cents:02}"])


def _house(pick: Pick) -> str:
    several = "、".join(map(str, _of(pick, *[range(1, 400)] * 9)))
    building, unit, room = _of(pick, range(1, 300), range(1, 9), range(101, 3_000))
    return pick(
        [
            f"{building}栋{unit}单元{room}室",
            f"{building}-{unit}-{room}",
            f"{several}栋",
            f"{building}号楼{room}、{room + 1}室",
        ]
    )


def _ticket(pick: Pick) -> str:
    day = f"2020{pick(range(1, 13)):02}{pick(range(1, 29)):02}"
    return pick([
        f"GD{day}{drawn(pick, 10)}", f"{day}{drawn(pick, 9)}", f"TS-{day}-{drawn(pick, 4)}", f"{day}{drawn(pick, 17)}",
        f"湘政发〔2020〕{pick(range(1, 99))}号", f"430104{pick('01')}{drawn(pick, 5)}", f"GB {drawn(pick, 5)}-2014",
        f"430104{day}{drawn(pick, 4)}",
    ])  # fmt: skip


def _place(pick: Pick) -> str:
    east, north, post = _of(pick, range(110, 125), range(25, 32), range(410_000, 419_999))
    return f"东经{east}.{drawn(pick, 6)}，北纬{north}.{drawn(pick, 6)}，邮编{post}"


MATTERS: Final[Mapping[str, Callable[[Pick], str]]] = {
    "day": _day, "sum": _sum, "house": _house, "ticket": _ticket, "place": _place,
    "service number": lambda pick: number(pick, "service").typed,
}  # fmt: skip
"""What stands in petitions and is the number of nobody, typed somehow."""
