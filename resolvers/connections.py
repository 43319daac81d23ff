"""How one page of a list is written: its rows by keyset, its cursors and page info, its count. Pure."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, cast

from graphql import GraphQLObjectType, get_named_type

from resolvers.cursors import SealedCursors
from resolvers.plan import Items, Leaf, Member, Structure
from resolvers.rows import Written, order_by, placed, placed_one, relation
from resolvers.sql import Constant, concatenated, object_of, or_null

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from graphql import FieldNode

    from resolvers.conditions import Condition
    from resolvers.cursors import Cursors
    from resolvers.pages import Stretch
    from resolvers.rows import Row
    from resolvers.selection import Fields, Selector
    from schema.bindings import Many, Order

    Members = tuple[list[tuple[str, Sequence[str]]], list[Member]]
    Node = Callable[[tuple[FieldNode, ...]], Written]

COUNT: Final = "\x01count\x01"
CUT: Final = "\x01cut\x01"
FILTERED: Final = "\x01kept\x01"
SORTED: Final = "\x01sorted\x01"
"""Stand where a page's count, filter and order come, until the page is known."""


@dataclass(frozen=True, slots=True)
class Used:
    """Which conditions of a stretch a page's SQL uses. It holds no value, so that a plan may keep it."""

    paged: bool
    counted: bool
    cut: bool

    def parts(self, stretch: Stretch) -> tuple[Condition, ...]:
        """Return those conditions of a stretch."""
        rows = stretch.parts if self.paged else stretch.counted if self.counted else ()
        return (*rows, stretch.cut) if self.cut and stretch.cut else rows


