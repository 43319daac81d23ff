"""GraphQL over a WebSocket (graphql-transport-ws): Strawberry speaks the protocol, our executor answers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, cast

import orjson
from strawberry.asgi import GraphQL
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from casegraph.graphql_http import document_id_of
from resolvers.execution import Asked
from schema.errors import LimitError, RequestError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from graphql import GraphQLError
    from starlette.types import Message, Receive, Scope, Send
    from strawberry.subscriptions.protocols.graphql_transport_ws.types import SubscribeMessage

    from graph.policy import Viewer
    from resolvers.execution import Answer, Executor

MOST_OPERATIONS: Final = 100
"""What one connection may have going on at once."""


class Streams:
    """Stands where the protocol's handler expects a schema."""

    def __init__(self, executor: Executor, viewer: Viewer, on_errors: Callable[[list[GraphQLError]], None]) -> None:
        self._executor = executor
        self._viewer = viewer
        self._on_errors = on_errors

    def text(self, payload: Mapping[str, Any]) -> str:
        """Return the document that a message asks for; raise RequestError where it is none, or none that is trusted."""
        return self._executor.trusted.text(payload.get("query"), document_id_of(payload))

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


class Handler(BaseGraphQLTransportWSHandler[Any, Any]):
    """Speaks the protocol with one client."""

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Begin an operation, unless too many go on or its document is none that is answered."""
        if not self.connection_acknowledged:
            await super().handle_subscribe(message)  # which hangs up
            return
        try:
            if len(self.operations) >= MOST_OPERATIONS:
                told = f"A connection has at most {MOST_OPERATIONS} operations at once. Complete one, or open another."
                raise LimitError("LIMIT_OPERATIONS", told, limit=MOST_OPERATIONS, asked=len(self.operations) + 1)
            message["payload"]["query"] = cast("Streams", self.schema).text(message["payload"])
        except RequestError as error:
            await self.send_message({"id": message["id"], "type": "error", "payload": [error.formatted]})
            return
        await super().handle_subscribe(message)


class GraphQLOverWebSocket(GraphQL[Any, Any]):
    """Answers WebSockets at `/graphql`. A client that takes nothing for `patience` seconds is dropped."""

    graphql_transport_ws_handler_class = Handler

    def __init__(self, streams: Streams, patience: float) -> None:
        super().__init__(
            streams,  # type: ignore[arg-type]  # of a schema the handler uses `stream` alone
            graphql_ide=None,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL],
            max_subscriptions_per_connection=None,
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
