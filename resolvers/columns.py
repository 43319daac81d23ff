"""From what is asked of a type to the SQL that writes it as JSON. Pure: nothing here knows a database.

A list of the schema is a subquery, an object an expression over its row. There is no other way to reach a table, so
what has to hold for every read is put in here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, cast

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_argument_values,
    get_named_type,
)

from resolvers.bindings import binding_of, is_connection, python_name
from resolvers.cursors import PlainCursors, SealedCursors
from resolvers.pages import Listing, key_sql
from resolvers.plan import Ask, Column, Items, Keys, Leaf, Member, Structure, failing, placeholder, plain
from resolvers.sql import Constant, concatenated, object_of, or_null
from resolvers.variables import uses_variables
from schema.bindings import GlobalId, Lookup, Many, One, Same, Value, Variants
from schema.errors import RequestError
from schema.ids import key_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from graphql import FieldNode, GraphQLField, GraphQLOutputType

    from graph.identity import Vault
    from resolvers.bindings import Bindings
    from resolvers.conditions import Condition
    from resolvers.cursors import Cursors
    from resolvers.pages import Stretch
    from resolvers.plan import Shape
    from resolvers.selection import Fields, Selector
    from schema.bindings import Binding, Order, Rows

GONE: Final = "gone"
"""The function of the database that raises where a row that must be there is not; see `Columns.careful`."""
AS_TEXT: Final = frozenset({"Int", "BigInt"})
"""What prints in JSON as it does in SQL."""


class OtherPlanError(Exception):
    """Arguments ask for other conditions than the plan was made for: it has to be made anew."""


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


class Columns:
    """Makes the columns of one operation.

    `careful` writes null where a row that must be there is not, so that the finisher can place an error; else the
    database raises, and the operation is planned again with care.
    """

    def __init__(
        self, bindings: Bindings, selector: Selector, vault: Vault, largest: int, *, careful: bool = False
    ) -> None:
        self._bindings = bindings
        self._selector = selector
        self._vault = vault
        self._largest = largest
        self._careful = careful
        self._aliases = 0
        self._asks: list[Ask | Keys] = []
        self._values = 0
        self._rows = 0
        self._path: list[str] = []
        self._times = 1

    # Columns ------------------------------------------------------------------------------------------------------

    def root(self, key: str, field: GraphQLField, nodes: tuple[FieldNode, ...]) -> Column:
        """Return the column of a field of the query; raise RequestError where its arguments cannot be answered."""
        self._begin(key)
        binding = cast("Binding", binding_of(field))
        if isinstance(binding, Lookup):
            kind = cast("GraphQLObjectType", get_named_type(field.type))
            given = self.given(field, nodes[0])
            number = self._ask(field, nodes[0], lambda given: (key_of(kind.name, given["id"]),), given, 1)
            self._rows += 1
            found = self._found(kind, nodes, f"{placeholder(number)}::uuid")
            return self._column(Written([or_null(found.pieces[0])], found.shape))
        return self._column(self._many(cast("Many", binding), field, nodes, None))

    def reference(self, kind: str, nodes: tuple[FieldNode, ...]) -> Column:
        """Return the column that reads nodes of a type by an array of keys, in its order."""
        self._begin(kind)
        self._asks.append(Keys(kind))
        self._values = 1
        target = cast("GraphQLObjectType", self._bindings.schema.type_map[kind])
        self._rows += 1
        found = self._found(target, nodes, "given.key")
        array = f"unnest({placeholder(0)}::uuid[]) with ordinality given (key, nth)"
        text = f"(select array_agg(convert_to({found.pieces[0]}, 'UTF8') order by given.nth) from {array})"
        return self._made(text, found.shape)

    def _begin(self, path: str) -> None:
        self._asks = []
        self._values, self._rows, self._times = 0, 0, 1
        self._path = [path]

    def _column(self, written: Written) -> Column:
        text = f"convert_to({concatenated(written.pieces)}, 'UTF8')"
        return self._made(text, written.shape)

    def _made(self, text: str, shape: Shape) -> Column:
        return Column(text, tuple(self._asks), None if plain(shape) else shape, self._rows, failing(shape))

    # Objects ------------------------------------------------------------------------------------------------------

    def _object(self, kind: GraphQLObjectType, fields: Fields, row: Row) -> Written:
        members, shapes = [], []
        for key, nodes in fields.items():
            name = nodes[0].name.value
            if name == "__typename":
                members.append((key, [Constant(f'"{kind.name}"')]))
                shapes.append(Member(key, Leaf(), nullable=False))
                continue
            definition = kind.fields[name]
            nullable = not isinstance(definition.type, GraphQLNonNull)
            self._path.append(key)
            try:
                written = self._field(kind, definition, nodes, row)
                members.append((key, written.pieces))
                shapes.append(Member(key, written.shape, nullable, nodes=nodes))
            except RequestError as error:
                members.append((key, [Constant("null")]))
                shapes.append(Member(key, Leaf(), nullable, error, nodes))
            self._path.pop()
        return Written(object_of(members), Structure(tuple(shapes)))

    def _field(
        self, kind: GraphQLObjectType, definition: GraphQLField, nodes: tuple[FieldNode, ...], row: Row
    ) -> Written:
        binding, target = binding_of(definition), get_named_type(definition.type)
        nullable = not isinstance(definition.type, GraphQLNonNull)
        match binding:
            case GlobalId():
                return Written(_global_id(row.sql(binding.sql), binding.kind or kind.name), Leaf())
            case Value():
                text = row.sql(binding.sql or f"{{row}}.{python_name(definition)}")
                return Written(_leaf(text, definition.type, json=binding.json), Leaf())
            case Same():
                object_type = cast("GraphQLObjectType", target)
                return self._object(object_type, self._selector.within(object_type, nodes), row)
            case Variants():
                return self._variants(binding, nodes, row)
            case One():
                self._rows += self._times
                found = self._found(cast("GraphQLObjectType", target), nodes, f"({row.sql(binding.key)})", binding.by)
                return Written(
                    [self._present(found.pieces[0], f"{kind.name}.{'.'.join(self._path)}", nullable)], found.shape
                )
            case Many():
                return self._many(binding, definition, nodes, row)
            case _:
                raise TypeError(f"{kind.name}: {binding}")

    def _present(self, expression: str, where: str, nullable: bool) -> str:
        if nullable or self._careful:
            return or_null(expression)
        return f"coalesce({expression}, {GONE}('{where}'))"

    def _variants(self, binding: Variants, nodes: tuple[FieldNode, ...], row: Row) -> Written:
        cases = []
        inside = row.within(f"({row.sql(binding.value)})")
        for value, name in binding.members.items():
            member = cast("GraphQLObjectType", self._bindings.schema.type_map[name])
            written = self._object(member, self._selector.within(member, nodes), inside)
            cases.append(f"when '{value}' then {concatenated(written.pieces)}")
        return Written([f"case {row.sql(binding.by)} {' '.join(cases)} end"], Leaf())

    def _found(self, kind: GraphQLObjectType, nodes: tuple[FieldNode, ...], key: str, by: str | None = None) -> Written:
        """Write the row of a type that a key finds: one piece, null where there is none."""
        rows = self._bindings.rows_of(kind.name)
        row = self._row(rows)
        written = self._object(kind, self._selector.within(kind, nodes), row)
        lookup = rows.lookup if by is None else f"{_table_of(rows)} {{row}}"
        source = lookup.format(row=row.alias)
        condition = (by or rows.by).format(row=row.alias, key=key)
        text = f"(select {concatenated(written.pieces)} from {source}{row.joins} where {condition})"
        return Written([text], written.shape)

    def _row(self, rows: Rows | None) -> Row:
        self._aliases += 1
        return Row(f"t{self._aliases}", rows)

    # Lists --------------------------------------------------------------------------------------------------------

    def _many(
        self, binding: Many, definition: GraphQLField, nodes: tuple[FieldNode, ...], parent: Row | None
    ) -> Written:
        target = get_named_type(definition.type)
        if is_connection(target):
            return self._connection(binding, definition, nodes, parent)
        kind = cast("GraphQLObjectType", target)
        row = self._row(self._bindings.rows.get(kind.name))
        outer = self._times
        self._times *= binding.expected
        self._rows += self._times
        written = self._object(kind, self._selector.within(kind, nodes), row)
        self._times = outer
        source, where = _relation(binding, row, parent)
        order = _order_by(binding.order, row.alias)
        item = concatenated(written.pieces)
        if not _is_list(definition.type):
            text = f"(select {item} from {source}{row.joins} where {where} {order} limit 1)"
            return Written([or_null(text)], written.shape)
        text = f"(select concat('[', string_agg({item}, ',' {order}), ']') from {source}{row.joins} where {where})"
        return Written([text], Items(written.shape, nullable=False))

    def _connection(
        self, binding: Many, definition: GraphQLField, nodes: tuple[FieldNode, ...], parent: Row | None
    ) -> Written:
        connection = cast("GraphQLObjectType", get_named_type(definition.type))
        kind = cast("GraphQLObjectType", get_named_type(connection.fields["nodes"].type))
        listing = self._listing(binding, definition)
        given = self.given(definition, nodes[0])
        stretch = listing.stretch(given)
        fields = self._selector.within(connection, nodes)
        row = self._row(self._bindings.rows.get(kind.name))
        page = _Page(self, binding, listing.cursors, stretch, row, kind)
        outer = self._times
        self._times *= max(1, stretch.size)
        self._rows += self._times
        members, shapes = page.members(connection, fields)
        self._times = outer
        parts = page.parts(stretch)
        texts = [condition.text for condition in parts]

        def values(given: Mapping[str, Any]) -> tuple[object, ...]:
            found = page.parts(listing.stretch(given))
            if [condition.text for condition in found] != texts:
                raise OtherPlanError
            return _values(found)

        first = self._ask(definition, nodes[0], values, given, len(_values(parts)))
        text = page.sql(object_of(members), parent, first)
        return Written([text], Structure(tuple(shapes)))

    def _listing(self, binding: Many, definition: GraphQLField) -> Listing:
        argument = definition.args.get("filter")
        cursors: Cursors = PlainCursors()
        if binding.sealed is not None:
            cursors = SealedCursors(self._vault, binding.sealed)
        return Listing(
            binding, None if argument is None else get_named_type(argument.type).name, cursors, self._largest
        )

    # Arguments ----------------------------------------------------------------------------------------------------

    def given(self, definition: GraphQLField, node: FieldNode) -> dict[str, Any]:
        """Return a field's arguments; raise RequestError where a variable cannot be what it is given for."""
        try:
            return get_argument_values(definition, node, self._selector.variables)
        except GraphQLError as error:
            raise RequestError("BAD_USER_INPUT", error.message) from error

    def _ask(
        self,
        definition: GraphQLField,
        node: FieldNode,
        values: Callable[[Mapping[str, Any]], tuple[object, ...]],
        given: Mapping[str, Any],
        count: int,
    ) -> int:
        """Add the values of a field's arguments to the column; return the number of the first."""
        first = self._values
        found = values(given)
        assert len(found) == count, (found, count)
        if count:
            constant = None if uses_variables(node) else found
            self._asks.append(Ask(definition, node, values, count, ".".join(self._path), constant))
            self._values += count
        return first


