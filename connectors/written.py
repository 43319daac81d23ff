"""From a text to a day and a time of day: the many ways in which programs and people write them. Pure.

What can be meant in two ways is refused, with how to write it: a guess would start the wrong clocks.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING, Final

from connectors.values import WITHOUT_UNSEEN, ValueFault
from graph.records import RejectionReason
from graph.text.nfkc import nfkc
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

LONGEST: Final = 100
"""Characters of a cell that says when; more is a text, and some patterns look at it more than once."""
NO_DATE: Final = Wording("this is no date that can be read; write it as 2019-04-25 09:32")
NO_SUCH: Final = Wording("there is no such day or time; correct it")
TWO_DAYS: Final = Wording(
    "at night that hour may be of either of two days; write the day that it falls on and the hour from 0 on"
)
NO_HALF: Final = Wording("there is no such hour in that part of the day; write the hour from 0 on alone")
NO_ZONE: Final = Wording("that time zone cannot be told; write it as hours from UTC, or leave it out")

_FOLDED: Final = (
    str.maketrans(
        {"點": "点", "時": "时", "號": "号", "週": "周", "○": "〇", "零": "〇", "。": ".", "∶": ":"}
        | dict.fromkeys("‐‑‒–—―−", "-")
    )
    | WITHOUT_UNSEEN
)
_NUMERALS: Final = re.compile("[〇一二三四五六七八九十]+")
_DIGITS: Final = "〇一二三四五六七八九"
_WEEKDAY: Final = re.compile(
    r"[(]?(?:星期|周|礼拜)[一二三四五六日天][)]?|[(][一二三四五六日][)]|"
    r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tues?|wed|thur?s?|fri|sat|sun)\b[.,]?"
)
_MONTHS: Final = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH: Final = rf"({'|'.join(_MONTHS)})[a-z]*[.,]?"
_MONTH_FIRST: Final = re.compile(rf"{_MONTH}\s*(\d{{1,2}})(?:st|nd|rd|th)?,?\s(.*?)(?<![+\d:.-])(\d{{4}})(?![\d:])(.*)")
_DAY_FIRST: Final = re.compile(rf"(\d{{1,2}})(?:st|nd|rd|th)?[\s/-]*{_MONTH}[\s/-]*(\d{{4}})(?!\d)(.*)")
_WEEK: Final = re.compile(r"(\d{4})-?w(\d{2})-?([1-7])(?!\d)(.*)")
_BETWEEN: Final = r"\s*[-/.年月、_\\]\s*"
_DAY: Final = re.compile(rf"(\d{{4}}){_BETWEEN}(\d{{1,2}}){_BETWEEN}(\d{{1,2}})(?:\s*[日号]|(?!\d))\.?")
_COMPACT_DAY: Final = re.compile(r"(\d{4})(\d{2})(\d{2})(?=\D|$|(?:\d{2}){2,3}(?!\d))")
_ZONE: Final = re.compile(
    r"(?:(?<=\d)|\s+)(z|(?:utc|gmt)?\s?([+-])\s?\d{1,2}(?::?\d{2})?|[a-z]{3,5})(?:\s*\[[^\]]*\])?(?:\s*\([^)]*\))?$"
)
_OFFSET: Final = re.compile(r"([+-])\s?(\d{1,2}):?(\d{2})?$")
_EXACT: Final = re.compile(r"\d:\d\d:\d\d|\dt\d")
"""What stands before an offset to the west: a time and a minus are the beginning of a span as well, 09:00-10:00."""
_HALF: Final = (
    "凌晨|清晨|清早|早晨|早上|上午|中午|正午|下午|午后|傍晚|晚上|晚间|夜间|夜里|夜晚|"
    "深夜|半夜|午夜|早|晚|夜|[ap]\\.?m\\.?"
)
_HALF_BEFORE: Final = re.compile(_HALF)
_HALF_AFTER: Final = re.compile(rf"(?:{_HALF})\Z")
_COMPACT_HOUR: Final = re.compile(r"(\d{2})(\d{2})(\d{2})?(?:\.\d{1,9})?")
_HOUR: Final = re.compile(
    r"(\d{1,2})\s*(?:[:时点]\s*(\d{1,2}|半|[13]刻)\s*(?:[:分]\s*(\d{1,2})(?:[.,:]\d{1,9})?\s*)?[分秒]?整?|[时点]\s*[整正钟]?)?"
)
_DOTTED: Final = re.compile(r"(\d{1,2})\.(\d{2})(?:\.(\d{2})(?:\.\d{1,9})?)?")
_MINUTES: Final = {"半": 30, "1刻": 15, "3刻": 45}


def _hours(same: range, later: range, others: dict[int, int | None]) -> dict[int, int | None]:
    """Return what the hours of a part of the day are from its midnight on; None for those of either of two days."""
    return {hour: hour for hour in same} | {hour: hour + 12 for hour in later} | others


_EITHER: Final[dict[int, int | None]] = dict.fromkeys(range(9))
_PARTS: Final = (
    ("凌晨", _hours(range(7), range(0), {12: 0})),
    ("清晨 清早 早晨 早上 早", _hours(range(4, 12), range(0), {})),
    ("上午 am", _hours(range(12), range(0), {12: 0})),
    ("中午 正午", _hours(range(10, 15), range(1, 3), {})),
    ("下午 午后 pm", _hours(range(12, 24), range(1, 12), {})),
    ("傍晚", _hours(range(16, 21), range(4, 9), {})),
    ("晚上 晚间 夜晚 晚", _EITHER | _hours(range(17, 24), range(5, 12), {12: 24, 24: 24})),
    ("夜间 夜里 夜 深夜 半夜 午夜", _EITHER | _hours(range(20, 24), range(9, 12), {12: 24, 24: 24})),
)
HALVES: Final[Mapping[str, Mapping[int, int | None]]] = {
    word: hours for words, hours in _PARTS for word in words.split()
}
"""By part of the day: the hours that it has, and which each is. 12 at night ends its day, at 24:00."""


def moment_of(written: str, zone: ZoneInfo) -> datetime:
    """Return a day and a time as it is written: without a zone where it names none, or that of the reader.

    Raises ValueFault.
    """
    if len(written) > LONGEST:
        raise _fault(NO_DATE)
    plain = _ordered(_WEEKDAY.sub(" ", _folded(written)).strip())
    plain, offset = _parted(plain)
    match = _DAY.match(plain) or _COMPACT_DAY.match(plain)
    if match is None:
        raise _fault(NO_DATE)
    rest = plain[match.end() :].strip(" t,_-")
    # After a day a number alone is an hour where a blank parts them.
    apart = not rest.isdigit() or not plain[match.end()].isdigit() or len(rest) > 2
    of_day = _of_day(rest, bare=apart) if rest else timedelta()
    if of_day is None:
        raise _fault(NO_DATE)
    year, month, day = map(int, match.groups())
    try:
        moment = datetime(year, month, day) + of_day  # noqa: DTZ001 - the zone comes next
    except (ValueError, OverflowError):
        raise _fault(NO_SUCH) from None
    return moment.replace(tzinfo=_zone(offset, moment, zone))


def time_of(written: str) -> timedelta | None:
    """Return a time of day alone, as the time since midnight; None where it is none. Raises ValueFault."""
    return _of_day(_folded(written), bare=False) if len(written) <= LONGEST else None


def _fault(message: Wording) -> ValueFault:
    return ValueFault(RejectionReason.DATE, message)


def _folded(written: str) -> str:
    """Return a text without width, case and marks that say nothing, its numerals as digits."""
    folded = " ".join(nfkc(written).translate(_FOLDED).lower().split())
    return folded if folded.isascii() else _NUMERALS.sub(_number, _WEEKDAY.sub(" ", folded))


def _number(match: re.Match[str]) -> str:
    """Return a numeral in digits: 二〇二一 figure by figure, 二十五 by tens."""
    tens, ten, ones = match[0].rpartition("十")
    if not ten:
        return "".join(str(_DIGITS.index(digit)) for digit in match[0])
    if len(tens) > 1 or len(ones) > 1:
        return match[0]
    return str((_DIGITS.index(tens) if tens else 1) * 10 + (_DIGITS.index(ones) if ones else 0))


def _ordered(plain: str) -> str:
    """Put year, month and day in order where the month is written in English, or a week is counted."""
    if match := _WEEK.fullmatch(plain):
        try:
            return f"{date.fromisocalendar(int(match[1]), int(match[2]), int(match[3]))} {match[4]}".strip()
        except ValueError:
            raise _fault(NO_SUCH) from None
    if match := _MONTH_FIRST.fullmatch(plain):
        month, day, middle, year, rest = match.groups()
        rest = f"{middle} {rest}"
    elif match := _DAY_FIRST.fullmatch(plain):
        day, month, year, rest = match.groups()
    else:
        return plain
    return " ".join(f"{year}-{_MONTHS.index(month) + 1}-{day} {rest}".split())


def _parted(plain: str) -> tuple[str, str]:
    """Part a text from the zone at its end."""
    match = _ZONE.search(plain)
    if match is None or (match[2] == "-" and not _EXACT.search(plain[: match.start()])):
        return plain, ""
    return plain[: match.start()].strip(), match[1]


def _zone(given: str, moment: datetime, zone: ZoneInfo) -> tzinfo | None:
    """Return the zone that is given; a short name is that of the reader's own zone, since others have the same."""
    if not given or given.upper() == zone.tzname(moment):
        return None
    if given in {"z", "utc", "gmt"}:
        return UTC
    offset = _OFFSET.search(given)
    if offset is None:
        raise _fault(NO_ZONE)
    away = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
    if away >= timedelta(hours=24):
        raise _fault(NO_SUCH)
    return timezone(-away if offset[1] == "-" else away)


