"""What a row of each channel becomes: a letter, a visit, a ticket, a message. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from connectors import values
from connectors.fields import Field
from connectors.mentions import compile_mentions
from connectors.rows import Columns, Form, Getter, Row, title_of
from connectors.values import ValueFault
from graph.records import (
    CallBackDraft,
    Channel,
    Details,
    Draft,
    HotlineDetails,
    LetterDetails,
    PetitionKind,
    RejectionReason,
    Replaced,
    ReplyDraft,
    UnreadField,
    VisitDetails,
    WebDetails,
)
from wording import Wording

if TYPE_CHECKING:
    from datetime import datetime


def letter_details(columns: Columns) -> Callable[[Row], Details]:
    """Compile what only a registered letter has."""
    postmarked = columns.get(Field.POSTMARKED_ON, columns.clock.day)
    signatories = columns.get(Field.SIGNATORY_COUNT, values.count)
    enclosures = columns.get(Field.ENCLOSURES, _enclosures)
    return lambda row: LetterDetails(
        postmarked_on=postmarked(row), signatories=signatories(row), enclosures=enclosures(row)
    )


def visit_details(columns: Columns) -> Callable[[Row], Details]:
    """Compile what only a visit has."""
    heads = columns.get(Field.HEAD_COUNT, values.count)
    place, receiver = columns.get(Field.RECEPTION_PLACE, values.short), columns.get(Field.RECEIVED_BY, values.short)
    leader, skip = columns.get(Field.LEADER_RECEPTION, values.flag), columns.get(Field.SKIP_LEVEL, values.flag)
    return lambda row: VisitDetails(
        head_count=heads(row),
        reception_place=place(row),
        received_by=receiver(row),
        leader_reception=leader(row),
        skip_level=skip(row),
    )


def hotline_details(columns: Columns) -> Callable[[Row], Details]:
    """Compile what only a ticket has."""
    kind = columns.get(Field.TICKET_TYPE, values.short)
    urgency, due = columns.get(Field.URGENCY, values.urgency), columns.get(Field.DUE_AT, columns.clock.moment)
    return lambda row: HotlineDetails(ticket_type=kind(row), urgency=urgency(row), due_at=due(row))


def web_details(columns: Columns) -> Callable[[Row], Details]:
    """Compile what only a web message has."""
    platform = columns.get(Field.PLATFORM, values.short)
    likes, dislikes = columns.get(Field.LIKES, values.count), columns.get(Field.DISLIKES, values.count)
    return lambda row: WebDetails(platform=platform(row), likes=likes(row), dislikes=dislikes(row))


DETAILS: Final[dict[Channel, Callable[[Columns], Callable[[Row], Details]]]] = {
    Channel.LETTER: letter_details,
    Channel.VISIT: visit_details,
    Channel.HOTLINE: hotline_details,
    Channel.WEB: web_details,
}


NOTHING_REPLACED: Final[frozenset[Replaced]] = frozenset()


def form_of(channel: Channel) -> Form:
    """Return what compiles a channel's rows."""
    return lambda columns: _compile(channel, columns)


def _compile(channel: Channel, columns: Columns) -> Callable[[Row, bytes, str, str, tuple[UnreadField, ...]], Draft]:
    external_id, title = columns.get(Field.EXTERNAL_ID, values.code), columns.get(Field.TITLE, values.short)
    text, received = _text(columns), _received(columns)
    kind, topic = _kind(columns), columns.get(Field.TOPIC, values.short)
    division, organ = columns.get(Field.DIVISION, values.code), columns.get(Field.ORGAN, values.short)
    scene = columns.get(Field.SCENE, values.short)
    mentions, details = compile_mentions(columns), DETAILS[channel](columns)
    replies, call_backs = compile_replies(columns), compile_call_backs(columns)
    replaces = columns.get(Field.REPLACES, values.replaced) if columns.has(Field.REPLACES) else None

    def draft(row: Row, payload: bytes, position: str, source: str, unread: tuple[UnreadField, ...]) -> Draft:
        body = text(row)
        return Draft(
            channel=channel,
            source=source,
            external_id=external_id(row),
            received_at=received(row),
            title=title(row) or title_of(body),
            text=body,
            payload=payload,
            position=position,
            kind=kind(row),
            topic=topic(row),
            division=division(row),
            scene=scene(row),
            organ=organ(row),
            mentions=mentions(row),
            replies=replies(row),
            call_backs=call_backs(row),
            details=details(row),
            replaces=(replaces and replaces(row)) or NOTHING_REPLACED,
            unread=unread,
        )

    return draft


