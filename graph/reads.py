"""What can be read for the API: statements with their arguments as values, and the few verbs that run them.

Nothing here joins text that came from outside: a page's order and conditions are chosen from lists in this module, and
values travel as arguments.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from graph.database import statements

if TYPE_CHECKING:
    from collections.abc import Sequence

SQL = statements("reads")

PAGE: Final = "/* page */"
ORDER: Final = "/* order */"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an order, with the type its values travel as."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Order:
    """An order of rows: columns that are never null, the last of them unique, all in one direction."""

    columns: tuple[Column, ...]
    descending: bool = False

    def reversed(self) -> Order:
        """Return the same order from its other end."""
        return Order(self.columns, not self.descending)


ID: Final = Column("id", "uuid")
BY_ID: Final = Order((ID,))
OPENED_AT: Final = Order((Column("opened_at", "timestamptz"), ID))
LAST_ACTIVITY_AT: Final = Order((Column("last_activity_at", "timestamptz"), ID))
RECEIVED_AT: Final = Order((Column("received_at", "timestamptz"), ID))
AT: Final = Order((Column("at", "timestamptz"), ID))
FULL_NAME: Final = Order((Column("full_name", "text"), ID))
NAME: Final = Order((Column("name", "text"), ID))
POSITION: Final = Order((Column("position", "bigint"),))

Key = tuple[datetime | str | int | UUID, ...]
"""The values of an order's columns in one row."""


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of an order: `size` rows behind `after` and before `before`, counted from the end if `backwards`."""

    order: Order
    size: int
    after: Key | None = None
    before: Key | None = None
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition by its text, in which `{0}`, `{1}` … stand for its arguments."""

    text: str
    arguments: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL and its arguments as one value."""

    text: str
    arguments: tuple[object, ...]


# Conditions -------------------------------------------------------------------------------------------------------

EQUAL: Final = {
    name: f"{name} = {{0}}"
    for name in (
        "channel",
        "code",
        "division",
        "external_id",
        "kind",
        "level",
        "parent",
        "receipt_code",
        "source",
        "topic",
    )
}
ANY: Final = {name: f"{name} = any({{0}}::text[])" for name in ("channel", "kind", "status")}
FROM: Final = {name: f"{name} >= {{0}}" for name in ("opened_at", "last_activity_at", "received_at")}
UNTIL: Final = {name: f"{name} < {{0}}" for name in ("opened_at", "last_activity_at", "received_at")}
CHANNELS: Final = "channels && {0}::text[]"
CODE_WITHIN: Final = {name: f"{name} >= {{0}} and {name} < {{1}}" for name in ("division", "code")}
TOPIC_WITHIN: Final = "(topic = {0} or topic >= {1} and topic < {2})"
PLACE: Final = """exists (
    select from case_place tie join "case" filed on filed.id = tie.case_id
    where tie.place = {0} and tie.state = 'ACCEPTED' and filed."leading" = "case".id
)"""
ORGAN: Final = """exists (
    select from case_organ tie join "case" filed on filed.id = tie.case_id
    where tie.organ = {0} and tie.role = any({1}::text[]) and tie.state = 'ACCEPTED' and filed."leading" = "case".id
)"""
PARTY_ROLE: Final = (
    "exists (select from mention other where other.party = mention.id and other.role = {0} and other.until is null)"
)
PARTY_CURRENT: Final = "exists (select from mention other where other.party = mention.id and other.until is null)"
RESOLVED: Final = "(resolved_at is not null) = {0}"


def code_within(column: str, prefix: str) -> Condition:
    """Ask that a code begins with `prefix`, as a range: under row-level security `like` reaches no index."""
    return Condition(CODE_WITHIN[column], (prefix, prefix[:-1] + chr(ord(prefix[-1]) + 1)))


def topic_within(path: str) -> Condition:
    """Ask that a topic is `path` or stands below it; `0` follows `/`."""
    return Condition(TOPIC_WITHIN, (path, path + "/", path + "0"))


# Statements -------------------------------------------------------------------------------------------------------


def _placed(conditions: Sequence[Condition], arguments: list[object]) -> str:
    """Return the conditions with their numbers, adding their arguments."""
    texts = []
    for condition in conditions:
        first = len(arguments) + 1
        arguments.extend(condition.arguments)
        texts.append(" and " + condition.text.format(*(f"${first + n}" for n in range(len(condition.arguments)))))
    return "".join(texts)


def _beyond(order: Order, key: Key) -> Condition:
    """Ask for the rows that come after `key` in an order."""
    names = ", ".join(column.name for column in order.columns)
    values = ", ".join(f"{{{n}}}::{column.type}" for n, column in enumerate(order.columns))
    return Condition(f"({names}) {'<' if order.descending else '>'} ({values})", key)


def _sorted_by(order: Order, prefix: str = "") -> str:
    direction = " desc" if order.descending else ""
    return "order by " + ", ".join(f"{prefix}{column.name}{direction}" for column in order.columns)


def page_of(
    name: str, page: Page, *, parents: Sequence[UUID] | None = None, conditions: Sequence[Condition] = ()
) -> Statement:
    """Return the statement that reads a page of a relation, and one row more to tell whether others follow.

    With `parents` it reads that page for each of them. Rows come in reading direction: backwards from the end.
    """
    order = page.order.reversed() if page.backwards else page.order
    wanted = list(conditions)
    if page.after is not None:
        wanted.append(_beyond(page.order, page.after))
    if page.before is not None:
        wanted.append(_beyond(page.order.reversed(), page.before))
    arguments: list[object] = [] if parents is None else [list(parents)]
    inner = _placed(wanted, arguments)
    arguments.append(page.size + 1)
    text: str = getattr(SQL, name)
    text = text.replace(PAGE, f"{inner} {_sorted_by(order)} limit ${len(arguments)}")
    return Statement(text.replace(ORDER, _sorted_by(order, "page.")), tuple(arguments))


def count_of(name: str, *, parents: Sequence[UUID] | None = None, conditions: Sequence[Condition] = ()) -> Statement:
    """Return the statement that counts a relation, for each of `parents` where they are given."""
    arguments: list[object] = [] if parents is None else [list(parents)]
    text: str = getattr(SQL, f"{name}_count")
    return Statement(text.replace(PAGE, _placed(conditions, arguments)), tuple(arguments))


def rows_of(name: str, keys: Sequence[object]) -> Statement:
    """Return the statement that reads nodes by their keys, or lists by what they belong to."""
    text: str = getattr(SQL, name)
    return Statement(text, (list(keys),))
