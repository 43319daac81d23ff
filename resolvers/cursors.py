"""Where an element stands in an order, as a token to come back with."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol
from uuid import UUID

import orjson

from graph.errors import InvalidError
from graph.times import instant_of
from schema.errors import RequestError
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from graph.identity import Vault
    from schema.bindings import Key, Order

    Keys: TypeAlias = tuple[Any, ...]
    """The values of an order's keys in one row."""

LARGEST_POSITION: Final = 2**63 - 1
UNSAFE: Final = r"E'+/\n', '-_'"
"""What base64 is translated by: PostgreSQL breaks lines and writes the alphabet that addresses do not take."""


class Cursors(Protocol):
    """How cursors are written by SQL and read back."""

    def sql(self, order: Order, row: str) -> str:
        """Return the expression that writes the cursor of `row` as JSON."""

    def read(self, order: Order, token: str) -> Keys:
        """Return the keys that a cursor holds; raise RequestError where it is not one of this order."""


def not_ours(argument: str | None = None) -> RequestError:
    """Return what a cursor that was tampered with, or is of another list, is answered with."""
    blamed = {"argument": argument} if argument else {}
    message = Wording("This cursor is not one of this list. Use one as it was given, or none.")
    return RequestError("INVALID_CURSOR", message, **blamed)


class PlainCursors:
    """The sort key in base64: it tells nothing that its element does not."""

    @staticmethod
    def sql(order: Order, row: str) -> str:
        """Return the expression that writes the cursor of `row` as JSON."""
        pieces = [f"""'["{order.name}"'"""]
        for key in order.keys:
            value = f"to_json({row}.{key.column})"
            pieces += ["','", f"coalesce({value}::text, 'null')" if key.nullable else value]
        text = f"concat({', '.join(pieces)}, ']')"
        return f"""'"' || translate(encode(convert_to({text}, 'UTF8'), 'base64'), {UNSAFE}) || '"'"""

    @staticmethod
    def read(order: Order, token: str) -> Keys:
        """Return the sort key of a cursor; raise RequestError where it is of another order or changed."""
        try:
            name, *values = orjson.loads(base64.b64decode(token, altchars=b"-_", validate=True))
            if name != order.name:
                raise not_ours()
            return tuple(_read(key, value) for key, value in zip(order.keys, values, strict=True))
        except (binascii.Error, ValueError, TypeError, AttributeError, OverflowError):
            raise not_ours() from None


NUMBER: Final = 8
"""Bytes of each key of a sealed cursor."""
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SealedCursors:
    """The sort key encrypted: a journal position must not be told. SQL gives its numbers, `seal` makes the token."""

    vault: Vault
    scope: str

    @staticmethod
    def sql(order: Order, row: str) -> str:
        """Return the expression of the keys themselves as numbers, which Python seals."""
        numbers = [_NUMBERS[key.type].format(f"{row}.{key.column}") for key in order.keys]
        return f"""concat('"', {", ' ', ".join(numbers)}, '"')"""

    def seal(self, numbers: str) -> str:
        """Return the cursor of a row's keys."""
        return self.vault.seal_cursor(
            self.scope, b"".join(int(one).to_bytes(NUMBER, signed=True) for one in numbers.split())
        )

    def read(self, order: Order, token: str) -> Keys:
        """Return the keys of a cursor; raise RequestError where it is not one of this list."""
        try:
            said = self.vault.open_cursor(self.scope, token)
            numbers = [int.from_bytes(said[at : at + NUMBER], signed=True) for at in range(0, len(said), NUMBER)]
            return tuple(
                EPOCH + timedelta(microseconds=one) if key.type == "timestamptz" else one
                for key, one in zip(order.keys, numbers, strict=True)
            )
        except (InvalidError, ValueError, OverflowError):
            raise not_ours() from None


_NUMBERS: Final = {"bigint": "{}", "timestamptz": "(extract(epoch from {}) * 1000000)::bigint"}
"""How a key is written as a whole number, by its type: an instant in microseconds since 1970."""


def _read(key: Key, value: Any) -> Any:
    return None if key.nullable and value is None else _READ[key.type](value)


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise TypeError
    return value


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST_POSITION:
        raise TypeError
    return value


_READ: dict[str, Callable[[Any], Any]] = {
    "timestamptz": lambda value: instant_of(_text(value)),
    "uuid": lambda value: UUID(_text(value)),
    "text": _text,
    "bigint": _whole,
}
