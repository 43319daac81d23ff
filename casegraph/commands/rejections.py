"""`rejections`: list what could not be taken in, try it again once its source or mapping is mended, or dismiss it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final
from uuid import UUID

from casegraph.commands.ingest import REJECTED
from casegraph.ingest import ACTOR
from casegraph.services import open_services
from casegraph.terminal import complain, say, show
from connectors.headings import load_mapping
from graph.errors import NotFoundError
from graph.outcomes import Change
from graph.records import RejectionId, RejectionState
from sync.retry import Retry
from wording import Wording
from wording.catalogue import told

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from casegraph.services import Services
    from casegraph.settings import Settings

ALL: Final = "all"
MOST: Final = 100_000


async def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Do what is asked."""
    async with open_services(settings) as services:
        match arguments.action:
            case "list":
                return await _list(services, arguments.state, arguments.limit)
            case "dismiss":
                return await _dismiss(services, arguments)
            case _:
                return await _retry(services, arguments.ids, _retrying(services, arguments.mapping))


async def _list(services: Services, state: RejectionState, limit: int) -> int:
    found = await services.intake.rejections(state, limit)
    for rejection, refusal in found:
        show(f"{rejection}  {refusal.channel}/{refusal.source}  {refusal.position}  {refusal.reason}")
        show(f"    {told(refusal.message)}")
    if not found:
        say(Wording("Nothing is rejected.") if state is RejectionState.OPEN else Wording("There is none."))
    elif len(found) == limit:
        say(Wording("There may be more: --limit shows them."))
    return 0


def _retrying(services: Services, mapping: Path | None) -> Retry:
    if mapping is None:
        return services.retry
    return Retry(services.intake, replace(services.read_options, mapping=load_mapping(mapping)))


def _ids(texts: list[str]) -> list[RejectionId]:
    """Return the ids of rejections; complain, and return none, where one of the texts is no id."""
    try:
        return [RejectionId(UUID(text)) for text in texts]
    except ValueError:
        complain(Wording("A rejection's id looks like 0199a0c4-…: `rejections list` shows them."))
        return []


async def _dismiss(services: Services, arguments: argparse.Namespace) -> int:
    if not arguments.reason.strip() or not arguments.actor.strip():
        complain(Wording("Say with --reason why, and with --actor who decided."))
        return 2
    if not (rejections := _ids(arguments.ids)):
        return 2
    dismissed = 0
    for rejection in rejections:
        try:
            await services.intake.dismiss(rejection, arguments.reason, actor=arguments.actor, now=services.clock())
            dismissed += 1
        except NotFoundError as error:
            complain(error.wording)
    say(Wording("{dismissed:,} dismissed.", dismissed=dismissed))
    return 0 if dismissed == len(rejections) else REJECTED


async def _retry(services: Services, ids: list[str], retry: Retry) -> int:
    if ids == [ALL]:
        rejections = [rejection for rejection, _ in await services.intake.rejections(RejectionState.OPEN, MOST)]
    elif not (rejections := _ids(ids)):
        return 2
    still = 0
    for rejection in rejections:
        try:
            outcome = await retry.retry(rejection, actor=ACTOR, now=services.clock())
        except NotFoundError as error:
            complain(error.wording)
            still += 1
            continue
        if outcome.change is Change.REJECTED:
            still += 1
            say(Wording("{rejection}  still rejected: {message}", rejection=rejection, message=outcome.message))
        else:
            say(Wording("{rejection}  taken in: {change}", rejection=rejection, change=outcome.change))
    say(Wording("{count:,} taken in, {still:,} still rejected.", count=len(rejections) - still, still=still))
    return REJECTED if still else 0
