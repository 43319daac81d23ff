"""The vocabulary that every part of casegraph shares: ids, states and what a source sent.

Names follow the Regulations on Petition Work (信访工作条例, 2022). Records are frozen; nothing here does I/O.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NewType
from uuid import UUID

from wording import Wording

if TYPE_CHECKING:
    from datetime import date, datetime

SubmissionId = NewType("SubmissionId", UUID)
RevisionId = NewType("RevisionId", UUID)
MentionId = NewType("MentionId", UUID)
PartyId = NewType("PartyId", UUID)
CaseId = NewType("CaseId", UUID)
PlaceId = NewType("PlaceId", UUID)
OrganId = NewType("OrganId", UUID)
DocumentId = NewType("DocumentId", UUID)
EventId = NewType("EventId", UUID)
EdgeId = NewType("EdgeId", UUID)
RejectionId = NewType("RejectionId", UUID)
UploadId = NewType("UploadId", UUID)
SavedSearchId = NewType("SavedSearchId", UUID)
Position = NewType("Position", int)
"""A place in the journal: 1 is the first entry, there are no gaps. Never shown outside."""


class Channel(StrEnum):
    """The door a submission came through (Art. 17)."""

    LETTER = "LETTER"
    VISIT = "VISIT"
    HOTLINE = "HOTLINE"
    WEB = "WEB"


class PetitionKind(StrEnum):
    """What a petition asks (Art. 29-31): 建议意见, 检举控告, 申诉求决."""

    SUGGESTION = "SUGGESTION"
    ACCUSATION = "ACCUSATION"
    APPEAL = "APPEAL"


class PartyKind(StrEnum):
    """Who a mention names: a natural person or an organisation."""

    PERSON = "PERSON"
    ORGANISATION = "ORGANISATION"


class MentionRole(StrEnum):
    """What somebody is in one submission."""

    PETITIONER = "PETITIONER"
    REPRESENTATIVE = "REPRESENTATIVE"
    AGENT = "AGENT"
    RESPONDENT = "RESPONDENT"
    MENTIONED = "MENTIONED"


class CaseStatus(StrEnum):
    """Where a case stands. The lifecycle's table (`graph.lifecycle`) says what may follow what."""

    REGISTERED = "REGISTERED"
    ANSWERED = "ANSWERED"


class EventKind(StrEnum):
    """A step in a case that a source reported or a person recorded."""

    REPLIED = "REPLIED"
    CALLED_BACK = "CALLED_BACK"
    RATED = "RATED"


class Satisfaction(StrEnum):
    """How the petitioner rates the handling (满意, 基本满意, 不满意; Art. 21)."""

    SATISFIED = "SATISFIED"
    PARTLY_SATISFIED = "PARTLY_SATISFIED"
    DISSATISFIED = "DISSATISFIED"


class Urgency(StrEnum):
    """How fast a hotline ticket must be handled (一般, 紧急, 特急)."""

    NORMAL = "NORMAL"
    URGENT = "URGENT"
    CRITICAL = "CRITICAL"


class CaseRelation(StrEnum):
    """How two cases belong together. `SAME_MATTER` names the leading case."""

    SAME_MATTER = "SAME_MATTER"
    REPEAT_OF = "REPEAT_OF"
    JOINT = "JOINT"
    SPLIT_FROM = "SPLIT_FROM"
    ESCALATED_FROM = "ESCALATED_FROM"
    RELATED = "RELATED"


class OrganRole(StrEnum):
    """What an organ is to a case."""

    RESPONSIBLE = "RESPONSIBLE"
    ASSISTING = "ASSISTING"
    SUPERVISING = "SUPERVISING"
    ORDERING = "ORDERING"


class PlaceLevel(StrEnum):
    """How far down a place is: a GB/T 2260 level, or what a source names without a code."""

    PROVINCE = "PROVINCE"
    PREFECTURE = "PREFECTURE"
    COUNTY = "COUNTY"
    TOWNSHIP = "TOWNSHIP"
    ADDRESS = "ADDRESS"


