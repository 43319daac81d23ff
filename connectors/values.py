"""From a cell to what it means: texts, numbers, words of a list. Pure.

A cell that cannot be read raises `ValueFault`, which says what is wrong without saying what stands there.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from graph.records import PetitionKind, RejectionReason, Replaced, Satisfaction, Urgency
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Mapping


T = TypeVar("T")


class Formula:
    """A cell that is computed. What a program saved as its result may be old, or never have been computed."""

    __slots__ = ("result",)

    def __init__(self, result: object) -> None:
        self.result = result


Cell = str | int | float | bool | datetime | date | time | timedelta | Formula | None

UNSEEN: Final = "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\ufeff\ufff9\ufffa\ufffb" + "".join(
    map(chr, (*range(0x202A, 0x202F), *range(0x2060, 0x2070)))
)
"""Characters without width, and marks of direction, which `str.strip` leaves."""
WITHOUT_UNSEEN: Final = str.maketrans(dict.fromkeys(UNSEEN))
STRIPPED: Final = (
    " \t\r\n\v\f\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000"
    + UNSEEN
    + "".join(map(chr, range(0x2000, 0x200B)))
)
"""All that can stand around a text and means nothing."""
BLANK: Final = frozenset({
    *("", "-", "--", "---", "－", "–", "—", "——", "/", "\\"),
    *("\\N", "null", "NULL", "Null", "(null)", "(NULL)", "[null]", "[NULL]", "<null>", "<NULL>", "nil", "None", "none"),
    *("N/A", "n/a", "NA", "NaN", "nan", "undefined"),
})  # fmt: skip
"""What programs and people write into a cell that holds nothing; no text says so."""
_LONGEST_BLANK: Final = max(map(len, BLANK))
NOTHING: Final = BLANK | {
    "无",
    "暂无",
    "空",
    "没有",
    "未填",
    "未填写",
    "不适用",
    "(空)",
    "（空）",
    "(空白)",
    "（空白）",
}
"""How sheets say that there is nothing."""
UNNAMED: Final = NOTHING | {
    *("匿名", "匿名用户", "匿名信", "匿名来信", "匿名来电", "匿名举报", "佚名", "无名", "无名氏", "未署名", "未留名"),
    *("不详", "不明", "未知", "未提供", "未留", "未登记", "保密", "拒绝提供", "不愿透露", "不愿透露姓名", "不愿提供"),
}  # fmt: skip
ERRORS: Final = frozenset({"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"})
LOST_DIGITS: Final = 10**15
"""Spreadsheets keep fifteen digits of a number: what is longer must be stored as text."""

_COUNT: Final = re.compile(r"(\d{1,3}(?:,\d{3}){1,3}|\d{1,9})(?:\.0+)?\s*[人名份件次个条张页位]?", re.ASCII)
_WHOLE: Final = re.compile(r"(\d+)\.0+", re.ASCII)
_QUOTED: Final = re.compile(r'="((?:[^"]|"")*+)"')
"""How a text table says that a spreadsheet must take digits for a text: as a formula that is one."""
_SCIENTIFIC: Final = re.compile(r"\d(?:\.\d+)?E\+\d+", re.ASCII | re.IGNORECASE)


class ValueFault(Exception):  # noqa: N818 - a fault of the value, made into a refusal
    """One cell cannot be read as what its heading says."""

    def __init__(self, reason: RejectionReason, message: Wording) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


def text(cell: Cell) -> str | None:
    """Return a cell as text without the blanks around it, None where nothing is left."""
    if type(cell) is str:
        stripped = cell.strip()
        if stripped.isalnum():  # nothing without width, no error, no line's end
            return stripped
        return _tidied(stripped) if stripped else None
    if cell is None:
        return None
    return _spelled(cell)


def _tidied(stripped: str) -> str | None:
    if stripped[0] in UNSEEN or stripped[-1] in UNSEEN:
        stripped = stripped.strip(STRIPPED)
        if not stripped:
            return None
    if stripped[0] == "=" and (bare := unquoted(stripped)) != stripped:
        return text(bare)
    if stripped[0] == "#" and stripped in ERRORS:
        raise ValueFault(
            RejectionReason.BAD_VALUE, Wording("a spreadsheet's error stands there; write the value itself")
        )
    return stripped if "\r" not in stripped else stripped.replace("\r\n", "\n").replace("\r", "\n")


def unquoted(given: str) -> str:
    """Return what stands in a text that is written as a formula: `="00123"` is 00123."""
    match = _QUOTED.fullmatch(given)
    return match[1].replace('""', '"') if match else given


def _spelled(cell: Cell) -> str:
    match cell:
        case Formula():
            message = Wording("it is a formula; copy the column and paste it as values")
            raise ValueFault(RejectionReason.FORMULA, message)
        case bool():
            return "是" if cell else "否"
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime():
            return cell.isoformat(" ", "seconds")
        case _:
            return str(cell)


def short(cell: Cell) -> str | None:
    """Return a text of a line; None where it only says that there is none."""
    found = text(cell)
    return None if found is None or found in NOTHING else found


def said(cell: Cell) -> str | None:
    """Return a text of any length; None where it is but a mark that there is none."""
    found = text(cell)
    return None if found is not None and len(found) <= _LONGEST_BLANK and found in BLANK else found


def named(cell: Cell) -> str | None:
    """Return a name, None where it says that nobody is named."""
    found = text(cell)
    return None if found is None or found in UNNAMED else found


def code(cell: Cell) -> str | None:
    """Return an id, a number of a paper or a phone: text even where a spreadsheet took it for a number."""
    if type(cell) in {int, float} and _lossy(cell):
        raise ValueFault(RejectionReason.BAD_VALUE, _LOST)
    found = named(cell)
    if found is None or found.isalnum():
        return found
    if not found.isascii():
        found = found.translate(WITHOUT_UNSEEN)
    if _SCIENTIFIC.fullmatch(found):
        raise ValueFault(RejectionReason.BAD_VALUE, _LOST)
    whole = _WHOLE.fullmatch(found)
    return whole[1] if whole else found.lstrip("'")


_LOST: Final = Wording("a spreadsheet rounded this long number; format the column as text and enter it again")


def _lossy(cell: Cell) -> bool:
    """Tell whether a spreadsheet kept only fifteen digits of a longer number."""
    if isinstance(cell, float):
        return cell >= LOST_DIGITS
    return isinstance(cell, int) and cell >= LOST_DIGITS and cell % 1_000 == 0


def count(cell: Cell) -> int | None:
    """Return a number of people, papers or likes."""
    if type(cell) is int:
        number = cell
    else:
        found = short(cell)
        if found is None:
            return None
        match = _COUNT.fullmatch(found)
        if not match:
            raise ValueFault(RejectionReason.BAD_VALUE, Wording("this is no count; write a whole number"))
        number = int(match[1].replace(",", ""))
    if not 0 <= number <= 2_147_483_647:
        raise ValueFault(RejectionReason.BAD_VALUE, Wording("this count cannot be; write a whole number from 0 on"))
    return number


def _table(words: Mapping[T, str]) -> dict[str, T]:
    return {word: meant for meant, group in words.items() for word in group.split()}


YES_NO: Final = _table(
    {True: "是 有 对 √ ✓ Y y yes Yes YES true True TRUE 1", False: "否 不是 × ✗ N n no No NO false False FALSE 0"}
)
KINDS: Final = _table({
    PetitionKind.SUGGESTION: "建议 意见 建议意见 意见建议 意见和建议 建言 献策 建言献策 SUGGESTION",
    PetitionKind.ACCUSATION: "检举控告 举报 检举 控告 投诉举报 举报投诉 揭发控告 检举揭发 检举、控告 ACCUSATION",
})  # fmt: skip
SATISFACTION: Final = _table({
    Satisfaction.SATISFIED: "满意 非常满意 很满意 十分满意 是 SATISFIED 5 4",
    Satisfaction.PARTLY_SATISFIED: "基本满意 一般 较满意 比较满意 部分满意 PARTLY_SATISFIED 3",
    Satisfaction.DISSATISFIED: "不满意 很不满意 非常不满意 不太满意 较不满意 否 DISSATISFIED 2 1",
})  # fmt: skip
URGENCY: Final = _table({
    Urgency.NORMAL: "一般 普通 正常 平件 常规 不紧急 非紧急 NORMAL normal",
    Urgency.URGENT: "紧急 急 加急 急件 较急 较紧急 URGENT urgent",
    Urgency.CRITICAL: "特急 特别紧急 非常紧急 特提 十万火急 CRITICAL critical",
})  # fmt: skip


REPLACED: Final = _table({
    Replaced.REPLIES: "replies reply 答复 回复",
    Replaced.CALL_BACKS: "callbacks call_backs 回访 评价",
    Replaced.MENTIONS: "mentions petitioners 人员 信访人",
    Replaced.ORGAN: "organ organs 承办单位 单位",
    Replaced.TOPIC: "topic 分类 类别",
    Replaced.DETAILS: "details 详情",
})  # fmt: skip
_EVERYTHING: Final = frozenset({"all", "全部"})
_LISTED: Final = re.compile(r"[、,，;；/\s]+")


def replaced(cell: Cell) -> frozenset[Replaced]:
    """Return what a record says anew as a whole."""
    words = [word.casefold() for word in _LISTED.split(short(cell) or "") if word]
    if not _EVERYTHING.isdisjoint(words):
        return frozenset(Replaced)
    if not all(word in REPLACED for word in words):
        known = ", ".join(dict.fromkeys(one.value.lower() for one in Replaced))
        raise ValueFault(
            RejectionReason.BAD_VALUE,
            Wording("this can be replaced by no record; known are {known} and all", known=known),
        )
    return frozenset(REPLACED[word] for word in words)


def flag(cell: Cell) -> bool | None:
    """Return yes or no."""
    if type(cell) is bool:
        return cell
    found = short(cell)
    if found is None:
        return False if cell == "无" else None
    if found not in YES_NO:
        raise ValueFault(RejectionReason.BAD_VALUE, Wording("this is neither 是 nor 否; write one of them"))
    return YES_NO[found]


def kind(cell: Cell) -> PetitionKind:
    """Return what a petition asks: 申诉求决 unless the cell names another kind."""
    found = short(cell)
    return KINDS.get(found, PetitionKind.APPEAL) if found else PetitionKind.APPEAL


def satisfaction(cell: Cell) -> Satisfaction | None:
    """Return how the handling is rated, None where a word says something else, such as 无法接通."""
    found = short(cell)
    return SATISFACTION.get(found) if found else None


def urgency(cell: Cell) -> Urgency | None:
    """Return how fast a ticket must be handled."""
    found = short(cell)
    if found is None:
        return None
    if found not in URGENCY:
        raise ValueFault(
            RejectionReason.BAD_VALUE, Wording("this urgency is not known; write 一般, 紧急 or 特急, or map the word")
        )
    return URGENCY[found]
