"""`POST /intake/{source}`: a source pushes records, and is told of each what became of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import orjson
from starlette.responses import Response

from casegraph.refusals import JSON, RefusalError, bounded_body, content_type
from connectors.push import NAME, read_push
from graph.intake import Change
from graph.policy import Action, Authority
from graph.records import Channel, RejectionReason
from graph.scope import scope
from graph.seeing import SQL
from graph.sources import NAMED, is_source
from schema.ids import global_id
from wording import Wording, catalogue, verbatim

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from starlette.requests import Request

    from casegraph.app import Services
    from graph.intake import Outcome
    from graph.policy import Viewer
    from graph.records import CaseId, UnreadField
    from resolvers.turns import Turns

LARGEST_PUSH: Final = 16_777_216
"""Bytes of one push: some ten thousand records. Longer ones are sent in parts, which costs nothing, since a record
that is sent twice is taken in once."""
PUSHED: Final = {channel.value: channel for channel in (Channel.HOTLINE, Channel.WEB)}
EMPTY: Final = RejectionReason.EMPTY
MEDIA: Final = frozenset({"application/json", "application/x-ndjson", "application/jsonl"})


async def take_push(request: Request, services: Services, viewer: Viewer, turns: Turns) -> Response:
    """Take in what was pushed; answer 207 where something was rejected.

    Raises RefusalError with 403 where the source is not the viewer's, with 400 where the body is no records at all.
    """
    source, channel = request.path_params["source"], request.query_params.get("channel", "")
    if not is_source(source):
        raise RefusalError(404, "NOT_FOUND", NAMED)
    if source not in viewer.sources:
        raise RefusalError(
            403, "FORBIDDEN", Wording("This source is not one of yours. Push to one that your key is for.")
        )
    if channel not in PUSHED:
        raise RefusalError(400, "BAD_REQUEST", Wording("`channel` must be one of {pushed}.", pushed=", ".join(PUSHED)))
    if content_type(request) not in MEDIA:
        raise RefusalError(
            415, "UNSUPPORTED_MEDIA_TYPE", Wording("Send records as {media}.", media=" or ".join(sorted(MEDIA)))
        )
    body = await bounded_body(request, LARGEST_PUSH, services.client_limits.body_seconds)
    async with turns.of(viewer.name):
        return await _taken(PUSHED[channel], source, body, services, viewer)


async def _taken(channel: Channel, source: str, body: bytes, services: Services, viewer: Viewer) -> Response:
    options = services.read_options.for_source(source)
    # Some ten thousand records are read in a second, in which nobody else would be answered.
    readings = await asyncio.to_thread(read_push, channel, body, options)
    outcomes = await services.intake.take_in(
        readings, actor=viewer.name, now=services.clock(), authority=Authority(viewer, Action.PUSH)
    )
    if [outcome.position for outcome in outcomes] == [NAME] and (outcomes[0].reason is not EMPTY or not body.strip()):
        raise _no_json(outcomes[0])
    rejected = any(outcome.change is Change.REJECTED for outcome in outcomes)
    seen = await _seen(services, viewer, [outcome.case for outcome in outcomes if outcome.case])
    answer = orjson.dumps({"outcomes": [told(outcome, seen) for outcome in outcomes]})
    return Response(answer, status_code=207 if rejected else 200, media_type=JSON)


def _no_json(outcome: Outcome) -> RefusalError:
    """Return how a body is refused that is no JSON. It is kept among the rejections, too."""
    said = told(outcome, ())
    rejection = {name: said[name] for name in ("reason", "rejection") if name in said}
    return RefusalError(400, "BAD_REQUEST", verbatim(str(outcome.message)), **rejection)


async def _seen(services: Services, viewer: Viewer, cases: Sequence[CaseId]) -> frozenset[CaseId]:
    """Return those of the cases that whoever pushed may see: an older one would tell that somebody was here before."""
    async with services.reader.lent(scope(viewer)) as reading:
        return frozenset(row["id"] for row in await reading.fetch(SQL.cases, cases))


def told(outcome: Outcome, seen: Collection[CaseId]) -> dict[str, Any]:
    """Return what a source is told of one record; what does not apply is left out. Pure."""
    said = {
        "position": outcome.position,
        "externalId": outcome.external_id,
        "change": outcome.change,
        "submission": global_id("Submission", outcome.submission) if outcome.submission else None,
        "case": global_id("Case", outcome.case) if outcome.case and outcome.case in seen else None,
        "receiptCode": outcome.receipt_code,
        "rejection": global_id("Rejection", outcome.rejection) if outcome.rejection else None,
        "reason": outcome.reason,
        "message": outcome.message and catalogue.told(outcome.message),
        "unread": [told_unread(one) for one in outcome.unread] or None,
    }
    return {name: value for name, value in said.items() if value is not None}


def told_unread(unread: UnreadField) -> dict[str, str]:
    """Return what a source is told of a key that was not read. Pure."""
    said = {"name": unread.name, "why": unread.why.value, "nearest": unread.nearest}
    return {name: value for name, value in said.items() if value is not None}
