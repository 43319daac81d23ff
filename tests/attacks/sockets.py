"""A client of graphql-transport-ws on a real connection."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from tests.attacks.line import LONG, code_in
from tests.viewers import headers_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from websockets.asyncio.client import ClientConnection

    from tests.attacks.line import Line

SPOKEN: Final = (Subprotocol("graphql-transport-ws"),)


class Client:
    """One WebSocket."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def say(self, **message: Any) -> None:
        """Send a message."""
        await self._socket.send(json.dumps(message))

    async def send(self, raw: str | bytes) -> None:
        """Send a message as it is."""
        await self._socket.send(raw)

    async def hear(self) -> Any:
        """Return the next message."""
        async with asyncio.timeout(LONG):
            return json.loads(await self._socket.recv())

    async def greet(self, **rest: Any) -> None:
        """Say hello and be answered."""
        await self.say(type="connection_init", **rest)
        assert await self.hear() == {"type": "connection_ack"}

    async def subscribe(self, query: str, name: str = "1", **variables: Any) -> None:
        """Begin an operation."""
        await self.say(id=name, type="subscribe", payload={"query": query, "variables": variables})

    async def ask(self, query: str) -> Any:
        """Return the answer to a query."""
        await self.subscribe(query, "ask")
        answer = await self.hear()
        assert await self.hear() == {"id": "ask", "type": "complete"}
        return answer["payload"]

    async def closed(self) -> int:
        """Return the code by which the server hangs up, whatever it says before."""
        async with asyncio.timeout(LONG):
            while True:
                try:
                    await self._socket.recv()
                except ConnectionClosed as closed:
                    return closed.rcvd.code if closed.rcvd else 1006


@asynccontextmanager
async def opened(
    line: Line,
    headers: Mapping[str, str] | None = None,
    *,
    spoken: tuple[Subprotocol, ...] | None = SPOKEN,
    path: str = "/graphql",
) -> AsyncIterator[Client]:
    """Connect while inside, with the header of somebody who sees everything if no others are given."""
    address = f"ws://127.0.0.1:{line.port}{path}"
    given = headers_of() if headers is None else headers
    async with connect(address, subprotocols=spoken, additional_headers=given, max_size=None) as socket:
        yield Client(socket)


async def refused(line: Line, headers: Mapping[str, str] | None = None, path: str = "/graphql") -> tuple[int, str]:
    """Return by which status and code a handshake is refused."""
    try:
        async with opened(line, headers, path=path):
            return 101, ""
    except InvalidStatus as error:
        return error.response.status_code, code_in(bytes(error.response.body or b""))
