"""From a cell to a moment: the many ways in which sheets write dates and times. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, Final

from connectors.values import NOTHING, STRIPPED, Cell, Formula, ValueFault, text
from graph.records import RejectionReason
from graph.times import AHEAD, misplaced

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

LONGEST: Final = 100
"""Characters of a cell that says when; more is a text, and each half of a day in it would be read again."""
_EXCEL_DAY_0: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - a serial names no zone
_FIRST_SERIAL: Final = 18264  # 1 January 1950
_LAST_SERIAL: Final = 110_000  # the year 2201
_MOMENT: Final = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
    r"(?:[ T]*(\d{1,2})(?:[:时点](\d{1,2})(?:[:分](\d{1,2})(?:[.,]\d+)?)?[分秒]?|[时点]整?))?"
    r"(?:\s*(Z|[+-]\d{2}:?\d{2}))?",
    re.ASCII,
)
_DIGITS: Final = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?", re.ASCII)
_WEEKDAY: Final = re.compile(r"[(（]?(?:星期|周|礼拜)[一二三四五六日天][)）]?")
_HALF: Final = re.compile(r"(上午|下午|晚上|中午|凌晨|早上|傍晚|AM|PM|am|pm)\s*(\d{1,2})")
_TIME: Final = re.compile(r"(\d{1,2})[:时点](\d{1,2})?(?:[:分](\d{1,2}))?[分秒]?", re.ASCII)


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
        # `replace(tzinfo=…)` says the same and takes seven times as long.
        aware = naive if naive.tzinfo else datetime.combine(naive, naive.time(), self.zone)
        try:
            moment = aware.astimezone(UTC)
        except OverflowError:  # the first day or the last that there is
            raise ValueFault(RejectionReason.DATE, "there is no such day; correct it") from None
        if where := misplaced(moment, self.latest):
            raise ValueFault(RejectionReason.DATE, f"this date lies {where}; correct it")
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
    if len(found) > LONGEST:
        raise ValueFault(RejectionReason.DATE, _NO_DATE)
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
            text(cell)
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
    if not isinstance(cell, str) or len(cell) > LONGEST:
        return None
    match = _TIME.fullmatch(_HALF.sub(_whole_day, cell).strip(STRIPPED))
    if match is None:
        return None
    try:
        return time(int(match[1]), int(match[2] or 0), int(match[3] or 0))
    except ValueError:
        raise ValueFault(RejectionReason.DATE, "there is no such time; correct it") from None
