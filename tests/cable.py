"""A cable between us and a server that can be pulled: what is connected then hears nothing more, and nobody says so."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import AsyncIterator, Awaitable, Callable


@dataclass
class Cable:
    """Passes bytes on, until it is pulled; what is connected afterwards goes by another."""

    url: str
    """The address of the database by way of it."""
    passed: int = 0
    """Portions of data so far, of both directions."""
    hangs: bool = False
    """Whether new connections hear nothing either."""
    refuses: bool = False
    """Whether new connections are ended at once."""
    _generation: int = 0
    _ends: set[StreamWriter] = field(default_factory=set)
    _fault: tuple[int, Callable[[], Awaitable[None]]] | None = None

    def strike(self, portion: int, fault: Callable[[], Awaitable[None]]) -> None:
        """Have a fault come before a portion of data is passed on, counted from the first."""
        self._fault = (portion, fault)

    def pull(self) -> None:
        """Let all that is connected now wait for ever."""
        self._generation += 1

    def mend(self) -> None:
        """Pass on whatever comes from now on, with no fault."""
        self.hangs = self.refuses = False
        self._fault = None

    def connect(self, end: StreamWriter) -> int:
        """Note a connection; return by which cable it goes."""
        self._ends.add(end)
        return self._generation

    async def pass_on(self, reader: StreamReader, writer: StreamWriter, generation: int) -> None:
        """Pass on whatever comes while the cable is in."""
        with suppress(OSError):
            while data := await reader.read(65_536):
                self.passed += 1
                if self._fault and self.passed >= self._fault[0]:
                    (_, fault), self._fault = self._fault, None
                    await fault()
                if generation == self._generation:
                    writer.write(data)
                    await writer.drain()
        if generation == self._generation:
            writer.close()

    def close(self) -> None:
        """Let go of all connections."""
        for end in self._ends:
            end.close()


@asynccontextmanager
async def cable_to(url: str) -> AsyncIterator[Cable]:
    """Give a cable to the database of a URL, which may name a socket's folder."""
    parts = urlsplit(url)
    said = parse_qs(parts.query)

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        if cable.refuses:
            writer.close()
            return
        if cable.hangs:
            cable.connect(writer)
            return
        try:
            there, here = await _connected(said, parts.hostname, parts.port)
        except OSError:
            writer.close()
            return
        generation = cable.connect(writer)
        cable.connect(here)
        await asyncio.gather(cable.pass_on(reader, here, generation), cable.pass_on(there, writer, generation))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    user = f"{parts.username}:{parts.password}" if parts.password else parts.username or ""
    cable = Cable(f"postgresql://{user}@127.0.0.1:{port}{parts.path}?sslmode=disable")
    try:
        yield cable
    finally:
        server.close()
        cable.close()


async def _connected(
    said: dict[str, list[str]], host: str | None, port: int | None
) -> tuple[StreamReader, StreamWriter]:
    if "host" in said:
        return await asyncio.open_unix_connection(f"{said['host'][0]}/.s.PGSQL.{said.get('port', ['5432'])[0]}")
    return await asyncio.open_connection(host, port or 5432)
