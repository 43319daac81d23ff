"""What the API is given: filters, orders and the inputs of mutations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import strawberry

from graph.records import (
    CaseStatus,
    Channel,
    Correctable,
    EventKind,
    MentionRole,
    OrganRole,
    PartyKind,
    PetitionKind,
    PlaceLevel,
    RejectionState,
    Replaced,
    Satisfaction,
    Urgency,
)
from schema.enums import CaseOrderField, ChangeKind, Direction, FacetName, SearchOrder
from schema.scalars import BigInt

__all__ = ["Direction"]


def asked(description: str, **options: Any) -> Any:
    """Declare an input's field that may be left out."""
    return strawberry.field(default=None, description=description, **options)


def needed(description: str) -> Any:
    """Declare an input's field that must be given."""
    return strawberry.field(description=description)


# Filters ------------------------------------------------------------------------------------------------------


@strawberry.input(description="Which channels.")
class ChannelFilter:
    equals: Channel | None = asked("Exactly this one.")
    any_of: list[Channel] | None = asked("One of these.")


@strawberry.input(description="Which kinds of petition.")
class KindFilter:
    equals: PetitionKind | None = asked("Exactly this one.")
    any_of: list[PetitionKind] | None = asked("One of these.")


@strawberry.input(description="Which statuses.")
class StatusFilter:
    equals: CaseStatus | None = asked("Exactly this one.")
    any_of: list[CaseStatus] | None = asked("One of these.")


@strawberry.input(description="Which topics.")
class TopicFilter:
    equals: str | None = asked("Exactly this path.")
    within: str | None = asked("This path and everything below it.")


@strawberry.input(
    description="Which divisions: by GB/T 2260 code, of which trailing pairs of zeros may be left out, or by name."
)
class DivisionFilter:
    equals: str | None = asked("Exactly this one.")
    within: str | None = asked("This one and everything below it.")


@strawberry.input(description="A stretch of time.")
class InstantFilter:
    from_: datetime | None = asked("Not before this instant.", name="from")
    until: datetime | None = asked("Before this instant.")
    month: str | None = asked("In this month of the instance's time zone, as facets and figures tell it: `2026-11`.")


@strawberry.input(description="How many.")
class CountFilter:
    at_least: int | None = asked("Not fewer.")
    at_most: int | None = asked("Not more.")


@strawberry.input(description="Which names, by their characters as they are told.")
class NameFilter:
    equals: str | None = asked("Exactly this one.")
    starts_with: str | None = asked("Those that begin so.")


@strawberry.input(description="A user of a source. Who may see what is sealed may ask for one (`Action.REVEAL`).")
class AccountFilter:
    source: str = needed("The system that the user name is of.")
    name: str = needed("The user name, whole; in capitals or not.")


@strawberry.input(description="Which cases; all that is given must hold.")
class CaseFilter:
    number: BigInt | None = asked("By number; that of a joined case finds the leading one.")
    external_id: str | None = asked("By the id of one of their submissions in the system that sent it.")
    receipt_code: str | None = asked("By the code on the receipt of one of their submissions.")
    account: AccountFilter | None = asked("By who is named in one of their submissions, or once was.")
    status: StatusFilter | None = asked("By status.")
    kind: KindFilter | None = asked("By what they ask.")
    channel: ChannelFilter | None = asked("By a channel that one of their submissions came through.")
    topic: TopicFilter | None = asked("By topic.")
    division: DivisionFilter | None = asked("By division.")
    opened_at: InstantFilter | None = asked("By when they were opened.")
    first_received_at: InstantFilter | None = asked("By when their first submission was received.")
    last_received_at: InstantFilter | None = asked("By when their last submission was received.")
    last_answered_at: InstantFilter | None = asked("By when they were last answered; those that never were are left.")
    last_activity_at: InstantFilter | None = asked("By when something last happened in them.")
    submission_count: CountFilter | None = asked("By how many submissions are filed in them.")
    place: strawberry.ID | None = asked("By the id of a place they are about.")
    organ: strawberry.ID | None = asked("By the id of an organ that has a part in them.")
    organ_name: str | None = asked("By the whole name of such an organ, instead.")
    organ_role: OrganRole | None = asked("With `organ` or `organName`: by its part.")


