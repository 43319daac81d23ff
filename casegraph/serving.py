"""Who serves from a data folder: one file for each process that does, locked by it as long as it lives.

The kernel drops the lock when the process ends, however it ends, so nobody is told of a server that is gone.

    {data}/serving/{process}    its address, and since when
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import orjson

from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDER: Final = "serving"


@dataclass(frozen=True, slots=True)
class Server:
    """A process that serves from a data folder."""

    process: int
    address: str
    since: datetime

    def words(self) -> Wording:
        """Say which it is, in words that go on in a sentence."""
        return Wording(
            "process {process} at {address} since {since}",
            process=self.process, address=self.address, since=f"{self.since:%Y-%m-%d %H:%M %Z}",
        )  # fmt: skip


@contextmanager
def told(data: Path, address: str, now: datetime) -> Iterator[None]:
    """Let others know while inside that this process serves from a folder."""
    handle = _lay_down(data / FOLDER, address, now)
    try:
        yield
    finally:
        if handle is not None:
            (data / FOLDER / str(os.getpid())).unlink(missing_ok=True)
            os.close(handle)


def _lay_down(folder: Path, address: str, now: datetime) -> int | None:
    """Write the file and hold it; return None in a folder that cannot be written, from which can be served as well."""
    partial, handle = folder / f"{os.getpid()}.partial", None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        # Held before it can be found by its name, or whoever finds it would take its process for dead.
        fcntl.flock(handle, fcntl.LOCK_EX)
        os.write(handle, orjson.dumps({"address": address, "since": now}))
        partial.rename(folder / str(os.getpid()))
    except OSError:
        if handle is not None:
            os.close(handle)
        return None
    return handle


def servers(data: Path) -> list[Server]:
    """Return who serves from a folder, the longest first; files of those that were killed are removed."""
    found: list[Server] = []
    try:
        paths = list((data / FOLDER).glob("[0-9]*"))
    except OSError:
        return found  # who may not look there is told so by whatever comes next
    for path in paths:
        with suppress(OSError, ValueError, KeyError, TypeError), path.open("rb") as file:
            if _is_held(file.fileno()):
                said: dict[str, Any] = orjson.loads(file.read())
                since = datetime.fromisoformat(said["since"])
                found.append(Server(int(path.name), said["address"], since))
            else:
                path.unlink(missing_ok=True)
    return sorted(found, key=lambda one: one.since)


def _is_held(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False
