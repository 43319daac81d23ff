"""Orders, cursors and pages, by comparing every element."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

import orjson

from graph.errors import InvalidError
from graph.times import instant_of, rfc3339
from schema.errors import RequestError
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from graph.identity import Vault
    from tests.reference.graph import Node, Row

DEFAULT_SIZE = 20
LARGEST_SIZE = 200
LARGEST_POSITION = 2**63 - 1
INSTANTS = {
    "created_at", "opened_at", "last_activity_at", "first_received_at", "last_received_at", "last_answered_at",
    "received_at", "at",
}  # fmt: skip
NUMBERS = {"number", "submission_count"}
NULLABLE = {"topic", "division", "last_answered_at"}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Key = tuple[Any, ...]


@dataclass(frozen=True)
class Order:
    """By these columns, all in one direction; nulls are last in both."""

    columns: tuple[str, ...]
    descending: bool = False

    def key(self, row: Row) -> Key:
        """Return where a row stands."""
        return tuple(row[name] for name in self.columns)

    def precedes(self, one: Key, other: Key) -> bool:
        """Tell whether one comes before the other."""
        for mine, theirs in zip(one, other, strict=True):
            if mine == theirs:
                continue
            if mine is None or theirs is None:
                return theirs is None
            return bool(mine > theirs if self.descending else mine < theirs)
        return False

    def sorted(self, rows: Iterable[Row]) -> list[Row]:
        """Return rows in this order."""
        found = list(rows)
        told = [row for row in found if row[self.columns[0]] is not None]
        untold = [row for row in found if row[self.columns[0]] is None]
        return [
            *sorted(told, key=self.key, reverse=self.descending),
            *sorted(untold, key=lambda row: self.key(row)[1:], reverse=self.descending),
        ]


class Cursors(Protocol):
    """How a list's cursors are written and read."""

    def write(self, order: Order, row: Row) -> str: ...
    def read(self, order: Order, token: str) -> Key: ...


def not_ours() -> RequestError:
    """Return what a cursor of another list is answered with."""
    return RequestError("INVALID_CURSOR", Wording("Not a cursor of this list."))


class Plain:
    """The names and values of an order's columns, open to see."""

    @staticmethod
    def write(order: Order, row: Row) -> str:
        """Return a row's cursor."""
        values = [_told(value) for value in order.key(row)]
        return base64.urlsafe_b64encode(orjson.dumps([",".join(order.columns), *values])).decode()

    @staticmethod
    def read(order: Order, token: str) -> Key:
        """Return where a cursor stands."""
        try:
            name, *values = orjson.loads(base64.b64decode(token, altchars=b"-_", validate=True))
            if name != ",".join(order.columns):
                raise not_ours()
            return tuple(_read(column, value) for column, value in zip(order.columns, values, strict=True))
        except (binascii.Error, ValueError, TypeError, OverflowError):
            raise not_ours() from None


def _told(value: Any) -> Any:
    if value is None or isinstance(value, str | int):
        return value
    return str(value) if isinstance(value, UUID) else rfc3339(value)


def _read(column: str, value: Any) -> UUID | datetime | str | int | None:
    if column in NULLABLE and value is None:
        return None
    if column in NUMBERS:
        if not isinstance(value, int) or not 0 <= value <= LARGEST_POSITION:
            raise TypeError
        return value
    if not isinstance(value, str) or "\0" in value:
        raise TypeError
    return UUID(value) if column == "id" else instant_of(value) if column in INSTANTS else value


@dataclass(frozen=True)
class Sealed:
    """A position that only the vault reads. It is written as `opened` tells it, since no two seals are equal."""

    vault: Vault
    scope: str

    def write(self, order: Order, row: Row) -> str:
        """Return what a row's cursor says."""
        return told_of(self.scope, *(_number(value) for value in order.key(row)))

    def read(self, order: Order, token: str) -> Key:
        """Return the keys of a cursor."""
        try:
            said = self.vault.open_cursor(self.scope, token)
            numbers = [int.from_bytes(said[at : at + 8], signed=True) for at in range(0, len(said), 8)]
            named = zip(order.columns, numbers, strict=True)
            return tuple(EPOCH + timedelta(microseconds=one) if name in INSTANTS else one for name, one in named)
        except (InvalidError, ValueError, OverflowError):
            raise not_ours() from None


def _number(value: Any) -> int:
    """Return a key as a whole number: an instant in microseconds since 1970."""
    return (value - EPOCH) // timedelta(microseconds=1) if isinstance(value, datetime) else value


def told_of(scope: str, *numbers: int) -> str:
    """Return how a sealed cursor is written to be compared."""
    return f"sealed: {scope} {' '.join(map(str, numbers))}"


def checked_size(size: int, largest: int = LARGEST_SIZE) -> int:
    """Return a page's size; raise where it is none."""
    if size < 0:
        raise RequestError("INVALID_PAGE", Wording("Negative."))
    if size > largest:
        raise RequestError("LIMIT_PAGE_SIZE", Wording("Too large."))
    return size


def connection(
    rows: Iterable[Row],
    order: Order,
    asked: dict[str, Any],
    build: Callable[[Row], Node | None],
    cursors: Cursors | None = None,
) -> Node:
    """Return the page that is asked of a list."""
    cursors = cursors or Plain()
    first, last = asked.get("first"), asked.get("last")
    if first is not None and last is not None:
        raise RequestError("INVALID_PAGE", Wording("Both."))
    size = checked_size(last if last is not None else first if first is not None else DEFAULT_SIZE)
    after = None if asked.get("after") is None else cursors.read(order, asked["after"])
    before = None if asked.get("before") is None else cursors.read(order, asked["before"])

    whole = order.sorted(rows)
    between = [row for row in whole if after is None or order.precedes(after, order.key(row))]
    between = [row for row in between if before is None or order.precedes(order.key(row), before)]
    kept = between[:size] if last is None else between[max(len(between) - size, 0) :]
    more = len(between) > size
    edges = [{"cursor": cursors.write(order, row), "node": build(row)} for row in kept]
    return {
        "edges": edges,
        "nodes": [edge["node"] for edge in edges],
        "total_count": len(whole),
        "page_info": {
            "has_next_page": more if last is None else before is not None,
            "has_previous_page": after is not None if last is None else more,
            "start_cursor": edges[0]["cursor"] if edges else None,
            "end_cursor": edges[-1]["cursor"] if edges else None,
        },
    }
