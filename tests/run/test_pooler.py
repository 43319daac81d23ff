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


@asynccontextmanager
async def pooler(url: str, *, ignoring: bool) -> AsyncIterator[str]:
    """Give the address of what stands between us and the database of a URL."""
    parts = urlsplit(url)
    said = parse_qs(parts.query)
    folder, socket_port = said.get("host", [""])[0], said.get("port", ["5432"])[0]

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        length = struct.unpack("!i", await reader.readexactly(4))[0]
        packet = await reader.readexactly(length - 4)
        if folder:
            there, here = await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.{socket_port}")
        else:
            there, here = await asyncio.open_connection(parts.hostname, parts.port or 5432)
        here.write(without_parameters(packet[4:]) if ignoring else struct.pack("!i", length) + packet)
        await asyncio.gather(_pass_on(reader, here), _pass_on(there, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        credentials = parts.username or ""
        yield f"postgresql://{credentials}@127.0.0.1:{port}{parts.path}?sslmode=disable"


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
