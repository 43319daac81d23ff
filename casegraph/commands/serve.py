"""`serve`: answer GraphQL and partners on this machine, with a worker beside."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import sys
from datetime import datetime
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from casegraph import serving
from casegraph.app import build_app
from casegraph.children import SPAWN, kept
from casegraph.ending import ENDING, OF_A_CHILD
from casegraph.guarding import guarded
from casegraph.listening import address, listen
from casegraph.running import run as run_until_signalled
from casegraph.server import serve_app
from casegraph.services import for_child, open_services, ways_of
from casegraph.settings import Settings, configure_logging
from casegraph.terminal import complain, say
from casegraph.workers import worker
from connectors.letters import recognising
from resolvers.limits import DocumentLimits
from resolvers.trusted import load
from wording import Wording
from wording.languages import language_of_process, speak

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from starlette.types import ASGIApp

    from casegraph.services import Services

logger = logging.getLogger("casegraph.serve")


def app_of(services: Services) -> ASGIApp:
    """Return the application as the settings have it; raise DocumentsError where trusted documents cannot be read."""
    settings = services.settings
    trusted = None if settings.documents is None else load(settings.documents)
    limits = DocumentLimits(
        page_size=settings.page_size, depth=settings.depth,
        aliases=settings.aliases, tokens=settings.tokens, cost=settings.cost, explain=settings.explain,
        introspection=trusted is None if settings.introspection is None else settings.introspection,
    )  # fmt: skip
    return build_app(services, limits, trusted)


async def serve(services: Services, opened: socket.socket, ready: Callable[[], None]) -> None:
    """Serve on a socket until cancelled; call `ready` once requests are answered."""
    app = app_of(services)
    with recognising.ended():
        async with services.watch.kept():
            await serve_app(app, opened, ready, services.client_limits)


@contextlib.contextmanager
def told(settings: Settings, opened: socket.socket) -> Iterator[None]:
    """Let others know while inside who serves from this folder, and the person who starts us who does so already."""
    for one in serving.servers(settings.data):
        complain(
            Wording(
                "This data folder is served already, by {words}. Both answer from here on; if you did not "
                "mean that, end one of them: `kill {process}`.",
                words=one.words(),
                process=one.process,
            )
        )
    with serving.told(settings.data, address(opened), datetime.now(settings.timezone)):
        yield


async def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Serve until stopped."""
    with listen(settings) as opened, told(settings, opened):
        async with open_services(settings) as services:
            beside = contextlib.nullcontext() if arguments.no_worker else worker(for_child(services))
            async with beside:
                if arguments.workers == 1:
                    await serve(services, opened, lambda: announce(opened, settings))
                else:
                    await _serve_by_many(for_child(services), opened, arguments.workers)
    return 0


async def _serve_by_many(settings: Settings, opened: socket.socket, count: int) -> None:
    """Have several processes answer on one socket until cancelled; one that dies is started again."""
    ours, theirs = SPAWN.Pipe(duplex=False)
    ready = 0

    def hear() -> None:
        nonlocal ready
        ours.recv()
        ready += 1
        if ready == count:
            announce(opened, settings)

    loop = asyncio.get_running_loop()
    loop.add_reader(ours.fileno(), hear)
    try:
        async with contextlib.AsyncExitStack() as stack:
            for number in range(1, count + 1):
                name = f"casegraph-serve-{number}"
                await stack.enter_async_context(kept(name, _answer, settings, opened, theirs))
            await loop.create_future()  # until we are cancelled
    finally:
        loop.remove_reader(ours.fileno())
        ours.close()
        theirs.close()


def _answer(settings: Settings, opened: socket.socket, told: Connection) -> None:
    """Run in a process of its own: answer, and tell who started it once that is so."""
    ENDING.listen(OF_A_CHILD, tells=False)
    configure_logging(settings)

    async def answer() -> int:
        async with open_services(settings) as services:
            await serve(services, opened, lambda: told.send(None))
        return 0

    speak(language_of_process(os.environ))
    sys.exit(guarded(lambda: run_until_signalled(answer()), settings.data, logger.error))


def announce(opened: socket.socket, settings: Settings) -> None:
    """Tell that the server is ready, and for whom."""
    say(Wording("Ready at {address} {whom} Ctrl-C stops it.", address=address(opened), whom=whom(settings)))


def whom(settings: Settings) -> str:
    """Tell who is answered, and by what. Pure."""
    names = settings.public_url or "this machine's own names alone"
    if settings.oidc_issuer is not None:
        return f"and by {names}, for whoever the provider signs in."
    if ways_of(settings).development is None:
        return f"and by {names}, by API keys alone: nobody can sign in without CASEGRAPH_OIDC_ISSUER."
    return "for this machine alone. `python -m casegraph token` makes a token to ask by."
