"""A pooler that leaves start-up parameters out never lets anybody read as the tables' owner."""

from __future__ import annotations

import asyncio
import struct
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from graph.database import open_reading_pool
from graph.errors import DatabaseStateError

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import AsyncIterator

KEPT = frozenset({b"user", b"database"})
"""What a pooler that ignores start-up parameters passes on."""
READY = b"Z"
"""The kind of message by which a server says that it waits for the next question."""
END = b"X"
"""The kind by which a client takes its leave."""
OUTSIDE = b"I"
"""What it says there outside a transaction."""
VERSION = struct.pack("!i", 196608)


def without_parameters(packet: bytes) -> bytes:
    """Return a start-up packet with nothing but who connects to what (PostgreSQL protocol 3.0)."""
    words = packet.rstrip(b"\0").split(b"\0")
    said = dict(zip(words[::2], words[1::2], strict=False))
    kept = b"".join(name + b"\0" + value + b"\0" for name, value in said.items() if name in KEPT) + b"\0"
    return struct.pack("!i", 8 + len(kept)) + VERSION + kept


async def _pass_on(reader: StreamReader, writer: StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def _connected(url: str) -> tuple[StreamReader, StreamWriter]:
    """Connect to the database of a URL, which may name a socket's folder."""
    parts = urlsplit(url)
    said = parse_qs(parts.query)
    if "host" in said:
        return await asyncio.open_unix_connection(f"{said['host'][0]}/.s.PGSQL.{said.get('port', ['5432'])[0]}")
    return await asyncio.open_connection(parts.hostname, parts.port or 5432)


def _address(url: str, server: asyncio.Server) -> str:
    """Return the URL of the same database by way of what listens here."""
    parts = urlsplit(url)
    port = server.sockets[0].getsockname()[1]
    return f"postgresql://{parts.username or ''}@127.0.0.1:{port}{parts.path}?sslmode=disable"


@asynccontextmanager
async def pooler(url: str, *, ignoring: bool) -> AsyncIterator[str]:
    """Give the address of what stands between us and the database of a URL."""

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        length = struct.unpack("!i", await reader.readexactly(4))[0]
        packet = await reader.readexactly(length - 4)
        there, here = await _connected(url)
        here.write(without_parameters(packet[4:]) if ignoring else struct.pack("!i", length) + packet)
        await asyncio.gather(_pass_on(reader, here), _pass_on(there, writer))

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield _address(url, server)


async def _message(reader: StreamReader) -> bytes:
    """Return the next message of the protocol: its kind, its length, its content."""
    head = await reader.readexactly(5)
    return head + await reader.readexactly(struct.unpack("!i", head[1:])[0] - 4)


async def _until_ready(reader: StreamReader) -> bytes:
    """Return what a server says until it is ready for the next question."""
    said = b""
    while True:
        message = await _message(reader)
        said += message
        if message[:1] == READY:
            return said


class ByTransaction:
    """Lends one connection of the server, the first client's, to any client for a transaction."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lent = asyncio.Lock()
        self._server: tuple[StreamReader, StreamWriter] | None = None
        self._greeting = b""

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Serve one client: greet it as the server greeted the first, then lend it the server."""
        head = await reader.readexactly(4)
        there, here = await self._opened(head + await reader.readexactly(struct.unpack("!i", head)[0] - 4))
        writer.write(self._greeting)
        answering: asyncio.Task[None] | None = None
        with suppress(OSError, asyncio.IncompleteReadError):
            while (message := await _message(reader))[:1] != END:
                if answering is None or answering.done():
                    await self._lent.acquire()
                    answering = asyncio.create_task(self._answered(there, writer))
                here.write(message)
        writer.close()

    async def _opened(self, packet: bytes) -> tuple[StreamReader, StreamWriter]:
        async with self._lent:
            if self._server is None:
                there, here = self._server = await _connected(self._url)
                here.write(packet)
                self._greeting = await _until_ready(there)
            return self._server

    async def _answered(self, there: StreamReader, writer: StreamWriter) -> None:
        message = b""
        while message[:1] != READY or message[5:] != OUTSIDE:
            message = await _message(there)
            writer.write(message)
        self._lent.release()

    def close(self) -> None:
        """Hang up on the server."""
        if self._server is not None:
            self._server[1].close()


@asynccontextmanager
async def pooler_by_transaction(url: str) -> AsyncIterator[str]:
    """Give the address of such a pooler."""
    one = ByTransaction(url)
    async with await asyncio.start_server(one.serve, "127.0.0.1", 0) as server:
        yield _address(url, server)
    one.close()


async def test_connections_that_share_a_server_process_are_refused(database_url: str) -> None:
    """What one is set to would be another's, and the writers' role that of those who read."""
    async with pooler_by_transaction(database_url) as url:
        alone = await open_reading_pool(url, largest=1, patience=1_000)
        assert await alone.fetchval("select current_user") == "casegraph_reader"
        await alone.close()
        with pytest.raises(DatabaseStateError, match="one server process"):
            await open_reading_pool(url, largest=2, patience=1_000)


async def test_a_connection_that_is_not_the_reader_is_refused(database_url: str) -> None:
    """Without its parameters it would be the owner, to whom row-level security says nothing."""
    async with pooler(database_url, ignoring=True) as url:
        with pytest.raises(DatabaseStateError, match="casegraph_reader"):
            await open_reading_pool(url, largest=1, patience=1_000)


async def test_a_pooler_that_passes_everything_on_is_none_of_our_business(database_url: str) -> None:
    """The same way between, with its parameters, reads as the reader."""
    async with pooler(database_url, ignoring=False) as url:
        pool = await open_reading_pool(url, largest=1, patience=1_000)
        assert await pool.fetchval("select current_user") == "casegraph_reader"
        pool.terminate()
