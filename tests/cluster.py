"""The database cluster that all tests of one run share, over its socket and over TCP with a SCRAM password."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import tempfile
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

from casegraph.postgres import TUNING, EmbeddedPostgres, EmbeddedPostgresError
from graph import places
from graph.database import connect
from graph.identity import Vault
from graph.ids import new_id
from graph.migrate import migrate
from graph.remasking import mask_standing

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX: Final = "casegraph-tests-cluster-"
TEMPLATE: Final = "template_casegraph"
PASSWORD: Final = "not a secret"
LEFT_OVER: Final = 3600.0
"""Seconds after which the cluster of a run that was killed is removed."""
UNSAFE: Final = {
    "fsync": "off",  # nothing here must survive a crash of the machine
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "max_connections": "200",
    "listen_addresses": "127.0.0.1",
}


class Cluster:
    """A running server with a migrated template."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self._server = EmbeddedPostgres(folder / "postgres", {**TUNING, **UNSAFE, **settings, "port": str(free_port())})
        parts = urlsplit(self._server.start())
        self._query = parts.query
        self._port = parse_qs(parts.query)["port"][0]

    def start(self) -> None:
        """Start the server again where it was ended; raise EmbeddedPostgresError while it cannot be."""
        self._server.start()

    def close(self) -> None:
        """Leave the server; the last of the run's processes takes the folder with it."""
        if self._server.stop():
            shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str, transport: str = "socket") -> str:
        """Return the address of a database: over the `socket`, or `tcp` with a password."""
        if transport == "tcp":
            return f"postgresql://casegraph:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{self._port}/{database}"
        return f"postgresql://casegraph@/{database}?{self._query}"

    async def prepare(self) -> None:
        """Make the template, once in a run."""
        with locked(self.folder / "template"):
            connection = await connect(self.url("postgres"))
            try:
                if await connection.fetchval("select true from pg_database where datname = $1", TEMPLATE):
                    return
                await connection.execute(f"alter role casegraph password '{PASSWORD}'")
                await connection.execute("drop database if exists unfinished")
                await connection.execute("create database unfinished")
                await self._fill("unfinished")
                await connection.execute(f"alter database unfinished rename to {TEMPLATE}")
            finally:
                await connection.close()

    async def _fill(self, database: str) -> None:
        connection = await connect(self.url(database))
        try:
            await migrate(connection, [places.load])
            # Nothing stands in it, so any key will do.
            await mask_standing(connection, Vault(os.urandom(32)), datetime.now(UTC))
        finally:
            await connection.close()

    async def create(self, template: str = TEMPLATE) -> str:
        """Clone a template and return the new database's name."""
        name = f"test_{new_id().hex}"
        # The files as they are take a third of the time that writing them through the log does.
        await self._administer(f"create database {name} template {template} strategy file_copy")
        return name

    async def drop(self, name: str) -> None:
        """Drop a database, whoever is still connected to it."""
        await self._administer(f"drop database if exists {name} with (force)")

    async def _administer(self, statement: str) -> None:
        connection = await connect(self.url("postgres"))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


def open_cluster(run: str) -> Cluster:
    """Start or join the cluster of a test run, after removing what killed runs left behind."""
    parent = Path(tempfile.gettempdir())
    for folder in parent.glob(f"{PREFIX}*"):
        if time.time() - folder.stat().st_mtime > LEFT_OVER:
            _remove(folder)
    folder = parent / f"{PREFIX}{run[:16]}"
    folder.mkdir(exist_ok=True)
    return Cluster(folder)


def _remove(folder: Path) -> None:
    """Remove a killed run's cluster; one that another process is half through removing does not start any more."""
    try:
        Cluster(folder).close()
    except EmbeddedPostgresError:
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    """Return a TCP port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold a file's lock against the other processes of the run."""
    handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
