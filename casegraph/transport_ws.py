"""The messages of graphql-transport-ws, as `graphql-ws` has them (its PROTOCOL.md). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any, Final

import orjson

from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Mapping

SUBPROTOCOL: Final = "graphql-transport-ws"
LONGEST_ID: Final = 64
"""Characters of an operation's id: it comes back in the reason of a close, which has 123 bytes (RFC 6455, 5.5)."""


class Close(IntEnum):
    """Why the server hangs up. `graphql-ws` tries again after `FORBIDDEN` and `TRY_AGAIN_LATER` alone."""

    TRY_AGAIN_LATER = 1013
    """Registered with IANA: there is no room now."""
    INVALID_MESSAGE = 4400
    UNAUTHORIZED = 4401
    """An operation before the first message was answered."""
    FORBIDDEN = 4403
    """Nobody is known to ask, or no longer."""
    SUBPROTOCOL = 4406
    INIT_TIMEOUT = 4408
    ID_IN_USE = 4409
    INIT_TWICE = 4429
    INTERNAL = 4500


class HangUpError(Exception):
    """The connection is closed by a code, with a reason for a developer."""

    def __init__(self, code: Close, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Kind(StrEnum):
    """What a client may send."""

    INIT = "connection_init"
    PING = "ping"
    PONG = "pong"
    SUBSCRIBE = "subscribe"
    COMPLETE = "complete"


@dataclass(frozen=True, slots=True)
class Message:
    """What a client sent. Only operations have an id."""

    kind: Kind
    id: str
    payload: Mapping[str, Any]


def read_message(text: str | None) -> Message:
    """Return what a client sent, `text` being None where it sent bytes; raise HangUpError where that is no message."""
    if text is None:
        raise HangUpError(Close.INVALID_MESSAGE, Wording("Messages are text."))
    try:
        given = orjson.loads(text)
        kind = Kind(given["type"])
    except (orjson.JSONDecodeError, UnicodeEncodeError, TypeError, KeyError, ValueError):
        raise HangUpError(Close.INVALID_MESSAGE, Wording("This is no message of graphql-transport-ws.")) from None
    payload, name = given.get("payload"), given.get("id", "")
    if payload is None and kind is not Kind.SUBSCRIBE:
        payload = {}
    if not isinstance(payload, dict):
        raise HangUpError(Close.INVALID_MESSAGE, Wording("The payload of `{kind}` must be an object.", kind=kind))
    if kind in {Kind.SUBSCRIBE, Kind.COMPLETE} and not _is_id(name):
        reason = Wording("The id of an operation must be 1 to {longest} characters of ASCII.", longest=LONGEST_ID)
        raise HangUpError(Close.INVALID_MESSAGE, reason)
    return Message(kind, name, payload)


def _is_id(given: object) -> bool:
    return isinstance(given, str) and given.isascii() and 0 < len(given) <= LONGEST_ID
