"""What comes over the line and is no proper request: too slow, too large, two meanings, other methods."""

from __future__ import annotations

import asyncio
import gzip
from typing import TYPE_CHECKING, Final

import pytest

from tests.attacks.conftest import served
from tests.attacks.line import LONG, answers

if TYPE_CHECKING:
    from tests.api.conftest import Api
    from tests.attacks.line import Answer, Line

JSON = "content-type: application/json"
ASKED = b'{"query": "{ __typename }"}'
LENGTH = f"content-length: {len(ASKED)}"
POST = "POST /graphql HTTP/1.1"
ROUTES = (
    "/graphql",
    "/healthz",
    "/readyz",
    "/receipts/x",
    "/metrics",
    "/intake/a",
    "/uploads",
    "/sync/changes",
    "/session",
    "/session/login",
    "/session/callback",
    "/session/logout",
    "/static/graphiql/page.js",
    "/static",
    "/nothing",
    "/",
)
ODD = ("TRACE", "OPTIONS", "PUT", "PATCH", "DELETE", "PROPFIND", "SEARCH", "M-SEARCH", "PURGE", "HEAD")


async def until_refused(line: Line, first: bytes, dripped: bytes) -> Answer:
    """Send the first bytes, then a byte now and then until the server hangs up; return what it answered."""
    reader, writer = await line.open()
    writer.write(first)
    told = asyncio.create_task(heard(reader))
    async with asyncio.timeout(20):
        while not told.done():
            writer.write(dripped)
            await asyncio.wait([told], timeout=0.02)
    writer.close()
    [answer] = answers(told.result())
    return answer


async def heard(reader: asyncio.StreamReader) -> bytes:
    """Return all that comes until the server hangs up, though it does so in the middle of what is sent to it."""
    told = b""
    try:
        while piece := await reader.read(65_536):
            told += piece
    except ConnectionError:
        pass
    return told


# Slow -----------------------------------------------------------------------------------------------------------------


async def test_a_head_that_never_ends_is_cut_off(api: Api) -> None:
    """A header now and then keeps no connection (Slowloris); the time is shorter here."""
    async with served(api, head_seconds=0.2) as line:
        slow = await until_refused(line, b"GET /healthz HTTP/1.1\r\nx: ", b"y")
    assert (slow.status, slow.code) == (408, "REQUEST_TIMEOUT")


@pytest.mark.parametrize("path", ["/graphql", "/uploads?name=x", "/intake/a?channel=WEB"])
async def test_a_body_that_never_ends_is_cut_off(api: Api, path: str) -> None:
    """A byte now and then buys no time, whether its length was declared or not."""
    async with served(api, body_seconds=0.2, rest_seconds=0.1) as line:
        for length in ("content-length: 900000", "transfer-encoding: chunked"):
            dripped = b" " if length.startswith("content") else b"1\r\n \r\n"
            slow = await until_refused(line, line.head(f"POST {path} HTTP/1.1", JSON, length), dripped)
            assert (slow.status, slow.code) == (408, "REQUEST_TIMEOUT")


async def test_a_body_that_nobody_reads_keeps_no_connection(api: Api) -> None:
    """Refused by its head alone, a request has some seconds to end; the answer arrives."""
    async with served(api, rest_seconds=0.1) as line:
        head = line.head("POST /graphql HTTP/1.1", JSON, "content-length: 900000", token=False)
        refused = await until_refused(line, head.replace(b"connection: close\r\n", b""), b" ")
        assert (refused.status, refused.code) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize("said", [b"", b"\r\n", b"GET"])
async def test_who_says_nothing_is_hung_up_on(api: Api, said: bytes) -> None:
    """Or not enough to know what is asked."""
    async with served(api, head_seconds=0.2) as line:
        assert [answer.status for answer in answers(await line.say(said))] == ([408] if said == b"GET" else [])


