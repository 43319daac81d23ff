"""How much of the graph an answer of the index covers. Pure but for `look`.

An index is always a moment behind the graph. An answer says so where the moment is long, where the index is being made
anew, and where it could not take something that the asker may see.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from graph.database import statements

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graph.database import Row
    from graph.journal import Reached

SQL = statements("search")
FRESH: Final = 10.0
"""Seconds after which what was acknowledged is missed where it is not found. Usually it takes less than one."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How an index stands for one asker."""

    complete: bool
    """Whether all that was acknowledged `FRESH` seconds before the question, or earlier, is found."""
    share: float
    """How much of the journal it has read, from 0 to 1."""
    missing: int
    """Submissions that the asker may see and that could not be indexed."""


COVERED: Final = Standing(complete=True, share=1.0, missing=0)


class Looked(NamedTuple):
    """What was found in the graph besides the hits."""

    standing: Standing
    barrier: int
    """How far the index must have come before this viewer is given counts."""


class Reading(Protocol):
    """Reads what one viewer may see."""

    async def fetch(self, text: str, *values: object) -> Sequence[Row]: ...


async def look(reading: Reading, held: Reached, audiences: Sequence[str]) -> Looked:
    """Return how an index that held so much of the journal when it was asked stands for a viewer."""
    [row] = await reading.fetch(SQL.standing, list(audiences), held.position, held.link)
    standing = standing_of(known=row["known"], late=row["late"], share=row["share"], missing=row["missing"])
    return Looked(standing, row["barrier"])


def standing_of(*, known: bool, late: float | None, share: float, missing: int) -> Standing:
    """Judge. `late` is how many seconds ago the first entry that the index lacks was written, if it lacks any."""
    if not known:
        return Standing(complete=False, share=0.0, missing=missing)
    if late is None or late <= FRESH:
        return Standing(complete=not missing, share=1.0, missing=missing)
    # Rounded down: it is whole only where nothing is late.
    return Standing(complete=False, share=int(share * 100) / 100, missing=missing)


def worst(one: Standing | None, other: Standing) -> Standing:
    """Return what holds for an answer that is made of both."""
    if one is None:
        return other
    return Standing(
        complete=one.complete and other.complete, share=min(one.share, other.share),
        missing=max(one.missing, other.missing),
    )  # fmt: skip
