"""How a field is read: what stands beside its declaration, for the planner of `resolvers/` to turn into SQL.

In a binding's SQL `{row}` is the row of the field's own type, `{parent}` the row that a relation starts from, `{key}`
what a row is looked up by, and any other name in braces one of the type's joins, which is made only where it is used.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar, cast

import strawberry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from graph.policy import Action

KEY: Final = "binding"
"""Where a Strawberry field's metadata holds its binding."""

T = TypeVar("T")


# Rows of a type ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rows:
    """Where the rows of a type stand, and how one is found by a key."""

    lookup: str
    """A `from` item that introduces `{row}`."""
    by: str = "{row}.id = {key}"
    """The condition by which a key finds a row; the key of a joined case finds the leading one."""
    joins: Mapping[str, str] = field(default_factory=dict)
    """By name: what is joined for fields that need it, to one row each."""


# Cases that answer for others, as their viewer sees it ------------------------------------------------------------

MEMBERS: Final = 'member."leading" = {parent}."leading" and ({parent}.leads or member.id = {parent}.id)'
"""The cases (`member`) that one answers for: all that it leads, or itself alone where its leader may not be seen."""


def answering(case: str) -> str:
    """Return the id of the case that answers for one: its leader, or itself where the leader may not be seen."""
    leader = f'(select leader.id from "case" leader where leader.id = {case}."leading")'
    return f"case when {case}.leads then {case}.id else coalesce({leader}, {case}.id) end"


def answers(case: str) -> str:
    """Return the condition that a case answers for itself."""
    # No `exists`, which PostgreSQL would answer by reading all cases once where it expects many rows.
    return f'({case}.leads or (select leader.id from "case" leader where leader.id = {case}."leading") is null)'


def earliest(party: str) -> str:
    """Return the id of a party's earliest mention that may be seen: it stands for the party."""
    found = f"select earliest.id from mention earliest where earliest.party = {party}"
    return f"({found} order by earliest.id limit 1)"


def stood_for(key: str) -> str:
    """Return the lateral `found` of one computed key: only a bare column reaches an index under row-level security."""
    return f"cross join lateral (select {key} as id offset 0) found"


# Days ---------------------------------------------------------------------------------------------------------------


def impossible(at: str, received: str) -> str:
    """Return the condition that something cannot have been done when it is said to: before receipt, or after today.

    By days, in the instance's zone (`{zone}`): many sources give the day of an answer alone.
    """
    day = f"({at} at time zone {{zone}})::date"
    return (
        f"({day} < ({received} at time zone {{zone}})::date or {day} > (current_timestamp at time zone {{zone}})::date)"
    )


# Fields -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Value:
    """An expression: a scalar, or JSON where `json` says so."""

    sql: str
    json: bool = False


@dataclass(frozen=True, slots=True)
class GlobalId:
    """A key as a global id of a type, of the field's own type where it names none."""

    sql: str = "{row}.id"
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class One:
    """The row of the field's type that a key of this row finds; nullable where the key or the row may be missing."""

    key: str
    by: str | None = None
    """How the key finds it, where that is not as the type says."""


@dataclass(frozen=True, slots=True)
class Same:
    """An object made of this very row."""


@dataclass(frozen=True, slots=True)
class Variants:
    """A union whose member is chosen by `by`; the members' `{row}` is `value`."""

    by: str
    value: str
    members: Mapping[str, str]
    """GraphQL type names by the values of `by`."""


@dataclass(frozen=True, slots=True)
class Key:
    """One column of an order, the PostgreSQL type its values travel as, and whether rows may lack it."""

    column: str
    type: str
    nullable: bool = False

    @property
    def sql(self) -> str:
        """Its expression."""
        return f"{{row}}.{self.column}"


