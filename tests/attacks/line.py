"""Speaks to a server by bytes, as no proper client would, and looks at what must be true of every answer."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tests.viewers import headers_of

if TYPE_CHECKING:
    import httpx

LONG: Final = 20
INTERNALS: Final = re.compile(
    r"Traceback|File \"|\.py\b|/work/|/tmp/|site-packages|asyncpg|graphql\.error|"
    r"set_config|select .* from|insert into|casegraph_reader"
)
"""What no answer may hold."""


@dataclass(frozen=True)
class Answer:
    """One answer off the wire."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """The code of a refusal, in the one shape."""
        return code_in(self.body)


def code_in(body: bytes) -> str:
    """Return the code of the one error that an answer holds."""
    assert not INTERNALS.search(body.decode())
    [error] = json.loads(body)["errors"]
    assert error["message"]
    code: str = error["extensions"]["code"]
    return code


def refused(response: httpx.Response) -> tuple[int, str]:
    """Return an answer's status and code."""
    return response.status_code, code_in(response.content)


def codes_in(answer: Any) -> set[str]:
    """Return the codes of the errors in a GraphQL answer, which tells nothing of what is inside the server."""
    assert not INTERNALS.search(json.dumps(answer.get("errors", []), ensure_ascii=False))
    return {error["extensions"]["code"] for error in answer.get("errors", [])}


class Line:
    """A server's port."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect."""
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def say(self, *pieces: bytes) -> bytes:
        """Send these bytes and return all that is answered until the server hangs up."""
        reader, writer = await self.open()
        told = asyncio.create_task(reader.read())
        try:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
        except ConnectionError:
            pass  # it has heard enough
        try:
            async with asyncio.timeout(LONG):
                return await told
        except ConnectionError:
            return b""
        finally:
            writer.close()

    def head(self, first: str, *lines: str, token: bool = True) -> bytes:
        """Return a request's head that asks to hang up after the answer."""
        who = [f"authorization: {headers_of()['authorization']}"] if token else []
        parts = [first, f"host: 127.0.0.1:{self.port}", "connection: close", *who, *lines, "", ""]
        return "\r\n".join(parts).encode("latin-1")

    async def ask(self, first: str, *lines: str, body: bytes = b"", token: bool = True) -> Answer:
        """Send one request and return its answer."""
        [answer] = answers(await self.say(self.head(first, *lines, token=token) + body))
        return answer

    async def lives(self) -> bool:
        """Tell whether others are answered."""
        return (await self.ask("GET /healthz HTTP/1.1", token=False)).status == 200


def answers(told: bytes) -> list[Answer]:
    """Cut what a server told into its answers."""
    found = []
    while told:
        head, _, rest = told.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        size = int(headers.get("content-length", len(rest)))
        found.append(Answer(int(first.split(" ")[1]), headers, rest[:size]))
        told = rest[size:]
    return found
