"""Runs the command line as people do: processes of their own, with settings of their own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import httpx
import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")
ROOT: Final = Path(__file__).parent.parent.parent
PATIENCE: Final = 120.0
"""Seconds after which a process that should have ended is taken for hung."""


def environment(data: Path, **settings: str) -> dict[str, str]:
    """Return this environment with no setting but those given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CASEGRAPH_")}
    named = {f"CASEGRAPH_{name.upper()}": value for name, value in settings.items()}
    return kept | {"CASEGRAPH_DATA": str(data), "PYTHONUNBUFFERED": "1"} | named


def casegraph(*words: str, data: Path, text: bytes | None = None, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    done = subprocess.run(
        [sys.executable, "-m", "casegraph", *words], cwd=ROOT, env=environment(data, **settings), input=text,
        capture_output=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


class Running:
    """A command that goes on; `line` waits for it to say something."""

    def __init__(self, words: tuple[str, ...], data: Path, settings: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "casegraph", *words], cwd=ROOT, env=environment(data, **settings),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        self.said: list[str] = []

    def line(self, pattern: str) -> re.Match[str]:
        """Return the first line from here on that holds a pattern; fail where the process ends without one."""
        assert self.process.stdout is not None
        watch = threading.Timer(PATIENCE, self.kill)
        watch.start()
        try:
            for line in self.process.stdout:
                self.said.append(line)
                if found := re.search(pattern, line):
                    return found
        finally:
            watch.cancel()
        raise AssertionError(f"it never said {pattern}: {''.join(self.said)}")

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """Signal the whole group, as a terminal does, and return the exit code."""
        os.killpg(self.process.pid, number)
        rest, _ = self.process.communicate(timeout=PATIENCE)
        self.said.append(rest)
        return self.process.returncode

    def kill(self) -> None:
        """Kill every process of it at once, as no command can prevent."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def awaited(look: Callable[[], T | None]) -> T:
    """Look until there is something to see, and return it; fail where it never comes."""
    until = time.monotonic() + PATIENCE
    never = threading.Event()
    while time.monotonic() < until:
        if seen := look():
            return seen
        never.wait(0.05)
    raise AssertionError("what was waited for never came")


def group_of(process: int) -> list[psutil.Process]:
    """Return the living processes of a group, which is all that a command started but PostgreSQL."""
    found = []
    for one in psutil.process_iter():
        try:
            if os.getpgid(one.pid) == process and one.status() != psutil.STATUS_ZOMBIE:
                found.append(one)
        except (ProcessLookupError, psutil.NoSuchProcess):
            continue
    return found


def asked(address: str, document: str, **variables: object) -> Any:
    """Ask a server by GraphQL and return the data of its answer."""
    answer = httpx.post(address, json={"query": document, "variables": variables}, timeout=PATIENCE).json()
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


@contextmanager
def running(*words: str, data: Path, **settings: str) -> Iterator[Running]:
    """Have a command run while inside."""
    command = Running(words, data, settings)
    try:
        yield command
    finally:
        command.kill()
        if command.process.stdout is not None:
            command.process.stdout.close()
