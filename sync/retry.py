"""Reads again what was turned down, when a source's mapping or our reading of it was mended."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import islice
from pathlib import PurePath
from typing import TYPE_CHECKING

from connectors.connector import Resource
from connectors.push import read_push
from graph.intake import BATCH, Change, Intake, Outcome
from graph.records import Channel, Reading, Refusal, RejectionId

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
        # What a rest was for stands in the rests that took its place.
        still = [one for one in refused if one.rejection == rejection] if refusal.records > 1 else refused
        taken_in = next((one.submission for one in outcomes if one.submission), None)
        if not still and (taken_in or refused):
            await self._intake.resolve(rejection, taken_in, actor=actor, now=now, authority=authority)
        return max(refused, key=lambda one: one.records, default=outcomes[0])


def read_again(refusal: Refusal, options: ReadOptions) -> Iterator[Reading]:
    """Read a refused record in the form in which it was kept: a rest, one row as JSON, or a whole file. Pure."""
    # Most starts retry nothing and need no parser.
    from connectors.folding import unfold  # noqa: PLC0415
    from connectors.registry import read  # noqa: PLC0415

    options = options.for_source(refusal.source)
    if refusal.records > 1:
        return unfold(refusal, options)
    a_row = refusal.channel is not Channel.LETTER or " row " in refusal.position  # a letter's text may begin so as well
    if a_row and refusal.payload[:1] in (b"{", b"["):
        return iter(read_push(refusal.channel, refusal.payload, options))
    name = PurePath(refusal.position).name
    return read(refusal.channel, Resource.from_bytes(name, refusal.payload), options)