async def test_empty_lines_keep_no_connection(api: Api) -> None:
    """After an answer as before the first request."""
    async with served(api, head_seconds=0.2, idle_seconds=600) as line:
        reader, writer = await line.open()
        writer.write(f"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1:{line.port}\r\n\r\n".encode())
        await reader.readuntil(b"}")
        writer.write(b"\r\n")
        async with asyncio.timeout(LONG):
            assert await reader.read() == b""
        writer.close()


async def test_slow_clients_do_not_stop_others(line: Line) -> None:
    """Three hundred that hang in the middle of a head or a body; everybody else is answered."""
    hanging = [await line.open() for _ in range(300)]
    for number, (_, writer) in enumerate(hanging):
        half = line.head(POST, JSON, "content-length: 900000") + b"{"
        writer.write(half if number % 2 else half[:40])
    async with asyncio.timeout(10):
        for _ in range(20):
            assert (await line.ask(POST, JSON, LENGTH, body=ASKED)).status == 200
    for _, writer in hanging:
        writer.close()


# Large ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "head",
    [
        b"GET /graphql?query=" + b"x" * 1_000_000 + b" HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n" + b"x: y\r\n" * 200_000 + b"\r\n",
        b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nx: " + b"y" * 1_000_000 + b"\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n" + b"y" * 1_000_000 + b": x\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer " + b"y" * 1_000_000 + b"\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nx: " + b"y" * 66_000 + b"\r\n\r\n",
    ],
    ids=["address", "headers", "value", "name", "token", "a little too large"],
)
async def test_a_head_has_a_largest_size(line: Line, head: bytes) -> None:
    """What comes after it is not even kept."""
    told = answers(await line.say(head))
    # Whoever goes on sending may miss the answer, but never gets another.
    assert all((answer.status, answer.code) == (431, "LIMIT_HEAD") for answer in told)
    assert told or len(head) > 900_000
    assert await line.lives()


# Two meanings ---------------------------------------------------------------------------------------------------------


AMBIGUOUS: Final = [
    ("content-length: 5", "transfer-encoding: chunked"),
    ("transfer-encoding: chunked", "content-length: 5"),
    ("content-length: 5", "content-length: 6"),
    ("transfer-encoding: identity, chunked, x",),
    ("transfer-encoding: xchunked",),
    ("content-length: +5",),
    ("content-length: 5, 5",),
    ("content-length: 0x5",),
    ("content-length: 99999999999999999999999",),
    ("transfer-encoding : chunked",),
    (" folded: x",),
    ("x: a\0b",),
    ("x: a\rb",),
]


async def test_what_could_mean_two_things_is_refused(line: Line) -> None:
    """A proxy before us may read it otherwise, and take the rest for somebody else's request."""
    for lines in AMBIGUOUS:
        smuggled = b"0\r\n\r\nGET /metrics HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"
        told = answers(await line.say(line.head(POST, JSON, *lines) + smuggled))
        assert [(answer.status, answer.code) for answer in told] == [(400, "BAD_REQUEST")]


@pytest.mark.parametrize(
    "body", [b"zz\r\n", b"-1\r\n\r\n", b"1\r\n{{}\r\n", b"ffffffffffffffffff\r\n", b"1;" + b"x" * 100 + b"\n\r\n"]
)
async def test_chunks_that_are_none_end_the_connection(line: Line, body: bytes) -> None:
    """And nobody else's."""
    told = answers(await line.say(line.head(POST, JSON, "transfer-encoding: chunked") + body))
    assert {answer.status for answer in told} <= {400}
    assert await line.lives()


