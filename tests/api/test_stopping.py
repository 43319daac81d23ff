"""What takes too long, or is waited for by nobody, is stopped in PostgreSQL as well."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from casegraph.app import build_app
from graph.database import open_reading_pool
from resolvers.reader import Reader
from tests.api.conftest import Api, client_of
from tests.graph.factory import draft
from tests.viewers import raw_headers_of, told_apart

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, MutableMapping

    from graph.database import Connection

LONG = 20
QUERY = "{ cases { nodes { id } } }"
READING = """select count(*) from pg_stat_activity where usename is not null and state = 'active'
    and query like '%casegraph.viewer%' and pid <> pg_backend_pid()"""


@pytest.fixture
async def held(api: Api, connection: Connection) -> AsyncIterator[Connection]:
    """Hold the cases, so that whoever reads them waits; give a connection that looks on."""
    await api.take_in(draft("1"))
    holder = await api.services.pool.acquire()
    transaction = holder.transaction()
    await transaction.start()
    await holder.execute('lock table "case" in access exclusive mode')
    yield connection
    await transaction.rollback()
    await api.services.pool.release(holder)


async def reading(connection: Connection, count: int) -> None:
    """Wait until so many statements of the API run."""
    async with asyncio.timeout(LONG):
        while await connection.fetchval(READING) != count:  # noqa: ASYNC110 - no event crosses processes
            await asyncio.sleep(0)


async def test_a_statement_that_takes_too_long_is_stopped(api: Api, held: Connection, database_url: str) -> None:
    """PostgreSQL stops it, the answer says after how long, and the connection serves on."""
    pool = await open_reading_pool(database_url, largest=1, patience=200)
    services = api.services.__class__(**{**vars(api.services), "reader": Reader(pool, 200)})
    async with client_of(services) as http:
        slow = Api(services, http)
        answer = await slow.post(QUERY)
        [error] = answer["errors"]
        assert (error["path"], told_apart(error)) == (["cases"], {"code": "LIMIT_TIME", "limit": 200, "asked": 200})
        await reading(held, 0)
        assert await slow.ask("{ organs { totalCount } }") == {"organs": {"totalCount": 0}}
    pool.terminate()


async def test_a_client_that_goes_away_stops_its_statement(api: Api, held: Connection) -> None:
    """Nothing is sent, nothing goes on, and the next one is answered."""
    app = build_app(api.services)
    body = f'{{"query": "{QUERY}"}}'.encode()
    coming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    await coming.put({"type": "http.request", "body": body, "more_body": False})
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/json"), *raw_headers_of()]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": headers}
    asking: asyncio.Task[None] = asyncio.create_task(app(scope, coming.get, send))  # type: ignore[arg-type]
    await reading(held, 1)
    await coming.put({"type": "http.disconnect"})
    await asyncio.wait_for(asking, LONG)
    await reading(held, 0)
    assert sent == []
    assert await api.ask("{ organs { totalCount } }") == {"organs": {"totalCount": 0}}
