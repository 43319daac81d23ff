"""From a cell to what it means: texts, numbers, moments, words of a list. Pure.

A cell that cannot be read raises `ValueFault`, which says what is wrong without saying what stands there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, Final, TypeVar

from graph.records import PetitionKind, RejectionReason, Satisfaction, Urgency

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo


T = TypeVar("T")


class Formula:
    """A cell that is computed. What a program saved as its result may be old, or never have been computed."""

    __slots__ = ("result",)

    def __init__(self, result: object) -> None:
        self.result = result


Cell = str | int | float | bool | datetime | date | time | timedelta | Formula | None

UNSEEN: Final = "\u200b\u200c\u200d\u2060\ufeff"
"""Characters without width, which `str.strip` leaves."""
STRIPPED: Final = (
    " \t\r\n\v\f\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000"
    + UNSEEN
    + "".join(map(chr, range(0x2000, 0x200B)))
)
"""All that can stand around a text and means nothing."""
NOTHING: Final = frozenset({"", "-", "--", "—", "——", "/", "\\", "无", "暂无", "空", "null", "NULL", "None", "N/A"})
"""How sheets write that there is nothing."""
UNNAMED: Final = NOTHING | {"匿名", "不详", "不明", "未知", "未提供", "未留", "未登记", "保密", "匿名用户", "拒绝提供"}
ERRORS: Final = frozenset({"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"})
EARLIEST: Final = datetime(1950, 1, 1, tzinfo=UTC)
AHEAD: Final = timedelta(days=400)
"""How far after the reading a date may lie: limits do, by months."""
LOST_DIGITS: Final = 10**15
"""Spreadsheets keep fifteen digits of a number: what is longer must be stored as text."""

_EXCEL_DAY_0: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - a serial names no zone
_FIRST_SERIAL: Final = 18264  # 1 January 1950
_LAST_SERIAL: Final = 110_000  # the year 2201
_MOMENT: Final = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
    r"(?:[ T]*(\d{1,2})[:时点](\d{1,2})(?:[:分](\d{1,2})(?:[.,]\d+)?)?[分秒]?)?"
    r"(?:\s*(Z|[+-]\d{2}:?\d{2}))?",
    re.ASCII,
)
_DIGITS: Final = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?", re.ASCII)
_WEEKDAY: Final = re.compile(r"[(（]?(?:星期|周|礼拜)[一二三四五六日天][)）]?")
_HALF: Final = re.compile(r"(上午|下午|晚上|中午|凌晨|早上|傍晚|AM|PM|am|pm)\s*(\d{1,2})")
_TIME: Final = re.compile(r"(\d{1,2})[:时点](\d{1,2})?(?:[:分](\d{1,2}))?[分秒]?", re.ASCII)
_COUNT: Final = re.compile(r"(\d{1,3}(?:,\d{3})+|\d{1,9})(?:\.0+)?\s*[人名份件次个条张页位]?", re.ASCII)
_WHOLE: Final = re.compile(r"(\d+)\.0+", re.ASCII)
_SCIENTIFIC: Final = re.compile(r"\d(?:\.\d+)?E\+\d+", re.ASCII | re.IGNORECASE)


class ValueFault(Exception):  # noqa: N818 - a fault of the value, made into a refusal
    """One cell cannot be read as what its heading says."""

    def __init__(self, reason: RejectionReason, message: str) -> None:
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
    if stripped[0] == "#" and stripped in ERRORS:
        raise ValueFault(RejectionReason.BAD_VALUE, "a spreadsheet's error stands there; write the value itself")
    return stripped if "\r" not in stripped else stripped.replace("\r\n", "\n").replace("\r", "\n")


def _spelled(cell: Cell) -> str:
    match cell:
        case Formula():
            message = "it is a formula; copy the column and paste it as values"
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
    if _SCIENTIFIC.fullmatch(found):
        raise ValueFault(RejectionReason.BAD_VALUE, _LOST)
    whole = _WHOLE.fullmatch(found)
    return whole[1] if whole else found.lstrip("'")


_LOST: Final = "a spreadsheet rounded this long number; format the column as text and enter it again"


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
            raise ValueFault(RejectionReason.BAD_VALUE, "this is no count; write a whole number")
        number = int(match[1].replace(",", ""))
    if not 0 <= number <= 2_147_483_647:
        raise ValueFault(RejectionReason.BAD_VALUE, "this count cannot be; write a whole number from 0 on")
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


def flag(cell: Cell) -> bool | None:
    """Return yes or no."""
    if type(cell) is bool:
        return cell
    found = short(cell)
    if found is None:
        return False if cell == "无" else None
    if found not in YES_NO:
        raise ValueFault(RejectionReason.BAD_VALUE, "this is neither 是 nor 否; write one of them")
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
            RejectionReason.BAD_VALUE, "this urgency is not known; write 一般, 紧急 or 特急, or map the word"
        )
    return URGENCY[found]


@dataclass(frozen=True, slots=True)
class Clock:
    """Reads moments: in which zone, and which can be."""

    zone: ZoneInfo
    latest: datetime

    @classmethod
    def at(cls, zone: ZoneInfo, now: datetime) -> Clock:
        """Return the clock of a reading at a time."""
        return cls(zone, now + AHEAD)

    def moment(self, cell: Cell) -> datetime | None:
        """Return a moment in UTC; a day alone stands for its beginning."""
        if type(cell) is str:
            found = text(cell)
            if found is None or found in NOTHING:
                return None
            naive = _from_text(found)
        elif cell is None:
            return None
        else:
            naive = _from_value(cell)
        moment = (naive if naive.tzinfo else naive.replace(tzinfo=self.zone)).astimezone(UTC)
        if not EARLIEST <= moment <= self.latest:
            when = "before 1950" if moment < EARLIEST else "in the far future"
            raise ValueFault(RejectionReason.DATE, f"this date lies {when}; correct it")
        return moment

    def day(self, cell: Cell) -> date | None:
        """Return a day of the zone."""
        moment = self.moment(cell)
        return None if moment is None else moment.astimezone(self.zone).date()

    def join(self, day: Cell, at: Cell) -> datetime | None:
        """Return the moment of a day and a time of day that stand apart, or of whichever says all."""
        of_day = _time_of_day(at)
        if of_day is None:
            moment = self.moment(at)
            return self.moment(day) if moment is None else moment
        begin = self.moment(day)
        if begin is None:
            raise ValueFault(RejectionReason.DATE, "a time stands there without its day; add the day")
        return datetime.combine(begin.astimezone(self.zone).date(), of_day, self.zone).astimezone(UTC)


_NO_DATE: Final = "this is no date that can be read; write it as 2019-04-25 09:32"


def _from_text(found: str) -> datetime:
    if len(found) == 19 and found[4] == "-" and found[10] in " T":
        try:
            return datetime.fromisoformat(found)  # several times as fast for what comes most
        except ValueError:
            pass
    match = _MOMENT.fullmatch(found) or _DIGITS.fullmatch(found)
    if match is None:
        return _from_unusual(found)
    year, month, day, hour, minute, second, *zone = match.groups()
    try:
        moment = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0))  # noqa: DTZ001
        return moment if not zone or zone[0] is None else moment.replace(tzinfo=_offset(zone[0]))
    except ValueError:
        raise ValueFault(RejectionReason.DATE, "there is no such day or time; correct it") from None


def _offset(given: str) -> tzinfo | None:
    return datetime.fromisoformat(f"2000-01-01T00:00:00{given}").tzinfo


def _from_unusual(found: str) -> datetime:
    """Read serial numbers, weekdays and halves of the day."""
    try:
        return _from_number(float(found))
    except ValueError:
        pass
    plain = _HALF.sub(_whole_day, _WEEKDAY.sub(" ", found)).strip()
    plain = re.sub(r"\s+", " ", plain).translate(_NARROW)
    if plain != found:
        return _from_text(plain)
    raise ValueFault(RejectionReason.DATE, _NO_DATE)


_NARROW: Final = str.maketrans("０１２３４５６７８９：／－．", "0123456789:/-.")


def _whole_day(match: re.Match[str]) -> str:
    hour = int(match[2])
    late = match[1] in {"下午", "晚上", "傍晚", "PM", "pm"} or (match[1] == "中午" and hour < 3)
    if match[1] in {"AM", "am", "凌晨", "上午"} and hour == 12:
        hour = 0
    return f" {hour + 12 if late and hour < 12 else hour}"


def _from_value(cell: Cell) -> datetime:
    match cell:
        case datetime():
            return cell
        case date():
            return datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001 - the zone comes next
        case bool():
            raise ValueFault(RejectionReason.DATE, _NO_DATE)
        case int() | float():
            return _from_number(float(cell))
        case Formula():
            _spelled(cell)
    # A time of day alone is what a spreadsheet makes of a serial below 1: a day of 1899.
    raise ValueFault(RejectionReason.DATE, "this date lies before 1950; correct it")


def _from_number(number: float) -> datetime:
    """Read a spreadsheet's serial, a day written as one number, or seconds or milliseconds since 1970."""
    if _FIRST_SERIAL <= number < _LAST_SERIAL:
        return _EXCEL_DAY_0 + timedelta(seconds=round(number * 86_400))
    if 0 <= number < _FIRST_SERIAL:
        raise ValueFault(RejectionReason.DATE, "this date lies before 1950; correct it")
    if 19_500_101 <= number < 22_000_101 and number.is_integer():
        return _from_text(str(int(number)))
    if 1e9 <= number < 1e10:
        return datetime.fromtimestamp(number, UTC)
    if 1e12 <= number < 1e13:
        return datetime.fromtimestamp(number / 1_000, UTC)
    raise ValueFault(RejectionReason.DATE, _NO_DATE)


def _time_of_day(cell: Cell) -> time | None:
    if isinstance(cell, time):
        return cell
    if isinstance(cell, float) and 0 <= cell < 1:
        return (_EXCEL_DAY_0 + timedelta(seconds=round(cell * 86_400))).time()
    if not isinstance(cell, str):
        return None
    match = _TIME.fullmatch(_HALF.sub(_whole_day, cell).strip(STRIPPED))
    if match is None:
        return None
    try:
        return time(int(match[1]), int(match[2] or 0), int(match[3] or 0))
    except ValueError:
        raise ValueFault(RejectionReason.DATE, "there is no such time; correct it") from None
