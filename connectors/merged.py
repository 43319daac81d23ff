"""Headings in several rows: what is said of several columns stands above what is said of each of them. Pure.

A workbook gives only the first of merged cells, and a program that cannot merge repeats them, so both are read alike.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from typing import TYPE_CHECKING, Final

from connectors.fields import Field
from connectors.headings import LONGEST, meaning

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connectors.headings import HeadingMap
    from graph.records import Channel

_NOTE: Final = re.compile(r"[:：]\s*\S|\d\d")
"""What is no heading: a note says something, as 制表人：张三 or 2024年5月 do."""
_ENDING: Final = re.compile(r"(?:的?(?:基本|有关|相关|具体|个人)?(?:情况|信息|资料))$")
"""What a heading of several columns ends with, and the headings below it leave out."""
_OTHERS: Final = re.compile(
    "被|办理|处理|处置|答复|回复|回访|反馈|转办|转送|交办|承办|主办|协办|办结|督办|接待|接访|代理|委托|代表|审核|审批|领导|"
    "批示|经办|登记人|录入|责任"
)
"""How headings begin below which names, numbers and times are not the petitioner's nor those of the receipt."""
_WHOSE: Final = re.compile("信访|来访|来信|来电|来件|收信|写信|留言|诉求|反映|投诉|举报|群众|市民|登记|受理")
_OWN: Final = frozenset({
    Field.EXTERNAL_ID, Field.RECEIVED_AT, Field.RECEIVED_ON, Field.TITLE, Field.TEXT, Field.KIND, Field.TOPIC,
    Field.NAME, Field.IDENTITY_NUMBER, Field.PHONE, Field.ADDRESS, Field.EMAIL, Field.ACCOUNT,
})  # fmt: skip
"""What a short heading such as 姓名, 电话 or 时间 means where nothing above it says whose it is."""


@dataclass(frozen=True, slots=True)
class Known:
    """Which headings mean something, for one table."""

    channel: Channel
    mapping: HeadingMap | None

    def field(self, name: str) -> Field | None:
        """Return what a heading means."""
        meant = meaning(name, self.channel, self.mapping)
        return meant[0] if meant else None


def goes_on(upper: Sequence[str], lower: Sequence[str], known: Known) -> bool:
    """Tell whether a row of headings goes on in the row below it; a title or a note above headings does not."""
    over = [name for name in upper if name]
    if len(set(over)) < 2 or any(len(name) > LONGEST or _NOTE.search(name) for name in over):
        return False
    below = [name for name in lower if name]
    heads = sum(known.field(name) is not None for name in below)
    if not heads or (heads < 2 and heads * 2 < len(below)):
        return False
    return heads == len(below) or _spans(upper, lower)


def joined(upper: Sequence[str], lower: Sequence[str], known: Known) -> list[str]:
    """Return what two rows of headings say together."""
    names: list[str] = []
    group = ""
    for above, below in zip_longest(upper, lower, fillvalue=""):
        group = above or group
        if not below:
            group = ""  # what stands over nothing is the heading of its own column
        names.append(_of_group(group, below, known) if below else above)
    return names


def _spans(upper: Sequence[str], lower: Sequence[str]) -> bool:
    """Tell whether a name of the upper row stands over several of the lower."""
    both = [(above, below) for above, below in zip_longest(upper, lower, fillvalue="")]
    return any(
        above and below and next_below and next_above in {"", above}
        for (above, below), (next_above, next_below) in pairwise(both)
    )


def _of_group(group: str, name: str, known: Known) -> str:
    """Return a heading with whose it is, where the heading above says so: 姓名 below 被反映人 is nobody's who asks."""
    if group in {"", name}:
        return name
    stem = _ENDING.sub("", group) or group
    for whole in _wholes(group, stem, name):
        if known.field(whole) is not None:
            return whole
    of_others = _OTHERS.match(stem) and known.field(name) in _OWN and not _WHOSE.search(name)
    return f"{stem}{name}" if of_others else name


def _wholes(group: str, stem: str, name: str) -> Iterator[str]:
    yield f"{group}{name}"
    if stem != group:
        yield f"{stem}{name}"
