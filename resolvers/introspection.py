"""Answers `__schema` and `__type`, which graphql-core does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import DocumentNode, OperationDefinitionNode, OperationType, SelectionSetNode, execute_sync

if TYPE_CHECKING:
    from graphql import GraphQLSchema

    from resolvers.plan import Introspected
    from resolvers.preparation import Prepared


def introspected(schema: GraphQLSchema, root: Introspected, prepared: Prepared) -> Any:
    """Answer `__schema` or `__type`, which graphql-core does."""
    operation = OperationDefinitionNode(
        operation=OperationType.QUERY, name=None, variable_definitions=prepared.operation.variable_definitions,
        directives=(), selection_set=SelectionSetNode(selections=root.nodes),
    )  # fmt: skip
    document = DocumentNode(definitions=(operation, *prepared.document.fragments.values()))
    values = {
        name: source.value for name, source in prepared.variables.sources.items() if name in prepared.variables.coerced
    }
    result = execute_sync(schema, document, variable_values=values)
    assert result.data is not None, result.errors
    return result.data[root.key]
