"""Reads again what was turned down, when a source's mapping or our reading of it was mended."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from connectors.connector import Resource
from connectors.jsonfiles import read_line
from connectors.objects import ObjectReader
from connectors.push import NAME as PUSHED
from connectors.push import read_push
from graph.errors import NotFoundError
from graph.intake import BATCH, Change, Intake, Outcome
from graph.positions import file_of, is_one_record
from graph.records import Reading, Refusal, RejectionId

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from connectors.connector import ReadOptions
    from graph.policy import Authority


class Retry:
    """Retries rejections by command."""

    def __init__(self, intake: Intake, options: ReadOptions) -> None:
        self._intake = intake
        self._options = options

    async def retry(
        self, rejection: RejectionId, *, actor: str, now: datetime, authority: Authority | None = None
    ) -> Outcome:
        """Read a rejected record again and take it in; where it goes in now, the rejection is resolved.

        Raises NotFoundError where the rejection is not open, ForbiddenError where `authority` does not allow it.
        """
        if authority:
            authority.require(())
        refusal = await self._intake.kept(rejection)
        readings = read_again(refusal, self._options)
        outcomes: list[Outcome] = []
        # A rest may be a whole year's sheet: neither reading it nor taking it in may hold up everybody else.
        while some := await asyncio.to_thread(lambda: list(islice(readings, BATCH))):
            held = [replace(one, holder=refusal.holder) for one in some]
            outcomes += await self._intake.take_in(held, actor=actor, now=now, authority=authority)
        refused = [one for one in outcomes if one.change is Change.REJECTED]
        taken_in = next((one.submission for one in outcomes if one.submission), None)
        # What a file or a rest was refused for stands in what was refused of it now.
        if all(one.rejection != rejection for one in refused) and (taken_in or refused):
            with contextlib.suppress(NotFoundError):  # its record ended it as it came in
                await self._intake.resolve(rejection, taken_in, actor=actor, now=now, authority=authority)
        return max(refused, key=lambda one: one.records, default=outcomes[0])


def read_again(refusal: Refusal, options: ReadOptions) -> Iterator[Reading]:
    """Read a refused record in the form in which it was kept, at its place: a rest, one record, or a whole. Pure."""
    # Most starts retry nothing and need no parser.
    from connectors.folding import unfold  # noqa: PLC0415
    from connectors.registry import read  # noqa: PLC0415

    options = options.for_source(refusal.source)
    if not refusal.payload:  # it was too large to be kept
        return iter([refusal])
    if refusal.records > 1:
        return unfold(refusal, options)
    if is_one_record(refusal.position, refusal.channel) or refusal.holder:
        # A desk's record may be kept as a list of one.
        content = refusal.payload.removeprefix(b"[").removesuffix(b"]") if refusal.holder else refusal.payload
        reading = read_line(content, refusal.position, ObjectReader(refusal.channel, options))
        # As it was kept, so that what is refused again is the same rejection.
        return iter([replace(reading, payload=refusal.payload)])
    name = file_of(refusal.position)
    if name == PUSHED:
        return iter(read_push(refusal.channel, refusal.payload, options))
    return read(refusal.channel, Resource.from_bytes(name, refusal.payload), options)
