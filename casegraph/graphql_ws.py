"""GraphQL over a WebSocket (graphql-transport-ws): who connects, what goes on, and when it ends.

Whoever connects is known by the handshake's header or cookie, else by the first message's payload
`{"authorization": "Bearer …"}`. The connection is closed (4403) as soon as that holds no longer.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import orjson
from starlette.requests import HTTPConnection

from casegraph.addresses import address_of
from casegraph.allowances import AllHeldError, Allowance
from casegraph.graphql_http import checked
from casegraph.refusals import RefusalError
from casegraph.signin.errors import SignInError
from casegraph.signin.gate import SHOWN, STATE, bearer
from casegraph.signin.service import REVOCABLE_FOR
from casegraph.signin.signed import By
from casegraph.transport_ws import SUBPROTOCOL, Close, HangUpError, Kind, read_message
from graph.database import is_away, though_away
from resolvers.failures import formatted, noted
from schema.errors import LimitError
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping, Sequence

    from graphql import GraphQLError
    from starlette.types import Receive, Scope, Send

    from casegraph.client_limits import ClientLimits
    from casegraph.signin.service import Shown, SignIn
    from casegraph.signin.signed import SignedIn
    from casegraph.transport_ws import Message
    from resolvers.asked import Answer
    from resolvers.execution import Executor

LONGEST_WAIT: Final = 3_600.0
"""Seconds between two looks at who it is, however long a token holds: clocks are set now and then."""
AGAIN: Final = 5
"""Seconds after which a connection that was one too many may be tried again."""


class GraphQLOverWebSocket:
    """Answers WebSockets at `/graphql`. `proxy` is the address whose `X-Forwarded-For` is believed."""

    def __init__(
        self,
        executor: Executor,
        signin: SignIn,
        on_errors: Callable[[list[GraphQLError]], None],
        limits: ClientLimits,
        proxy: str | None,
    ) -> None:
        self.executor = executor
        self.signin = signin
        self.on_errors = on_errors
        self.limits = limits
        self.of_viewer = Allowance(limits.sockets_per_viewer)
        self._of_address = Allowance(limits.sockets_per_address)
        self._proxy = proxy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection, or refuse its handshake where its address has too many already."""
        with ExitStack() as held:
            try:
                held.enter_context(self._of_address.one(address_of(HTTPConnection(scope), self._proxy)))
            except AllHeldError:
                await self._one_too_many().response()(scope, receive, send)
                return
            await Connection(self, scope, receive, send).answer()

    def _one_too_many(self) -> RefusalError:
        most = self._of_address.most
        message = Wording(
            "Your address has {most} WebSockets open, as many as one may. Close one, or try again later.", most=most
        )
        headers = {"retry-after": str(AGAIN)}
        return RefusalError(429, "LIMIT_SOCKETS", message, headers=headers, limit=most, asked=most + 1)


class GoneError(Exception):
    """The client has hung up."""