class _Page:
    """Writes one connection."""

    def __init__(
        self, columns: Columns, binding: Many, cursors: Cursors, stretch: Stretch, row: Row, kind: GraphQLObjectType
    ) -> None:
        self._columns = columns
        self._binding = binding
        self._cursors = cursors
        self._stretch = stretch
        self._row = row
        self._kind = kind
        self.paged = False
        """Whether the page's rows are read."""
        self.counted = False
        """Whether all rows are counted."""
        self._more = False

    def parts(self, stretch: Stretch) -> tuple[Condition, ...]:
        """Return the conditions that the connection's SQL uses."""
        if self.paged:
            return stretch.parts
        return stretch.filters if self.counted else ()

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

    def _node(self, nodes: tuple[FieldNode, ...]) -> Written:
        selector = self._columns._selector  # noqa: SLF001  # one class in two, for its length
        return self._columns._object(self._kind, selector.within(self._kind, nodes), self._row)  # noqa: SLF001

    def _edge(self, edge: GraphQLObjectType, nodes: tuple[FieldNode, ...]) -> Written:
        members: list[tuple[str, Sequence[str]]] = []
        shapes: list[Member] = []
        for key, inner in self._columns._selector.within(edge, nodes).items():  # noqa: SLF001
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
        for key, inner in self._columns._selector.within(info, nodes).items():  # noqa: SLF001
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
        numbers = iter(range(first, first + len(stretch.values)))

        def placed(conditions: Sequence[Any]) -> str:
            texts = [
                row.sql(_numbered(condition.text, [placeholder(next(numbers)) for _ in condition.values]))
                for condition in conditions
            ]
            return "".join(f" and {text}" for text in texts)

        source, where = _relation(self._binding, row, parent)
        where += placed(stretch.filters)
        counted = f"(select count(*) from {source} where {where})"
        filtered = f" filter (where {row.alias}.nth <= {stretch.size})" if self._more else ""
        # Rows come in this order already, which PostgreSQL sees where nothing has to be numbered.
        sorting = _order_by(stretch.order, row.alias)
        if self._more:
            sorting = f"order by {row.alias}.nth{' desc' if stretch.backwards else ''}"
        text = concatenated(pieces).replace(COUNT, counted).replace(FILTERED, filtered).replace(SORTED, sorting)
        if not self.paged:
            return text
        limit = stretch.size + (1 if self._more else 0)
        chosen = _columns_of(row.alias, text + row.joins, stretch.order)
        order = stretch.order.directed(descending=stretch.order.descending is not stretch.backwards)
        if order.keys[0].nullable:
            where += placed(stretch.conditions)
            parts = (placed(stretch.valued), placed(stretch.nulls))
            rows = _with_nulls(order, row.alias, f"select {chosen} from {source} where {where}", parts, limit)
            rows += f" {_order_by(order, row.alias, nulls_first=stretch.backwards)} limit {limit}"
        else:
            where += placed(stretch.conditions)
            rows = f"select {chosen} from {source} where {where} {_order_by(order, row.alias)} limit {limit}"
        if not self._more:
            return f"(select {text} from ({rows}) {row.alias}{row.joins})"
        numbered = _order_by(order, row.alias, nulls_first=stretch.backwards)
        counts = f"row_number() over ({numbered}) as nth, count(*) over () as fetched"
        page = f"(select {row.alias}.*, {counts} from ({rows}) {row.alias}) {row.alias}"
        return f"(select {text} from {page}{row.joins})"


