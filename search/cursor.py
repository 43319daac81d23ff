"""Where a page of hits goes on, as an opaque string. Pure."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from graph.errors import InvalidError

if TYPE_CHECKING:
    from search.records import SearchOrder

FOREIGN: Final = "This cursor is not one of this search. Use one as it was given, or none."
FARTHEST: Final = 1 << 63


@dataclass(frozen=True, slots=True)
class After:
    """Where a page goes on: behind a key among the weighed, at a rank beyond them, or below a time.

    The weights of the first page go along: what is indexed meanwhile changes no order.
    """

    key: tuple[float, int] | None = None
    rank: int = 0
    below: int | None = None
    loose: bool = False
    weights: tuple[float, ...] = ()


def sealed(after: After, order: SearchOrder) -> str:
    """Return a place as a cursor."""
    value = [order, *(after.key or (None, None)), after.rank, after.below, after.loose, after.weights]
    return base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")


def opened(cursor: str | None, order: SearchOrder) -> After:
    """Return the place that a cursor names; raise InvalidError for one that is none of this order."""
    if cursor is None:
        return After()
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        told, *place = orjson.loads(raw)
        after = _after(place)
    except (ValueError, TypeError, OverflowError, binascii.Error):
        raise InvalidError("after", FOREIGN) from None
    if told != order or not 0 <= after.rank < FARTHEST or not 0 <= (after.below or 0) < FARTHEST:
        raise InvalidError("after", FOREIGN)
    return after


def _after(place: list[Any]) -> After:
    points, recency, rank, below, loose, weights = place
    return After(
        key=None if points is None else (float(points), int(recency)),
        rank=int(rank),
        below=None if below is None else int(below),
        loose=bool(loose),
        weights=tuple(float(weight) for weight in weights),
    )