@strawberry.input(description="In which order cases come.")
class CaseOrder:
    field: CaseOrderField = needed("By what.")
    direction: Direction = strawberry.field(default=Direction.DESCENDING, description="Which end comes first.")


@strawberry.input(description="Which submissions; all that is given must hold.")
class SubmissionFilter:
    case_number: BigInt | None = asked("By the number of their case, or of one that it is joined with.")
    account: AccountFilter | None = asked("By who is named in them, or once was.")
    channel: ChannelFilter | None = asked("By channel.")
    kind: KindFilter | None = asked("By what they ask.")
    topic: TopicFilter | None = asked("By topic.")
    division: DivisionFilter | None = asked("By division.")
    received_at: InstantFilter | None = asked("By when they were received.")
    source: str | None = asked("By the system that sent them.")
    external_id: str | None = asked("By their id in that system.")
    receipt_code: str | None = asked("By the code on the petitioner's receipt.")
    accused_unnamed: bool | None = asked("By whether they wait for somebody to name whom they accuse.")


@strawberry.input(description="Which parties; all that is given must hold.")
class PartyFilter:
    kind: PartyKind | None = asked("A person or an organisation.")
    role: MentionRole | None = asked("By what they are in some submission.")


@strawberry.input(description="Which places; all that is given must hold.")
class PlaceFilter:
    name: NameFilter | None = asked("By their own name.")
    level: PlaceLevel | None = asked("By how far down they are.")
    code: DivisionFilter | None = asked("By code.")
    parent: strawberry.ID | None = asked("By the id of the place they lie in.")
    source: str | None = asked("By the source that names them.")


@strawberry.input(description="Which organs; all that is given must hold.")
class OrganFilter:
    name: NameFilter | None = asked("By name.")


@strawberry.input(description="Which states.")
class RejectionStateFilter:
    equals: RejectionState | None = asked("Exactly this one.")
    any_of: list[RejectionState] | None = asked("One of these.")


@strawberry.input(
    description="Which rejections; all that is given must hold. Without a state only open ones are listed."
)
class RejectionFilter:
    state: RejectionStateFilter | None = asked("By where they stand.")
    resolved: bool | None = asked("Whether they were taken in after all; `state` tells dismissed ones apart.")
    channel: ChannelFilter | None = asked("By channel.")
    source: str | None = asked("By the system that sent them.")


@strawberry.input(description="Which reveals; all that is given must hold.")
class RevealFilter:
    actor: str | None = asked("By who had something opened.")
    subject: strawberry.ID | None = asked("By the id of the node that was opened.")
    at: InstantFilter | None = asked("By when.")


@strawberry.input(description="Which kinds of entries.")
class ChangeKindFilter:
    equals: ChangeKind | None = asked("Exactly this one.")
    any_of: list[ChangeKind] | None = asked("One of these.")


@strawberry.input(description="Which steps in a case.")
class EventKindFilter:
    equals: EventKind | None = asked("Exactly this one.")
    any_of: list[EventKind] | None = asked("One of these.")


@strawberry.input(description="Which entries of a history; all that is given must hold.")
class HistoryFilter:
    channel: ChannelFilter | None = asked("By the channel of the submission that they tell of.")
    kind: ChangeKindFilter | None = asked("By what happened.")
    event: EventKindFilter | None = asked("Only steps in a case, by their kind.")
    at: InstantFilter | None = asked("By when it was said or done.")


