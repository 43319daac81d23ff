"""From rows to the API's types. Pure."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, assert_never

from graph.journal import EntryKind
from graph.records import (
    CaseRelation,
    CaseStatus,
    Channel,
    EdgeState,
    EventKind,
    MentionRole,
    OrganRole,
    PartyKind,
    PetitionKind,
    PlaceLevel,
    RejectionReason,
    Satisfaction,
    Urgency,
)
from graph.times import instant_of
from schema import answers, types
from schema.enums import ChangeKind
from schema.scalars import BigInt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graph.database import Row

RECEIVING = frozenset({
    EntryKind.SUBMISSION_RECEIVED, EntryKind.SUBMISSION_REVISED, EntryKind.SUBMISSION_FILED,
    EntryKind.SUBMISSION_PARTED,
})  # fmt: skip


def case_of(row: Row) -> types.Case:
    return types.Case(
        key=row["id"],
        number=BigInt(row["number"]),
        status=CaseStatus(row["status"]),
        kind=PetitionKind(row["kind"]),
        title=row["title"],
        topic=row["topic"],
        division=row["division"],
        channels=[Channel(channel) for channel in row["channels"]],
        submission_count=row["submission_count"],
        opened_at=row["opened_at"],
        first_received_at=row["first_received_at"],
        last_activity_at=row["last_activity_at"],
    )


def submission_of(row: Row) -> types.Submission:
    channel = Channel(row["channel"])
    return types.Submission(
        key=row["id"],
        channel=channel,
        source=row["source"],
        external_id=row["external_id"],
        kind=PetitionKind(row["kind"]),
        title=row["title"],
        text=row["body"],
        topic=row["topic"],
        division=row["division"],
        received_at=row["received_at"],
        registered_at=row["registered_at"],
        revision_count=row["revision_count"],
        receipt_code=row["receipt_code"],
        details=details_of(channel, row["details"]),
        case_key=row["case_id"],
    )


def details_of(channel: Channel, said: Mapping[str, Any]) -> types.Details:
    """Return what only a channel's submissions have, from its JSON; what it does not say is null."""
    match channel:
        case Channel.LETTER:
            postmarked = said.get("postmarked_on")
            return types.LetterDetails(
                postmarked_on=date.fromisoformat(postmarked) if postmarked else None,
                signatories=said.get("signatories"),
                enclosures=said.get("enclosures"),
            )
        case Channel.VISIT:
            return types.VisitDetails(
                head_count=said.get("head_count"),
                reception_place=said.get("reception_place"),
                received_by=said.get("received_by"),
                leader_reception=said.get("leader_reception"),
                skip_level=said.get("skip_level"),
            )
        case Channel.HOTLINE:
            urgency, due = said.get("urgency"), said.get("due_at")
            return types.HotlineDetails(
                ticket_type=said.get("ticket_type"),
                urgency=Urgency(urgency) if urgency else None,
                due_at=instant_of(due) if due else None,
            )
        case Channel.WEB:
            return types.WebDetails(
                platform=said.get("platform"), likes=said.get("likes"), dislikes=said.get("dislikes")
            )
        case unknown:
            assert_never(unknown)


def revision_of(row: Row) -> types.Revision:
    return types.Revision(
        key=row["id"],
        number=row["number"],
        at=row["at"],
        title=row["title"],
        text=row["body"],
        details=details_of(Channel(row["channel"]), row["details"]),
        position=row["position"],
    )


def document_of(row: Row) -> types.Document:
    return types.Document(
        key=row["id"],
        name=row["name"],
        media_type=row["media_type"],
        size=BigInt(row["size"]),
        text=row["body"],
        submission_key=row["submission"],
    )


def mention_of(row: Row) -> types.Mention:
    return types.Mention(
        key=row["id"],
        role=MentionRole(row["role"]),
        kind=PartyKind(row["kind"]),
        name=row["name_masked"],
        identity_number=row["identity_masked"],
        phone=row["phone_masked"],
        address=row["address_masked"],
        account=row["account_masked"],
        email=row["email_masked"],
        current=row["current"],
        submission_key=row["submission"],
        party_key=row["party"],
    )


def party_of(row: Row) -> types.Party:
    return types.Party(
        key=row["id"],
        kind=PartyKind(row["kind"]),
        names=row["names"] or [],
        phones=row["phones"] or [],
        mention_count=row["mention_count"],
        submission_count=row["submission_count"],
    )


def place_of(row: Row) -> types.Place:
    return types.Place(
        key=row["id"],
        code=row["code"],
        name=row["name"],
        full_name=row["full_name"],
        level=PlaceLevel(row["level"]),
        source=row["source"],
        parent_key=row["parent"],
    )


def organ_of(row: Row) -> types.Organ:
    return types.Organ(key=row["id"], name=row["name"], division=row["division"])


def event_of(row: Row) -> types.Event:
    return types.Event(
        key=row["id"],
        kind=EventKind(row["kind"]),
        at=row["at"],
        at_given=row["at_given"],
        text=row["body"],
        satisfaction=Satisfaction(row["satisfaction"]) if row["satisfaction"] else None,
        organ_key=row["organ"],
        submission_key=row["submission"],
        case_key=row["case_id"],
    )


def rejection_of(row: Row) -> answers.Rejection:
    return answers.Rejection(
        key=row["id"],
        channel=Channel(row["channel"]),
        source=row["source"],
        position=row["position"],
        reason=RejectionReason(row["reason"]),
        message=row["message"],
        at=row["at"],
        attempts=row["attempts"],
        resolved_at=row["resolved_at"],
        submission_key=row["resolved_to"],
    )


def link_of(row: Row) -> types.Link:
    return types.Link(
        state=EdgeState(row["state"]),
        score=row["score"],
        evidence=row["evidence"],
        decided_by=row["decided_by"],
        decided_at=row["decided_at"],
    )


def case_place_of(row: Row) -> types.CasePlace:
    return types.CasePlace(place_key=row["place"], link=link_of(row))


def case_organ_of(row: Row) -> types.CaseOrgan:
    return types.CaseOrgan(organ_key=row["organ"], role=OrganRole(row["role"]), link=link_of(row))


def case_link_of(row: Row) -> types.CaseLink:
    return types.CaseLink(
        relation=CaseRelation(row["relation"]), origin_key=row["origin"], target_key=row["target"], link=link_of(row)
    )


def party_link_of(row: Row) -> types.PartyLink:
    return types.PartyLink(one_key=row["low"], other_key=row["high"], link=link_of(row))


def timeline_entry_of(row: Row) -> types.TimelineEntry:
    """Tell an entry by what it is about; its position stays inside."""
    kind = EntryKind(row["kind"])
    submission = row["subject"] if kind in RECEIVING else row["object"] if kind is EntryKind.CASE_OPENED else None
    return types.TimelineEntry(
        kind=ChangeKind(kind),
        at=row["at"],
        actor=row["actor"],
        state=row["state"],
        fields=list(row["fields"]),
        submission_key=submission,
        event_key=row["subject"] if kind is EntryKind.EVENT_RECORDED else None,
    )
