"""GraphQL over a WebSocket (graphql-transport-ws): Strawberry speaks the protocol, our executor answers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import orjson
from strawberry.asgi import GraphQL
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from resolvers.execution import Asked

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from graphql import GraphQLError
    from starlette.types import Message, Receive, Scope, Send

    from resolvers.execution import Answer, Executor
    from resolvers.reader import Viewer

MOST_OPERATIONS: Final = 100
"""What one connection may have going on at once."""


class Streams:
    """Stands where the protocol's handler expects a schema."""

    def __init__(self, executor: Executor, viewer: Viewer, on_errors: Callable[[list[GraphQLError]], None]) -> None:
        self._executor = executor
        self._viewer = viewer
        self._on_errors = on_errors

    async def stream(
        self, query: str, *, variable_values: dict[str, Any] | None = None, operation_name: str | None = None, **_: Any
    ) -> AsyncIterator[ExecutionResult | PreExecutionError]:
        """Return the answers to one operation: one, or one for each event of a subscription."""
        return self._answers(Asked(query, variable_values, operation_name))

    async def _answers(self, asked: Asked) -> AsyncIterator[ExecutionResult | PreExecutionError]:
        answers = self._executor.subscribe(asked, self._viewer)
        try:
            async for answer in answers:
                if answer.errors:
                    self._on_errors(answer.errors)
                yield _result(answer)
        finally:
            await answers.aclose()


def _result(answer: Answer) -> ExecutionResult | PreExecutionError:
    if not answer.executed:
        return PreExecutionError(data=None, errors=answer.errors)
    return ExecutionResult(data=answer.data, errors=answer.errors or None, extensions=answer.extensions)


class GraphQLOverWebSocket(GraphQL[Any, Any]):
    """Answers WebSockets at `/graphql`. A client that takes nothing for `patience` seconds is dropped."""

    def __init__(self, streams: Streams, patience: float) -> None:
        super().__init__(
            streams,  # type: ignore[arg-type]  # of a schema the handler uses `stream` alone
            graphql_ide=None,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL],
        )
        self._patience = patience

    def encode_json(self, data: Mapping[str, object]) -> str:  # type: ignore[override]
        """Write a message; what PostgreSQL wrote is taken over as it is."""
        return orjson.dumps(data).decode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection."""

        async def patiently(message: Message) -> None:
            async with asyncio.timeout(self._patience):
                await send(message)

        await super().__call__(scope, receive, patiently)
