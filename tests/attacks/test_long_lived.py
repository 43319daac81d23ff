"""WebSockets on real connections: they outlive every limit, speak the protocol to the letter, and are counted."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import os
from contextlib import AsyncExitStack
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any, Final

import pytest

from casegraph.transport_ws import Close
from graph.policy import Role
from tests.attacks.conftest import served
from tests.attacks.line import LONG, answers
from tests.attacks.sockets import opened, refused
from tests.graph.factory import draft
from tests.viewers import headers_of, only, told_apart

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.api.conftest import Api
    from tests.attacks.line import Line

SHORT: Final = 0.1
"""Seconds of every limit."""
PATIENT: Final = 600.0
LIMITS: Final = {
    "head_seconds": SHORT, "body_seconds": SHORT, "rest_seconds": SHORT, "idle_seconds": SHORT, "take_seconds": SHORT,
    "hello_seconds": SHORT, "ping_seconds": SHORT,
    "pong_seconds": PATIENT,  # how soon a ping is answered depends on how busy this machine is
}  # fmt: skip
ROUNDS: Final = 20
RECEIPTS: Final = "subscription { submissionReceived { submission { externalId } } }"


QUIET: Final = pytest.mark.usefixtures("nothing_logged")


@pytest.fixture
def nothing_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail where something is logged as a warning or worse."""
    yield
    told = [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.WARNING]
    assert told == []


async def cut(line: Line, said: bytes) -> bytes:
    """Say this and nothing more, and return what is heard until the server hangs up."""
    reader, writer = await line.open()
    writer.write(said)
    async with asyncio.timeout(LONG):
        told = await reader.read()
    writer.close()
    return told


async def each_limit_passes(line: Line) -> None:
    """Wait until every limit of the server has cut somebody off."""

    async def says_no_hello() -> None:
        async with opened(line) as client:
            assert await client.closed() == Close.INIT_TIMEOUT

    kept = f"host: 127.0.0.1:{line.port}\r\n"
    asked = line.head("POST /graphql HTTP/1.1", "content-type: application/json", "content-length: 9")
    unknown = f"POST /graphql HTTP/1.1\r\n{kept}content-length: 9\r\n\r\n".encode()
    alive = f"GET /healthz HTTP/1.1\r\n{kept}\r\n".encode()
    cuts = asyncio.gather(*(cut(line, said) for said in (b"", alive, asked, unknown)))
    heard, _ = await asyncio.gather(cuts, says_no_hello())
    assert [[one.status for one in answers(told)] for told in heard] == [[], [200], [408], [401]]


@QUIET
async def test_a_socket_outlives_every_limit(api: Api) -> None:
    """Idle or subscribed, for twenty times each: others are cut off by every one of them in turn, twenty times."""
    async with served(api, **LIMITS) as line, opened(line) as idle, opened(line) as subscribed:
        await idle.greet()
        await subscribed.greet()
        await subscribed.subscribe(RECEIPTS)
        assert await subscribed.ask("{ __typename }") == {"data": {"__typename": "Query"}}
        for _ in range(ROUNDS):
            await each_limit_passes(line)
        await api.take_in(draft("late"))
        told = await subscribed.hear()
        assert told["payload"]["data"]["submissionReceived"]["submission"] == {"externalId": "late"}
        assert await idle.ask("{ __typename }") == {"data": {"__typename": "Query"}}


# The protocol ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rest", [{}, {"payload": None}, {"payload": {}}, {"payload": {"other": 1}}])
async def test_a_hello_needs_no_payload(line: Line, rest: dict[str, Any]) -> None:
    """None, null and an empty one are the same where the handshake said who it is."""
    async with opened(line) as client:
        await client.greet(**rest)
        assert await client.ask("{ __typename }") == {"data": {"__typename": "Query"}}


async def test_pings_are_answered_at_any_time(line: Line) -> None:
    """Before the hello and after it; a pong is taken without a word."""
    async with opened(line) as client:
        for greeted in (False, True):
            for payload in ({}, {"payload": None}, {"payload": {"a": 1}}):
                await client.say(type="pong", **payload)
                await client.say(type="ping", **payload)
                assert await client.hear() == {"type": "pong"}
            if not greeted:
                await client.greet()


async def test_an_id_is_free_again_after_its_end(line: Line) -> None:
    """By `complete` from either side, and by an error; completing what does not go on is nothing."""
    async with opened(line) as client:
        await client.greet()
        await client.say(id="x", type="complete")
        for _ in range(3):
            await client.subscribe(RECEIPTS)
            await client.say(id="1", type="complete")
            await client.subscribe("{ nothing }")
            assert (await client.hear())["type"] == "error"
            await client.subscribe("{ __typename }")
            assert [(await client.hear())["type"] for _ in range(2)] == ["next", "complete"]


