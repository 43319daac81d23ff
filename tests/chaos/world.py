"""The scaled form, of real processes: PostgreSQL as a server, Elasticsearch, two `serve`, two `work`."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import httpx
import psutil

from casegraph.postgres import EmbeddedPostgresError
from graph.database import connect, is_away
from tests.cluster import Cluster, free_port
from tests.elasticsearch.server import Server
from tests.run.processes import PATIENCE, ROOT, Home

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from graph.database import Connection

PREFIX: Final = "chaos"
AGAIN: Final = 0.5
"""Seconds after which whoever keeps processes starts one again that died, as a supervisor does."""


async def _connected(url: str) -> Connection:
    """Connect to a server as soon as it answers."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return await connect(url)
        except Exception as error:
            if not is_away(error) or time.monotonic() > until:
                raise
        await asyncio.sleep(AGAIN)  # a server that is starting calls nobody


@dataclass
class Process:
    """A command that is started again whenever it ends, until it is let go of."""

    words: tuple[str, ...]
    environment: dict[str, str]
    log: Path
    starts: int = 0
    process: subprocess.Popen[bytes] | None = None

    def keep(self) -> None:
        """Start it where it does not run."""
        if self.process is None or self.process.poll() is not None:
            with self.log.open("ab") as log:
                self.process = subprocess.Popen(
                    [sys.executable, "-m", "casegraph", *self.words], cwd=ROOT, env=self.environment, stdout=log,
                    stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
                )  # fmt: skip
            self.starts += 1

    def signal(self, number: signal.Signals) -> None:
        """Signal all of it."""
        if self.process is not None and self.process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def end(self) -> None:
        """Kill it for good."""
        self.signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()


@dataclass
class World:
    """All of it, in one folder."""

    folder: Path
    postgres: Cluster
    elasticsearch: Server
    database: str
    servers: list[Process] = field(default_factory=list)
    workers: list[Process] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)
    _keeper: threading.Thread | None = None

    @classmethod
    def start(cls, folder: Path) -> World:
        """Start everything, and whoever keeps it."""
        # What was acknowledged must survive a crash of PostgreSQL, if not of the machine.
        postgres = Cluster(folder / "cluster", synchronous_commit="on")
        asyncio.run(postgres.prepare())
        elasticsearch = Server(folder / "elasticsearch")
        elasticsearch.start()
        world = cls(folder, postgres, elasticsearch, asyncio.run(postgres.create()))
        home = Home(
            folder / "data", database_url=world.url, elasticsearch_url=elasticsearch.url, elasticsearch_prefix=PREFIX
        )
        home.trust_tests()
        for number in range(2):
            port = free_port()
            world.addresses.append(f"http://127.0.0.1:{port}")
            environment = home.environment(port=str(port))
            log = folder / f"serve-{number}.log"
            world.servers.append(Process(("serve", "--no-worker"), environment, log))
            world.workers.append(Process(("work",), environment, folder / f"work-{number}.log"))
        world._keeper = threading.Thread(target=world._keep)
        world._keeper.start()
        return world

    @property
    def url(self) -> str:
        """The address of the database."""
        return self.postgres.url(self.database, "tcp")

    @property
    def processes(self) -> list[Process]:
        """Our own."""
        return [*self.servers, *self.workers]

    def _keep(self) -> None:
        while not self._ended.wait(AGAIN):
            for one in self.processes:
                one.keep()

    def end(self) -> None:
        """End everything."""
        self._ended.set()
        if self._keeper:
            self._keeper.join()
        for one in self.processes:
            one.end()
        self.elasticsearch.end()
        with suppress(EmbeddedPostgresError):
            self.postgres.close()

    # PostgreSQL -------------------------------------------------------------------------------------------------------

    def on_database(self, do: Callable[[Connection], Awaitable[Any]]) -> Any:
        """Do something by a connection of the owner's, once the server answers."""

        async def done() -> Any:
            connection = await _connected(self.url)
            try:
                return await do(connection)
            finally:
                await connection.close()

        return asyncio.run(done())

    def execute(self, statement: str) -> None:
        """Execute a statement as the owner of the tables."""
        self.on_database(lambda connection: connection.execute(statement))

    def postmaster(self) -> psutil.Process:
        """Return PostgreSQL's first process."""
        file = self.folder / "cluster" / "postgres" / "cluster" / "postmaster.pid"
        return psutil.Process(int(file.read_text().split()[0]))

    def restart_postgres(self, number: signal.Signals) -> None:
        """End PostgreSQL by a signal, and start it again, as soon as those that it left behind have gone."""
        first = self.postmaster()
        left = first.children(recursive=True)
        first.send_signal(number)
        psutil.wait_procs([first, *left], timeout=PATIENCE)
        until = time.monotonic() + PATIENCE
        while True:
            try:
                self.postgres.start()
            except EmbeddedPostgresError:
                if time.monotonic() > until:
                    raise
            else:
                return

    # Elasticsearch ----------------------------------------------------------------------------------------------------

    def search(self, method: str, path: str, body: Any = None) -> None:
        """Ask Elasticsearch as its administrator."""
        with suppress(httpx.HTTPError):
            httpx.request(method, f"{self.elasticsearch.url}/{path}", json=body, timeout=PATIENCE)
