"""Reads again what was turned down, when a source's mapping or our reading of it was mended."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from connectors.connector import Resource
from connectors.push import read_push
from graph.intake import Change, Intake, Outcome
from graph.records import Channel, Reading, Refusal, RejectionId

if TYPE_CHECKING:
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
        readings = [replace(one, holder=refusal.holder) for one in read_again(refusal, self._options)]
        outcomes = await self._intake.take_in(readings, actor=actor, now=now, authority=authority)
        outcome = next((one for one in outcomes if one.change is Change.REJECTED), outcomes[0])
        if outcome.submission is not None and outcome.change is not Change.REJECTED:
            await self._intake.resolve(rejection, outcome.submission, actor=actor, now=now, authority=authority)
        return outcome


def read_again(refusal: Refusal, options: ReadOptions) -> list[Reading]:
    """Read a refused record in the form in which it was kept: one row as JSON, or a whole file. Pure."""
    options = options.for_source(refusal.source)
    a_row = refusal.channel is not Channel.LETTER or " row " in refusal.position  # a letter's text may begin so as well
    if a_row and refusal.payload[:1] in (b"{", b"["):
        return read_push(refusal.channel, refusal.payload, options)
    from connectors.registry import read  # noqa: PLC0415  # most starts retry nothing and need no parser

    name = PurePath(refusal.position).name
    return list(read(refusal.channel, Resource.from_bytes(name, refusal.payload), options))