@strawberry.input(description="What hits must be; all that is given must hold.")
class SearchFilter:
    channel: ChannelFilter | None = asked("By channel.")
    kind: KindFilter | None = asked("By what they ask.")
    status: StatusFilter | None = asked("By the status of their case.")
    topic: str | None = asked("By topic: this path and everything below it.")
    division: str | None = asked("By division: this code or name, and everything below it.")
    organs: list[strawberry.ID] | None = asked("By organs: one of these has a part in their case.")
    received_at: InstantFilter | None = asked("By when they were received.")


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchAsked:
    """The arguments of `search` in one value."""

    query: str
    filter: SearchFilter | None
    order: SearchOrder
    first: int
    after: str | None
    facets: tuple[FacetName, ...]


# Submissions --------------------------------------------------------------------------------------------------


@strawberry.input(description="One person or organisation that a submission names; sealed as it is taken in.")
class MentionInput:
    role: MentionRole = strawberry.field(default=MentionRole.PETITIONER, description="What it is in the submission.")
    kind: PartyKind = strawberry.field(default=PartyKind.PERSON, description="A person or an organisation.")
    name: str | None = asked("Its name.")
    identity_number: str | None = asked("Its identity number (GB 11643).")
    phone: str | None = asked("Its telephone number.")
    address: str | None = asked("Its address.")
    account: str | None = asked("Its user name on the source's platform.")
    email: str | None = asked("Its e-mail address.")


@strawberry.input(description="An organ's answer.")
class ReplyInput:
    text: str = needed("What it says.")
    organ: str | None = asked("The organ's name.")
    at: datetime | None = asked("When it was given.")


@strawberry.input(description="A call-back or rating after the answer.")
class CallBackInput:
    at: datetime | None = asked("When it took place.")
    satisfaction: Satisfaction | None = asked("How the petitioner rates the handling.")
    note: str | None = asked("What was said.")


@strawberry.input(description="What every submission has, whatever its channel.")
class SubmissionInput:
    title: str = needed("Its title.")
    text: str = needed("Its text; what is said aloud as it was said.")
    received_at: datetime = needed("When it was received.")
    source: str | None = asked("The system it is entered from; the channel's desk if left out.")
    external_id: str | None = asked("Its id there; the same id again is a revision, equal contents are no change.")
    kind: PetitionKind = strawberry.field(default=PetitionKind.APPEAL, description="What it asks.")
    topic: str | None = asked("Its topic: a name of any level, or a path joined by `/`.")
    division: str | None = asked("The division it is about: a code or a name.")
    organ: str | None = asked("The organ it is dispatched to, by name; several with 、 between.")
    new_organs: bool = strawberry.field(
        default=False, description="Whether organs may be named, here and in replies, that nobody knows yet."
    )
    mentions: list[MentionInput] = strawberry.field(default_factory=list, description="Who is named in it.")
    replies: list[ReplyInput] = strawberry.field(default_factory=list, description="Answers already given.")
    call_backs: list[CallBackInput] = strawberry.field(default_factory=list, description="Call-backs already made.")
    replaces: list[Replaced] = strawberry.field(
        default_factory=list,
        description="Of a revision: what it says in place of all that was said before. All else adds to it.",
    )
    attachments: list[strawberry.ID] = strawberry.field(
        default_factory=list,
        description="Its attachments, at most 20: ids that `POST /uploads` gave within the last day.",
    )


@strawberry.input(description="A letter.")
class SubmitLetterInput(SubmissionInput):
    postmarked_on: date | None = asked("The day of the postmark.")
    signatories: int | None = asked("How many signed.")
    enclosures: int | None = asked("How many enclosures it came with.")


@strawberry.input(description="A visit, entered at the reception desk.")
class SubmitVisitInput(SubmissionInput):
    head_count: int | None = asked("How many people came.")
    reception_place: str | None = asked("Where they were received.")
    received_by: str | None = asked("Who received them.")
    leader_reception: bool | None = asked("Whether it was a leader's reception day.")
    skip_level: bool | None = asked("Whether the visit went above the level that could decide.")


@strawberry.input(description="A hotline ticket.")
class SubmitHotlineTicketInput(SubmissionInput):
    ticket_type: str | None = asked("The call centre's own type.")
    urgency: Urgency | None = asked("How fast it must be handled.")
    due_at: datetime | None = asked("By when an answer is expected.")