class EdgeState(StrEnum):
    """Whether an edge holds.

    A rejected one stays, so that no later run proposes it again; a retired one rested on what its source has since
    corrected away.
    """

    ACCEPTED = "ACCEPTED"
    PROPOSED = "PROPOSED"
    REJECTED = "REJECTED"
    RETIRED = "RETIRED"


class Correctable(StrEnum):
    """What of a submission people may set, whatever its source says."""

    KIND = "KIND"
    TOPIC = "TOPIC"
    DIVISION = "DIVISION"
    ORGAN = "ORGAN"


class RejectionState(StrEnum):
    """Where a rejection stands: open, or ended because its record came in or because a person dismissed it."""

    OPEN = "OPEN"
    RESOLVED = "RESOLVED"
    DISMISSED = "DISMISSED"


class RejectionReason(StrEnum):
    """Why something a source sent could not be taken in."""

    UNREADABLE = "UNREADABLE"
    EMPTY = "EMPTY"
    ENCODING = "ENCODING"
    ENCRYPTED = "ENCRYPTED"
    TOO_LARGE = "TOO_LARGE"
    BOMB = "BOMB"
    UNKNOWN_FORM = "UNKNOWN_FORM"
    HEADINGS = "HEADINGS"
    FORMULA = "FORMULA"
    DATE = "DATE"
    MISSING_FIELD = "MISSING_FIELD"
    BAD_VALUE = "BAD_VALUE"
    BAD_CHARACTER = "BAD_CHARACTER"
    DATABASE = "DATABASE"


class Replaced(StrEnum):
    """What a later record of a source says anew as a whole, where it says so; else it adds to what was said."""

    REPLIES = "REPLIES"
    CALL_BACKS = "CALL_BACKS"
    MENTIONS = "MENTIONS"
    ORGAN = "ORGAN"
    TOPIC = "TOPIC"
    DETAILS = "DETAILS"


class Unread(StrEnum):
    """Why something that a source sent stands nowhere but in the record as received."""

    UNKNOWN = "UNKNOWN"
    DOUBLED = "DOUBLED"
    LEFT_OUT = "LEFT_OUT"
    NOT_HERE = "NOT_HERE"
    NO_TEXT = "NO_TEXT"
    NO_SUCH = "NO_SUCH"


