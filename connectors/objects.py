"""Records as JSON objects: pushed, fed, or in files. Keys are headings: of a sheet, or the names of the fields.

An object is read like a row; the keys that a source uses are compiled once. What JSON can nest, several answers or
several people, is read object by object in the same way.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import orjson

from connectors import mentions
from connectors.connector import UnreadableError
from connectors.fields import Field
from connectors.forms import compile_call_backs, compile_replies, form_of
from connectors.headings import meaning
from connectors.layout import columns_of, unique
from connectors.moments import Clock
from connectors.rows import FORMULA, Columns, RowReader
from connectors.unread import Suggestions, refuse_unread, told, unread_columns
from connectors.values import Cell, Formula, ValueFault
from connectors.vocabulary import normal
from graph.records import (
    MAX_KEPT,
    Draft,
    MentionRole,
    Reading,
    Refusal,
    RejectionReason,
    Unread,
    UnreadField,
    usable_key,
)
from wording import Wording

if TYPE_CHECKING:
    from connectors.connector import ReadOptions
    from graph.records import Channel

MOST_SHAPES: Final = 1_000
"""Sets of keys that are kept compiled: a source has a few."""


@dataclass(frozen=True, slots=True)
class Nested:
    """A key under which objects stand: what they say, by their own keys, and where that goes in a draft."""

    into: str
    keys: Mapping[str, Field]
    compile: Callable[[Columns], Callable[[list[Cell]], tuple[Any, ...]]]
    alone: Field
    """What a bare text among the objects means."""


_REPLY: Final = {"text": Field.REPLY_TEXT, "organ": Field.REPLY_ORGAN, "at": Field.REPLY_AT, "time": Field.REPLY_AT}
_CALL_BACK: Final = {
    "at": Field.CALLED_BACK_AT,
    "time": Field.CALLED_BACK_AT,
    "satisfaction": Field.SATISFACTION,
    "note": Field.CALL_BACK_NOTE,
}
_PERSON: Final = {
    name.value: name
    for name in (Field.NAME, Field.IDENTITY_NUMBER, Field.PHONE, Field.ADDRESS, Field.EMAIL, Field.ACCOUNT)
}


def _people(role: MentionRole) -> Nested:
    return Nested("mentions", _PERSON, lambda columns: mentions.compile_petitioners(columns, role), Field.NAME)


NESTED: Final[Mapping[str, Nested]] = {
    "replies": Nested("replies", _REPLY, compile_replies, Field.REPLY_TEXT),
    "callbacks": Nested("call_backs", _CALL_BACK, compile_call_backs, Field.SATISFACTION),
    "petitioners": _people(MentionRole.PETITIONER),
    "signatories": _people(MentionRole.PETITIONER),
    "representatives": _people(MentionRole.REPRESENTATIVE),
    "agents": _people(MentionRole.AGENT),
    "respondents": _people(MentionRole.RESPONDENT),
}
"""By normal key. A text instead of a list is read as in a sheet."""


class ObjectReader:
    """Reads the objects of one file or push."""

    def __init__(self, channel: Channel, options: ReadOptions) -> None:
        self._channel = channel
        self._options = options
        self._clock = Clock.at(options.zone, datetime.now(UTC))
        self._readers: dict[tuple[str, ...], RowReader] = {}
        self._suggestions = Suggestions(channel, NESTED)

    def read(self, record: object, position: str) -> Reading:
        """Return what one object says."""
        if not isinstance(record, dict):
            return self.refusal(_NO_OBJECT, position, b"")
        if _depth(record) > self._options.limits.depth:
            return self.refusal(_TOO_DEEP, position, b"")
        try:
            return self._read(record, position)
        except UnreadableError as error:
            return self.refusal(error, position, _payload(record))
        except ValueFault as fault:
            return self.refusal(fault, position, _payload(record))

    def _read(self, record: dict[str, Any], position: str) -> Reading:
        nested = self._nested(record)
        flat = record
        if nested or _is_deep(record):
            flat = {key: _cell(value) for key, value in record.items() if key not in nested}
        reading = self._reader(tuple(flat)).read(list(flat.values()), position)
        if reading is None:
            raise ValueFault(RejectionReason.MISSING_FIELD, Wording("The record is empty. Send its text and its time."))
        if flat is record:
            return reading
        if isinstance(reading, Draft):
            try:
                reading = self._with(self._telling(reading, record, flat), record, nested)
            except ValueFault as fault:
                refused = self.refusal(fault, position, _payload(record))
                return replace(refused, external_id=usable_key(reading.external_id))
        payload = _payload(record)
        return replace(reading, payload=payload if len(payload) <= MAX_KEPT or isinstance(reading, Draft) else b"")

    def _nested(self, record: Mapping[str, Any]) -> dict[str, Nested]:
        """Return the keys under which objects stand; a key may be spelled in many ways, and all of them stand there.

        One object, or a text that is no heading's, is as good as a list of it.
        """
        named = ((key, value, NESTED.get(normal(key))) for key, value in record.items())
        return {key: kind for key, value, kind in named if kind and self._stands_under(key, value)}

    def _stands_under(self, key: str, value: object) -> bool:
        if isinstance(value, list | dict):
            return True
        return value not in (None, "") and meaning(key, self._channel, self._options.mapping) is None

    def _telling(self, draft: Draft, record: Mapping[str, Any], flat: Mapping[str, Any]) -> Draft:
        """Return a draft that also tells of the keys under which objects stand that say nothing here."""
        lost = [key for key in flat if _is_lost(record[key])]
        if not lost:
            return draft
        unread = (*draft.unread, *(self._lost(key) for key in lost))
        if self._options.strict:
            refuse_unread(unread)
        return replace(draft, unread=unread)

    def _lost(self, key: str) -> UnreadField:
        if meaning(key, self._channel, self._options.mapping):
            return UnreadField(told(key), Unread.NO_TEXT)
        (unread,) = unread_columns((key,), {}, self._channel, self._options.mapping, self._suggestions).values()
        return unread

    def _reader(self, keys: tuple[str, ...]) -> RowReader:
        found = self._readers.get(keys)
        if found is None:
            if len(self._readers) >= MOST_SHAPES:
                self._readers.clear()
            found = self._readers[keys] = self._compiled(keys)
        return found

    def _compiled(self, keys: tuple[str, ...]) -> RowReader:
        mapping = self._options.mapping
        columns = columns_of(keys, self._channel, mapping)
        unread = unread_columns(keys, columns, self._channel, mapping, self._suggestions)
        made = Columns(unique(keys), columns, self._clock, self._words(), unread)
        return RowReader(self._channel, made, self._options, form_of(self._channel))

    def _with(self, draft: Draft, record: Mapping[str, Any], nested: Mapping[str, Nested]) -> Draft:
        """Return a draft with what the objects under these keys say as well."""
        found: dict[str, list[Any]] = {kind.into: list(getattr(draft, kind.into)) for kind in nested.values()}
        for key, kind in nested.items():
            given = record[key]
            for value in given if isinstance(given, list) else [given]:
                found[kind.into] += self._one(kind, key, value)
        added: dict[str, Any] = {into: tuple(said) for into, said in found.items()}
        return replace(draft, **added)

    def _one(self, nested: Nested, key: str, value: object) -> tuple[Any, ...]:
        given = value if isinstance(value, dict) else {nested.alone.value: value}
        known = {**nested.keys, **{name.value: name for name in nested.keys.values()}}
        if unknown := [told(name) for name in given if name not in known]:
            message = Wording(
                "{told}: {unknown} cannot be said there. Known are {keys}.",
                told=told(key),
                unknown="、".join(unknown),
                keys=", ".join(nested.keys),
            )
            raise ValueFault(RejectionReason.BAD_VALUE, message)
        if lost := [name for name, one in given.items() if _is_lost(one)]:
            message = Wording(
                "{told}: under {lost} an object stands, which cannot be read. Send a text.",
                told=told(key),
                lost="、".join(lost),
            )
            raise ValueFault(RejectionReason.BAD_VALUE, message)
        headings = tuple(f"{key}.{name}" for name in given)
        columns = Columns(
            headings, {known[name]: index for index, name in enumerate(given)}, self._clock, self._words()
        )
        return nested.compile(columns)([_cell(one) for one in given.values()])

    def _words(self) -> Mapping[Field, Mapping[str, str]]:
        return self._options.mapping.values if self._options.mapping else {}

    def refusal(self, fault: ValueFault | UnreadableError, position: str, payload: bytes) -> Refusal:
        """Turn a record down, keeping it unless it is too large."""
        return Refusal(
            channel=self._channel,
            source=self._options.source,
            position=position,
            reason=fault.reason,
            message=fault.message,
            payload=payload if len(payload) <= MAX_KEPT else b"",
        )


_NO_OBJECT: Final = ValueFault(RejectionReason.BAD_VALUE, Wording("This is no JSON object. Send each record as one."))
_TOO_DEEP: Final = ValueFault(
    RejectionReason.BOMB, Wording("Objects stand in objects too deeply. Send the record flat.")
)


def _is_deep(record: dict[str, Any]) -> bool:
    return any(isinstance(value, dict | list) for value in record.values())


def _cell(value: Any) -> Cell:
    """Return a JSON value as a cell: a list of texts as they would stand in one, an object not at all."""
    match value:
        case list():
            return "、".join(str(one) for one in value if isinstance(one, str | int | float)) or None
        case dict():
            return Formula(value[FORMULA]) if list(value) == [FORMULA] else None
        case _:
            return value  # type: ignore[no-any-return]


def _is_lost(value: object) -> bool:
    """Tell whether a value holds an object that a cell cannot."""
    if isinstance(value, dict):
        return bool(value) and list(value) != [FORMULA]
    return isinstance(value, list) and any(isinstance(one, dict | list) and one for one in value)


def _payload(record: object) -> bytes:
    try:
        return orjson.dumps(record)
    except TypeError:
        return json.dumps(record, separators=(",", ":")).encode("ascii")


def _depth(record: object) -> int:
    """Count how deep objects and lists stand in one another."""
    level, depth = [record], 0
    while level := [one for one in level if isinstance(one, dict | list)]:
        depth += 1
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one)]
    return depth