def _values(parts: Sequence[Condition]) -> tuple[object, ...]:
    return tuple(value for condition in parts for value in condition.values)


COUNT: Final = "\x01count\x01"
FILTERED: Final = "\x01kept\x01"
SORTED: Final = "\x01sorted\x01"
"""Stand where a page's count, filter and order come, until the page is known."""


def _columns_of(alias: str, text: str, order: Order) -> str:
    """Return the columns of a row that expressions over it use: those it need not read, and may not, are left out."""
    used = set(re.findall(rf"\b{alias}\.(\w+)", text)) | {key.column for key in order.keys}
    return ", ".join(f'{alias}."{name}"' for name in sorted(used - {"nth", "fetched"}))


def _with_nulls(order: Order, alias: str, select: str, parts: tuple[str, str], limit: int) -> str:
    """Read a nullable order as two index ranges: the rows that have its first key, then those that lack it."""
    first, others = order.keys[0], replace(order, keys=order.keys[1:])
    valued = f"({select} and {alias}.{first.column} is not null{parts[0]} {_order_by(order, alias)} limit {limit})"
    nulls = f"({select} and {alias}.{first.column} is null{parts[1]} {_order_by(others, alias)} limit {limit})"
    return f"select * from ({valued} union all {nulls}) {alias}"


