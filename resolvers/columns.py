"""From what is asked of a type to the SQL that writes it as JSON. Pure: nothing here knows a database.

A list of the schema is a subquery, an object an expression over its row. There is no other way to reach a table, so
what has to hold for every read is put in here.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from graphql import (
    GraphQLError,
    GraphQLNonNull,
    GraphQLObjectType,
    get_argument_values,
    get_named_type,
)

from resolvers.bindings import binding_of, is_connection, python_name
from resolvers.connections import Page
from resolvers.cursors import PlainCursors, SealedCursors
from resolvers.figures import figures_sql
from resolvers.filters import conditions_of
from resolvers.pages import Listing, key_sql
from resolvers.plan import Ask, Column, Items, Keys, Leaf, Member, Structure, failing, placeholder, plain
from resolvers.rows import Row, Written, global_id, is_list, leaf, order_by, placed, relation, values_of
from resolvers.sql import Constant, concatenated, object_of, or_null, quoted
from resolvers.variables import uses_variables
from schema.bindings import Figures, GlobalId, Lookup, Many, One, Same, Value, Variants
from schema.errors import RequestError, argument
from schema.ids import key_of
from wording import Wording, verbatim

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from graphql import FieldNode, GraphQLField

    from graph.policy import Action
    from resolvers.bindings import Bindings
    from resolvers.conditions import Instance
    from resolvers.cursors import Cursors
    from resolvers.plan import Shape
    from resolvers.selection import Fields, Selector
    from schema.bindings import Binding, Rows

EVENTS: Final = frozenset({"answered", "onTime", "late", "irregular", "rated", "satisfied", "medianDays"})
"""Figures of what happened in the cases."""
GONE: Final = "gone"
"""The function of the database that raises where a row that must be there is not; see `Columns.careful`."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What plans of one instance have in common."""

    page_size: int
    instance: Instance


class OtherPlanError(Exception):
    """Arguments ask for other conditions than the plan was made for: it has to be made anew."""


