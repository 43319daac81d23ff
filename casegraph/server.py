"""The HTTP server: the one seam to uvicorn, with the limits that it leaves to a proxy.

uvicorn waits for a request's head, and for a client to take an answer, as long as it takes; one client with many
connections could hold them all. So each connection has deadlines, and a head has a largest size (RFC 9110, 15.5.9 and
RFC 6585, 5). What is no HTTP is answered in the one shape of errors. A request that becomes a WebSocket takes its
connection along to another protocol, and none of its deadlines.
"""

from __future__ import annotations

import asyncio
import contextlib
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from casegraph.refusals import RefusalError
from wording import Wording

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from typing import Any

    from starlette.types import ASGIApp

    from casegraph.client_limits import ClientLimits

GRACE: Final = 1
"""Seconds that requests have to end in when the server is stopped, which ends within two."""
LARGEST_HEAD: Final = 65_536
"""Bytes of a request's line and headers: a query in the address, a token of 16 KB, and room."""
LARGEST_MESSAGE: Final = 1_048_576
"""Bytes of a WebSocket's message, as of a body."""

_NO_HTTP: Final = RefusalError(400, "BAD_REQUEST", Wording("This is no HTTP request that can be read."))
_TOO_SLOW: Final = RefusalError(408, "REQUEST_TIMEOUT", Wording("The request's head came too slowly. Send it at once."))
_TOO_LARGE: Final = RefusalError(
    431, "LIMIT_HEAD",
    Wording("The address and headers have more than {largest} bytes. Send less in them.", largest=LARGEST_HEAD),
    limit=LARGEST_HEAD,
)  # fmt: skip


class Config(uvicorn.Config):
    """How uvicorn runs, with the limits that its protocols keep."""

    def __init__(self, app: ASGIApp, limits: ClientLimits) -> None:
        super().__init__(
            app, http=BoundedProtocol, ws=BoundedSocket, log_config=None, access_log=False, lifespan="off",
            timeout_graceful_shutdown=GRACE, timeout_keep_alive=limits.idle_seconds,  # type: ignore[arg-type]
            server_header=False, date_header=True, proxy_headers=False, ws_max_size=LARGEST_MESSAGE,
            ws_ping_interval=limits.ping_seconds, ws_ping_timeout=limits.pong_seconds,
        )  # fmt: skip
        self.limits = limits


class Deadline:
    """A call that is made unless it is called off in time."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None

    @property
    def runs(self) -> bool:
        """Tell whether the call is to be made."""
        return self._timer is not None

    def set(self, seconds: float, call: Callable[[], None]) -> None:
        """Make a call after so many seconds, and no other."""
        self.off()
        self._timer = self._loop.call_later(seconds, self._over, call)

    def off(self) -> None:
        """Make none."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _over(self, call: Callable[[], None]) -> None:
        self._timer = None
        call()


class BoundedProtocol(HttpToolsProtocol):
    """A connection with deadlines."""

    config: Config

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._limits = self.config.limits
        self._deadline = Deadline(self.loop)
        self._taking = Deadline(self.loop)
        self._in_head = False
        self._in_body = False
        self._upgraded = False
        self._size = 0
        self._refusal = _NO_HTTP

    # Time ---------------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._deadline.set(self._limits.head_seconds, self._over)

    def connection_lost(self, exc: Exception | None) -> None:
        """End all waiting."""
        self._deadline.off()
        self.resume_writing()
        super().connection_lost(exc)

    def _over(self) -> None:
        if self._in_head:
            self._refuse(_TOO_SLOW)
        else:
            self.transport.close()

    def pause_writing(self) -> None:
        """Begin to wait for the client to take what it asked for."""
        super().pause_writing()
        self._taking.set(self._limits.take_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on writing."""
        self._taking.off()
        super().resume_writing()

    # Requests -----------------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Read what has come."""
        goes_on = self._in_head
        super().data_received(data)
        if self._upgraded or self.transport.is_closing():
            return
        if self._in_head and goes_on:
            self._size += len(data)
            if self._size > LARGEST_HEAD:
                self._refuse(_TOO_LARGE)
        elif self._idle and not self._deadline.runs:
            # Empty lines between requests begin none.
            self._deadline.set(self._limits.head_seconds, self._over)

    @property
    def _idle(self) -> bool:
        answered: bool = self.cycle is None or self.cycle.response_complete
        return answered and not self._in_head and not self._in_body and not self.pipeline

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._in_head, self._size = True, 0
        self._deadline.set(self._limits.head_seconds, self._over)

    def on_headers_complete(self) -> None:
        """Begin a request's body."""
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > LARGEST_HEAD:
            self._refusal = _TOO_LARGE
            raise ValueError("the head is too large")  # which the parser hands on, and `send_400_response` answers
        self._in_head, self._in_body = False, True
        self._deadline.off()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """End a request; its answer may be under way."""
        self._in_body = False
        self._deadline.off()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Be done with a request, whose body may not have ended."""
        super().on_response_complete()
        if self._in_body and not self.transport.is_closing():
            self._deadline.set(self._limits.rest_seconds, self._over)

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection on to the WebSocket's protocol, and with it all waiting.

        Not before what was asked for earlier is answered: the answer would come in the middle of the WebSocket.
        """
        if self.cycle is not None and not self.cycle.response_complete:
            self._refuse(_NO_HTTP)
            return
        self._upgraded = True
        self._deadline.off()
        self.resume_writing()
        super().handle_websocket_upgrade()

    def _refuse(self, refusal: RefusalError) -> None:
        self._refusal = refusal
        self.send_400_response("")

    def send_400_response(self, msg: str) -> None:
        """Answer what is no request, in the one shape of errors, and close."""
        del msg
        self._deadline.off()
        response = self._refusal.response()
        lines = [f"HTTP/1.1 {response.status_code} {HTTPStatus(response.status_code).phrase}".encode()]
        lines += [name + b": " + value for name, value in response.raw_headers]
        self.transport.write(b"\r\n".join([*lines, b"connection: close", b"", bytes(response.body)]))
        self.transport.close()


class BoundedSocket(WebSocketsSansIOProtocol):
    """A WebSocket whose client has as long to take what it is sent as any other."""

    config: Config

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._taking = Deadline(self.loop)

    def pause_writing(self) -> None:
        """Begin to wait for the client to take what it is sent."""
        super().pause_writing()
        self._taking.set(self.config.limits.take_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on writing."""
        self._taking.off()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """End all waiting."""
        self._taking.off()
        super().connection_lost(exc)

    def send_receive_event_to_app(self) -> None:
        """Hand a message on; what is no UTF-8 ends the connection (RFC 6455, 8.1), and is no line in the log."""
        if self.curr_msg_data_type == "text":
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self.conn.send_close(1007)
                self.handle_parser_exception()
                return
        super().send_receive_event_to_app()

    async def send(self, message: Any) -> None:
        """Send a message. A handshake that is refused by an HTTP answer is complete, and no fault of ours."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body", False):
            self.handshake_complete = True


class Server(uvicorn.Server):
    """A server that tells when it answers, and leaves signals to `casegraph.running`."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, and tell so."""
        await super().startup(sockets)
        if self.started:
            self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


async def serve_app(app: ASGIApp, opened: socket.socket, ready: Callable[[], None], limits: ClientLimits) -> None:
    """Serve on a socket until cancelled; call `ready` once requests are answered."""
    server = Server(Config(app, limits), ready)
    serving = asyncio.create_task(server.serve(sockets=[opened]))
    try:
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        await asyncio.gather(serving, return_exceptions=True)