async def test_a_body_is_as_long_as_it_says(line: Line) -> None:
    """What is longer is no part of it; what is shorter is no request."""
    longer = answers(await line.say(line.head(POST, JSON, LENGTH) + ASKED + b"GET /metrics HTTP/1.1\r\n\r\n"))
    assert [answer.status for answer in longer] == [200]
    _, writer = await line.open()
    writer.write(line.head(POST, JSON, "content-length: 500") + ASKED)
    writer.write_eof()
    writer.close()
    assert await line.lives()


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "x"])
async def test_a_body_is_taken_as_it_comes(line: Line, coding: str) -> None:
    """Nothing is unpacked, so nothing small becomes large."""
    packed = gzip.compress(b" " * 10_000_000)
    answer = await line.ask(POST, JSON, f"content-encoding: {coding}", f"content-length: {len(packed)}", body=packed)
    assert (answer.status, answer.code) == (400, "BAD_REQUEST")


# Other ways of asking -------------------------------------------------------------------------------------------------


async def test_each_route_answers_every_method_in_one_shape(line: Line) -> None:
    """With a token and without: refused or answered, never broken."""
    for path in ROUTES:
        for method in ODD:
            for token in (True, False):
                found = await line.ask(f"{method} {path} HTTP/1.1", token=token)
                assert found.status < 500 or path == "/readyz", (method, path)
                assert "x-powered-by" not in found.headers
                assert "server" not in found.headers
                if method != "HEAD" and found.status >= 400:
                    assert found.code
                if method == "TRACE":
                    assert found.status in {401, 404, 405}  # and its own request is not sent back
                    assert b"Bearer" not in found.body.replace(b"`Authorization: Bearer", b"")


NO_HTTP: Final = [
    "GET",
    "GET /x",
    "NONSENSE /x HTTP/1.1",
    "GET /x HTTP/9.9",
    "GET /x FTP/1.1",
    "get /x HTTP/1.1",
    "\x16\x03\x01\x02",
    "PRI * HTTP/2.0",
    "GET  /x HTTP/1.1",
    "GET /\xff HTTP/1.1",
    "GET http:// HTTP/1.1",
    "GET : HTTP/1.1",
]


async def test_what_is_no_http_is_told_so(line: Line) -> None:
    """In the one shape, and the connection ends."""
    for first in NO_HTTP:
        told = answers(await line.say(line.head(first)))
        assert [answer.status for answer in told] in ([400], [404], [401])
        assert all(answer.code for answer in told)
        assert await line.lives()


async def test_no_tunnel_is_opened(line: Line) -> None:
    """Neither to others nor to ourselves, nor another protocol."""
    for first in (
        "CONNECT evil.example:443 HTTP/1.1",
        "CONNECT 127.0.0.1:22 HTTP/1.1",
        "GET http://evil.example/x HTTP/1.1",
    ):
        told = await line.say(line.head(first), b"SSH-2.0-x\r\n")
        assert {answer.status for answer in answers(told)} <= {400, 401, 404, 405}
    for lines in (("upgrade: h2c", "connection: upgrade"), ("upgrade: websocket",)):
        assert {one.status for one in answers(await line.say(line.head("GET /healthz HTTP/1.1", *lines)))} <= {200, 400}
    assert await line.lives()


async def test_old_and_hasty_clients_are_answered_in_order(line: Line) -> None:
    """HTTP/1.0 gets one answer; requests sent one behind the other get theirs in their order."""
    old = answers(await line.say(b"GET /healthz HTTP/1.0\r\nhost: 127.0.0.1\r\n\r\n"))
    assert [answer.status for answer in old] == [200]
    one = f"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1:{line.port}\r\n\r\n".encode()
    other = f"GET /metrics HTTP/1.1\r\nhost: 127.0.0.1:{line.port}\r\n\r\n".encode()
    told = answers(await line.say((one + other) * 20 + line.head("GET /nothing HTTP/1.1")))
    assert [answer.status for answer in told] == [200, 401] * 20 + [404]


async def test_expectations_are_met_or_not_waited_for(line: Line) -> None:
    """`Expect: 100-continue` gets an answer; without a token it gets no invitation to send."""
    told = await line.say(line.head(POST, JSON, LENGTH, "expect: 100-continue", token=False))
    assert told.startswith(b"HTTP/1.1 401 ")
