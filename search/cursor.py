"""Where a page of hits goes on, as an opaque string. Pure."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from graph.errors import InvalidError
from wording import Wording

if TYPE_CHECKING:
    from graph.records import SubmissionId
    from search.records import SearchOrder

FOREIGN: Final = Wording("This cursor is not one of this search. Use one as it was given, or none.")
FARTHEST: Final = 1 << 63
MARK: Final = 5
"""Bytes of a mark: that another hit has the mark of one of two hundred is one chance in five thousand millions."""


@dataclass(frozen=True, slots=True)
class After:
    """Where a page goes on: behind a key among the weighed, or below a time.

    What the first page found goes along, so that what is indexed meanwhile changes no order: which bigrams were taken
    for slips, how much each term tells, and up to when hits had come in (`until`, milliseconds). Beyond the weighed,
    `given` are their marks.
    """

    key: tuple[float, int] | None = None
    below: int | None = None
    loose: frozenset[str] | None = None
    """The bigrams that make no hit by themselves where the query is asked loosely; None where it is not."""
    slips: frozenset[str] = frozenset()
    until: int | None = None
    weights: tuple[float, ...] = ()
    given: frozenset[bytes] = frozenset()


def mark(submission: SubmissionId) -> bytes:
    """Return by what a submission is known among the weighed ones: the last of the random bits of its id."""
    return submission.bytes[-MARK:]


def sealed(after: After, order: SearchOrder) -> str:
    """Return a place as a cursor."""
    given = base64.b64encode(b"".join(sorted(after.given))).decode()
    value = [
        order,
        *(after.key or (None, None)),
        after.below,
        None if after.loose is None else sorted(after.loose),
        sorted(after.slips),
        after.until,
        after.weights,
        given,
    ]
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
    if told != order or not all(0 <= (one or 0) < FARTHEST for one in (after.below, after.until)):
        raise InvalidError("after", FOREIGN)
    return after


def _after(place: list[Any]) -> After:
    points, recency, below, loose, slips, until, weights, given = place
    marks = base64.b64decode(given, validate=True)
    return After(
        key=None if points is None else (float(points), int(recency)),
        below=None if below is None else int(below),
        loose=None if loose is None else frozenset(map(str, loose)),
        slips=frozenset(map(str, slips)),
        until=None if until is None else int(until),
        weights=tuple(float(weight) for weight in weights),
        given=frozenset(marks[at : at + MARK] for at in range(0, len(marks), MARK)),
    )
