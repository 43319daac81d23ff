"""Serves Strawberry with DataLoaders: `python -m bench.graphql.loaders_server DATABASE_URL PORT`.

Documents are parsed and validated once, as Strawberry's guide to performance has it; loop and HTTP parser are as ours.
"""

from __future__ import annotations

import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache

from bench.graphql.loaders import Loaders, Query
from graph.database import open_pool

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.websockets import WebSocket

    from graph.database import Pool


class App(GraphQL[Loaders, None]):
    """Strawberry's own application, which gives each request its loaders."""

    pool: Pool

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Loaders:  # noqa: ARG002
        return Loaders(self.pool)


def main() -> None:
    """Serve until stopped."""
    url, port = sys.argv[1:]
    schema = strawberry.Schema(query=Query, extensions=[ParserCache, ValidationCache])
    app = App(schema, graphql_ide=None)

    @asynccontextmanager
    async def open_database(_: Starlette) -> AsyncIterator[None]:
        app.pool = await open_pool(url)
        yield
        await app.pool.close()

    served = Starlette(routes=[Route("/graphql", app)], lifespan=open_database)
    uvicorn.run(
        served, host="127.0.0.1", port=int(port), loop="uvloop", http="httptools", access_log=False,
        log_level="warning",
    )  # fmt: skip


if __name__ == "__main__":
    main()