@dataclass(frozen=True, slots=True)
class UnreadField:
    """A column of a sheet or a key of an object whose value was not read, as the record that brought it is told."""

    name: str
    """As the source writes it."""
    why: Unread
    nearest: str | None = None
    """Of an unknown one the known name that is most like it; of a doubled one the name that was read instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MentionDraft:
    """One person or organisation as a submission names it, in clear. Sealed by intake, never logged."""

    role: MentionRole
    kind: PartyKind = PartyKind.PERSON
    name: str | None = None
    identity_number: str | None = None
    """The 18-character identity number (GB 11643) as given; intake checks nothing but its characters."""
    phone: str | None = None
    address: str | None = None
    account: str | None = None
    """The user name on a web platform: equal accounts of one source are one party."""
    email: str | None = None

    def __repr__(self) -> str:
        """Name nobody: drafts end up in tracebacks."""
        return f"MentionDraft({self.role}, {self.kind}, sealed)"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyDraft:
    """An organ's answer as the source reports it."""

    text: str
    organ: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBackDraft:
    """A call-back (回访) or rating after the answer."""

    at: datetime | None = None
    satisfaction: Satisfaction | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentDraft:
    """An attachment as it arrived."""

    name: str
    media_type: str
    content: bytes
    text: str = ""
    """Its text layer, or what was recognised in its picture; empty where it has neither."""
    confidence: float | None = None
    """How sure the recognition of its text was, 0 to 1; None where the text was not recognised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterDetails:
    """What only a letter (来信) has."""

    postmarked_on: date | None = None
    signatories: int | None = None
    enclosures: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitDetails:
    """What only a visit (来访) has."""

    head_count: int | None = None
    reception_place: str | None = None
    received_by: str | None = None
    leader_reception: bool | None = None
    skip_level: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HotlineDetails:
    """What only a hotline ticket (12345工单) has."""

    ticket_type: str | None = None
    urgency: Urgency | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebDetails:
    """What only a web message has."""

    platform: str | None = None
    likes: int | None = None
    dislikes: int | None = None


Details = LetterDetails | VisitDetails | HotlineDetails | WebDetails


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One thing received on one channel, read and mapped, not yet taken in."""

    channel: Channel
    source: str
    """The system that sent it, e.g. `hotline` or `web`; with `external_id` its key."""
    external_id: str | None
    """Its id in that system; None makes intake use the keyed digest of `payload`."""
    holder: str = ""
    """Who chose `external_id` at a desk: a key is theirs alone. Empty where the source itself chose it."""
    imprint: str = ""
    """Digest of what was sent, where strangers choose `external_id`: only the same under an id is the same record."""
    received_at: datetime
    """Aware."""
    title: str
    text: str
    confidence: float | None = None
    """How sure the recognition of the text was, 0 to 1; None where it was not recognised in a picture."""
    payload: bytes
    """The record as received, kept sealed."""
    position: str
    """Where it stood, for a person to find it: `petitions.xlsx row 17`."""
    kind: PetitionKind = PetitionKind.APPEAL
    topic: str | None = None
    """As given: a name of any level of the taxonomy or a path of names joined by `/`."""
    division: str | None = None
    """As given: a GB/T 2260 code or a name."""
    scene: str | None = None
    """The address where it happened, as given; it stands in the text, too."""
    organ: str | None = None
    """The organ it was dispatched to, by name."""
    mentions: tuple[MentionDraft, ...] = ()
    replies: tuple[ReplyDraft, ...] = ()
    call_backs: tuple[CallBackDraft, ...] = ()
    documents: tuple[DocumentDraft, ...] = ()
    details: Details
    replaces: frozenset[Replaced] = frozenset()
    """What of it stands in place of all that earlier records said."""
    unread: tuple[UnreadField, ...] = ()
    """What stands in the payload alone. No part of what the record says."""

    def __repr__(self) -> str:
        """Say where it is from and nothing of what it says."""
        return f"Draft({self.channel}, {self.source!r}, {self.position!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Something a source sent that no draft could be made of. Kept as a rejection, retried by command."""

    channel: Channel
    source: str
    position: str
    reason: RejectionReason
    message: str
    """What is wrong, where, and what to do. Never a name, a number or a piece of the text."""
    payload: bytes
    """What was refused, as far as it is reasonable to keep it (see `MAX_KEPT`); sealed by intake."""
    holder: str = ""
    """Who entered it at a desk; empty where a source sent it."""
    external_id: str | None = None
    """Its id in that system, where that much could be read."""
    records: int = 1
    """How many records it stands for: of a file that is bad throughout the rest is one refusal."""


MAX_KEPT = 1_048_576
"""Bytes of a refused record that are kept. A file over it is kept by its keyed digest and name alone."""

LONGEST_KEY = 512
"""Characters of an external id: longer ones do not fit an index entry, and no source has them."""


_UNUSABLE: Final = re.compile("[\0\ud800-\udfff]")


def usable_key(external_id: str | None) -> str | None:
    """Return an external id by which a record can be known again, None where it is none."""
    if not external_id or key_fault(external_id) or _UNUSABLE.search(external_id):
        return None
    return external_id


def key_fault(external_id: str) -> Wording | None:
    """Return what is wrong with an external id, None where nothing is."""
    if len(external_id) <= LONGEST_KEY:
        return None
    return Wording(
        "The id has {count} characters, at most {longest} are possible. Map another column.",
        count=len(external_id), longest=LONGEST_KEY,
    )  # fmt: skip


Reading = Draft | Refusal
