"""When a mail was sent or came, by the standard's dates (RFC 5322, 3.3) and what programs make of them. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_tz
from typing import TYPE_CHECKING, Final

from connectors.values import ValueFault
from graph.records import RejectionReason
from wording import Wording

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

LONGEST: Final = 200
"""Characters of a date."""
_COMMENT: Final = re.compile(r"\([^()]*\)")
_ZONE: Final = re.compile(
    r"(?<=[\d\s])(?P<name>[A-Za-z]{1,5})?[ \t]*(?P<sign>[+-])(?P<hours>\d{1,2}):?(?P<minutes>\d{2})?"
    r"(?:[ \t]+[A-Za-z]{1,5})?\Z"
    r"|(?<=[\d\s])(?P<alone>[A-Za-z]{1,5})\Z",
    re.ASCII,
)
_UTC: Final = frozenset({"UT", "UTC", "GMT", "Z"})
_HOURS: Final = {
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
    "CET": 1, "CEST": 2, "MSK": 3, "HKT": 8, "SGT": 8, "JST": 9, "KST": 9,
}  # fmt: skip
"""The names of zones that the standard knows besides (RFC 5322, 4.3), and others of which each means one."""
_YEAR_LAST: Final = re.compile(r"(\d{1,2}:\d{2}(?::\d{2})?) (\S{1,12}(?: [A-Za-z]{1,5})?) (\d{4})\Z", re.ASCII)
"""As some languages print a date: Fri Mar 05 09:00:00 CST 2021."""


def moment(written: str, zone: ZoneInfo) -> datetime | None:
    """Read a mail's date, in the office's zone where it names none; None where it is no date of this kind.

    Raises ValueFault where it names a zone that nobody knows: hours would be guessed.
    """
    bare = " ".join(_COMMENT.sub(" ", written[:LONGEST]).split()).replace(" :", ":").replace(": ", ":")
    bare = _YEAR_LAST.sub(r"\1 \3 \2", bare)
    found = _ZONE.search(bare)
    parsed = parsedate_tz(bare[: found.start()] if found else bare)
    if parsed is None:
        return None
    try:
        naive = datetime(*parsed[:6])  # noqa: DTZ001 - the zone comes next
        return naive.replace(tzinfo=_zone(found, naive, zone) if found else zone)
    except (ValueError, OverflowError):
        return None


def _zone(found: re.Match[str], naive: datetime, zone: ZoneInfo) -> tzinfo:
    """Return the zone that a date names: `-0000` says of UTC only that no other is meant."""
    if found["sign"]:
        offset = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"] or 0))
        return timezone(-offset if found["sign"] == "-" else offset)
    name = found["alone"].upper()
    if name == zone.tzname(naive):
        return zone  # CST is China's to an office there
    if name in _UTC:
        return UTC
    if name in _HOURS:
        return timezone(timedelta(hours=_HOURS[name]))
    raise ValueFault(RejectionReason.DATE, Wording("its zone is not known; write it as +0800"))
