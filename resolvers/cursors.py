"""Where an element stands in an order, as a token to come back with."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

import orjson

from graph.errors import InvalidError
from graph.times import instant_of, rfc3339
from schema.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable

    from graph.database import Row
    from graph.identity import Vault
    from graph.reads import Key, Order

LARGEST_POSITION = 2**63 - 1


class Cursors(Protocol):
    """How cursors are written and read back."""

    def write(self, order: Order, row: Row) -> str: ...
    def read(self, order: Order, token: str) -> Key: ...


def not_ours() -> RequestError:
    """Return what a cursor that was tampered with, or is of another list, is answered with."""
    return RequestError("INVALID_CURSOR", "This cursor is not one of this list. Use one as it was given, or none.")


class PlainCursors:
    """The sort key in base64: it tells nothing that its element does not."""

    @staticmethod
    def write(order: Order, row: Row) -> str:
        """Return the cursor of a row."""
        values = [_WRITE[column.type](row[column.name]) for column in order.columns]
        return base64.urlsafe_b64encode(orjson.dumps([_name(order), *values])).decode()

    @staticmethod
    def read(order: Order, token: str) -> Key:
        """Return the sort key of a cursor; raise RequestError where it is of another order or changed."""
        try:
            name, *values = orjson.loads(base64.b64decode(token, altchars=b"-_", validate=True))
            if name != _name(order):
                raise not_ours()
            return tuple(_READ[column.type](value) for column, value in zip(order.columns, values, strict=True))
        except (binascii.Error, ValueError, TypeError, AttributeError, OverflowError):
            raise not_ours() from None


@dataclass(frozen=True, slots=True)
class SealedCursors:
    """The sort key encrypted: a journal position must not be told."""

    vault: Vault
    scope: str

    def write(self, order: Order, row: Row) -> str:
        """Return the cursor of a row."""
        return self.vault.seal_cursor(self.scope, str(row[order.columns[0].name]).encode())

    def read(self, _: Order, token: str) -> Key:
        """Return the position of a cursor; raise RequestError where it is not one of this list."""
        try:
            return (int(self.vault.open_cursor(self.scope, token)),)
        except (InvalidError, ValueError):
            raise not_ours() from None


def _name(order: Order) -> str:
    return ",".join(column.name for column in order.columns)


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise TypeError
    return value


def _position(value: Any) -> int:
    if not isinstance(value, int) or not 0 <= value <= LARGEST_POSITION:
        raise TypeError
    return value


_WRITE: dict[str, Callable[[Any], object]] = {"timestamptz": rfc3339, "uuid": str, "text": str, "bigint": int}
_READ: dict[str, Callable[[Any], Any]] = {
    "timestamptz": lambda value: instant_of(_text(value)),
    "uuid": lambda value: UUID(_text(value)),
    "text": _text,
    "bigint": _position,
}
