"""What a record of a sheet, a push or a feed can say: the names that headings are mapped to."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Field(StrEnum):
    """One thing that a record can say. The values are the keys of pushed JSON and of mapping files."""

    EXTERNAL_ID = "external_id"
    RECEIVED_AT = "received_at"
    RECEIVED_ON = "received_on"
    """The day alone, where day and time stand apart."""
    TITLE = "title"
    TEXT = "text"
    KIND = "kind"
    TOPIC = "topic"
    DIVISION = "division"
    SCENE = "scene"
    """Where it happened, as an address: it becomes the last line of the text, since it is nobody's address."""
    ORGAN = "organ"
    REPLACES = "replaces"
    """Of which lists the record says all, so that what was said before ends."""

    NAME = "name"
    IDENTITY_NUMBER = "identity_number"
    PHONE = "phone"
    ADDRESS = "address"
    ACCOUNT = "account"
    EMAIL = "email"
    SIGNATORIES = "signatories"
    REPRESENTATIVES = "representatives"
    AGENT = "agent"
    RESPONDENT = "respondent"
    RESPONDENT_ORGANISATION = "respondent_organisation"

    REPLY_TEXT = "reply_text"
    REPLY_ORGAN = "reply_organ"
    REPLY_AT = "reply_at"
    CALLED_BACK_AT = "called_back_at"
    SATISFACTION = "satisfaction"
    CALL_BACK_NOTE = "call_back_note"

    POSTMARKED_ON = "postmarked_on"
    SIGNATORY_COUNT = "signatory_count"
    ENCLOSURES = "enclosures"

    HEAD_COUNT = "head_count"
    RECEPTION_PLACE = "reception_place"
    RECEIVED_BY = "received_by"
    LEADER_RECEPTION = "leader_reception"
    SKIP_LEVEL = "skip_level"

    TICKET_TYPE = "ticket_type"
    URGENCY = "urgency"
    DUE_AT = "due_at"

    PLATFORM = "platform"
    LIKES = "likes"
    DISLIKES = "dislikes"


MOMENTS: Final = frozenset({
    Field.RECEIVED_AT, Field.RECEIVED_ON, Field.REPLY_AT, Field.CALLED_BACK_AT, Field.POSTMARKED_ON, Field.DUE_AT,
})  # fmt: skip
"""What is a day or a time."""
