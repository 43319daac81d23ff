"""From a list's arguments to the stretch of rows that they ask for. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from resolvers.conditions import Condition
from resolvers.filters import conditions_of
from resolvers.history import branches_of, cut_of, restrictions_of
from schema.bindings import Told
from schema.enums import Direction
from schema.errors import LimitError, RequestError, argument
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resolvers.conditions import Instance
    from resolvers.cursors import Cursors, Keys
    from schema.bindings import Many, Order

DEFAULT_SIZE: Final = 20
LARGEST_SIZE: Final = 200

LOWEST: Final = {
    "text": "", "timestamptz": datetime.min.replace(tzinfo=UTC), "uuid": "00000000-0000-0000-0000-000000000000",
}  # fmt: skip
HIGHEST: Final = {
    "text": "\U0010ffff", "timestamptz": datetime.max.replace(tzinfo=UTC),
    "uuid": "ffffffff-ffff-ffff-ffff-ffffffffffff",
}  # fmt: skip
"""Below and above every value that a nullable order's keys can have."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Which rows of a list: those that meet the conditions, `size` of them behind `after` and before `before`.

    `backwards` counts them from the end. Of an order whose first key may be null, `conditions` holds for all rows,
    `valued` for those that have it, `nulls` for those that lack it. `branches` are what they are read from where
    arguments choose that, `cut` tells whether they are of all that match.
    """

    order: Order
    size: int
    branches: tuple[Condition, ...] = ()
    filters: tuple[Condition, ...] = ()
    conditions: tuple[Condition, ...] = ()
    valued: tuple[Condition, ...] = ()
    nulls: tuple[Condition, ...] = ()
    backwards: bool = False
    after: bool = False
    before: bool = False
    cut: Condition | None = None

    @property
    def counted(self) -> tuple[Condition, ...]:
        """What decides which rows there are, on whatever page."""
        return (*self.branches, *self.filters)

    @property
    def parts(self) -> tuple[Condition, ...]:
        """All conditions, in the order in which their values are numbered."""
        return (*self.counted, *self.conditions, *self.valued, *self.nulls)

    @property
    def values(self) -> tuple[object, ...]:
        """The values of all conditions."""
        return tuple(value for condition in self.parts for value in condition.values)


def checked_size(size: int, largest: int = LARGEST_SIZE) -> int:
    """Return a page's size; raise where it is negative or too large."""
    if size < 0:
        raise RequestError("INVALID_PAGE", Wording("A page's size cannot be negative."))
    if size > largest:
        message = Wording("A page has at most {largest} elements; {size} were asked for.", largest=largest, size=size)
        raise LimitError("LIMIT_PAGE_SIZE", message, limit=largest, asked=size)
    return size


@dataclass(frozen=True, slots=True)
class Listing:
    """How a field's arguments are read: its binding, the type of its filter, its cursors, its largest page."""

    binding: Many
    filter_type: str | None
    cursors: Cursors
    instance: Instance
    largest: int = LARGEST_SIZE

    def stretch(self, given: Mapping[str, Any]) -> Stretch:
        """Return what a connection's arguments ask for; raise RequestError where they cannot be answered."""
        order = order_of(self.binding, given.get("orderBy"))
        told = isinstance(self.binding, Told)
        branches = branches_of(given) if told else ()
        kind = self.filter_type
        filters = () if kind is None else conditions_of(kind, given.get("filter"), self.instance)
        filters += restrictions_of(given) if told else ()
        first, last = given.get("first"), given.get("last")
        if first is not None and last is not None:
            raise RequestError("INVALID_PAGE", Wording("Give `first` or `last`, not both."), argument="last")
        size = first if last is None else last
        with argument("first" if last is None else "last"):
            size = checked_size(DEFAULT_SIZE if size is None else size, self.largest)
        after, before = given.get("after"), given.get("before")
        bounds: list[tuple[Keys, bool]] = []
        for name, cursor in (("after", after), ("before", before)):
            if cursor is not None:
                with argument(name):
                    bounds.append((self.cursors.read(order, cursor), name == "after"))
        return Stretch(
            order=order,
            size=size,
            branches=branches,
            filters=filters,
            **_bounded(order, bounds),
            backwards=last is not None,
            after=after is not None,
            before=before is not None,
            cut=cut_of(given) if told else None,
        )


def order_of(binding: Many, asked: Any) -> Order:
    """Return the order that `orderBy` chooses: a field and a direction, a direction alone, or nothing."""
    if asked is None:
        return binding.order
    if isinstance(asked, Enum):
        return binding.order.directed(descending=asked is Direction.DESCENDING)
    return binding.orders[asked["field"]].directed(descending=asked["direction"] is Direction.DESCENDING)


def _bounded(order: Order, bounds: list[tuple[Keys, bool]]) -> dict[str, tuple[Condition, ...]]:
    if not order.keys[0].nullable:
        return {"conditions": tuple(_beyond(order, keys, behind=behind) for keys, behind in bounds)}
    return {
        "valued": tuple(_among_values(order, keys, behind=behind) for keys, behind in bounds),
        "nulls": tuple(_among_nulls(order, keys, behind=behind) for keys, behind in bounds),
    }


def _beyond(order: Order, keys: Keys, *, behind: bool) -> Condition:
    names = ", ".join(key_sql(key.column, key.type) for key in order.keys)
    values = ", ".join(f"{{{number}}}::{key.type}" for number, key in enumerate(order.keys))
    sign = ">" if behind is not order.descending else "<"
    # Keys of different tables are no bound to any index; the first alone is.
    first = f"{key_sql(order.keys[0].column, order.keys[0].type)} {sign}= {{0}}::{order.keys[0].type} and "
    return Condition(f"{first if order.apart else ''}({names}) {sign} ({values})", keys)


def _among_values(order: Order, keys: Keys, *, behind: bool) -> Condition:
    """Ask for the rows that have the first key: behind a row without it are none of them, before it are all."""
    if keys[0] is None:
        limit = HIGHEST if behind is not order.descending else LOWEST
        # Nothing lies behind a null, everything before it: the bound is put beyond the last value, or the first.
        keys = tuple(limit[key.type] for key in order.keys) if behind else _all_before(order)
    return _beyond(order, keys, behind=behind)


def _all_before(order: Order) -> Keys:
    limit = LOWEST if order.descending else HIGHEST
    return tuple(limit[key.type] for key in order.keys)


def _among_nulls(order: Order, keys: Keys, *, behind: bool) -> Condition:
    """Ask for the rows that lack the first key: behind a row that has it are all of them, before it is none."""
    (unique,) = order.keys[1:]
    towards_end = behind is not order.descending
    value = keys[1] if keys[0] is None else (LOWEST if not order.descending else HIGHEST)["uuid"]
    return Condition(f"{{row}}.{unique.column} {'>' if towards_end else '<'} {{0}}::{unique.type}", (value,))


def key_sql(column: str, kind: str) -> str:
    """Return a key as it is compared: texts by code point, whatever the database's own collation."""
    return f'{{row}}.{column} collate "C"' if kind == "text" else f"{{row}}.{column}"