class Page:
    """Writes one connection."""

    def __init__(
        self, binding: Many, stretch: Stretch, row: Row, *, cursors: Cursors, selector: Selector, node: Node
    ) -> None:
        self._binding = binding
        self._cursors = cursors
        self._stretch = stretch
        self._row = row
        self._selector = selector
        self._node = node
        self.paged = False
        """Whether the page's rows are read."""
        self.counted = False
        """Whether all rows are counted."""
        self._cut = False
        """Whether it is asked if the rows are of all that match."""
        self._more = False

    @property
    def used(self) -> Used:
        """Which conditions the connection's SQL uses, once its members are written."""
        return Used(self.paged, self.counted, self._cut)

    def members(
        self, connection: GraphQLObjectType, fields: Fields
    ) -> tuple[list[tuple[str, Sequence[str]]], list[Member]]:
        """Return the connection's members and their shapes."""
        members: list[tuple[str, Sequence[str]]] = []
        shapes: list[Member] = []
        for key, nodes in fields.items():
            name = nodes[0].name.value
            written = self._member(connection, name, nodes)
            members.append((key, written.pieces))
            shapes.append(Member(key, written.shape, nullable=False, nodes=nodes))
        return members, shapes

    def _member(self, connection: GraphQLObjectType, name: str, nodes: tuple[FieldNode, ...]) -> Written:
        match name:
            case "__typename":
                return Written([Constant(f'"{connection.name}"')], Leaf())
            case "totalCount":
                self.counted = True
                return Written([COUNT], Leaf())
            case "matchesCut":
                self._cut = True
                return Written([CUT], Leaf())
            case "pageInfo":
                info = cast("GraphQLObjectType", get_named_type(connection.fields[name].type))
                return self._page_info(info, nodes)
            case "nodes":
                return self._items(self._node(nodes))
            case _:
                edge = cast("GraphQLObjectType", get_named_type(connection.fields[name].type))
                return self._items(self._edge(edge, nodes))

    def _items(self, item: Written) -> Written:
        self.paged = True
        text = f"string_agg({concatenated(item.pieces)}, ',' {SORTED}){FILTERED}"
        return Written([Constant("["), text, Constant("]")], Items(item.shape, nullable=False))

    def _edge(self, edge: GraphQLObjectType, nodes: tuple[FieldNode, ...]) -> Written:
        members: list[tuple[str, Sequence[str]]] = []
        shapes: list[Member] = []
        for key, inner in self._selector.within(edge, nodes).items():
            match inner[0].name.value:
                case "__typename":
                    written = Written([Constant(f'"{edge.name}"')], Leaf())
                case "cursor":
                    written = Written([self._cursor()], Leaf(self._fill()))
                case _:
                    written = self._node(inner)
            members.append((key, written.pieces))
            shapes.append(Member(key, written.shape, nullable=False, nodes=inner))
        return Written(object_of(members), Structure(tuple(shapes)))

    def _cursor(self) -> str:
        return self._cursors.sql(self._stretch.order, self._row.alias)

    def _fill(self) -> Callable[[Any], Any] | None:
        if not isinstance(self._cursors, SealedCursors):
            return None
        seal = self._cursors.seal
        return lambda position: None if position is None else seal(position)

    def _page_info(self, info: GraphQLObjectType, nodes: tuple[FieldNode, ...]) -> Written:
        members: list[tuple[str, Sequence[str]]] = []
        shapes: list[Member] = []
        for key, inner in self._selector.within(info, nodes).items():
            written = self._info(info, inner[0].name.value)
            members.append((key, written.pieces))
            shapes.append(Member(key, written.shape, nullable=True))
        return Written(object_of(members), Structure(tuple(shapes)))

    def _info(self, info: GraphQLObjectType, name: str) -> Written:
        stretch = self._stretch
        if name == "__typename":
            return Written([Constant(f'"{info.name}"')], Leaf())
        if name in {"hasNextPage", "hasPreviousPage"}:
            forwards = name == "hasNextPage"
            if stretch.backwards is forwards:
                known = stretch.before if forwards else stretch.after
                return Written([Constant("true" if known else "false")], Leaf())
            self.paged = self._more = True
            return Written(
                [f"case when max({self._row.alias}.fetched) > {stretch.size} then 'true' else 'false' end"], Leaf()
            )
        self.paged = self._more = True
        first = (name == "startCursor") is not stretch.backwards
        alias = self._row.alias
        place = "1" if first else f"least({alias}.fetched, {stretch.size})"
        kept = f"{alias}.nth = {place} and {alias}.nth <= {stretch.size}"
        return Written([or_null(f"max({self._cursor()}) filter (where {kept})")], Leaf(self._fill()))

    def sql(self, pieces: Sequence[str], parent: Row | None, first: int) -> str:
        """Return the subquery that writes the connection, its values numbered from `first`."""
        stretch, row = self._stretch, self._row
        numbers = itertools.count(first)

        if not (self.paged or self.counted):
            return self._told_cut(concatenated(pieces), numbers)
        sources, where = self._sources(parent, numbers)
        where += placed(stretch.filters, row, numbers)
        counted = f"({' + '.join(f'(select count(*) from {source} where {where})' for source in sources)})"
        filtered = f" filter (where {row.alias}.nth <= {stretch.size})" if self._more else ""
        # Rows come in this order already, which PostgreSQL sees where nothing has to be numbered.
        sorting = order_by(stretch.order, row.alias)
        if self._more:
            sorting = f"order by {row.alias}.nth{' desc' if stretch.backwards else ''}"
        text = concatenated(pieces).replace(COUNT, counted).replace(FILTERED, filtered).replace(SORTED, sorting)
        if not self.paged:
            return self._told_cut(text, numbers)
        limit = stretch.size + (1 if self._more else 0)
        chosen = _columns_of(row.alias, text + row.joins, stretch.order)
        order = stretch.order.directed(descending=stretch.order.descending is not stretch.backwards)
        if order.keys[0].nullable:
            where += placed(stretch.conditions, row, numbers)
            parts = (placed(stretch.valued, row, numbers), placed(stretch.nulls, row, numbers))
            (source,) = sources
            rows = _with_nulls(order, row.alias, f"select {chosen} from {source} where {where}", parts, limit)
            rows += f" {order_by(order, row.alias, nulls_first=stretch.backwards)} limit {limit}"
        else:
            where += placed(stretch.conditions, row, numbers)
            ordered = f"{order_by(order, row.alias)} limit {limit}"
            each = [f"select {chosen} from {source} where {where} {ordered}" for source in sources]
            rows = each[0] if len(each) == 1 else _merged(each, row.alias, ordered)
        text = self._told_cut(text, numbers)
        if not self._more:
            return f"(select {text} from ({rows}) {row.alias}{row.joins})"
        numbered = order_by(order, row.alias, nulls_first=stretch.backwards)
        counts = f"row_number() over ({numbered}) as nth, count(*) over () as fetched"
        page = f"(select {row.alias}.*, {counts} from ({rows}) {row.alias}) {row.alias}"
        return f"(select {text} from {page}{row.joins})"

    def _sources(self, parent: Row | None, numbers: Iterator[int]) -> tuple[list[str], str]:
        """Return the `from` items that the rows come from, and the condition that they have in common."""
        if self._stretch.branches:
            return [placed_one(branch, self._row, numbers) for branch in self._stretch.branches], "true"
        source, where = relation(self._binding, self._row, parent)
        return [source], where

    def _told_cut(self, text: str, numbers: Iterator[int]) -> str:
        """Return the text with whether the rows are of all that match, which is the last that is asked."""
        if not self._cut:
            return text
        cut = "'false'"
        if self._stretch.cut:
            cut = f"case when {placed_one(self._stretch.cut, self._row, numbers)} then 'true' else 'false' end"
        return text.replace(CUT, cut)


def _merged(each: Sequence[str], alias: str, ordered: str) -> str:
    """Read a page of several sources: as much as it may take of each, then of all."""
    return f"select * from ({' union all '.join(f'({one})' for one in each)}) {alias} {ordered}"


def _columns_of(alias: str, text: str, order: Order) -> str:
    """Return the columns of a row that expressions over it use: those it need not read, and may not, are left out."""
    used = set(re.findall(rf'\b{alias}\."?(\w+)', text)) | {key.column for key in order.keys}
    return ", ".join(f'{alias}."{name}"' for name in sorted(used - {"nth", "fetched"}))


def _with_nulls(order: Order, alias: str, select: str, parts: tuple[str, str], limit: int) -> str:
    """Read a nullable order as two index ranges: the rows that have its first key, then those that lack it."""
    first, others = order.keys[0], replace(order, keys=order.keys[1:])
    # Where none is null, an index is read backwards for a descending order: PostgreSQL must not look for nulls last.
    whole = replace(order, keys=(replace(first, nullable=False), *others.keys))
    valued = f"({select} and {alias}.{first.column} is not null{parts[0]} {order_by(whole, alias)} limit {limit})"
    nulls = f"({select} and {alias}.{first.column} is null{parts[1]} {order_by(others, alias)} limit {limit})"
    return f"select * from ({valued} union all {nulls}) {alias}"
