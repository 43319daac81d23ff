"""From a cell to a moment: days and times as sheets hold them. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from connectors.values import NOTHING, Cell, Formula, ValueFault, text
from connectors.written import NO_DATE, moment_of, time_of
from graph.records import RejectionReason
from graph.times import AHEAD, misplaced
from wording import Wording

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_EXCEL_DAY_0: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - a serial names no zone
_FROM_1904: Final = 1_462
"""Days from the first day of the older count to that of Macintosh's."""
_FIRST_SERIAL: Final = 18264  # 1 January 1950
_LAST_SERIAL: Final = 110_000  # the year 2201
_USUAL: Final = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:(?:(?<=日)|[ T])(\d{1,2})[:时](\d{1,2})(?:[:分](\d{1,2}))?[分秒]?)?",
    re.ASCII,
)
"""How nearly all are written; what reads all takes several times as long."""


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
            naive = _from_text(found, self.zone)
        elif cell is None:
            return None
        else:
            naive = _from_value(cell, self.zone)
        # `replace(tzinfo=…)` says the same and takes seven times as long.
        aware = naive if naive.tzinfo else datetime.combine(naive, naive.time(), self.zone)
        try:
            moment = aware.astimezone(UTC)
        except OverflowError:  # the first day or the last that there is
            raise ValueFault(RejectionReason.DATE, Wording("there is no such day; correct it")) from None
        if where := misplaced(moment, self.latest):
            raise ValueFault(RejectionReason.DATE, Wording("this date lies {where}; correct it", where=where))
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
            raise ValueFault(RejectionReason.DATE, Wording("a time stands there without its day; add the day"))
        local = datetime.combine(begin.astimezone(self.zone).date(), time()) + of_day
        return local.replace(tzinfo=self.zone).astimezone(UTC)


def since_1900(cell: Cell) -> Cell:
    """Return a plain number that counts days from 1904 on as one that counts them from 1900 on."""
    if type(cell) not in {int, float} or not _FIRST_SERIAL <= cell + _FROM_1904 < _LAST_SERIAL:  # type: ignore[operator]
        return cell
    return cell + _FROM_1904  # type: ignore[operator]


def _from_text(found: str, zone: ZoneInfo) -> datetime:
    if len(found) == 19 and found[4] == "-" and found[10] in " T":
        try:
            return datetime.fromisoformat(found)  # several times as fast for what comes most
        except ValueError:
            pass
    match = _USUAL.fullmatch(found)
    if match is not None:
        year, month, day, hour, minute, second = match.groups()
        try:
            return datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0))  # noqa: DTZ001
        except ValueError:
            pass
    if found[0].isdigit() and found.isascii() and "_" not in found:
        try:
            return _from_number(float(found), zone)
        except ValueError:
            pass
    return moment_of(found, zone)


def _from_value(cell: Cell, zone: ZoneInfo) -> datetime:
    match cell:
        case datetime():
            return cell
        case date():
            return datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001 - the zone comes next
        case bool():
            raise ValueFault(RejectionReason.DATE, NO_DATE)
        case int() | float():
            return _from_number(float(cell), zone)
        case Formula():
            text(cell)
    # A time of day alone is what a spreadsheet makes of a serial below 1: a day of 1899.
    raise ValueFault(RejectionReason.DATE, Wording("this date lies before 1950; correct it"))


def _from_number(number: float, zone: ZoneInfo) -> datetime:
    """Read a spreadsheet's serial, a day written as one number, or seconds or milliseconds since 1970."""
    if _FIRST_SERIAL <= number < _LAST_SERIAL:
        return _EXCEL_DAY_0 + timedelta(seconds=round(number * 86_400))
    if 0 <= number < _FIRST_SERIAL:
        raise ValueFault(RejectionReason.DATE, Wording("this date lies before 1950; correct it"))
    if 1e9 <= number < 1e10:
        return datetime.fromtimestamp(number, UTC)
    if 1e12 <= number < 1e13:
        return datetime.fromtimestamp(number / 1_000, UTC)
    if number.is_integer():
        return moment_of(str(int(number)), zone)
    raise ValueFault(RejectionReason.DATE, NO_DATE)


def _time_of_day(cell: Cell) -> timedelta | None:
    """Return a time of day as the time since midnight; None where a cell holds none."""
    match cell:
        case str():
            found = text(cell)
            return None if found is None else time_of(found)
        case time():
            return timedelta(hours=cell.hour, minutes=cell.minute, seconds=cell.second)
        case timedelta() if timedelta() <= cell <= timedelta(days=1):
            return cell
        case float() if 0 <= cell < 1:
            return timedelta(seconds=round(cell * 86_400))
    return None
