"""From what was entered to drafts, as a connector would have read them. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final, assert_never

import orjson

from graph.errors import InvalidError
from graph.policy import OTHERS_SOURCE
from graph.records import (
    LONGEST_KEY,
    CallBackDraft,
    Channel,
    Details,
    Draft,
    HotlineDetails,
    LetterDetails,
    MentionDraft,
    ReplyDraft,
    VisitDetails,
    WebDetails,
)
from graph.sources import NAMED, is_source
from graph.times import AHEAD, misplaced
from schema import inputs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date, datetime

    from graph.policy import Viewer
    from graph.records import DocumentDraft

Entered = (
    inputs.SubmitLetterInput | inputs.SubmitVisitInput | inputs.SubmitHotlineTicketInput | inputs.SubmitWebMessageInput
)

LONGEST_TEXT: Final = 200_000
DESKS: Final[Mapping[Channel, str]] = {
    Channel.LETTER: "letters-desk",
    Channel.VISIT: "visits-desk",
    Channel.HOTLINE: "hotline-desk",
    Channel.WEB: "web-desk",
}
"""The source of what is entered by hand without naming one."""


def draft_of(entered: Entered, by: Viewer, now: datetime, documents: Sequence[DocumentDraft] = ()) -> Draft:
    """Return what somebody entered as a draft, with the documents that its attachments are; its payload is all of it.

    Its key is theirs alone, whatever id they choose.

    Raises InvalidError, which names the field, for what a connector would refuse, too.
    """
    _check(entered, now)
    _check_source(entered, by)
    channel, details = channel_and_details(entered)
    return Draft(
        channel=channel,
        source=entered.source or DESKS[channel],
        external_id=entered.external_id,
        holder=by.name,
        received_at=entered.received_at,
        title=entered.title,
        text=entered.text,
        payload=orjson.dumps(_said(entered, documents), option=orjson.OPT_SORT_KEYS),
        position="entered by hand",
        kind=entered.kind,
        topic=entered.topic,
        division=entered.division,
        organ=entered.organ,
        mentions=tuple(_mention_of(one) for one in entered.mentions),
        replies=tuple(ReplyDraft(text=one.text, organ=one.organ, at=one.at) for one in entered.replies),
        call_backs=tuple(
            CallBackDraft(at=one.at, satisfaction=one.satisfaction, note=one.note) for one in entered.call_backs
        ),
        documents=tuple(documents),
        replaces=frozenset(entered.replaces),
        details=details,
    )


def _said(entered: Entered, documents: Sequence[DocumentDraft]) -> dict[str, Any]:
    """Return all that was entered, attachments by their content: sent again, the same file has another upload's id."""
    said = asdict(entered)
    del said["attachments"]
    if not said["replaces"]:
        del said["replaces"]
    if documents:
        said["attachments"] = [(one.name, one.media_type, hashlib.sha256(one.content).hexdigest()) for one in documents]
    return said


def _check(entered: Entered, now: datetime) -> None:
    _check_texts(entered)
    for name, instant in _instants(entered):
        if instant is not None and (where := misplaced(instant, now + AHEAD)):
            raise InvalidError(name, f"This lies {where}. Correct it.")
    for name, count in _counts(entered):
        if count is not None and count < 0:
            raise InvalidError(name, "This cannot be negative. Correct it.")


def _check_source(entered: Entered, by: Viewer) -> None:
    if entered.source is not None and entered.source not in {*by.sources, *DESKS.values()}:
        raise InvalidError("source", OTHERS_SOURCE)


def _check_texts(entered: Entered) -> None:
    for name, text in (("title", entered.title), ("text", entered.text)):
        if not text.strip():
            raise InvalidError(name, "This is blank. Enter what the petitioner says.")
        if len(text) > LONGEST_TEXT:
            raise InvalidError(name, f"This has more than {LONGEST_TEXT:,} characters. Attach what is longer.")
    if entered.source and not is_source(entered.source):
        raise InvalidError("source", NAMED)
    key = entered.external_id or ""
    if len(key) > LONGEST_KEY or "\0" in key:
        raise InvalidError("externalId", f"This holds a NUL, or more than {LONGEST_KEY} characters. Correct it.")


def _instants(entered: Entered) -> Iterator[tuple[str, date | None]]:
    yield "receivedAt", entered.received_at
    yield from ((f"replies.{number}.at", one.at) for number, one in enumerate(entered.replies))
    yield from ((f"callBacks.{number}.at", one.at) for number, one in enumerate(entered.call_backs))
    match entered:
        case inputs.SubmitLetterInput():
            yield "postmarkedOn", entered.postmarked_on
        case inputs.SubmitHotlineTicketInput():
            yield "dueAt", entered.due_at


def _counts(entered: Entered) -> Iterator[tuple[str, int | None]]:
    match entered:
        case inputs.SubmitLetterInput():
            yield from (("signatories", entered.signatories), ("enclosures", entered.enclosures))
        case inputs.SubmitVisitInput():
            yield "headCount", entered.head_count
        case inputs.SubmitHotlineTicketInput():
            pass
        case inputs.SubmitWebMessageInput():
            yield from (("likes", entered.likes), ("dislikes", entered.dislikes))
        case unknown:
            assert_never(unknown)


def _mention_of(entered: inputs.MentionInput) -> MentionDraft:
    return MentionDraft(
        role=entered.role,
        kind=entered.kind,
        name=entered.name,
        identity_number=entered.identity_number,
        phone=entered.phone,
        address=entered.address,
        account=entered.account,
        email=entered.email,
    )


def channel_and_details(entered: Entered) -> tuple[Channel, Details]:
    """Return the channel of an input and what only that channel has."""
    match entered:
        case inputs.SubmitLetterInput():
            return Channel.LETTER, LetterDetails(
                postmarked_on=entered.postmarked_on, signatories=entered.signatories, enclosures=entered.enclosures
            )
        case inputs.SubmitVisitInput():
            return Channel.VISIT, VisitDetails(
                head_count=entered.head_count,
                reception_place=entered.reception_place,
                received_by=entered.received_by,
                leader_reception=entered.leader_reception,
                skip_level=entered.skip_level,
            )
        case inputs.SubmitHotlineTicketInput():
            return Channel.HOTLINE, HotlineDetails(
                ticket_type=entered.ticket_type, urgency=entered.urgency, due_at=entered.due_at
            )
        case inputs.SubmitWebMessageInput():
            return Channel.WEB, WebDetails(platform=entered.platform, likes=entered.likes, dislikes=entered.dislikes)
        case unknown:
            assert_never(unknown)
