"""Ctrl-C, SIGTERM and the end of a terminal end every command with one line, wherever it stands, and leave nothing."""

from __future__ import annotations

import os
import pty
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Final

import psutil
import pytest

from casegraph.cli import parser
from casegraph.demo.town import FOLDERS, make_town
from casegraph.ending import CUT_OFF, ENDED
from graph.records import Channel
from tests.conftest import DEEP
from tests.run.processes import PATIENCE, READY, ROOT, Home, awaited
from tests.run.test_embedded import postmaster

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
WORDS: Final = {
    "backup": ("backup", "nowhere/backup"),
    "erase": ("erase", "--unfinished"),
    "ingest": ("ingest", "web", "tests"),
    "keys": ("keys", "list"),
    "rejections": ("rejections", "list"),
    "restore": ("restore", "nowhere"),
    "set-aside": ("set-aside", "list"),
    "token": ("token", "--role", "auditor", "--division", "*"),
}
"""What a command needs besides its name."""
LINE: Final = "Ended by "


class Ended:
    """A command in a group of its own, at a terminal or not; all that it says is kept."""

    def __init__(self, home: Home, *words: str, terminal: bool) -> None:
        self._home = home
        self._terminal = terminal
        ours, theirs = pty.openpty() if terminal else os.pipe()
        # Whoever leads a session gets the first terminal that it opens for its own.
        at_it = ("sh", "-c", 'exec "$0" "$@" <"$TERMINAL" >"$TERMINAL" 2>&1') if terminal else ()
        self.process = subprocess.Popen(
            [*at_it, *words], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, start_new_session=True,
            env=home.environment() | {"TERM": "xterm"} | ({"TERMINAL": os.ttyname(theirs)} if terminal else {}),
        )  # fmt: skip
        os.close(theirs)
        self._ours = ours

    def signal(self, number: signal.Signals) -> None:
        """Signal the whole group, by the key of the terminal where there is one."""
        if self._terminal and number is signal.SIGINT:
            os.write(self._ours, b"\x03")
        else:
            os.killpg(self.process.pid, number)

    def line(self, expected: str) -> None:
        """Wait until it has said a line, its first."""
        said = b""
        while not said.endswith(b"\n"):
            said += os.read(self._ours, 1)
        assert said.decode() == f"{expected}\n"

    def rest(self) -> str:
        """Return all that it said until it ended; nothing that it started is left then."""
        said = bytearray()
        with suppress(OSError):  # a terminal that all have left says so by an error
            while part := os.read(self._ours, 65_536):
                said += part
        os.close(self._ours)
        self.process.wait(PATIENCE)
        awaited(lambda: not list(self.left()))
        assert postmaster(self._home) is None
        return said.decode()

    def left(self) -> Iterator[psutil.Process]:
        """Yield what lives of its group, and of the programs that run on its folder."""
        for one in psutil.process_iter():
            with suppress(psutil.Error, ProcessLookupError):
                mine = os.getpgid(one.pid) == self.process.pid or str(self._home.data) in " ".join(one.cmdline())
                if mine and one.status() != psutil.STATUS_ZOMBIE:
                    yield one


@contextmanager
def begun(home: Home, *words: str, terminal: bool = False) -> Iterator[Ended]:
    """Have a command run; what is left of it after all is killed."""
    command = Ended(home, *words, terminal=terminal)
    try:
        yield command
    finally:
        for one in command.left():
            one.kill()
        command.process.wait(PATIENCE)


def casegraph(*words: str) -> tuple[str, ...]:
    """Return the words that run a command."""
    return (sys.executable, "-m", "casegraph", *words)


def listens(command: Ended) -> bool:
    """Tell whether a command has said what its signals do: the kernel shows it."""
    status = Path(f"/proc/{command.process.pid}/status").read_text()
    (caught,) = (line.split()[1] for line in status.splitlines() if line.startswith("SigCgt"))
    return all(int(caught, 16) >> (number - 1) & 1 for number in SIGNALS)


def assert_ended(command: Ended, number: signal.Signals) -> None:
    """Assert that it ended by a signal with its code and one line, whose last words they are."""
    said = command.rest()
    assert command.process.returncode == 128 + number, said
    assert "Traceback" not in said, said
    assert "ended by itself" not in said, said
    assert said.count(LINE) == 1, said
    assert LINE in said.splitlines()[-1], said


@pytest.fixture
def home(data_folder: Path) -> Home:
    """An empty data folder."""
    return Home(data_folder)


def names() -> list[str]:
    """Return the names of all commands."""
    (commands,) = [action.choices for action in parser()._actions if isinstance(action.choices, dict)]
    return sorted(commands)


