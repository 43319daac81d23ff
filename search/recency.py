"""The order by time as one number, so that engines sort and continue by it, and no two submissions share it. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from uuid import UUID

TAIL_BITS: Final = 29
"""Of the submission's id, below the seconds: 63 bits in all, which every engine has."""
SECONDS_BITS: Final = 34


def recency(at: datetime, submission: UUID | None = None) -> int:
    """Return a number that is greater the later; without a submission, the least of that second."""
    seconds = min(max(int(at.timestamp()) + (1 << 32), 0), (1 << SECONDS_BITS) - 1)
    return seconds << TAIL_BITS | (submission.int & ((1 << TAIL_BITS) - 1) if submission else 0)


FIRST: Final = recency(datetime(1990, 1, 1, tzinfo=UTC))
LAST: Final = recency(datetime(2070, 1, 1, tzinfo=UTC))


def share_of(recent: int) -> float:
    """Return how far a recency lies between 1990 (0) and 2070 (1), between which what is received is received."""
    return min(max((recent - FIRST) / (LAST - FIRST), 0.0), 1.0)
