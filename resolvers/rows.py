"""Rows at hand while a column is made, and how values of them are written. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

from graphql import GraphQLEnumType, GraphQLList, GraphQLNonNull, get_named_type

from resolvers.pages import key_sql
from resolvers.plan import placeholder
from resolvers.sql import Constant, or_null

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from graphql import GraphQLOutputType

    from resolvers.conditions import Condition
    from resolvers.plan import Shape
    from schema.bindings import Many, Order, Rows

AS_TEXT: Final = frozenset({"Int", "BigInt"})
"""What prints in JSON as it does in SQL."""


@dataclass(slots=True)
class Row:
    """A row at hand: its alias, and the joins that fields of it have asked for."""

    alias: str
    rows: Rows | None = None
    joined: dict[str, str] = field(default_factory=dict)

    def sql(self, text: str, **others: str) -> str:
        """Return a binding's SQL over this row."""
        return text.format_map(_Names(self, others))

    @property
    def joins(self) -> str:
        """What has to be joined to the row's `from` item."""
        assert self.rows is not None or not self.joined
        return "".join(
            " left join " + cast("Rows", self.rows).joins[name].format(**{"row": self.alias, name: alias})
            for name, alias in self.joined.items()
        )

    def within(self, value: str) -> Row:
        """Return an object inside this row as a row of its own, whose joins are this one's."""
        return Row(value, self.rows, self.joined)


class _Names(dict[str, str]):
    def __init__(self, row: Row, others: Mapping[str, str]) -> None:
        super().__init__(others, row=row.alias)
        self._row = row

    def __missing__(self, name: str) -> str:
        return self._row.joined.setdefault(name, f"{self._row.alias}_{name}")


@dataclass(frozen=True, slots=True)
class Written:
    """The pieces that write a value as JSON, and what it looks like."""

    pieces: Sequence[str]
    shape: Shape


# Expressions over rows --------------------------------------------------------------------------------------------


def order_by(order: Order, alias: str, *, nulls_first: bool = False) -> str:
    """Return the `order by` of a row's list; nulls come last unless it is read from its end."""
    parts = []
    for key in order.keys:
        text = key_sql(key.column, key.type).format(row=alias) + (" desc" if order.descending else "")
        if key.nullable:
            text += " nulls first" if nulls_first else " nulls last"
        parts.append(text)
    return "order by " + ", ".join(parts)


def relation(binding: Many, row: Row, parent: Row | None) -> tuple[str, str]:
    """Return a relation's `from` item and condition."""
    names = {"row": row.alias, **({} if parent is None else {"parent": parent.alias})}
    return binding.source.format(**names), binding.where.format(**names)


def placed(conditions: Sequence[Condition], row: Row, numbers: Iterator[int]) -> str:
    """Return conditions over a row, each after an `and`, their values numbered in order."""
    return "".join(f" and {placed_one(condition, row, numbers)}" for condition in conditions)


def placed_one(condition: Condition, row: Row, numbers: Iterator[int]) -> str:
    """Return a condition over a row, its values numbered in order."""
    text = condition.text
    for place, _ in enumerate(condition.values):
        text = text.replace(f"{{{place}}}", placeholder(next(numbers)))
    return row.sql(text)


def values_of(parts: Sequence[Condition]) -> tuple[object, ...]:
    """Return the values of conditions, in the order in which `placed` numbers them."""
    return tuple(value for condition in parts for value in condition.values)


def is_list(kind: GraphQLOutputType) -> bool:
    """Tell whether a field answers with a list."""
    inner = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    return isinstance(inner, GraphQLList)


def global_id(key: str, kind: str) -> list[str]:
    """Return the pieces that write a key as a global id (schema/ids.py)."""
    return [Constant('"'), f"encode(convert_to('{kind}:' || {key}::text, 'UTF8'), 'base64')", Constant('"')]


def leaf(text: str, kind: GraphQLOutputType, *, json: bool) -> list[str]:
    """Return the pieces that write a scalar as JSON."""
    nullable = not isinstance(kind, GraphQLNonNull)
    inner = get_named_type(kind)
    if json:
        return [or_null(f"({text})::text")]
    if nullable:
        return [or_null(f"to_json({text})::text")]
    if is_list(kind):
        return [f"to_json({text})"]
    if isinstance(inner, GraphQLEnumType):
        return [Constant('"'), text, Constant('"')]
    return [text if inner.name in AS_TEXT else f"to_json({text})"]
