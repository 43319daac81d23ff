"""From an operation to its plan. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast
from zoneinfo import ZoneInfo

from graphql import (
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    is_leaf_type,
)

from resolvers.bindings import binding_of, cost_of, python_name
from resolvers.columns import Columns, Settings
from resolvers.conditions import Instance
from resolvers.plan import (
    Constant,
    Introspected,
    Part,
    Plan,
    Read,
    Reference,
    Scalar,
    Several,
    Staged,
    Typename,
    Whole,
)
from resolvers.selection import Selector
from schema.errors import LimitError, RequestError
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import (
        FieldNode,
        FragmentDefinitionNode,
        GraphQLField,
        GraphQLOutputType,
        OperationDefinitionNode,
        VariableValues,
    )

    from graph.identity import Vault
    from resolvers.bindings import Bindings
    from resolvers.limits import DocumentLimits
    from resolvers.plan import Column, Root, Written

INTROSPECTION: Final = frozenset({"__schema", "__type"})


class Planner:
    """Plans the operations of one schema."""

    def __init__(self, bindings: Bindings, vault: Vault, limits: DocumentLimits, zone: str) -> None:
        self._bindings = bindings
        self._limits = limits
        self._settings = Settings(limits.page_size, Instance(ZoneInfo(zone), vault))

    def plan(
        self,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: VariableValues,
        *,
        careful: bool = False,
    ) -> Plan:
        """Return an operation's plan; raise LimitError where it would read too much."""
        selector = Selector(self._bindings.schema, fragments, variables)
        columns = Columns(self._bindings, selector, self._settings, careful=careful)
        drawn = _Drawing(self._bindings, selector, columns)
        root = self._bindings.schema.get_root_type(operation.operation)
        assert root is not None
        roots = [drawn.root(root, key, nodes) for key, nodes in selector.of(root, [operation.selection_set]).items()]
        if drawn.cost > self._limits.cost:
            message = Wording(
                "This may read {cost} rows, at most {cost_2} are read for one request. Ask for smaller "
                "pages, or for fewer lists within lists.",
                cost=drawn.cost,
                cost_2=self._limits.cost,
            )
            raise LimitError("LIMIT_COST", message, limit=self._limits.cost, asked=drawn.cost)
        direct = all(
            isinstance(root, Read) and root.column and root.column.shape is None and not root.column.matching
            for root in roots
        )
        return Plan(tuple(roots), drawn.cost, cachable=not drawn.failed, direct=direct)


class _Drawing:
    """One plan in the making."""

    def __init__(self, bindings: Bindings, selector: Selector, columns: Columns) -> None:
        self._bindings = bindings
        self._selector = selector
        self._columns = columns
        self._references = 0
        self.cost = 0
        self.failed = False

    def root(self, kind: GraphQLObjectType, key: str, nodes: tuple[FieldNode, ...]) -> Root:
        """Return a field of the operation."""
        name = nodes[0].name.value
        if name == "__typename":
            return Constant(key, nodes, value=kind.name)
        if name in INTROSPECTION:
            return Introspected(key, nodes)
        field = kind.fields[name]
        if binding_of(field) is None:
            given = self._given(field, nodes[0])
            times = _expected(given)
            self.cost += _cost(field, given, times)
            return Staged(key, nodes, field, self._written(field.type, nodes, times))
        nullable = not isinstance(field.type, GraphQLNonNull)
        asked = getattr(binding_of(field), "needs", None)
        needs = frozenset({asked} if asked else ())
        try:
            column = self._columns.root(key, field, nodes)
        except RequestError as error:
            self.failed = True
            return Read(key, nodes, field, nullable=nullable, error=error, needs=needs)
        self._noted(column)
        return Read(key, nodes, field, column, nullable, needs=needs | column.needs)

    def _noted(self, column: Column, times: int = 1) -> None:
        self.cost += column.rows * times
        self.failed = self.failed or column.failing

    def _given(self, field: GraphQLField, node: FieldNode) -> Mapping[str, Any]:
        try:
            return self._columns.given(field, node)
        except RequestError:
            # The field will be answered with this error when its turn comes.
            return {}

    def _written(self, kind: GraphQLOutputType, nodes: tuple[FieldNode, ...], times: int) -> Written:
        if isinstance(kind, GraphQLNonNull):
            return self._written(kind.of_type, nodes, times)
        if isinstance(kind, GraphQLList):
            nullable = not isinstance(kind.of_type, GraphQLNonNull)
            return Several(self._written(kind.of_type, nodes, times), nullable)
        if is_leaf_type(kind):
            return Scalar(cast("Any", kind).serialize)
        if isinstance(kind, GraphQLInterfaceType) or kind.name in self._bindings.rows:
            return self._reference(kind, nodes, times)
        return self._whole(cast("GraphQLObjectType", kind), nodes, times)

    def _whole(self, kind: GraphQLObjectType, nodes: tuple[FieldNode, ...], times: int) -> Whole:
        parts = []
        for key, inner in self._selector.within(kind, nodes).items():
            name = inner[0].name.value
            if name == "__typename":
                parts.append(Part(key, "", Typename(kind.name), nullable=False))
                continue
            field = kind.fields[name]
            nullable = not isinstance(field.type, GraphQLNonNull)
            parts.append(Part(key, python_name(field), self._written(field.type, inner, times), nullable, inner))
        return Whole(tuple(parts))

    def _reference(self, kind: GraphQLOutputType, nodes: tuple[FieldNode, ...], times: int) -> Reference:
        kinds = [kind] if isinstance(kind, GraphQLObjectType) else self._implementations(kind)
        # All at once: what makes a column knows the variables' values, which no plan may keep.
        columns = {one.name: self._columns.reference(one.name, nodes) for one in kinds}
        reference = Reference(self._references, nodes, columns)
        self._references += 1
        # Each node is of one type: what the costliest may read is what all may read.
        self.cost += times * max((column.rows for column in columns.values()), default=0)
        self.failed = self.failed or any(column.failing for column in columns.values())
        return reference

    def _implementations(self, kind: GraphQLOutputType) -> list[GraphQLObjectType]:
        return list(self._bindings.schema.get_implementations(cast("GraphQLInterfaceType", kind)).objects)


def _expected(given: Mapping[str, Any]) -> int:
    """Return how many nodes Python's answer may hold: as many as are asked for, where that can be told."""
    return max(1, int(given.get("first") or len(given.get("ids") or ()) or 1))


def _cost(field: GraphQLField, given: Mapping[str, Any], times: int) -> int:
    """Return what a field costs that Python answers, without the nodes that it leads to."""
    cost = cost_of(field)
    return cost.once + cost.each * times + cost.facet * len(set(given.get("facets") or ()))
