"""WebSockets of clients that do not mean well: each is hung up on by a code, and nobody else is disturbed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from casegraph.client_limits import ClientLimits
from tests.signin.test_websocket import Socket, connected, greeted
from tests.viewers import headers_of, raw_headers_of

if TYPE_CHECKING:
    from tests.api.conftest import Api

ASKED: Final = {"query": "{ __typename }"}
RECEIPTS: Final = {"query": "subscription { submissionReceived { cursor } }"}
OWN: Final = raw_headers_of()
MOST_OPERATIONS: Final = ClientLimits().operations_per_socket


def codes_of(payload: Any) -> set[str]:
    """Return the codes that a message tells."""
    errors = payload if isinstance(payload, list) else payload["errors"]
    return {error["extensions"]["code"] for error in errors}


async def sent(socket: Socket, **message: Any) -> None:
    """Send a message as it is."""
    await socket.coming.put({"type": "websocket.receive", **message})


async def closed_by(socket: Socket) -> int:
    """Return the code by which the server hangs up, whatever it says before."""
    while True:
        told = await socket.hear()
        if told["type"] == "websocket.close":
            code: int = told["code"]
            return code


NO_MESSAGES: Final = [
    "",
    "x",
    "[]",
    "null",
    "5",
    '"connection_init"',
    "{}",
    '{"type": 5}',
    '{"type": null}',
    '{"type": ["subscribe"]}',
    '{"type": "subscribe"}',
    '{"type": "subscribe", "id": "1"}',
    '{"type": "subscribe", "id": "1", "payload": null}',
    '{"type": "subscribe", "id": "1", "payload": []}',
    '{"type": "subscribe", "id": "1", "payload": "x"}',
    '{"type": "subscribe", "id": {}, "payload": {"query": "{ __typename }"}}',
    '{"type": "subscribe", "id": null, "payload": {"query": "{ __typename }"}}',
    '{"type": "complete"}',
    '{"type": "complete", "id": {}}',
    '{"type": "constructor"}',
    '{"type": "\\ud800"}',
    "[" * 100_000,
    '{"a":' * 100_000,
    '{"type": "subscribe", "id": "1", "payload": ' + "[" * 3_000 + "]" * 3_000 + "}",
    '{"type": "ping", "payload": ' + "9" * 5_000 + "}",
    '{"type": "x' + "y" * 5_000 + '"}',
    "NaN",
    "\x00",
    '{"type": "complete", "id": "' + "1" * 65 + '"}',
    '{"type": "subscribe", "id": "' + "油" * 50 + '", "payload": {}}',
]


async def test_what_is_no_message_ends_the_connection(nobody: Api) -> None:
    """By a code of the protocol, never by a fault of ours."""
    for text in NO_MESSAGES:
        async with connected(nobody.services, *OWN) as socket:
            await greeted(socket)
            await sent(socket, text=text)
            assert await closed_by(socket) == 4400


NO_OPERATIONS: Final = [
    {"query": 5},
    {"query": None},
    {"query": ["{ __typename }"]},
    {"query": "{ nothing }"},
    {"query": "{"},
    {"query": "query($a: ID!) { node(id: $a) { id } }", "variables": 5},
    {"query": "query($a: ID!) { node(id: $a) { id } }", "variables": [1]},
    {"query": "{ __typename }", "operationName": 5},
    {"query": "{ __typename }", "operationName": {}},
    {"query": "query($a: ID!) { node(id: $a) { id } }", "variables": {"a": "\ud800"}},
    {"query": "query($a: ID!) { node(id: $a) { id } }", "variables": {"a": float("nan")}},
    {"query": "query($a: Int!) { cases(first: $a) { nodes { id } } }", "variables": {"a": float("inf")}},
    {"query": "query($a: Int!) { cases(first: $a) { nodes { id } } }", "variables": {"a": 10**4000}},
    {"query": "query($a: String!) { search(query: $a) { totalCount } }", "variables": {"a": "\ud800"}},
    {
        "query": "query($a: String) { submissions(filter: {source: $a}) { nodes { id } } }",
        "variables": {"a": "\ud800"},
    },
    {"query": "query($a: String) { submissions(filter: {source: $a}) { nodes { id } } }", "variables": {"a": "\0"}},
    {"query": "{ __typename \ud800 }"},
    {"query": '{ node(id: "\ud800") { id } }'},
    {"documentId": "\ud800"},
    {"documentId": 5},
    {"extensions": {"persistedQuery": {"sha256Hash": 5}}},
    {"query": "{ __typename }", "extensions": 5},
    {"query": "query($a: ID!) { node(id: $a) { id } }", "variables": {"a": "[" * 100_000}},
]


async def test_what_is_no_operation_is_answered_or_hung_up_on(nobody: Api) -> None:
    """Never as a fault of ours; what JSON's older readers let through (NaN, halves of characters) included."""
    for payload in NO_OPERATIONS:
        async with connected(nobody.services, *OWN) as socket:
            await greeted(socket)
            await sent(socket, text=json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
            told = await socket.hear()
            if told["type"] == "websocket.close":
                assert told["code"] == 4400
            else:
                assert told["type"] in {"error", "next"}
                assert "INTERNAL" not in json.dumps(told)
                assert codes_of(told["payload"])


NO_HELLOS: Final = [
    {"authorization": "Bearer " + "x" * 1_000_000},
    {"authorization": "Bearer \ud800"},
    [],
    "x",
    5,
    {"authorization": {}},
]


async def test_a_hello_that_is_none_is_hung_up_on(nobody: Api) -> None:
    """Whatever it holds."""
    for payload in NO_HELLOS:
        async with connected(nobody.services) as socket:
            await socket.hear()
            await sent(socket, text=json.dumps({"type": "connection_init", "payload": payload}))
            assert await closed_by(socket) in {4400, 4403}


async def test_hello_is_said_once(nobody: Api) -> None:
    """Nobody becomes somebody else on the way."""
    async with connected(nobody.services, *OWN) as socket:
        await greeted(socket)
        await socket.say(type="connection_init", payload=headers_of())
        assert await closed_by(socket) == 4429


async def test_messages_are_text(nobody: Api) -> None:
    """Bytes end the connection."""
    async with connected(nobody.services, *OWN) as socket:
        await greeted(socket)
        await sent(socket, bytes=b"\x00\x01")
        assert await closed_by(socket) == 4400


async def test_ten_thousand_subscriptions_are_a_hundred(nobody: Api) -> None:
    """The rest are told the limit, each by its id, and the connection lives."""
    async with connected(nobody.services, *OWN) as socket:
        await greeted(socket)
        for number in range(10_000):
            await socket.say(type="subscribe", id=str(number), payload=RECEIPTS)
        refused = 0
        while refused < 10_000 - MOST_OPERATIONS:
            told = await socket.hear()
            assert (told["type"], told["payload"][0]["extensions"]["code"]) == ("error", "LIMIT_OPERATIONS")
            refused += 1
        await socket.say(type="ping")
        assert await socket.hear() == {"type": "pong"}


async def test_an_id_is_used_once(nobody: Api) -> None:
    """As the protocol has it."""
    async with connected(nobody.services, *OWN) as socket:
        await greeted(socket)
        for _ in range(2):
            await socket.say(type="subscribe", id="1", payload=RECEIPTS)
        assert await closed_by(socket) == 4409


async def test_queries_in_a_row_are_all_answered(nobody: Api) -> None:
    """Or told the limit: a thousand at once leave nothing behind."""
    async with connected(nobody.services, *OWN) as socket:
        await greeted(socket)
        for number in range(1_000):
            await socket.say(type="subscribe", id=str(number), payload=ASKED)
        ended: set[str] = set()
        while len(ended) < 1_000:
            told = await socket.hear()
            if told["type"] in {"complete", "error"}:
                ended.add(told["id"])
