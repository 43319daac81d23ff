"""The graph's states as the API's enums, and those of search, each value with its meaning."""

from __future__ import annotations

from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Final

import strawberry

from graph.policy import Action, Clearance, Role
from graph.records import (
    CaseRelation,
    CaseStatus,
    Channel,
    Correctable,
    EdgeState,
    EventKind,
    MentionRole,
    OrganRole,
    PartyKind,
    PetitionKind,
    PlaceLevel,
    RejectionReason,
    RejectionState,
    Replaced,
    Satisfaction,
    Unread,
    Urgency,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


class FacetName(StrEnum):
    """What hits can be counted by."""

    CHANNEL = "CHANNEL"
    KIND = "KIND"
    STATUS = "STATUS"
    TOPIC = "TOPIC"
    DIVISION = "DIVISION"
    ORGAN = "ORGAN"
    MONTH = "MONTH"


class SearchOrder(StrEnum):
    """Which hit comes first."""

    RELEVANCE = "RELEVANCE"
    NEWEST = "NEWEST"


class SuggestionKind(StrEnum):
    """What is suggested."""

    PLACE = "PLACE"
    TOPIC = "TOPIC"
    ORGAN = "ORGAN"


class Direction(StrEnum):
    """Which end of an order comes first."""

    ASCENDING = "ASCENDING"
    DESCENDING = "DESCENDING"


class CaseOrderField(StrEnum):
    """What cases can be ordered by."""

    OPENED_AT = "OPENED_AT"
    LAST_ACTIVITY_AT = "LAST_ACTIVITY_AT"
    FIRST_RECEIVED_AT = "FIRST_RECEIVED_AT"
    LAST_RECEIVED_AT = "LAST_RECEIVED_AT"
    LAST_ANSWERED_AT = "LAST_ANSWERED_AT"
    SUBMISSION_COUNT = "SUBMISSION_COUNT"
    NUMBER = "NUMBER"
    TOPIC = "TOPIC"
    DIVISION = "DIVISION"


class CaseGroup(StrEnum):
    """What cases can be counted by."""

    CHANNEL = "CHANNEL"
    KIND = "KIND"
    STATUS = "STATUS"
    TOPIC = "TOPIC"
    DIVISION = "DIVISION"
    ORGAN = "ORGAN"
    MONTH = "MONTH"


class PassageField(StrEnum):
    """Which of a submission's texts a passage is cut from, or that it is a number of its own."""

    NUMBER = "NUMBER"
    TITLE = "TITLE"
    BODY = "BODY"
    REPLY = "REPLY"
    DOCUMENT = "DOCUMENT"


class TextSourceKind(StrEnum):
    """Where a text comes from."""

    WRITTEN = "WRITTEN"
    RECOGNISED = "RECOGNISED"
    NONE = "NONE"


class ChangeKind(StrEnum):
    """What happened, as the journal names it."""

    SUBMISSION_RECEIVED = "SUBMISSION_RECEIVED"
    SUBMISSION_REVISED = "SUBMISSION_REVISED"
    SUBMISSION_FILED = "SUBMISSION_FILED"
    SUBMISSION_PARTED = "SUBMISSION_PARTED"
    CASE_OPENED = "CASE_OPENED"
    CASE_MOVED = "CASE_MOVED"
    CASES_JOINED = "CASES_JOINED"
    CASES_PARTED = "CASES_PARTED"
    PARTIES_JOINED = "PARTIES_JOINED"
    PARTIES_PROPOSED = "PARTIES_PROPOSED"
    PARTIES_PARTED = "PARTIES_PARTED"
    EVENT_RECORDED = "EVENT_RECORDED"
    RECORD_REJECTED = "RECORD_REJECTED"
    REJECTION_RESOLVED = "REJECTION_RESOLVED"
    REJECTION_DISMISSED = "REJECTION_DISMISSED"
    IDENTITY_REVEALED = "IDENTITY_REVEALED"
    ACCUSED_NAMED = "ACCUSED_NAMED"
    SUBMISSION_CLASSIFIED = "SUBMISSION_CLASSIFIED"
    SUBMISSION_CORRECTED = "SUBMISSION_CORRECTED"
    PERSON_ERASED = "PERSON_ERASED"
    REVISION_REFUSED = "REVISION_REFUSED"
    PAYLOAD_EXPIRED = "PAYLOAD_EXPIRED"
    TEXTS_MASKED = "TEXTS_MASKED"
    REJECTION_EXPIRED = "REJECTION_EXPIRED"
    SEARCH_SAVED = "SEARCH_SAVED"
    SEARCH_RENAMED = "SEARCH_RENAMED"
    SEARCH_DELETED = "SEARCH_DELETED"


class IntakeChange(StrEnum):
    """What taking something in changed."""

    NEW = "NEW"
    REVISED = "REVISED"
    UNCHANGED = "UNCHANGED"
    REJECTED = "REJECTED"


class UserErrorCode(StrEnum):
    """Why a mutation did not do what was asked."""

    NOT_FOUND = "NOT_FOUND"
    CONFLICT = "CONFLICT"
    INVALID = "INVALID"
    REJECTED = "REJECTED"


def _describe(kind: type[Enum], description: str, values: Mapping[str, str]) -> None:
    """Make an enum one of the API's; a test asserts that every value is described."""
    definition = strawberry.enum(kind, description=description).__strawberry_definition__  # type: ignore[attr-defined]
    for value in definition.values:
        value.description = values.get(value.name)


DESCRIPTIONS: Final[dict[type[Enum], tuple[str, dict[str, str]]]] = {
    Role: (
        "What somebody's work is.",
        {
            "REGISTRAR": "The reception desk and the call centre.",
            "HANDLER": "The staff of an organ that handles cases.",
            "SUPERVISOR": "Who oversees that cases are handled (督查督办).",
            "INVESTIGATOR": "Who looks into a matter across channels.",
            "LEADER": "A leader of a division or an organ.",
            "AUDITOR": "Who checks what users of this system did.",
            "PARTNER": "Another system.",
            "ADMINISTRATOR": "Who keeps this system running.",
        },
    ),
    Clearance: (
        "What somebody was cleared for besides a role.",
        {
            "ACCUSATION": "To see accusations (检举控告).",
            "IDENTITY": "To have sealed identities shown where a step needs it, each time with a reason.",
        },
    ),
    Action: (
        "What can be done; what must hold besides is said by the policy.",
        {one.name: f"To {one.value}." for one in Action},
    ),
    Channel: (
        "The door a submission came through (Art. 17).",
        {
            "LETTER": "来信: on paper, by e-mail or fax.",
            "VISIT": "来访: somebody came to the reception desk.",
            "HOTLINE": "12345热线: a ticket of the call centre.",
            "WEB": "网上信访: a message left on a platform.",
        },
    ),
    Correctable: (
        "What of a submission people may set, whatever its source says.",
        {
            "KIND": "What it asks.",
            "TOPIC": "What it is about.",
            "DIVISION": "Where it belongs.",
            "ORGAN": "The organ that is responsible for it.",
        },
    ),
    PetitionKind: (
        "What a petition asks (Art. 29-31).",
        {
            "SUGGESTION": "建议意见: proposes an improvement.",
            "ACCUSATION": "检举控告: accuses an organ or its staff; the accused never sees it.",
            "APPEAL": "申诉求决: asks that a matter be decided or a right protected.",
        },
    ),
    PartyKind: (
        "Who is named: a natural person or an organisation.",
        {"PERSON": "A natural person.", "ORGANISATION": "An enterprise, committee or other body."},
    ),
    MentionRole: (
        "What somebody is in one submission.",
        {
            "PETITIONER": "信访人: whose matter it is.",
            "REPRESENTATIVE": "代表: chosen by several petitioners, at most five (Art. 20).",
            "AGENT": "代理人: acts for the petitioner.",
            "RESPONDENT": "被反映人: about whom it is.",
            "MENTIONED": "Named in the text in another part.",
        },
    ),
    CaseStatus: (
        "Where a case stands.",
        {"REGISTERED": "登记: received and registered.", "ANSWERED": "答复: a reply was given."},
    ),
    EventKind: (
        "A step in a case that a source reported or a person recorded.",
        {
            "REPLIED": "答复: an organ answered.",
            "CALLED_BACK": "回访: the petitioner was called back.",
            "RATED": "评价: the petitioner rated the handling.",
        },
    ),
    Satisfaction: (
        "How the petitioner rates the handling (Art. 21).",
        {"SATISFIED": "满意.", "PARTLY_SATISFIED": "基本满意.", "DISSATISFIED": "不满意."},
    ),
    Urgency: (
        "How fast a hotline ticket must be handled.",
        {"NORMAL": "一般.", "URGENT": "紧急.", "CRITICAL": "特急."},
    ),
    CaseRelation: (
        "How two cases belong together.",
        {
            "SAME_MATTER": "One matter: the target leads and answers for both.",
            "REPEAT_OF": "重复信访: the same party and matter again.",
            "JOINT": "联名: many parties, one matter.",
            "SPLIT_FROM": "Split from the target.",
            "ESCALATED_FROM": "Brought to a higher level after the target.",
            "RELATED": "Worth reading together.",
        },
    ),
    OrganRole: (
        "What an organ is to a case.",
        {
            "RESPONSIBLE": "责任单位: handles the case.",
            "ASSISTING": "协办单位: helps.",
            "SUPERVISING": "督办单位: watches over the handling.",
            "ORDERING": "交办单位: assigned it and expects a report.",
        },
    ),
    PlaceLevel: (
        "How far down a place is (GB/T 2260), or an address that a source names.",
        {
            "PROVINCE": "省级.",
            "PREFECTURE": "地级.",
            "COUNTY": "县级.",
            "TOWNSHIP": "乡级.",
            "ADDRESS": "A place below, or one without a code.",
        },
    ),
    EdgeState: (
        "Whether an edge holds.",
        {
            "ACCEPTED": "It holds.",
            "PROPOSED": "A machine proposes it; a person has to decide.",
            "REJECTED": "A person said no, which binds every later run.",
            "RETIRED": "It was of a mention that its source has since corrected away.",
        },
    ),
    RejectionState: (
        "Where a rejection stands.",
        {
            "OPEN": "It was not taken in, and nobody decided that it need not be.",
            "RESOLVED": "Its record was taken in after all.",
            "DISMISSED": "A person decided that it need not be taken in.",
        },
    ),
    TextSourceKind: (
        "Where a text comes from.",
        {
            "WRITTEN": "It was written as text.",
            "RECOGNISED": "Some of it was recognised in a picture; look at the original before relying on it.",
            "NONE": "There is none: nothing could be read.",
        },
    ),
    RejectionReason: (
        "Why something a source sent could not be taken in.",
        {
            "UNREADABLE": "The file is damaged or not what its name says.",
            "EMPTY": "There is nothing in it.",
            "ENCODING": "Its characters could not be read.",
            "ENCRYPTED": "It is protected by a password.",
            "TOO_LARGE": "It is larger than the limit.",
            "BOMB": "Unpacked it would be far larger than it is.",
            "UNKNOWN_FORM": "No connector reads this form.",
            "HEADINGS": "Its headings name no known column.",
            "FORMULA": "A cell holds a formula instead of a value.",
            "DATE": "A date is missing, impossible or out of range.",
            "MISSING_FIELD": "Something that every submission needs is missing.",
            "BAD_VALUE": "A value cannot be what its field says.",
            "BAD_CHARACTER": "It holds a character that cannot be stored.",
            "DATABASE": "The database refused it.",
        },
    ),
    Replaced: (
        "What a later record says anew as a whole, where it says so; else it adds to what was said, or leaves it.",
        {
            "REPLIES": "Its replies are all there are.",
            "CALL_BACKS": "Its call-backs are all there are.",
            "MENTIONS": "Whom it names are all whom it concerns.",
            "ORGAN": "The organs it is sent to are all, be it none.",
            "TOPIC": "Its topic holds, be it none.",
            "DETAILS": "What only its channel has holds, be it nothing.",
        },
    ),
    Unread: (
        "Why a column or a key of a record was not read.",
        {
            "UNKNOWN": "No field has this name.",
            "DOUBLED": "Another column of the same meaning was read.",
            "LEFT_OUT": "The mapping says to leave it out.",
            "NOT_HERE": "This channel has no such field, or it says nothing without another that is missing.",
            "NO_TEXT": "An object stands where a text is read.",
            "NO_SUCH": "It names no division or topic that there is, or more than one.",
        },
    ),
    FacetName: (
        "What hits can be counted by.",
        {
            "CHANNEL": "By channel.",
            "KIND": "By kind of petition.",
            "STATUS": "By status of the case.",
            "TOPIC": "By topic, as a path.",
            "DIVISION": "By division, as a code.",
            "ORGAN": "By organ that has a part in the case, as its id.",
            "MONTH": "By month of receipt, as `2026-11`.",
        },
    ),
    SuggestionKind: (
        "What is suggested while somebody types.",
        {"PLACE": "A division.", "TOPIC": "A topic of the taxonomy.", "ORGAN": "An organ."},
    ),
    SearchOrder: (
        "Which hit comes first.",
        {"RELEVANCE": "The one that fits best.", "NEWEST": "The one received last."},
    ),
    Direction: (
        "Which end of an order comes first.",
        {"ASCENDING": "The smallest or earliest.", "DESCENDING": "The largest or latest."},
    ),
    CaseOrderField: (
        "What cases can be ordered by.",
        {
            "OPENED_AT": "When it was opened.",
            "LAST_ACTIVITY_AT": "When something last happened in it.",
            "FIRST_RECEIVED_AT": "When its first submission was received.",
            "LAST_RECEIVED_AT": "When its last submission was received.",
            "LAST_ANSWERED_AT": "When it was last answered; those that never were come last.",
            "SUBMISSION_COUNT": "How many submissions are filed in it.",
            "NUMBER": "Its number.",
            "TOPIC": "Its topic, as a path; those without come last.",
            "DIVISION": "The code of the division it belongs to; those without come last.",
        },
    ),
    CaseGroup: (
        "What cases can be counted by.",
        {
            "CHANNEL": "By channel; a case whose submissions came through several counts in each.",
            "KIND": "By what they ask.",
            "STATUS": "By status.",
            "TOPIC": "By the topic's top level.",
            "DIVISION": "By division.",
            "ORGAN": "By the organ responsible; a case with several counts in each.",
            "MONTH": "By the month of receipt in the instance's time zone, as `2026-11`.",
        },
    ),
    PassageField: (
        "Which of a submission's texts a passage is cut from, or that it is a number of its own.",
        {
            "NUMBER": "A number by which it is known: its case's, its id at its source, its receipt.",
            "TITLE": "Its title.",
            "BODY": "Its text.",
            "REPLY": "A reply to it.",
            "DOCUMENT": "The text of an attachment.",
        },
    ),
    ChangeKind: (
        "What happened, as the journal names it.",
        {
            "SUBMISSION_RECEIVED": "A submission was taken in.",
            "SUBMISSION_REVISED": "A source sent a submission again with news.",
            "SUBMISSION_FILED": "A submission was filed under a case.",
            "SUBMISSION_PARTED": "A submission was taken out of a case.",
            "CASE_OPENED": "A case was opened.",
            "CASE_MOVED": "A case's status changed.",
            "CASES_JOINED": "Two cases were found to be one matter.",
            "CASES_PARTED": "Two joined cases were parted.",
            "PARTIES_JOINED": "Two mentions were found to be one party.",
            "PARTIES_PROPOSED": "Two mentions may be one party; a person has to decide.",
            "PARTIES_PARTED": "Two mentions were found not to be one party.",
            "EVENT_RECORDED": "A reply, call-back or rating was recorded.",
            "RECORD_REJECTED": "Something a source sent could not be taken in.",
            "REJECTION_RESOLVED": "Something once rejected was taken in.",
            "REJECTION_DISMISSED": "Somebody decided that something rejected need not be taken in; it says why.",
            "IDENTITY_REVEALED": "Somebody had a sealed identity or text shown; `reveals` says why.",
            "ACCUSED_NAMED": "Somebody named the organs that an accusation accuses; not told which.",
            "SUBMISSION_CLASSIFIED": "Somebody said of what kind a submission is; told to whoever may see accusations.",
            "SUBMISSION_CORRECTED": "Somebody set the topic, division or organ of a submission, or took that back.",
            "PERSON_ERASED": "A person was erased from a submission.",
            "REVISION_REFUSED": "A source sent a submission again from which a person was erased; it stays as it is.",
            "PAYLOAD_EXPIRED": "The records of a submission as received were destroyed, their time being over.",
            "TEXTS_MASKED": "Numbers that an older version left in clear in what is told of a submission were masked.",
            "REJECTION_EXPIRED": "What was kept of something rejected was destroyed, its time being over.",
            "SEARCH_SAVED": "Somebody saved a search; told to nobody.",
            "SEARCH_RENAMED": "Somebody gave a saved search another name; told to nobody.",
            "SEARCH_DELETED": "Somebody deleted a saved search; told to nobody.",
        },
    ),
    IntakeChange: (
        "What taking something in changed.",
        {
            "NEW": "It was not known and is now.",
            "REVISED": "It was known and said something new.",
            "UNCHANGED": "It was known as it is.",
            "REJECTED": "It could not be taken in; the rejection is kept.",
        },
    ),
    UserErrorCode: (
        "Why a mutation did not do what was asked.",
        {
            "NOT_FOUND": "Nothing has this id.",
            "CONFLICT": "It contradicts what is already so; read again and decide.",
            "INVALID": "A value cannot be used as it is.",
            "REJECTED": "It was not taken in; the rejection is kept and can be retried.",
        },
    ),
}

for _kind, (_description, _values) in DESCRIPTIONS.items():
    _describe(_kind, _description, _values)