async def test_what_was_completed_is_told_of_nothing_more(api: Api, line: Line) -> None:
    """While another operation goes on being told."""
    async with opened(line) as client:
        await client.greet()
        await client.subscribe(RECEIPTS, "left")
        await client.subscribe(RECEIPTS, "kept")
        await client.say(id="left", type="complete")
        assert await client.ask("{ __typename }")
        for number in range(3):
            await api.take_in(draft(str(number)))
            assert (await client.hear())["id"] == "kept"


CLOSED: Final = [
    ([{"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }"}}], Close.UNAUTHORIZED),
    ([{"type": "connection_init", "payload": 5}], Close.INVALID_MESSAGE),
    ([{"type": "connection_init"}] * 2, Close.INIT_TWICE),
    ([{"type": "connection_init"}, {"type": "next", "id": "1", "payload": {}}], Close.INVALID_MESSAGE),
    ([{"type": "connection_init"}, {"type": "connection_ack"}], Close.INVALID_MESSAGE),
    ([{"type": "connection_init"}, {"type": "complete", "id": ""}], Close.INVALID_MESSAGE),
    (
        [{"type": "connection_init"}, *[{"type": "subscribe", "id": "1", "payload": {"query": RECEIPTS}}] * 2],
        Close.ID_IN_USE,
    ),
]


@pytest.mark.parametrize(("messages", "code"), CLOSED)
@QUIET
async def test_what_breaks_the_protocol_is_hung_up_on(line: Line, messages: list[dict[str, Any]], code: Close) -> None:
    """By the code that the documentation says, and the log tells nothing of it."""
    async with opened(line) as client:
        for message in messages:
            await client.say(**message)
        assert await client.closed() == code


@QUIET
async def test_another_protocol_is_not_spoken(line: Line) -> None:
    """By 4406, whether none was named or an older one."""
    for spoken in (None, ("graphql-ws",)):
        async with opened(line, spoken=spoken) as client:  # type: ignore[arg-type]
            assert await client.closed() == Close.SUBPROTOCOL


@QUIET
async def test_who_says_no_hello_is_told_so(api: Api) -> None:
    """By 4408, also who pings instead, and who is known by the handshake."""
    async with served(api, hello_seconds=SHORT) as line, opened(line) as silent, opened(line, {}) as unknown:
        await silent.say(type="ping")
        assert await silent.closed() == Close.INIT_TIMEOUT
        assert await unknown.closed() == Close.INIT_TIMEOUT


# Hostile --------------------------------------------------------------------------------------------------------------


async def shaken(line: Line) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Shake hands by bytes, as a client that then does what none should."""
    reader, writer = await line.open()
    key = base64.b64encode(os.urandom(16)).decode()
    head = line.head(
        "GET /graphql HTTP/1.1", "upgrade: websocket", "sec-websocket-version: 13", f"sec-websocket-key: {key}",
        "sec-websocket-protocol: graphql-transport-ws",
    )  # fmt: skip
    writer.write(head.replace(b"connection: close", b"connection: upgrade"))
    assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
    return reader, writer


def frame(text: bytes) -> bytes:
    """Return a text in a frame, masked by zeros."""
    length = bytes([0x80 | len(text)]) if len(text) < 126 else b"\xfe" + len(text).to_bytes(2)
    return b"\x81" + length + bytes(4) + text


async def asked_for_ever(writer: asyncio.StreamWriter, payload: dict[str, Any]) -> None:
    """Ask again and again, until that is no longer taken."""
    for number in count():
        writer.write(message(type="subscribe", id=str(number), payload=payload))
        await writer.drain()
        await asyncio.sleep(0)


def message(**given: Any) -> bytes:
    """Return a message in a frame."""
    return frame(json.dumps(given).encode())


@QUIET
async def test_who_answers_no_ping_is_hung_up_on(api: Api) -> None:
    """By 1011: the other end may be gone."""
    async with served(api, ping_seconds=SHORT, pong_seconds=SHORT) as line:
        reader, writer = await shaken(line)
        async with asyncio.timeout(LONG):
            told = await reader.read()
        assert told.startswith(b"\x89\x04")  # a ping
        assert b"\x03\xf3" in told  # 1011
        writer.close()


@QUIET
async def test_who_takes_nothing_is_hung_up_on(api: Api) -> None:
    """Once the line's buffers are full; until then nothing more of it is read."""
    await api.take_in(draft("long", text="路灯坏了。" * 20_000))
    async with served(api, take_seconds=SHORT) as line:
        _, writer = await shaken(line)
        writer.write(message(type="connection_init"))
        query = {"query": "{ submissions { nodes { text } } }"}
        with pytest.raises(ConnectionError):
            async with asyncio.timeout(LONG):
                await asked_for_ever(writer, query)
        writer.close()
        assert await line.lives()


