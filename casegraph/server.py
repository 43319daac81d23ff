"""The HTTP server: the one seam to uvicorn, with the limits that it leaves to a proxy.

uvicorn waits for a request's head, and for a client to take an answer, as long as it takes; one client with many
connections could hold them all. So each connection has deadlines, and a head has a largest size (RFC 9110, 15.5.9 and
RFC 6585, 5). What is no HTTP is answered in the one shape of errors.
"""

from __future__ import annotations

import asyncio
import contextlib
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from casegraph.refusals import RefusalError

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from typing import Any

    from starlette.types import ASGIApp

GRACE: Final = 5
"""Seconds that requests have to end in when the server is stopped."""
HEAD_SECONDS: Final = 10.0
"""Seconds that a request's head may take, and a new connection may say nothing."""
REST_SECONDS: Final = 5.0
"""Seconds for which the rest of a body is read and dropped once it was answered, since closing at once would take the
answer away from a client that still sends."""
TAKE_SECONDS: Final = 60.0
"""Seconds for which a client may take nothing of an answer that is too large for the line's buffers."""
LARGEST_HEAD: Final = 65_536
"""Bytes of a request's line and headers: a query in the address, a token of 16 KB, and room."""
LARGEST_MESSAGE: Final = 1_048_576
"""Bytes of a WebSocket's message, as of a body."""

_NO_HTTP: Final = RefusalError(400, "BAD_REQUEST", "This is no HTTP request that can be read.")
_TOO_SLOW: Final = RefusalError(408, "REQUEST_TIMEOUT", "The request's head came too slowly. Send it at once.")
_TOO_LARGE: Final = RefusalError(
    431, "LIMIT_HEAD", f"The address and headers have more than {LARGEST_HEAD} bytes. Send less in them.",
    limit=LARGEST_HEAD,
)  # fmt: skip


class BoundedProtocol(HttpToolsProtocol):
    """A connection with deadlines."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._deadline: asyncio.TimerHandle | None = None
        self._taking: asyncio.TimerHandle | None = None
        self._in_head = False
        self._in_body = False
        self._size = 0
        self._refusal = _NO_HTTP

    # Time ---------------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """End all waiting."""
        self._wait(None)
        self.resume_writing()
        super().connection_lost(exc)

    def _wait(self, seconds: float | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None if seconds is None else self.loop.call_later(seconds, self._over)

    def _over(self) -> None:
        self._deadline = None
        if self._in_head:
            self._refuse(_TOO_SLOW)
        else:
            self.transport.close()

    def pause_writing(self) -> None:
        """Begin to wait for the client to take what it asked for."""
        super().pause_writing()
        self._taking = self.loop.call_later(TAKE_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on writing."""
        if self._taking is not None:
            self._taking.cancel()
            self._taking = None
        super().resume_writing()

    # Requests -----------------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Read what has come."""
        goes_on = self._in_head
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._in_head and goes_on:
            self._size += len(data)
            if self._size > LARGEST_HEAD:
                self._refuse(_TOO_LARGE)
        elif self._idle and self._deadline is None:
            # Empty lines between requests begin none.
            self._wait(HEAD_SECONDS)

    @property
    def _idle(self) -> bool:
        answered: bool = self.cycle is None or self.cycle.response_complete
        return answered and not self._in_head and not self._in_body and not self.pipeline

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._in_head, self._size = True, 0
        self._wait(HEAD_SECONDS)

    def on_headers_complete(self) -> None:
        """Begin a request's body."""
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > LARGEST_HEAD:
            self._refusal = _TOO_LARGE
            raise ValueError("the head is too large")  # which the parser hands on, and `send_400_response` answers
        self._in_head, self._in_body = False, True
        self._wait(None)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """End a request; its answer may be under way."""
        self._in_body = False
        self._wait(None)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Be done with a request, whose body may not have ended."""
        super().on_response_complete()
        if self._in_body and not self.transport.is_closing():
            self._wait(REST_SECONDS)

    def _refuse(self, refusal: RefusalError) -> None:
        self._refusal = refusal
        self.send_400_response("")

    def send_400_response(self, msg: str) -> None:
        """Answer what is no request, in the one shape of errors, and close."""
        del msg
        self._wait(None)
        response = self._refusal.response()
        lines = [f"HTTP/1.1 {response.status_code} {HTTPStatus(response.status_code).phrase}".encode()]
        lines += [name + b": " + value for name, value in response.raw_headers]
        self.transport.write(b"\r\n".join([*lines, b"connection: close", b"", bytes(response.body)]))
        self.transport.close()


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


async def serve_app(app: ASGIApp, opened: socket.socket, ready: Callable[[], None]) -> None:
    """Serve on a socket until cancelled; call `ready` once requests are answered."""
    config = uvicorn.Config(
        app, http=BoundedProtocol, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=GRACE,
        server_header=False, date_header=True, proxy_headers=False, ws="websockets-sansio",
        ws_max_size=LARGEST_MESSAGE,
    )  # fmt: skip
    server = Server(config, ready)
    serving = asyncio.create_task(server.serve(sockets=[opened]))
    try:
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        await asyncio.gather(serving, return_exceptions=True)
