"""Asks the served application over its port, by HTTP and WebSocket, and looks at all that comes back: headers too."""

from __future__ import annotations

import json
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

import httpx
from websockets.asyncio.client import connect

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from tests.policy.people import Person

HEADERS: Final = {
    "content-type": "application/json; charset=utf-8", "cache-control": "no-store", "content-language": "en",
    "vary": "accept-encoding, accept-language",
}  # fmt: skip
"""All that an answer's head says besides when it was sent and how long it is."""
GREETING: Final = {
    "connection", "date", "sec-websocket-accept", "sec-websocket-extensions", "sec-websocket-protocol", "upgrade",
}  # fmt: skip
"""The headers of a WebSocket's handshake, which say nothing but that it is one."""
PROTOCOL: Final = "graphql-transport-ws"


@dataclass(frozen=True)
class Wire:
    """A served application's port, and a client of it."""

    port: int
    http: httpx.AsyncClient

    async def post(self, person: Person, query: str, variables: Mapping[str, Any]) -> bytes:
        """Return the body of an answer, whose head is what it is for everybody."""
        response = await self.http.post(
            f"http://127.0.0.1:{self.port}/graphql", headers=person.headers,
            json={"query": query, "variables": variables},
        )  # fmt: skip
        assert response.status_code == 200, response.content
        says_nothing(response)
        return response.content

    async def events(
        self, person: Person, query: str, variables: Mapping[str, Any]
    ) -> AsyncGenerator[dict[str, Any], None]:
        """Yield the answers of a subscription until the server ends it."""
        address = f"ws://127.0.0.1:{self.port}/graphql"
        async with connect(address, subprotocols=[PROTOCOL], additional_headers=person.headers) as socket:  # type: ignore[list-item]
            assert socket.response is not None
            assert {name.lower() for name in socket.response.headers} == GREETING
            await socket.send(json.dumps({"type": "connection_init"}))
            assert json.loads(await socket.recv()) == {"type": "connection_ack"}
            payload = {"query": query, "variables": variables}
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
            while (message := json.loads(await socket.recv()))["type"] != "complete":
                if message["type"] == "error":  # which ends it as well
                    yield {"errors": message["payload"]}
                    return
                yield message["payload"]


def says_nothing(response: httpx.Response) -> None:
    """Assert that a head tells of its answer's form, length and time, and of nothing else."""
    told = dict(response.headers)
    parsedate_to_datetime(told.pop("date"))
    assert int(told.pop("content-length")) == len(response.content)
    assert told == HEADERS, told
