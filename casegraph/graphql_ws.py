"""GraphQL over a WebSocket (graphql-transport-ws): Strawberry speaks the protocol, our executor answers.

Whoever connects is known by the handshake's header or cookie, else by the first message's payload
`{"authorization": "Bearer …"}`. The connection is closed (4403) as soon as that holds no longer.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, cast

import orjson
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from casegraph.graphql_http import checked, document_id_of
from casegraph.refusals import RefusalError
from casegraph.signin.errors import SignInError
from casegraph.signin.gate import SHOWN, STATE, bearer
from casegraph.signin.service import REVOCABLE_FOR
from casegraph.signin.signed import By
from graph.database import is_away, though_away
from resolvers.execution import Asked
from schema.errors import LimitError, RequestError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from graphql import GraphQLError, GraphQLFormattedError
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Message, Receive, Scope, Send
    from starlette.websockets import WebSocket
    from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
        ConnectionInitMessage,
        SubscribeMessage,
    )
    from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
        Message as ProtocolMessage,
    )

    from casegraph.signin.service import Shown, SignIn
    from casegraph.signin.signed import SignedIn
    from resolvers.execution import Answer, Executor

MOST_OPERATIONS: Final = 100
"""What one connection may have going on at once."""
HELLO: Final = timedelta(seconds=10)
"""How long whoever connects may take to say who it is."""
LONGEST_WAIT: Final = 3_600.0
"""Seconds between two looks at who it is, however long a token holds: clocks are set now and then."""
FORBIDDEN: Final = 4403
"""Closed by us: sign in again, then connect (graphql-ws tries again after this, and not after 4401)."""

LONGEST_ID: Final = 64
"""Characters of an operation's id: it comes back in the reason of a close, which has 123 bytes (RFC 6455, 5.5)."""
TYPES: Final = frozenset({"connection_init", "ping", "pong", "subscribe", "complete"})
"""What a client may send."""


def is_message(message: object) -> bool:
    """Tell whether what a client sent is a message of the protocol, which the handler trusts it to be. Pure."""
    if not isinstance(message, dict) or not isinstance(kind := message.get("type"), str) or kind not in TYPES:
        return False
    if kind == "subscribe" and not isinstance(message.get("payload"), dict):
        return False
    return kind not in {"subscribe", "complete"} or _is_id(message.get("id"))


def _is_id(given: object) -> bool:
    return isinstance(given, str) and given.isascii() and len(given) <= LONGEST_ID


class Streams:
    """Stands where the protocol's handler expects a schema. One for each connection, since it knows who asks."""

    def __init__(self, executor: Executor, signin: SignIn, on_errors: Callable[[list[GraphQLError]], None]) -> None:
        self._executor = executor
        self._signin = signin
        self._on_errors = on_errors
        self._shown: Shown | None = None
        self._signed_in: SignedIn | None = None

    def known(self, state: Mapping[str, Any]) -> None:
        """Take over who the handshake said it is, if it said so."""
        self._shown, self._signed_in = state.get(SHOWN), state.get(STATE)

    async def greet(self, payload: object) -> None:
        """Take who the first message says it is; raise ConnectionRejectionError where nobody is known to ask."""
        given = payload.get("authorization") if isinstance(payload, dict) else None
        try:
            if given is not None:
                self._shown = bearer(given if isinstance(given, str) else "")
                self._signed_in = await self._signin.who(self._shown)
        except Exception as error:
            if not isinstance(error, SignInError) and not is_away(error):
                raise
            raise ConnectionRejectionError from None
        if self._signed_in is None:
            raise ConnectionRejectionError

    async def until_over(self) -> None:
        """Wait until who asks is no longer let in; what can be revoked is looked up again meanwhile."""
        assert self._shown is not None  # noqa: S101  # whoever was greeted showed something
        assert self._signed_in is not None  # noqa: S101  # the same
        while True:
            left = self._signed_in.until - self._signin.now()
            if left <= 0:
                return
            again = LONGEST_WAIT if self._signed_in.by is By.TOKEN else REVOCABLE_FOR
            await asyncio.sleep(min(left, again))
            try:
                # While the database is away nobody can tell, and nothing can be read either.
                with though_away():
                    self._signed_in = await self._signin.who(self._shown)
            except SignInError:
                return

    def text(self, payload: Mapping[str, Any]) -> str:
        """Return the document that a message asks for; raise RequestError where it is none, or none that is trusted."""
        return self._executor.trusted.text(payload.get("query"), document_id_of(payload))

    async def stream(
        self, query: str, *, variable_values: dict[str, Any] | None = None, operation_name: str | None = None, **_: Any
    ) -> AsyncIterator[ExecutionResult | PreExecutionError]:
        """Return the answers to one operation: one, or one for each event of a subscription."""
        return self._answers(Asked(query, variable_values, operation_name))

    async def _answers(self, asked: Asked) -> AsyncIterator[ExecutionResult | PreExecutionError]:
        assert self._signed_in is not None  # noqa: S101  # the handler takes no operation before the greeting
        answers = self._executor.subscribe(asked, self._signed_in.viewer)
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
    return ExecutionResult(data=answer.data, errors=answer.errors or None, extensions=answer.extensions or None)


