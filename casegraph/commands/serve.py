"""`serve`: answer GraphQL and partners on this machine, with a worker beside."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from typing import TYPE_CHECKING, Final

import uvicorn

from casegraph.app import build_app
from casegraph.services import for_child, open_services
from casegraph.terminal import say
from casegraph.workers import worker

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from casegraph.services import Services
    from casegraph.settings import Settings

GRACE: Final = 5
"""Seconds that requests have to end in when the server is stopped."""
BACKLOG: Final = 2048


class PortError(Exception):
    """The port cannot be listened on."""


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


def listen(settings: Settings) -> socket.socket:
    """Open the port; raise PortError where that is not possible."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)
    except OSError as error:
        trouble = {
            errno.EADDRINUSE: "is in use",
            errno.EACCES: "may only be opened by root",
        }.get(error.errno or 0, f"cannot be opened ({error.strerror})")
        raise PortError(
            f"Port {settings.port} of {settings.host} {trouble}. Choose another with CASEGRAPH_PORT."
        ) from None


def address(opened: socket.socket) -> str:
    """Return where a browser goes."""
    host, port = opened.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/graphql"


async def serve(services: Services, opened: socket.socket, ready: Callable[[], None]) -> None:
    """Serve on a socket until cancelled; call `ready` once requests are answered."""
    config = uvicorn.Config(
        build_app(services), log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=GRACE,
        server_header=False, ws="websockets-sansio",
    )  # fmt: skip
    server = Server(config, ready)
    serving = asyncio.create_task(server.serve(sockets=[opened]))
    try:
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        await asyncio.gather(serving, return_exceptions=True)


async def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Serve until stopped."""
    with listen(settings) as opened:
        async with open_services(settings) as services:
            beside = contextlib.nullcontext() if arguments.no_worker else worker(for_child(services))
            async with beside:
                await serve(services, opened, lambda: announce(opened))
    return 0


def announce(opened: socket.socket) -> None:
    """Tell that the server is ready, and for whom."""
    say(f"Ready at {address(opened)} for this machine alone: nobody else is answered until it is decided who may")
    say("see what. Ctrl-C stops it.")
