"""A file that is bad throughout: after so many refusals of one reason, the rest of them are one that keeps them all.

Four hundred thousand rows with their dates in an unknown form are one mistake, not as many rejections.
"""

from __future__ import annotations

import gzip
import io
from collections import Counter
from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING, Final

import orjson

from connectors.jsonfiles import read_line
from connectors.objects import ObjectReader
from graph.records import Reading, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from connectors.connector import ReadOptions
    from graph.records import RejectionReason

TOLD: Final = 100
"""Refusals of one reason in one file that are told one by one: nobody reads more of them."""
LARGEST: Final = 32_000_000
"""Bytes that a rest may have, packed: it is sealed in one piece. What comes then is another rest."""


def fold(readings: Iterable[Reading], told: int = TOLD) -> Iterator[Reading]:
    """Yield the readings of one file; what of one reason is refused after the first `told` comes at the end, as one."""
    counts: Counter[RejectionReason] = Counter()
    rests: dict[RejectionReason, _Rest] = {}
    for reading in readings:
        if not isinstance(reading, Refusal):
            yield reading
            continue
        counts[reading.reason] += 1
        if counts[reading.reason] <= told:
            yield reading
            continue
        rest = rests.setdefault(reading.reason, _Rest(reading))
        rest.add(reading)
        if rest.size > LARGEST:
            yield rests.pop(reading.reason).refusal()
    for rest in rests.values():
        yield rest.refusal()


def unfold(rest: Refusal, options: ReadOptions) -> Iterator[Reading]:
    """Read again what a rest keeps, record by record; what is refused again for one reason is one rest again."""
    return fold(_read_again(rest, options), told=0)


def _read_again(rest: Refusal, options: ReadOptions) -> Iterator[Reading]:
    reader = ObjectReader(rest.channel, options)
    with gzip.open(io.BytesIO(rest.payload)) as lines:
        for line in lines:
            position, kept = orjson.loads(line)
            payload = kept.encode("latin-1")
            if not payload:  # too large to be kept, or not even to be parsed
                yield replace(rest, position=position, payload=b"", records=1)
                continue
            reading = read_line(payload, position, reader)
            yield replace(reading, payload=payload)


class _Rest:
    """Gathers refusals of one reason, packed as they come."""

    def __init__(self, first: Refusal) -> None:
        self._first = self._last = first
        self._count = 0
        self._packed = io.BytesIO()
        # Without a time, so that the same file read again is the same rejection.
        self._packing = gzip.GzipFile(fileobj=self._packed, mode="wb", compresslevel=1, mtime=0)

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self._packed.tell()

    def add(self, refusal: Refusal) -> None:
        """Keep one more; bytes travel as the characters of the same number."""
        self._packing.write(orjson.dumps((refusal.position, refusal.payload.decode("latin-1"))) + b"\n")
        self._last = refusal
        self._count += 1

    def refusal(self) -> Refusal:
        """Return the one refusal that stands for all."""
        if self._count == 1:
            return self._first
        self._packing.close()
        message = (
            f"{self._count:,} more records of this file are refused for the same reason and kept here, from the first"
            f" to the last of these positions. The first: {self._first.message} Mend the mapping or our reading and"
            " retry this: all of them are read again. Or correct the file and take it in anew."
        )
        return replace(
            self._first, position=self._position(), message=message, payload=self._packed.getvalue(),
            records=self._count,
        )  # fmt: skip

    def _position(self) -> str:
        """Return `tickets.csv row 101 to 400000`: what both positions begin with is said once."""
        first, last = self._first.position.split(" "), self._last.position.split(" ")
        same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False)))
        return " ".join([*first, "to", *last[same:]])