def _order_by(order: Order, alias: str, *, nulls_first: bool = False) -> str:
    parts = []
    for key in order.keys:
        text = key_sql(key.column, key.type).format(row=alias) + (" desc" if order.descending else "")
        if key.nullable:
            text += " nulls first" if nulls_first else " nulls last"
        parts.append(text)
    return "order by " + ", ".join(parts)


def _relation(binding: Many, row: Row, parent: Row | None) -> tuple[str, str]:
    names = {"row": row.alias, **({} if parent is None else {"parent": parent.alias})}
    return binding.source.format(**names), binding.where.format(**names)


def _numbered(text: str, places: Sequence[str]) -> str:
    for number, place in enumerate(places):
        text = text.replace(f"{{{number}}}", place)
    return text


def _table_of(rows: Rows) -> str:
    return rows.lookup.split(" ", 1)[0]


def _is_list(kind: GraphQLOutputType) -> bool:
    inner = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    return isinstance(inner, GraphQLList)


def _global_id(key: str, kind: str) -> list[str]:
    return [Constant('"'), f"encode(convert_to('{kind}:' || {key}::text, 'UTF8'), 'base64')", Constant('"')]


def _leaf(text: str, kind: GraphQLOutputType, *, json: bool) -> list[str]:
    """Return the pieces that write a scalar as JSON."""
    nullable = not isinstance(kind, GraphQLNonNull)
    inner = get_named_type(kind)
    if json:
        return [or_null(f"({text})::text")]
    if nullable:
        return [or_null(f"to_json({text})::text")]
    if _is_list(kind):
        return [f"to_json({text})"]
    if isinstance(inner, GraphQLEnumType):
        return [Constant('"'), text, Constant('"')]
    return [text if inner.name in AS_TEXT else f"to_json({text})"]