class Columns:
    """Makes the columns of one operation.

    `careful` writes null where a row that must be there is not, so that the finisher can place an error; else the
    database raises, and the operation is planned again with care.
    """

    def __init__(self, bindings: Bindings, selector: Selector, settings: Settings, *, careful: bool = False) -> None:
        self._bindings = bindings
        self._selector = selector
        self._largest, self._instance = settings.page_size, settings.instance
        self._careful = careful
        self._aliases = 0
        self._asks: list[Ask | Keys] = []
        self._values = 0
        self._rows = 0
        self._matching = False
        self._needs: frozenset[Action] = frozenset()
        self._path: list[str] = []
        self._times = 1

    # Columns ------------------------------------------------------------------------------------------------------

    def root(self, key: str, field: GraphQLField, nodes: tuple[FieldNode, ...]) -> Column:
        """Return the column of a field of the query; raise RequestError where its arguments cannot be answered."""
        self._begin(key)
        binding = cast("Binding", binding_of(field))
        if isinstance(binding, Lookup):
            return self._column(self._lookup(binding, field, nodes))
        if isinstance(binding, Figures):
            return self._column(self._figures(binding, field, nodes))
        return self._column(self._many(cast("Many", binding), field, nodes, None))

    def _lookup(self, binding: Lookup, field: GraphQLField, nodes: tuple[FieldNode, ...]) -> Written:
        kind = cast("GraphQLObjectType", get_named_type(field.type))
        given = self.given(field, nodes[0])
        named = _key_named(binding, given)

        def values(given: Mapping[str, Any]) -> tuple[object, ...]:
            if _key_named(binding, given) != named:
                raise OtherPlanError
            with argument(named):
                return (key_of(kind.name, given[named]) if named == "id" else given[named],)

        number = self._ask(field, nodes[0], values, given, 1)
        self._rows += 1
        sort = "uuid" if named == "id" else binding.keys[named].type
        by = None if named == "id" else binding.keys[named].by
        found = self._found(kind, nodes, f"{placeholder(number)}::{sort}", rows_by=by)
        return Written([or_null(found.pieces[0])], found.shape)

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
        self._matching = False
        self._needs = frozenset()
        self._path = [path]

    def _column(self, written: Written) -> Column:
        text = f"convert_to({concatenated(written.pieces)}, 'UTF8')"
        return self._made(text, written.shape)

    def _made(self, text: str, shape: Shape) -> Column:
        finished = None if plain(shape) else shape
        return Column(text, tuple(self._asks), finished, self._rows, failing(shape), self._matching, self._needs)

    # Objects ------------------------------------------------------------------------------------------------------

    def _object(self, kind: GraphQLObjectType, fields: Fields, row: Row) -> Written:
        members: list[tuple[str, Sequence[str]]] = []
        shapes: list[Member] = []
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
                return Written(global_id(row.sql(binding.sql), binding.kind or kind.name), Leaf())
            case Value():
                text = row.sql(
                    binding.sql or f"{{row}}.{python_name(definition)}", zone=quoted(str(self._instance.zone))
                )
                return Written(leaf(text, definition.type, json=binding.json), Leaf())
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

    def _found(
        self,
        kind: GraphQLObjectType,
        nodes: tuple[FieldNode, ...],
        key: str,
        by: str | None = None,
        rows_by: str | None = None,
    ) -> Written:
        """Write the row of a type that a key finds: one piece, null where there is none.

        `by` says how it finds the row itself, `rows_by` how it finds what the type's rows are looked up from.
        """
        rows = self._bindings.rows_of(kind.name)
        row = self._row(rows)
        written = self._object(kind, self._selector.within(kind, nodes), row)
        lookup = rows.lookup if by is None else f"{_table_of(rows)} {{row}}"
        source = lookup.format(row=row.alias)
        condition = (by or rows_by or rows.by).format(row=row.alias, key=key)
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
        source, where = relation(binding, row, parent)
        order = order_by(binding.order, row.alias)
        item = concatenated(written.pieces)
        if not is_list(definition.type):
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
        self._matching = self._matching or stretch.cut is not None
        fields = self._selector.within(connection, nodes)
        row = self._row(self._bindings.rows.get(kind.name))
        page = Page(
            binding, stretch, row, cursors=listing.cursors, selector=self._selector,
            node=lambda nodes: self._node(kind, nodes, row),
        )  # fmt: skip
        outer = self._times
        self._times *= max(1, stretch.size)
        self._rows += self._times + outer * binding.gathered
        members, shapes = page.members(connection, fields)
        self._times = outer
        if page.counted or stretch.filters:
            self._rows += outer * binding.whole
        used = page.used
        parts = used.parts(stretch)
        # Whatever of the page is asked for.
        self._needs |= {one.needs for one in stretch.filters if one.needs}
        texts = [condition.text for condition in parts]

        def values(given: Mapping[str, Any]) -> tuple[object, ...]:
            found = used.parts(listing.stretch(given))
            if [condition.text for condition in found] != texts:
                raise OtherPlanError
            return values_of(found)

        first = self._ask(definition, nodes[0], values, given, len(values_of(parts)))
        text = page.sql(object_of(members), parent, first)
        return Written([text], Structure(tuple(shapes)))

    def _node(self, kind: GraphQLObjectType, nodes: tuple[FieldNode, ...], row: Row) -> Written:
        return self._object(kind, self._selector.within(kind, nodes), row)

    def _listing(self, binding: Many, definition: GraphQLField) -> Listing:
        filtered = definition.args.get("filter")
        cursors: Cursors = PlainCursors()
        if binding.sealed is not None:
            cursors = SealedCursors(self._instance.vault, binding.sealed)
        chosen = None if filtered is None else get_named_type(filtered.type).name
        return Listing(binding, chosen, cursors, self._instance, self._largest)

    def _figures(self, binding: Figures, definition: GraphQLField, nodes: tuple[FieldNode, ...]) -> Written:
        """Write the figures of groups of cases: each case with its first answer and its last rating, then counted."""
        kind = cast("GraphQLObjectType", get_named_type(definition.type))
        given = self.given(definition, nodes[0])
        parts = conditions_of("CaseFilter", given.get("filter"), self._instance)
        self._needs |= {one.needs for one in parts if one.needs}
        texts = [condition.text for condition in parts]

        def values(given: Mapping[str, Any]) -> tuple[object, ...]:
            found = conditions_of("CaseFilter", given.get("filter"), self._instance)
            if [condition.text for condition in found] != texts:
                raise OtherPlanError
            return values_of(found)

        first = self._ask(definition, nodes[0], values, given, len(values_of(parts)))
        groups = [binding.groups[one] for one in dict.fromkeys(given.get("groupBy") or ())]
        row, counted = self._row(None), self._row(None)
        fields = self._selector.within(kind, nodes)
        self._rows += binding.rows + sum(one.rows for one in groups) + (binding.told if _of_events(fields) else 0)
        written = self._object(kind, fields, row)
        where = placed(parts, counted, itertools.count(first))
        source = figures_sql(groups, list(binding.groups.values()), counted.alias, where, str(self._instance.zone))
        order = ", ".join(key_sql(one.column, one.type).format(row=row.alias) for one in groups) or "1"
        text = f"(select concat('[', string_agg({concatenated(written.pieces)}, ',' order by {order}), ']')"
        return Written([f"{text} from ({source}) {row.alias})"], Items(written.shape, nullable=False))

    # Arguments ----------------------------------------------------------------------------------------------------

    def given(self, definition: GraphQLField, node: FieldNode) -> dict[str, Any]:
        """Return a field's arguments; raise RequestError where a variable cannot be what it is given for."""
        try:
            return get_argument_values(definition, node, self._selector.variables)
        except GraphQLError as error:
            blamed = next((one.name.value for one in node.arguments or () if one.value in (error.nodes or ())), None)
            raise RequestError(
                "BAD_USER_INPUT", verbatim(error.message), **({"argument": blamed} if blamed else {})
            ) from error

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


def _of_events(fields: Fields) -> bool:
    """Tell whether figures are asked for that need what happened in each case; PostgreSQL does not read it else."""
    return any(nodes[0].name.value in EVENTS for nodes in fields.values())


def _key_named(binding: Lookup, given: Mapping[str, Any]) -> str:
    """Return by which of its arguments a node is looked up; raise RequestError unless one is given."""
    named = [name for name in ("id", *binding.keys) if given.get(name) is not None]
    if len(named) != 1:
        message = Wording("Give one of {value}.", value=" and ".join(f"`{name}`" for name in ("id", *binding.keys)))
        raise RequestError("INVALID_VALUE", message, argument=named[-1] if named else "id")
    return named[0]


def _table_of(rows: Rows) -> str:
    return rows.lookup.split(" ", 1)[0]
