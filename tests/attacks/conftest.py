"""The application asked without a network, and the same behind the real server on a socket."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from casegraph.app import build_app
from casegraph.client_limits import ClientLimits
from casegraph.server import serve_app
from tests.api.conftest import Api, api  # noqa: F401  # a fixture of another folder's
from tests.attacks.line import Line
from tests.signin.conftest import nobody  # noqa: F401  # the same

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp


@asynccontextmanager
async def served(given: Api, **limits: Any) -> AsyncIterator[Line]:
    """Serve the application on a port while inside, with other limits of clients than are usual."""
    services = replace(given.services, client_limits=replace(given.services.client_limits, **limits))
    async with serving(build_app(services), services.client_limits) as line:
        yield line


@asynccontextmanager
async def serving(app: ASGIApp, limits: ClientLimits | None = None) -> AsyncIterator[Line]:
    """Serve any application on a port while inside."""
    ready = asyncio.Event()
    with socket.create_server(("127.0.0.1", 0)) as opened:
        task = asyncio.create_task(serve_app(app, opened, ready.set, limits or ClientLimits()))
        await ready.wait()
        yield Line(opened.getsockname()[1])
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def line(api: Api) -> AsyncIterator[Line]:  # noqa: F811
    """Give a way to the real server, by bytes."""
    async with served(api) as opened:
        yield opened