def _text(columns: Columns) -> Getter[str]:
    text, scene = columns.get(Field.TEXT, values.said), columns.get(Field.SCENE, values.short)
    heading = columns.headings[columns.columns[Field.TEXT]] if columns.has(Field.TEXT) else Field.TEXT.value

    def whole(row: Row) -> str:
        found, where = text(row), scene(row)
        if found is None:
            message = Wording(
                "Column {heading} is empty: a record without its text cannot be handled. Add it.", heading=heading
            )
            raise ValueFault(RejectionReason.MISSING_FIELD, message)
        return found if where is None or where in found else f"{found}\n事发地址：{where}"

    return whole


def _received(columns: Columns) -> Getter[datetime]:
    clock, at = columns.clock, columns.get(Field.RECEIVED_AT, columns.clock.moment)
    if columns.has(Field.RECEIVED_ON):
        if columns.has(Field.RECEIVED_AT):
            at = columns.pair(Field.RECEIVED_ON, Field.RECEIVED_AT, clock.join)
        else:
            at = columns.get(Field.RECEIVED_ON, clock.moment)
    heading = next(
        (columns.headings[columns.columns[one]] for one in (Field.RECEIVED_AT, Field.RECEIVED_ON) if columns.has(one)),
        Field.RECEIVED_AT.value,
    )

    def received(row: Row) -> datetime:
        found = at(row)
        if found is None:
            message = Wording(
                "Column {heading} is empty: the clocks of a case begin with the time of receipt. Add it.",
                heading=heading,
            )
            raise ValueFault(RejectionReason.MISSING_FIELD, message)
        return found

    return received


def _kind(columns: Columns) -> Getter[PetitionKind]:
    """Take the kind from its own column, else from a ticket's type."""
    field = Field.KIND if columns.has(Field.KIND) else Field.TICKET_TYPE
    if not columns.has(field):
        return lambda _: PetitionKind.APPEAL
    kind = columns.get(field, values.kind)
    return lambda row: kind(row) or PetitionKind.APPEAL


def compile_replies(columns: Columns) -> Getter[tuple[ReplyDraft, ...]]:
    """Compile the answer that a row reports."""
    if not columns.has(Field.REPLY_TEXT):
        return lambda _: ()
    text, organ = columns.get(Field.REPLY_TEXT, values.text), columns.get(Field.REPLY_ORGAN, values.short)
    at = columns.get(Field.REPLY_AT, columns.clock.moment)

    def replies(row: Row) -> tuple[ReplyDraft, ...]:
        found = text(row)
        if found is None or found in values.NOTHING:
            return ()
        return (ReplyDraft(text=found, organ=organ(row), at=at(row)),)

    return replies


def compile_call_backs(columns: Columns) -> Getter[tuple[CallBackDraft, ...]]:
    """Compile the call-back or rating that a row reports."""
    if not columns.has(Field.CALLED_BACK_AT, Field.SATISFACTION, Field.CALL_BACK_NOTE):
        return lambda _: ()
    at, note = columns.get(Field.CALLED_BACK_AT, columns.clock.moment), columns.get(Field.CALL_BACK_NOTE, values.short)
    rating, said = columns.get(Field.SATISFACTION, values.satisfaction), columns.get(Field.SATISFACTION, values.short)

    def call_backs(row: Row) -> tuple[CallBackDraft, ...]:
        when, rated, noted = at(row), rating(row), note(row)
        if rated is None and noted is None:
            noted = said(row)
        if when is None and rated is None and noted is None:
            return ()
        return (CallBackDraft(at=when, satisfaction=rated, note=noted),)

    return call_backs


def _enclosures(cell: values.Cell) -> int | None:
    """Count enclosures; a column headed 附件 may say what they are instead: then their number is not known."""
    try:
        return values.count(cell)
    except ValueFault as fault:
        if fault.reason is not RejectionReason.BAD_VALUE:
            raise
        return None
