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
import orjson
import psutil

from casegraph.signin.development import FILE
from tests.viewers import DEVELOPMENT_KEY, headers_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")
ROOT: Final = Path(__file__).parent.parent.parent
PATIENCE: Final = 120.0
"""Seconds after which a process that should have ended is taken for hung."""
UNWANTED: Final = ("CASEGRAPH_", "LANG", "LC_", "PYTHONDONTWRITEBYTECODE", "COVERAGE_PROCESS")
"""Of our own environment: settings, this terminal's language, and what makes each of the hundreds of processes compile
or trace all modules."""
READY: Final = r"(http://\S+/graphql)"


class Home:
    """A data folder, and the settings of whatever runs on it."""

    def __init__(self, data: Path, **settings: str) -> None:
        self.data = data
        self._settings = {"port": "0"} | settings

    def environment(self, **settings: str) -> dict[str, str]:
        """Return this environment with no setting but those given."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(UNWANTED)}
        named = {f"CASEGRAPH_{name.upper()}": value for name, value in (self._settings | settings).items()}
        return kept | {"CASEGRAPH_DATA": str(self.data), "PYTHONUNBUFFERED": "1"} | named

    def run(self, *words: str, text: bytes | None = None, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return self.run_program([sys.executable, "-m", "casegraph", *words], text, **settings)

    def run_program(
        self, words: Sequence[str], text: bytes | None = None, **settings: str
    ) -> subprocess.CompletedProcess[str]:
        """Run any program to its end."""
        done = subprocess.run(
            words, cwd=ROOT, env=self.environment(**settings), input=text, capture_output=True, timeout=PATIENCE,
            check=False,
        )  # fmt: skip
        return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())

    def trust_tests(self) -> None:
        """Have servers on this folder take the tests' tokens."""
        self.data.mkdir(parents=True, exist_ok=True)
        (self.data / FILE).write_bytes(orjson.dumps(DEVELOPMENT_KEY._pair))

    @contextmanager
    def running(self, *words: str, **settings: str) -> Iterator[Running]:
        """Have a command run while inside."""
        self.trust_tests()
        command = Running([sys.executable, "-m", "casegraph", *words], self.environment(**settings))
        try:
            yield command
        finally:
            command.kill()
            if command.process.stdout is not None:
                command.process.stdout.close()


class Running:
    """A command that goes on; `line` waits for it to say something."""

    def __init__(self, words: Sequence[str], environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
        )  # fmt: skip
        self.said: list[str] = []

    def line(self, pattern: str) -> str:
        """Return what a pattern's group catches in the first line from here on that holds it.

        Fails where the process ends without one.
        """
        assert self.process.stdout is not None
        watch = threading.Timer(PATIENCE, self.kill)
        watch.start()
        try:
            for line in self.process.stdout:
                self.said.append(line)
                if found := re.search(pattern, line):
                    return found[found.lastindex or 0]
        finally:
            watch.cancel()
        code = self.process.wait(PATIENCE)
        raise AssertionError(f"it never said {pattern} and ended with {code}: {''.join(self.said)}")

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """Signal the whole group, as a terminal does, wait until all of it has ended, and return the exit code."""
        os.killpg(self.process.pid, number)
        rest, _ = self.process.communicate(timeout=PATIENCE)
        self.said.append(rest)
        assert rest.count("Ended by ") == 1, rest
        assert rest.splitlines()[-1].startswith("Ended by "), rest
        assert "Traceback" not in rest, rest
        # Python's own tracker of what processes share sees the end of the last one, and ends in its turn.
        _, left = psutil.wait_procs(self.group(), timeout=5)
        assert not left, "it left processes behind"
        return self.process.returncode

    def group(self) -> list[psutil.Process]:
        """Return its living processes: all that it started but PostgreSQL, which has a session of its own."""
        found = []
        for one in psutil.process_iter():
            try:
                if os.getpgid(one.pid) == self.process.pid and one.status() != psutil.STATUS_ZOMBIE:
                    found.append(one)
            except (ProcessLookupError, psutil.NoSuchProcess):
                continue
        return found

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


def asked(address: str, document: str, **variables: object) -> Any:
    """Ask a server by GraphQL and return the data of its answer."""
    answer = httpx.post(
        address, json={"query": document, "variables": variables}, headers=headers_of(), timeout=PATIENCE
    ).json()
    assert "errors" not in answer, answer["errors"]
    return answer["data"]