@pytest.mark.parametrize("name", names())
@pytest.mark.long
def test_every_command_ends_from_its_first_breath(home: Home, name: str) -> None:
    """While its modules are loaded, which is long enough to be met by an impatient Ctrl-C."""
    number, terminal = random.choice(SIGNALS), random.choice((True, False))  # noqa: S311  # nothing secret
    with begun(home, *casegraph(*WORDS.get(name, (name,))), terminal=terminal) as command:
        awaited(lambda: listens(command))
        command.signal(number)
        assert_ended(command, number)


def being_made(home: Home) -> bool:
    """Tell whether the embedded database is just being made."""
    return (home.data / "postgres" / "cluster.partial").exists()


def is_up(home: Home) -> bool:
    """Tell whether the embedded server runs."""
    return postmaster(home) is not None


MOMENTS: Final = (being_made, is_up)


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("name", ["serve", "demo", "ingest"] if DEEP else ["demo"])
@pytest.mark.long
def test_nothing_is_left_of_a_start(home: Home, name: str, moment: Callable[[Home], bool], terminal: bool) -> None:
    """While the embedded database is made, and as soon as it is up: neither programs of its making nor the server."""
    number = random.choice(SIGNALS)  # noqa: S311  # nothing secret
    with begun(home, *casegraph(*WORDS.get(name, (name,))), terminal=terminal) as command:
        awaited(lambda: moment(home))
        command.signal(number)
        assert_ended(command, number)
    done = home.run("rejections", "list")
    assert (done.returncode, done.stdout) == (0, "Nothing is rejected.\n"), done.stderr


def beside(command: Ended) -> list[psutil.Process]:
    """Return the processes of ours that a command has begun: one indexes, one reads."""
    return [one for one in command.left() if "spawn_main" in " ".join(one.cmdline())]


@pytest.mark.parametrize("number", SIGNALS[:2])
@pytest.mark.long
def test_in_the_middle_of_work_and_twice(home: Home, tmp_path: Path, number: signal.Signals) -> None:
    """A second signal is no worse than one, and what is run again goes on."""
    make_town(tmp_path / "town", submissions=600, seed=5, until=date(2026, 11, 20))
    words = ("ingest", "hotline", str(tmp_path / "town" / FOLDERS[Channel.HOTLINE]))
    with begun(home, *casegraph(*words), terminal=number is signal.SIGINT) as command:
        awaited(lambda: len(beside(command)) >= 2)
        command.signal(number)
        with suppress(ProcessLookupError):
            command.signal(number)
        assert_ended(command, number)
    assert home.run(*words).returncode in {0, 3}


def test_a_server_ends_though_a_client_stays(home: Home) -> None:
    """A connection that is kept open holds nobody up for longer than requests have to end in."""
    with home.running("serve") as server:
        address = server.line(READY)
        port = int(address.rpartition(":")[2].partition("/")[0])
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{")
            assert server.end(signal.SIGTERM) == 128 + signal.SIGTERM


HANGS: Final = """
import asyncio, threading, sys
from casegraph.ending import ENDING, OF_A_COMMAND
from casegraph.running import run

ENDING.listen(OF_A_COMMAND, tells=True)

async def main():
    with ENDING.last_resort(lambda: print("outer", flush=True)), ENDING.last_resort(lambda: print("inner", flush=True)):
        try:
            print("ready", flush=True)
            await asyncio.Event().wait()
        finally:
            %s

sys.exit(run(main()))
"""


@pytest.mark.parametrize(
    "hangs",
    ["await asyncio.to_thread(threading.Event().wait)", "threading.Event().wait()", "await asyncio.Event().wait()",
     "exec('while True: pass')"],
)  # fmt: skip
def test_what_does_not_end_is_cut_off(home: Home, hangs: str) -> None:
    """Threads, the loop itself, tasks: the last resorts are called, the inner ones first, and then it is over."""
    with begun(home, sys.executable, "-c", HANGS % hangs) as command:
        command.line("ready")
        command.signal(signal.SIGTERM)
        said = command.rest()
        assert said == "inner\nouter\n" + CUT_OFF.format(name="SIGTERM")
        assert command.process.returncode == 128 + signal.SIGTERM


def test_what_ignores_its_terminal_goes_on_without_it(home: Home) -> None:
    """`nohup` means it."""
    script = HANGS.replace(
        "import asyncio", "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\nimport asyncio"
    )
    with begun(home, sys.executable, "-c", script % "pass") as command:
        command.line("ready")
        command.signal(signal.SIGHUP)
        command.signal(signal.SIGTERM)
        assert command.rest() == ENDED.format(name="SIGTERM")
