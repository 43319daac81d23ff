"""Which fields an operation asks of a type: fragments spread, directives obeyed, one response key gathered. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLSkipDirective,
    InlineFragmentNode,
    get_directive_values,
    is_abstract_type,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import TypeAlias

    from graphql import (
        FragmentDefinitionNode,
        GraphQLObjectType,
        GraphQLSchema,
        NamedTypeNode,
        SelectionNode,
        SelectionSetNode,
        VariableValues,
    )

    Fields: TypeAlias = dict[str, tuple[FieldNode, ...]]
    """The nodes of each response key, in the order in which the keys are answered."""


@dataclass(frozen=True, slots=True)
class Selector:
    """Selects by one operation's fragments and variables."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: VariableValues

    def of(self, kind: GraphQLObjectType, sets: Iterable[SelectionSetNode | None]) -> Fields:
        """Return what selection sets ask of an object of this type (GraphQL specification, CollectFields)."""
        found: dict[str, list[FieldNode]] = {}
        visited: set[str] = set()
        for one in sets:
            if one is not None:
                self._collect(kind, one.selections, found, visited)
        return {key: tuple(nodes) for key, nodes in found.items()}

    def within(self, kind: GraphQLObjectType, nodes: Iterable[FieldNode]) -> Fields:
        """Return what is asked of the object that these nodes answer with."""
        return self.of(kind, [node.selection_set for node in nodes])

    def _collect(
        self,
        kind: GraphQLObjectType,
        selections: Iterable[SelectionNode],
        found: dict[str, list[FieldNode]],
        visited: set[str],
    ) -> None:
        for node in selections:
            if not self._wanted(node):
                continue
            if isinstance(node, FieldNode):
                found.setdefault((node.alias or node.name).value, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                if self._applies(kind, node.type_condition):
                    self._collect(kind, node.selection_set.selections, found, visited)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in visited:
                visited.add(node.name.value)
                fragment = self.fragments[node.name.value]
                if self._applies(kind, fragment.type_condition):
                    self._collect(kind, fragment.selection_set.selections, found, visited)

    def _wanted(self, node: SelectionNode) -> bool:
        if not node.directives:
            return True
        skip = get_directive_values(GraphQLSkipDirective, node, self.variables)
        include = get_directive_values(GraphQLIncludeDirective, node, self.variables)
        return not (skip and skip["if"]) and not (include and not include["if"])

    def _applies(self, kind: GraphQLObjectType, condition: NamedTypeNode | None) -> bool:
        if condition is None or condition.name.value == kind.name:
            return True
        named = self.schema.type_map[condition.name.value]
        return is_abstract_type(named) and self.schema.is_sub_type(named, kind)
