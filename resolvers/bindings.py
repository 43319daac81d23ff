"""The schema with its bindings: what each field is read by, checked once at start-up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
)

from schema.bindings import KEY, ROWS, Figures, GlobalId, Lookup, One, Value, Variants
from schema.fields import COST, Cost

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from graphql import GraphQLField, GraphQLNamedType, GraphQLSchema
    from strawberry import Schema

    from schema.bindings import Binding, Rows

FREE: Final = Cost(once=0)
DEFINITION: Final = "strawberry-definition"


class BindingError(Exception):
    """A type of the schema cannot be planned. The message names it and says what is missing."""


def python_name(field: GraphQLField) -> str:
    """Return the name of the attribute or column that a field is declared by."""
    return cast("str", field.extensions[DEFINITION].python_name)


def is_connection(kind: GraphQLNamedType) -> bool:
    """Tell whether a type is a page of nodes."""
    return isinstance(kind, GraphQLObjectType) and {"edges", "nodes", "pageInfo", "totalCount"} <= kind.fields.keys()


@dataclass(frozen=True)
class Bindings:
    """The bindings of a schema's fields, and the rows of its types."""

    schema: GraphQLSchema
    rows: dict[str, Rows]

    @classmethod
    def of(cls, schema: Schema, declared: Mapping[type, Rows] = ROWS) -> Bindings:
        """Read a schema's bindings; raise BindingError for a type that lacks one."""
        core = schema._schema  # noqa: SLF001  # Strawberry has no public name for it
        found = {_name_of(kind): rows for kind, rows in declared.items()}
        bindings = cls(core, found)
        checked: set[str] = set()
        for kind in found:
            bindings._check(core.type_map[kind], checked)
        query = core.query_type
        assert query is not None
        for field in query.fields.values():
            if binding_of(field) is not None:
                bindings._check(get_named_type(field.type), checked)
        return bindings

    def rows_of(self, kind: str) -> Rows:
        """Return where a type's rows are looked up."""
        return self.rows[kind]

    def _check(self, kind: GraphQLNamedType, checked: set[str]) -> None:
        """Check that everything that can be asked of a planned type has a binding, and all that it leads to."""
        if kind.name in checked or is_leaf_type(kind):
            return
        checked.add(kind.name)
        if isinstance(kind, GraphQLUnionType):
            for member in kind.types:
                self._check(member, checked)
        elif isinstance(kind, GraphQLInterfaceType):
            for implementation in self.schema.get_implementations(kind).objects:
                self._check(implementation, checked)
        elif is_connection(kind):
            self._check(get_named_type(cast("GraphQLObjectType", kind).fields["nodes"].type), checked)
        else:
            for target in self._targets(cast("GraphQLObjectType", kind)):
                self._check(target, checked)

    def _targets(self, kind: GraphQLObjectType) -> Iterator[GraphQLNamedType]:
        for name, field in kind.fields.items():
            binding, target = binding_of(field), get_named_type(field.type)
            if binding is None:
                raise BindingError(
                    f"The type {kind.name} cannot be planned: its field `{name}` has no binding. Declare it with"
                    " `column`, `bound` or `planned` (schema/bindings.py)."
                )
            if problem := self._problem(binding, target):
                raise BindingError(f"{kind.name}.{name} cannot be planned: {problem}")
            yield target

    def _problem(self, binding: Binding, target: GraphQLNamedType) -> str | None:
        if isinstance(binding, One | Lookup) and target.name not in self.rows:
            return f"{target.name} does not say where its rows stand. Declare them with `rows`."
        if isinstance(binding, Variants):
            unknown = sorted(set(binding.members.values()) - self.schema.type_map.keys())
            return f"there is no type {unknown[0]}." if unknown else None
        if isinstance(binding, Lookup | Figures):
            return None
        leaf = is_leaf_type(target)
        if leaf != isinstance(binding, Value | GlobalId):
            return "a value needs `Value` or `GlobalId`, an object `One`, `Same`, `Variants` or `Many`."
        return None


def _name_of(kind: type) -> str:
    return cast("str", cast("Any", kind).__strawberry_definition__.name)


def binding_of(field: GraphQLField) -> Binding | None:
    """Return a field's binding, None where it has none: such a field is an attribute of what Python answers with."""
    definition = field.extensions.get(DEFINITION)
    return None if definition is None else cast("Binding | None", definition.metadata.get(KEY))


def cost_of(field: GraphQLField) -> Cost:
    """Return what a field that Python answers costs; a subscription costs what its events do."""
    return cast("Cost", field.extensions[DEFINITION].metadata.get(COST, FREE))
