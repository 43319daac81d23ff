"""A WebSocket is answered once it is known who asks, and closed when that holds no longer."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

from casegraph import graphql_ws
from casegraph.app import build_app
from casegraph.client_limits import ClientLimits
from casegraph.transport_ws import Close
from graph import api_keys
from graph.policy import Role
from tests.api.conftest import signin_of
from tests.viewers import headers_of, raw_headers_of, token_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, MutableMapping

    from graph.database import Connection
    from tests.api.conftest import Api, Services

LONG: Final = 20
HOST: Final = (b"host", b"127.0.0.1:8000")
OWN: Final = (b"origin", b"http://127.0.0.1:8000")
RECEIPTS: Final = "subscription { submissionReceived { submission { externalId } } }"


class Socket:
    """A client of the protocol."""

    def __init__(self) -> None:
        self.coming: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
        self.told: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()

    async def say(self, **message: Any) -> None:
        """Send a message."""
        await self.coming.put({"type": "websocket.receive", "text": json.dumps(message)})

    async def hear(self) -> Any:
        """Return the next message, or what the connection itself did."""
        async with asyncio.timeout(LONG):
            message = await self.told.get()
        return json.loads(message["text"]) if "text" in message else message


@asynccontextmanager
async def connected(services: Services, *headers: tuple[bytes, bytes]) -> AsyncIterator[Socket]:
    """Connect with these headers."""
    socket = Socket()
    scope = {
        "type": "websocket", "path": "/graphql", "headers": [HOST, *headers], "subprotocols": ["graphql-transport-ws"],
    }  # fmt: skip
    await socket.coming.put({"type": "websocket.connect"})

    async def run() -> None:
        await build_app(services)(scope, socket.coming.get, socket.told.put)

    running = asyncio.create_task(run())
    yield socket
    await socket.coming.put({"type": "websocket.disconnect", "code": 1000})
    await asyncio.wait_for(running, LONG)


async def greeted(socket: Socket, payload: object = None) -> Any:
    """Say hello and return what is answered."""
    accepted = await socket.hear()
    assert accepted["type"] == "websocket.accept"
    await socket.say(type="connection_init", **({} if payload is None else {"payload": payload}))
    return await socket.hear()


async def answered(socket: Socket) -> Any:
    """Ask something small."""
    await socket.say(id="1", type="subscribe", payload={"query": "{ __typename }"})
    found = await socket.hear()
    await socket.hear()
    return found.get("payload")


async def test_the_first_message_says_who_it_is(nobody: Api) -> None:
    """As browsers, which can send no header along."""
    async with connected(nobody.services) as socket:
        assert await greeted(socket, headers_of()) == {"type": "connection_ack"}
        assert await answered(socket) == {"data": {"__typename": "Query"}}


async def test_a_header_says_it_as_well(nobody: Api) -> None:
    """And a session's cookie, from a page of ours alone."""
    begun = await nobody.http.post("/session", headers=headers_of())
    cookie = (b"cookie", begun.headers["set-cookie"].partition(";")[0].encode())
    for headers in (raw_headers_of(), [cookie, OWN]):
        async with connected(nobody.services, *headers) as socket:
            assert await greeted(socket) == {"type": "connection_ack"}
            assert await answered(socket) == {"data": {"__typename": "Query"}}
    for foreign, status in (
        ([cookie], 403),
        ([cookie, (b"origin", b"http://127.0.0.1:9000")], 403),
        ([(b"authorization", b"Bearer x")], 401),
    ):
        async with connected(nobody.services, *foreign) as socket:
            refused = await socket.hear()
            assert (refused["type"], refused["status"]) == ("websocket.http.response.start", status)


@pytest.mark.parametrize(
    "payload",
    [
        None, {}, {"authorization": ""}, {"authorization": 5}, {"authorization": "Bearer x"},
        {"authorization": "Basic dTpw"}, {"token": "x"},
    ],
)  # fmt: skip
async def test_whoever_is_not_known_is_hung_up_on(nobody: Api, payload: Any) -> None:
    """By 4403."""
    async with connected(nobody.services) as socket:
        closed = await greeted(socket, payload)
        assert (closed["type"], closed["code"]) == ("websocket.close", Close.FORBIDDEN)


async def test_nothing_is_answered_before_that(nobody: Api) -> None:
    """By 4401, as the protocol has it."""
    async with connected(nobody.services) as socket:
        await socket.hear()
        await socket.say(id="1", type="subscribe", payload={"query": "{ __typename }"})
        closed = await socket.hear()
        assert (closed["type"], closed["code"]) == ("websocket.close", 4401)


async def test_whoever_says_nothing_is_hung_up_on(nobody: Api) -> None:
    """After some seconds, which are shorter here."""
    impatient = replace(nobody.services, client_limits=ClientLimits(hello_seconds=0.05))
    async with connected(impatient) as socket:
        await socket.hear()
        closed = await socket.hear()
        assert (closed["type"], closed["code"]) == ("websocket.close", 4408)


async def test_a_connection_ends_with_its_token(nobody: Api) -> None:
    """In the middle of a subscription, which is told of nothing more."""
    ahead = timedelta(seconds=60)  # the skew that a token is given
    signin = signin_of(nobody.services.pool, nobody.services.vault, lambda: datetime.now(UTC) + ahead)
    async with connected(replace(nobody.services, signin=signin)) as socket:
        short = {"authorization": f"Bearer {token_of(seconds=2)}"}
        assert await greeted(socket, short) == {"type": "connection_ack"}
        await socket.say(id="1", type="subscribe", payload={"query": RECEIPTS})
        closed = await socket.hear()
        assert (closed["type"], closed["code"]) == ("websocket.close", Close.FORBIDDEN)
        assert "Sign in again" in closed["reason"]


async def test_a_connection_ends_when_its_key_is_revoked(
    nobody: Api, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is looked up again every few seconds, which are shorter here."""
    monkeypatch.setattr(graphql_ws, "REVOCABLE_FOR", 0.05)
    monkeypatch.setattr("casegraph.signin.service.REVOCABLE_FOR", 0.01)
    now = datetime.now(UTC)
    scope = api_keys.Scope(
        name="x", roles=frozenset({Role.PARTNER}), divisions=("",), organs=frozenset(), sources=frozenset()
    )
    key = await api_keys.create(connection, nobody.services.vault, scope, now, now + timedelta(days=1))
    async with connected(nobody.services, (b"authorization", f"Bearer {key}".encode())) as socket:
        assert await greeted(socket) == {"type": "connection_ack"}
        assert await answered(socket) == {"data": {"__typename": "Query"}}
        await api_keys.revoke(connection, key.split("_")[1], now)
        closed = await socket.hear()
        assert (closed["type"], closed["code"]) == ("websocket.close", Close.FORBIDDEN)
