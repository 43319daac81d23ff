"""From what was entered to drafts, as a connector would have read them. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, assert_never

import orjson

from graph.records import (
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
from resolvers.faults import DESKS, stated
from schema import inputs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graph.policy import Viewer
    from graph.records import DocumentDraft
    from resolvers.faults import Entered


def draft_of(entered: Entered, by: Viewer, documents: Sequence[DocumentDraft] = ()) -> Draft:
    """Return what somebody entered as a draft, with the documents that its attachments are; its payload is all of it.

    Its key is theirs alone, whatever id they choose. Nothing is at fault with it (`resolvers.faults`).
    """
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
        topic=stated(entered.topic),
        division=stated(entered.division),
        organ=stated(entered.organ),
        mentions=tuple(_mention_of(one) for one in entered.mentions),
        replies=tuple(ReplyDraft(text=one.text, organ=stated(one.organ), at=one.at) for one in entered.replies),
        call_backs=tuple(
            CallBackDraft(at=one.at, satisfaction=one.satisfaction, note=stated(one.note)) for one in entered.call_backs
        ),
        documents=tuple(documents),
        replaces=frozenset(entered.replaces),
        details=details,
    )


def _said(entered: Entered, documents: Sequence[DocumentDraft]) -> dict[str, Any]:
    """Return all that was entered, attachments by their content: sent again, the same file has another upload's id."""
    said = asdict(entered)
    del said["attachments"]
    for name in ("replaces", "new_organs"):
        if not said[name]:
            del said[name]
    if documents:
        said["attachments"] = [(one.name, one.media_type, hashlib.sha256(one.content).hexdigest()) for one in documents]
    return said


def _mention_of(entered: inputs.MentionInput) -> MentionDraft:
    return MentionDraft(
        role=entered.role,
        kind=entered.kind,
        name=stated(entered.name),
        identity_number=stated(entered.identity_number),
        phone=stated(entered.phone),
        address=stated(entered.address),
        account=stated(entered.account),
        email=stated(entered.email),
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
