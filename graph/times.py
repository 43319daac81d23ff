"""The one way in which an instant is printed and read: RFC 3339, in UTC, with its offset. And which there can be."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from wording import Wording

LEGAL_ZONE: Final = ZoneInfo("Asia/Shanghai")
"""The zone of legal dates where an instance has no other (`CASEGRAPH_TIMEZONE`)."""
EARLIEST: Final = datetime(1950, 1, 1, tzinfo=UTC)
AHEAD: Final = timedelta(days=400)
"""How far after today a date may lie: limits do, by months."""


def misplaced(moment: date, latest: datetime) -> Wording | None:
    """Say where an instant or a day lies that nothing in petition work can have, None where it is well placed."""
    instant = isinstance(moment, datetime)
    if moment < (EARLIEST if instant else EARLIEST.date()):
        return Wording("before {year}", year=EARLIEST.year)
    return Wording("in the far future") if moment > (latest if instant else latest.date()) else None


def rfc3339(instant: datetime) -> str:
    """Print an aware instant as PostgreSQL's JSON does: `2026-11-24T03:58:15.25+00:00`, the fraction only where any."""
    whole, point, fraction = instant.astimezone(UTC).isoformat().removesuffix("+00:00").partition(".")
    return whole + point + fraction.rstrip("0") + "+00:00"


def instant_of(text: str) -> datetime:
    """Read an instant that names its offset; raise ValueError for anything else."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("An instant needs an offset, as in 2026-11-24T11:58:15+08:00.")
    return instant.astimezone(UTC)