def _of_day(plain: str, *, bare: bool) -> timedelta | None:
    """Return the time since midnight; an hour `bare` of marks is one only where that is allowed."""
    before = _HALF_BEFORE.match(plain)
    clock = plain[before.end() :].strip() if before else plain
    after = _HALF_AFTER.search(clock)
    if after:
        clock = clock[: after.start()].strip()
    if before and after:
        return None
    half = (before or after or [""])[0].replace(".", "")
    if half and not clock:
        return timedelta()  # the day's part without an hour
    match = _HOUR.fullmatch(clock) or _DOTTED.fullmatch(clock) or (_COMPACT_HOUR.fullmatch(clock) if bare else None)
    if match is None or (clock.isdigit() and not (half or bare)):
        return None
    hour, minute, second = match.groups()
    since = _since_midnight(int(hour), half)
    minutes, seconds = _MINUTES.get(minute) or int(minute or 0), int(second or 0)
    whole = since < 24 or half or not (minutes or seconds)
    if since > 24 or minutes > 59 or seconds > 59 or not whole:
        raise _fault(NO_SUCH)
    return timedelta(hours=since, minutes=minutes, seconds=seconds)


def _since_midnight(hour: int, half: str) -> int:
    if not half:
        return hour
    hours = HALVES[half]
    if hour not in hours:
        raise _fault(NO_HALF)
    since = hours[hour]
    if since is None:
        raise _fault(TWO_DAYS)
    return since
