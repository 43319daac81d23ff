"""Whether fields of one response name can be merged (GraphQL specification, 5.3.2), in steps linear in the document.

graphql-core compares each field with each other and gives up where they are many, so that one field written a thousand
times is refused. Here the fields of a name are grouped: by what their answers look like, and by the type that they are
asked of; each group is compared with its first. The idea is Simon Adameit's, whom Sangria and graphql-java follow.

Asked of documents that are otherwise valid: each field and fragment is known, and none spreads itself.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLObjectType,
    OperationDefinitionNode,
    get_named_type,
    is_composite_type,
    print_ast,
)
from graphql.utilities.sort_value_node import sort_value_node

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator

    from graphql import (
        DocumentNode,
        GraphQLField,
        GraphQLNamedType,
        GraphQLSchema,
        InlineFragmentNode,
        SelectionSetNode,
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """A field as it is written, with the type that it is asked of."""

    of: GraphQLNamedType
    node: FieldNode
    definition: GraphQLField

    @property
    def shape(self) -> str:
        """What its answers look like: any two objects can be merged, a list and none cannot."""
        named = get_named_type(self.definition.type)
        text = str(self.definition.type)
        return text.replace(named.name, "{}") if is_composite_type(named) else text


def overlaps(schema: GraphQLSchema, document: DocumentNode) -> list[GraphQLError]:
    """Return an error for each two fields that cannot be merged."""
    looking = _Looking(schema, document)
    for one in document.definitions:
        if isinstance(one, OperationDefinitionNode):
            root = schema.get_root_type(one.operation)
            assert root is not None
            looking.into([(root, one.selection_set)], apart=False)
    return list(looking.found.values())


class _Looking:
    """One document being looked through."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._fragments = {
            one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)
        }
        self._calls: dict[int, Hashable] = {}
        self.found: dict[tuple[int, int], GraphQLError] = {}
        """By the two fields: a fragment that is spread often is told of once."""

    def into(self, sets: Iterable[tuple[GraphQLNamedType, SelectionSetNode]], *, apart: bool) -> None:
        """Look at selection sets that are answered as one; `apart` where no object can be of two of their types.

        Then fields of one name may be different, but what they answer must look alike; of `__typename` graphql-core
        does not ask that, nor do we.
        """
        for asked in self._collected(sets).values():
            told = [one for one in asked if not one.node.name.value.startswith("__")]
            self._differ(told, lambda one: one.shape, "they return conflicting types '{}' and '{}'", _type_of)
            groups = [asked] if apart else list(_together(asked))
            for group in [] if apart else groups:
                self._differ(group, lambda one: one.node.name.value, "'{}' and '{}' are different fields", _name_of)
                self._differ(group, self._call, "they have differing arguments", _name_of)
                self.into(_within(group), apart=False)
            if apart or len(groups) > 1:
                self.into(_within(asked), apart=True)

    def _differ(
        self, asked: list[_Asked], key: Callable[[_Asked], Hashable], told: str, name: Callable[[_Asked], str]
    ) -> None:
        first = next(iter(asked), None)
        other = next((one for one in asked if first is not None and key(one) != key(first)), None)
        if first is not None and other is not None:
            reason = told.format(name(first), name(other))
            self.found[id(first.node), id(other.node)] = GraphQLError(
                f"Fields '{_response(first.node)}' conflict because {reason}."
                " Use different aliases on the fields to fetch both if this was intentional.",
                [first.node, other.node],
            )

    def _call(self, asked: _Asked) -> Hashable:
        """Return a field's name with its arguments, in whatever order they stand."""
        node = asked.node
        if id(node) not in self._calls:
            given = {one.name.value: print_ast(sort_value_node(one.value)) for one in node.arguments or ()}
            self._calls[id(node)] = (node.name.value, frozenset(given.items()))
        return self._calls[id(node)]

    def _collected(self, sets: Iterable[tuple[GraphQLNamedType, SelectionSetNode]]) -> dict[str, list[_Asked]]:
        """Return the fields of selection sets by the names that they are answered by, fragments spread out."""
        found: dict[str, list[_Asked]] = defaultdict(list)
        spread: set[str] = set()
        waiting = list(sets)
        while waiting:
            of, selected = waiting.pop()
            for node in selected.selections:
                if isinstance(node, FieldNode):
                    definition = self._schema.get_field(cast("GraphQLObjectType", of), node.name.value)
                    assert definition is not None
                    found[_response(node)].append(_Asked(of, node, definition))
                elif not isinstance(node, FragmentSpreadNode):
                    waiting.append(self._inside(of, cast("InlineFragmentNode", node)))
                elif node.name.value not in spread:
                    spread.add(node.name.value)
                    waiting.append(self._inside(of, self._fragments[node.name.value]))
        return found

    def _inside(
        self, of: GraphQLNamedType, fragment: InlineFragmentNode | FragmentDefinitionNode
    ) -> tuple[GraphQLNamedType, SelectionSetNode]:
        condition = fragment.type_condition
        return (of if condition is None else self._schema.type_map[condition.name.value]), fragment.selection_set


def _together(asked: list[_Asked]) -> Iterator[list[_Asked]]:
    """Yield the fields that one object may have to answer: of each type of objects, and of any with each."""
    objects: dict[str, list[_Asked]] = defaultdict(list)
    of_any: list[_Asked] = []
    for one in asked:
        (objects[one.of.name] if isinstance(one.of, GraphQLObjectType) else of_any).append(one)
    if not objects:
        yield of_any
    for group in objects.values():
        yield [*group, *of_any]


def _within(asked: Iterable[_Asked]) -> list[tuple[GraphQLNamedType, SelectionSetNode]]:
    return [
        (get_named_type(one.definition.type), one.node.selection_set)
        for one in asked
        if one.node.selection_set is not None
    ]


def _response(node: FieldNode) -> str:
    return (node.alias or node.name).value


def _name_of(asked: _Asked) -> str:
    return asked.node.name.value


def _type_of(asked: _Asked) -> str:
    return str(asked.definition.type)