class Handler(BaseGraphQLTransportWSHandler[Any, Any]):
    """Speaks the protocol with one client."""

    _watching: asyncio.Task[None] | None = None

    @property
    def _streams(self) -> Streams:
        return cast("Streams", self.schema)

    async def handle_message(self, message: ProtocolMessage) -> None:
        """Handle a message, and hang up on whoever sends what is none."""
        if is_message(message):
            await super().handle_message(message)
        else:
            await self.handle_invalid_message("This is no message of graphql-transport-ws.")

    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        """Answer the first message, and watch from then on that whoever sent it is still let in."""
        await super().handle_connection_init(message)
        if self.connection_acknowledged and self._watching is None:
            self._watching = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        await self._streams.until_over()
        for operation in list(self.operations):
            await self.cleanup_operation(operation)
        self.connection_acknowledged = False
        await self.websocket.close(FORBIDDEN, "Your sign-in has ended. Sign in again, then connect.")

    async def shutdown(self) -> None:
        """End what goes on."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        await super().shutdown()

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Begin an operation, unless too many go on or its document is none that is answered."""
        if not self.connection_acknowledged:
            await super().handle_subscribe(message)  # which hangs up
            return
        try:
            if len(self.operations) >= MOST_OPERATIONS:
                told = f"A connection has at most {MOST_OPERATIONS} operations at once. Complete one, or open another."
                raise LimitError("LIMIT_OPERATIONS", told, limit=MOST_OPERATIONS, asked=len(self.operations) + 1)
            checked(message["payload"])
            message["payload"]["query"] = self._streams.text(message["payload"])
        except RequestError as error:
            await self.send_message({"id": message["id"], "type": "error", "payload": [error.formatted]})
            return
        except RefusalError as refusal:
            shown = cast("GraphQLFormattedError", refusal.error)
            await self.send_message({"id": message["id"], "type": "error", "payload": [shown]})
            return
        await super().handle_subscribe(message)


class _View(GraphQL[Any, Any]):
    """What Strawberry answers one connection by."""

    graphql_transport_ws_handler_class = Handler

    def __init__(self, streams: Streams) -> None:
        super().__init__(
            streams,  # type: ignore[arg-type]  # of a schema the handler uses `stream` alone
            graphql_ide=None,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL],
            connection_init_wait_timeout=HELLO,
            max_subscriptions_per_connection=None,
            allowed_origins=("*",),  # `casegraph.hosts` and the gate have looked at it
        )
        self._streams = streams

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Any:
        """Return what the handler keeps the first message's payload in."""
        return {"request": request, "response": response}

    async def on_ws_connect(self, context: Any) -> Any:
        """Find out who it is by the first message."""
        await self._streams.greet(context["connection_params"])
        return await super().on_ws_connect(context)

    def decode_json(self, data: str | bytes) -> object:
        """Read a message as bodies are read: strictly, and no deeper than that is safe."""
        return orjson.loads(data)

    def encode_json(self, data: Mapping[str, object]) -> str:  # type: ignore[override]
        """Write a message; what PostgreSQL wrote is taken over as it is."""
        return orjson.dumps(data).decode()


class GraphQLOverWebSocket:
    """Answers WebSockets at `/graphql`. A client that takes nothing for `patience` seconds is dropped."""

    def __init__(
        self, executor: Executor, signin: SignIn, on_errors: Callable[[list[GraphQLError]], None], patience: float
    ) -> None:
        self._executor = executor
        self._signin = signin
        self._on_errors = on_errors
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection."""

        async def patiently(message: Message) -> None:
            async with asyncio.timeout(self._patience):
                await send(message)

        streams = Streams(self._executor, self._signin, self._on_errors)
        streams.known(scope.get("state", {}))
        await _View(streams)(scope, receive, patiently)