@dataclass(frozen=True, slots=True)
class Order:
    """An order of rows: the last key is unique and never null; only the first may be null, and nulls come last."""

    keys: tuple[Key, ...]
    descending: bool = False
    apart: bool = False
    """Whether its keys stand in different tables: then an index needs a bound for the first key alone."""

    @property
    def name(self) -> str:
        """What cursors of this order begin with, so that one of another order is told."""
        return ",".join(key.column for key in self.keys)

    def directed(self, *, descending: bool) -> Order:
        """Return the order from the end that was asked for."""
        return replace(self, descending=descending)


ID: Final = Key("id", "uuid")


def ordered_by(column: str, kind: str, *, nullable: bool = False, descending: bool = False) -> Order:
    """Return an order by a column, rows alike in it by id."""
    return Order((Key(column, kind, nullable), ID), descending)


BY_ID: Final = Order((ID,))


@dataclass(frozen=True, slots=True)
class Many:
    """A list or connection of rows of the field's type; of a field of one object, the first of them."""

    source: str
    """A `from` item that introduces `{row}` and may use `{parent}`."""
    where: str = "true"
    order: Order = BY_ID
    orders: Mapping[Enum, Order] = field(default_factory=dict)
    """What `orderBy` may choose; without it only the direction can be chosen."""
    sealed: str | None = None
    """The scope under which cursors are sealed, since their keys must not be told; plain without it."""
    needs: Action | None = None
    """What a viewer must be allowed to do to ask for it; for fields of the query alone."""
    expected: int = 3
    """How many rows a list is thought to have when its cost is estimated; a connection's page says it itself."""
    gathered: int = 0
    """Rows that it is thought to read of each parent before a page is cut."""
    whole: int = 0
    """Rows that it is thought to read where all are counted, or a filter finds few."""


@dataclass(frozen=True, slots=True)
class Told(Many):
    """What happened to whatever the arguments name, which choose the source (`resolvers.history`)."""


@dataclass(frozen=True, slots=True)
class OtherKey:
    """A key besides the id by which rows of a type are looked up: how it finds one, and its type of PostgreSQL."""

    by: str
    type: str


@dataclass(frozen=True, slots=True)
class Lookup:
    """A root field that finds one row by its argument `id`, or by another one of these names."""

    keys: Mapping[str, OtherKey] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Group:
    """What cases can be grouped by: the field it fills, its expression over `{row}`, and what has to be joined."""

    column: str
    sql: str
    join: str = ""
    type: str = "text"
    rows: int = 0
    """Rows that finding the groups is thought to read."""


@dataclass(frozen=True, slots=True)
class Figures:
    """A root field that counts the cases of a filter in groups; `groups` are what `groupBy` may choose."""

    groups: Mapping[Enum, Group]
    rows: int = 2_000
    """Rows that it is thought to read to count the cases, each once."""
    told: int = 10_000
    """Rows that it is thought to read besides where figures of what happened in the cases are asked for."""


Binding = Value | GlobalId | One | Same | Variants | Many | Lookup | Figures


ROWS: Final[dict[type, Rows]] = {}
"""The rows of each type that has rows of its own."""


def rows(found: Rows) -> Callable[[type[T]], type[T]]:
    """Declare where a type's rows stand."""

    def declare(kind: type[T]) -> type[T]:
        ROWS[kind] = found
        return kind

    return declare


# Declaring --------------------------------------------------------------------------------------------------------


def bound(description: str, binding: Binding, **options: Any) -> Any:
    """Declare a field of a planned type without arguments."""
    return strawberry.field(description=description, metadata={KEY: binding}, **options)


def column(description: str, name: str = "", **options: Any) -> Any:
    """Declare a field that is a column of its type's rows, of its own name unless told."""
    return strawberry.field(
        description=description, metadata={KEY: Value(f"{{row}}.{name}" if name else "")}, **options
    )


def planned(description: str, binding: Binding) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """Declare a planned field with arguments: Strawberry takes them from a function, which is never called."""
    return cast(
        "Callable[[Callable[..., T]], Callable[..., T]]",
        strawberry.field(description=description, metadata={KEY: binding}),
    )


def by_plan() -> NoReturn:
    """Stand where a planned field's function would have a body."""
    raise AssertionError("A planned field is read by its binding, never by calling it.")