@QUIET
async def test_what_is_no_text_is_hung_up_on(line: Line) -> None:
    """Bytes that are no UTF-8 by 1007 (RFC 6455, 8.1), frames that are none by 1002."""
    for sent, code in ((frame(b'{"type": "\xff"}'), 1007), (b"\xf1\x80" + bytes(4), 1002)):
        reader, writer = await shaken(line)
        writer.write(sent)
        async with asyncio.timeout(LONG):
            assert code.to_bytes(2) in await reader.read()
        writer.close()


async def test_a_socket_does_not_begin_before_the_last_answer(line: Line) -> None:
    """Which would come in the middle of it: a request and a handshake sent at once are two answers or one refusal."""
    key = base64.b64encode(os.urandom(16)).decode()
    first = f"GET /readyz HTTP/1.1\r\nhost: 127.0.0.1:{line.port}\r\n\r\n".encode()
    head = line.head(
        "GET /graphql HTTP/1.1", "upgrade: websocket", "sec-websocket-version: 13", f"sec-websocket-key: {key}",
        "sec-websocket-protocol: graphql-transport-ws",
    )  # fmt: skip
    told = await cut(line, first + head.replace(b"connection: close", b"connection: upgrade"))
    assert b" 101 " not in told


@QUIET
async def test_a_refused_handshake_is_a_plain_answer(api: Api) -> None:
    """With its status and code; to the log it is nothing."""
    async with served(api, sockets_per_address=1) as line:
        assert await refused(line, {"authorization": "Bearer x"}) == (401, "UNAUTHENTICATED")
        assert await refused(line, headers_of() | {"origin": "http://other.example"}) == (403, "FOREIGN_ORIGIN")
        assert await refused(line, path="/healthz") == (404, "NOT_FOUND")
        assert await refused(line, {}, path="/nothing") == (401, "UNAUTHENTICATED")
        async with opened(line):
            assert await refused(line) == (429, "LIMIT_SOCKETS")


# Counted --------------------------------------------------------------------------------------------------------------


async def test_an_address_has_so_many_sockets(api: Api) -> None:
    """Whoever they are of; when one is closed there is room again."""
    async with served(api, sockets_per_address=3) as line, AsyncExitStack() as stack:
        async with opened(line, {}):
            for headers in (None, headers_of(only(Role.LEADER))):
                await stack.enter_async_context(opened(line, headers))
            assert await refused(line) == (429, "LIMIT_SOCKETS")
        async with asyncio.timeout(LONG):
            while await refused(line) != (101, ""):
                pass


async def test_a_viewer_has_so_many_sockets(api: Api) -> None:
    """Others have their own; one that does not say hello is nobody's yet; when one is closed there is room again."""
    async with served(api, sockets_per_viewer=2) as line, AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(opened(line)) for _ in range(3)]
        for client in clients[:2]:
            await client.greet()
        await clients[2].say(type="connection_init")
        assert await clients[2].closed() == Close.TRY_AGAIN_LATER
        other = await stack.enter_async_context(opened(line, headers_of(only(Role.LEADER))))
        await other.greet()
        await clients[0].send(b"")
        assert await clients[0].closed() == Close.INVALID_MESSAGE
        async with asyncio.timeout(LONG):
            while not await admitted(line):
                pass


async def admitted(line: Line) -> bool:
    """Tell whether one more of the viewer's is answered."""
    async with opened(line) as client:
        await client.say(type="connection_init")
        try:
            return bool(await client.hear() == {"type": "connection_ack"})
        except Exception:  # noqa: BLE001  # closed
            return False


async def test_a_viewer_has_so_many_subscriptions(api: Api) -> None:
    """Over all sockets, each told by its id; queries are none, and completing one makes room."""
    async with served(api, subscriptions_per_viewer=3) as line, opened(line) as one, opened(line) as other:
        for client in (one, other):
            await client.greet()
        for client, name in ((one, "a"), (one, "b"), (other, "c")):
            await client.subscribe(RECEIPTS, name)
            assert await client.ask("{ __typename }")
        await other.subscribe(RECEIPTS, "d")
        told = await other.hear()
        assert (told["id"], told["type"]) == ("d", "error")
        assert told_apart(told["payload"][0]) == {"code": "LIMIT_SUBSCRIPTIONS", "limit": 3, "asked": 4}
        await one.say(id="a", type="complete")
        assert await one.ask("{ __typename }")
        await other.subscribe(RECEIPTS, "d")
        assert await other.ask("{ __typename }") == {"data": {"__typename": "Query"}}


async def test_addresses_are_counted_behind_a_proxy(api: Api) -> None:
    """By what the proxy says of them."""
    behind = replace(api, services=replace(api.services, proxy="127.0.0.1"))
    async with served(behind, sockets_per_address=1) as line:
        first, second = (headers_of() | {"x-forwarded-for": f"10.0.0.{number}"} for number in (1, 2))
        async with opened(line, first), opened(line, second):
            assert await refused(line, first) == (429, "LIMIT_SOCKETS")