class Connection:
    """One WebSocket. Each operation is a task; when one end hangs up all of them end before it is closed."""

    def __init__(self, served: GraphQLOverWebSocket, scope: Scope, receive: Receive, send: Send) -> None:
        self._served = served
        self._subprotocols: list[str] = scope.get("subprotocols", [])
        self._receive = receive
        self._send = send
        state: Mapping[str, Any] = scope.get("state", {})
        self._shown: Shown | None = state.get(SHOWN)
        self._signed_in: SignedIn | None = state.get(STATE)
        self._acknowledged = False
        self._operations: dict[str, asyncio.Task[None]] = {}

    async def answer(self) -> None:
        """Speak the protocol until one end hangs up."""
        await self._receive()  # `websocket.connect`, which is all that can come first
        spoken = SUBPROTOCOL if SUBPROTOCOL in self._subprotocols else None
        hang_up: HangUpError | None = None
        try:
            await self._put({"type": "websocket.accept", "subprotocol": spoken, "headers": []})
            with ExitStack() as held:
                hang_up = await self._spoken(held)
            if hang_up is not None:
                await self._put({"type": "websocket.close", "code": hang_up.code.value, "reason": hang_up.reason})
        except GoneError:
            return

    async def _spoken(self, held: ExitStack) -> HangUpError | None:
        """Speak until one end hangs up; return why, where it is ours."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._listen(group, held))
        except ExceptionGroup as raised:
            return _why(raised.exceptions)
        return None

    # Messages -----------------------------------------------------------------------------------------------------

    async def _listen(self, group: asyncio.TaskGroup, held: ExitStack) -> None:
        """Handle what the client sends; raise GoneError or HangUpError at the end."""
        if SUBPROTOCOL not in self._subprotocols:
            raise HangUpError(
                Close.SUBPROTOCOL, Wording("Connect with the subprotocol {subprotocol}.", subprotocol=SUBPROTOCOL)
            )
        seconds = self._served.limits.hello_seconds
        try:
            async with asyncio.timeout(seconds):
                init = await self._awaited_init()
        except TimeoutError:
            raise HangUpError(
                Close.INIT_TIMEOUT, Wording("No `connection_init` came within {seconds:g} s.", seconds=seconds)
            ) from None
        await self._greet(init, held)
        group.create_task(self._watch())
        while True:
            await self._handle(await self._next(), group)

    async def _next(self) -> Message:
        event = await self._receive()
        if event["type"] == "websocket.disconnect":
            raise GoneError
        return read_message(event.get("text"))

    async def _awaited_init(self) -> Message:
        """Return the client's first message; what may come before it is handled."""
        while (message := await self._next()).kind is not Kind.INIT:
            if message.kind is Kind.SUBSCRIBE:
                raise HangUpError(
                    Close.UNAUTHORIZED, Wording("Send `connection_init` first, and wait for `connection_ack`.")
                )
            if message.kind is Kind.PING:
                await self._say(type="pong")
        return message

    async def _handle(self, message: Message, group: asyncio.TaskGroup) -> None:
        match message.kind:
            case Kind.INIT:
                raise HangUpError(Close.INIT_TWICE, Wording("`connection_init` is sent once."))
            case Kind.PING:
                await self._say(type="pong")
            case Kind.SUBSCRIBE:
                await self._begin(message, group)
            case Kind.COMPLETE:
                if (operation := self._operations.pop(message.id, None)) is not None:
                    operation.cancel()
            case Kind.PONG:
                pass

    async def _say(self, **message: object) -> None:
        await self._put({"type": "websocket.send", "text": orjson.dumps(message).decode()})

    async def _put(self, event: dict[str, Any]) -> None:
        try:
            await self._send(event)
        except OSError:  # as ASGI has it where the client is gone
            raise GoneError from None

    # Who it is ----------------------------------------------------------------------------------------------------

    async def _greet(self, init: Message, held: ExitStack) -> None:
        """Find out who it is by the first message, or by the handshake; raise HangUpError for nobody."""
        given = init.payload.get("authorization")
        try:
            if given is not None:
                self._shown = bearer(given if isinstance(given, str) else "")
                self._signed_in = await self._served.signin.who(self._shown)
        except SignInError:
            self._signed_in = None
        except Exception as error:
            if not is_away(error):
                raise
            raise HangUpError(Close.TRY_AGAIN_LATER, Wording("The database is away. Try again later.")) from None
        if self._signed_in is None:
            raise HangUpError(Close.FORBIDDEN, Wording("Nobody is known to ask. Sign in, then connect."))
        allowance = self._served.of_viewer
        try:
            held.enter_context(allowance.one(self._signed_in.viewer.name))
        except AllHeldError:
            reason = Wording(
                "You have {most} WebSockets open, as many as one may. Close one, or try again later.",
                most=allowance.most,
            )
            raise HangUpError(Close.TRY_AGAIN_LATER, reason) from None
        await self._say(type="connection_ack")

    async def _watch(self) -> None:
        """Hang up as soon as who asks is no longer let in; what can be revoked is looked up again meanwhile."""
        assert self._shown is not None  # noqa: S101  # whoever was greeted showed something
        assert self._signed_in is not None  # noqa: S101  # the same
        signin = self._served.signin
        while (left := self._signed_in.until - signin.now()) > 0:
            again = LONGEST_WAIT if self._signed_in.by is By.TOKEN else REVOCABLE_FOR
            await asyncio.sleep(min(left, again))
            try:
                # While the database is away nobody can tell, and nothing can be read either.
                with though_away():
                    self._signed_in = await signin.who(self._shown)
            except SignInError:
                break
        raise HangUpError(Close.FORBIDDEN, Wording("Your sign-in has ended. Sign in again, then connect."))

    # Operations ---------------------------------------------------------------------------------------------------

    async def _begin(self, message: Message, group: asyncio.TaskGroup) -> None:
        """Begin an operation, unless too many go on."""
        name, most = message.id, self._served.limits.operations_per_socket
        if name in self._operations:
            raise HangUpError(Close.ID_IN_USE, Wording("Subscriber for {name} already exists", name=name))
        if len(self._operations) >= most:
            told = Wording(
                "A connection has at most {most} operations at once. Complete one, or open another.", most=most
            )
            refused = LimitError("LIMIT_OPERATIONS", told, limit=most, asked=most + 1)
            await self._say(id=name, type="error", payload=[formatted(refused)])
            return
        self._operations[name] = group.create_task(self._operate(message))

    async def _operate(self, message: Message) -> None:
        """Answer one operation to its end."""
        last: dict[str, object] = {"type": "complete"}
        try:
            async with aclosing(self._answers(message)) as answers:
                async for answer in answers:
                    if answer.errors:
                        self._served.on_errors(answer.errors)
                    if not answer.executed:
                        last = {"type": "error", "payload": [formatted(error) for error in answer.errors]}
                        break
                    await self._say(id=message.id, type="next", payload=answer.told())
        except RefusalError as refusal:
            last = {"type": "error", "payload": [refusal.error]}
        if self._operations.get(message.id) is asyncio.current_task():
            # The id may be used again as soon as the client hears of the end.
            del self._operations[message.id]
            await self._say(id=message.id, **last)

    def _answers(self, message: Message) -> AsyncGenerator[Answer, None]:
        assert self._signed_in is not None  # noqa: S101  # no operation begins before the greeting
        # Plans are told over HTTP alone, which asks who may see them.
        asked = replace(checked(message.payload), explain=False)
        return self._served.executor.subscribe(asked, self._signed_in.viewer)


def _why(errors: Sequence[Exception]) -> HangUpError | None:
    """Return why the server hangs up, None where there is nobody left to tell."""
    if any(isinstance(error, GoneError) for error in errors):
        return None
    for error in errors:
        if isinstance(error, HangUpError):
            return error
    incident = noted(errors[0], "a WebSocket")
    return HangUpError(
        Close.INTERNAL,
        Wording("Something went wrong here. Tell the operator the number {incident}.", incident=incident),
    )
