"""What surrounds one operation: its context, its limits, and the shape of its errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from graphql import ExecutionResult as CoreResult
from graphql import OperationDefinitionNode
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionResult

from resolvers.failures import Stage, shaped
from resolvers.limits import DocumentLimits, exceeded, too_many_tokens
from resolvers.roots import GraphReads, Sources
from resolvers.writes import Doors, GraphWrites
from schema.errors import RequestError
from schema.ports import Context

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from graphql import DocumentNode, GraphQLError

TOO_MANY_TOKENS = "Document contains more than"


class Operation(SchemaExtension):
    """Made anew for each operation, over HTTP and WebSocket alike."""

    def __init__(self, sources: Sources, doors: Doors, limits: DocumentLimits) -> None:
        super().__init__()
        self._sources = sources
        self._doors = doors
        self._limits = limits
        self._stage = Stage.PARSE

    async def on_operation(self) -> AsyncIterator[None]:
        """Give the operation its context and its snapshot, and shape its errors at the end."""
        snapshot = self._sources.snapshots.new()
        reads = GraphReads(snapshot, self._sources)
        self.execution_context.context = Context(reads=reads, writes=GraphWrites(reads, self._doors))
        # Strawberry's type for these options does not list all that the parser takes.
        options = cast("dict[str, int]", self.execution_context.parse_options)
        options["max_lexical_tokens"] = self._limits.tokens
        try:
            yield
        finally:
            await snapshot.close()
        result = self.execution_context.result
        if isinstance(result, ExecutionResult | CoreResult) and result.errors:
            result.errors = [self._shaped(error) for error in result.errors]

    def on_validate(self) -> Iterator[None]:
        """Refuse what asks too much before it is validated, since validating costs as well."""
        self._stage = Stage.VALIDATE
        document = self.execution_context.graphql_document
        errors = list(self._refusals(document)) if document else []
        if errors:
            self.execution_context.pre_execution_errors = list(errors)
        yield

    def _refusals(self, document: DocumentNode) -> Iterator[RequestError]:
        yield from exceeded(document, self._limits)
        operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
        # Strawberry would run the first one; its public property names that one as if it had been asked for.
        if len(operations) > 1 and self.execution_context._provided_operation_name is None:  # noqa: SLF001
            message = "The document has several operations. Name one of them in `operationName`."
            yield RequestError(Stage.EXECUTE.value, message)

    def on_execute(self) -> Iterator[None]:
        """Remember that the document was right."""
        self._stage = Stage.EXECUTE
        yield

    def _shaped(self, error: GraphQLError) -> GraphQLError:
        if self._stage is Stage.PARSE and TOO_MANY_TOKENS in error.message:
            return too_many_tokens(self._limits)
        return shaped(error, self._stage)