@strawberry.input(description="A web message.")
class SubmitWebMessageInput(SubmissionInput):
    platform: str | None = asked("The platform it was left on.")
    likes: int | None = asked("How many readers agreed.")
    dislikes: int | None = asked("How many readers disagreed.")


# Decisions ----------------------------------------------------------------------------------------------------


@strawberry.input(description="Two cases that are one matter.")
class JoinCasesInput:
    leading: strawberry.ID = needed("The id of the case that will answer for both.")
    other: strawberry.ID = needed("The id of the case that will follow.")
    reason: str = needed("Why they are one matter; kept with the decision.")


@strawberry.input(description="A case that follows another and shall not.")
class PartCasesInput:
    case: strawberry.ID = needed("The id of the following case, as it was opened (see `Case.relations`).")


@strawberry.input(description="A submission that belongs to another case.")
class FileSubmissionInput:
    submission: strawberry.ID = needed("The submission's id.")
    case: strawberry.ID = needed("The id of the case it belongs to.")
    reason: str = needed("Why; kept with the decision.")


@strawberry.input(description="A submission that shall have a case of its own.")
class PartSubmissionInput:
    submission: strawberry.ID = needed("The submission's id.")


@strawberry.input(description="An accusation, and whom it accuses.")
class NameAccusedInput:
    submission: strawberry.ID = needed("The submission's id.")
    organs: list[str] = needed(
        "The names of all organs that it accuses, or that somebody accused belongs to; empty where there are none."
    )
    reason: str = needed("How that is known; kept with the decision.")


@strawberry.input(description="A submission, and what of it is other than its source says; what is not given stays.")
class CorrectSubmissionInput:
    submission: strawberry.ID = needed("The submission's id.")
    reason: str = needed("Why; kept with the decision.")
    kind: PetitionKind | None = asked("What it is.")
    topic: str | None = asked("Its topic: a path of the taxonomy, or a name that only one topic has.")
    division: str | None = asked("Where it belongs: a GB/T 2260 code or a name.")
    organ: str | None = asked("The organ that is responsible for it, by name.")
    take_back: list[Correctable] = strawberry.field(
        default_factory=list, description="What was set and shall be as its source says again."
    )


@strawberry.input(description="Two mentions that are one party.")
class JoinPartiesInput:
    one: strawberry.ID = needed("The id of one mention.")
    other: strawberry.ID = needed("The id of the other mention.")
    reason: str = needed("Why they are one; kept with the decision.")


@strawberry.input(description="Two mentions that are not one party.")
class PartPartiesInput:
    one: strawberry.ID = needed("The id of one mention.")
    other: strawberry.ID = needed("The id of the other mention.")


@strawberry.input(description="A rejection to try again.")
class RetryRejectionInput:
    rejection: strawberry.ID = needed("The rejection's id.")


@strawberry.input(description="A rejection that need not be taken in.")
class DismissRejectionInput:
    rejection: strawberry.ID = needed("The rejection's id.")
    reason: str = needed("Why; kept with the rejection.")


@strawberry.input(description="A search to be saved.")
class SaveSearchInput:
    name: str = needed("What to call it.")
    query: str = needed("What to find, in the language of `search`; about a matter, never a person.")
    filter: SearchFilter | None = asked("What hits must be.")


@strawberry.input(description="Another name for a saved search.")
class RenameSavedSearchInput:
    id: strawberry.ID = needed("The saved search's id.")
    name: str = needed("What to call it.")


@strawberry.input(description="A saved search that is needed no more.")
class DeleteSavedSearchInput:
    id: strawberry.ID = needed("The saved search's id.")


@strawberry.input(description="What is sealed and shall be shown.")
class RevealInput:
    id: strawberry.ID = needed("The id of a mention, submission, revision, event or document.")
    reason: str = needed("Which step needs it; kept with who and when.")
