"""The embedded form: one command on an empty folder, kills at any moment, disks that are full or cannot be written."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any, Final

import httpx
import psutil
import pytest

from casegraph.demo.queries import WORTH_TRYING
from casegraph.demo.town import FOLDERS, make_town
from graph.records import Channel
from tests.conftest import LOUD
from tests.run.processes import PATIENCE, READY, Home, asked, awaited
from tests.viewers import headers_of, told_apart

MESSAGE: Final = '[{"message_id": "1", "text": "路灯坏了。", "time": "2025-06-30 08:00"}]'.encode()
AS_ROOT: Final = os.geteuid() == 0
MOUNTING: Final = (
    "unshare",
    "--mount",
    *(() if AS_ROOT else ("--user", "--map-current-user", "--keep-caps")),
    "sh",
    "-c",
)
"""A shell whose mounts nobody else sees."""


@pytest.fixture
def home(data_folder: Path) -> Home:
    """An empty data folder."""
    return Home(data_folder)


def postmaster(home: Home) -> psutil.Process | None:
    """Return the embedded server where it runs."""
    file = home.data / "postgres" / "cluster" / "postmaster.pid"
    try:
        process = psutil.Process(int(file.read_text().splitlines()[0]))
    except (OSError, ValueError, IndexError, psutil.NoSuchProcess):
        return None
    return process if process.status() != psutil.STATUS_ZOMBIE else None


@pytest.mark.long
def test_the_demo_shows_a_town_and_goes_on_from_where_it_was(home: Home) -> None:
    """An empty folder becomes a town that answers; Ctrl-C leaves nothing; a second start reads no file again."""
    with home.running("demo") as demo:
        address = demo.line(f"Ready after .*{READY}")
        told = "".join(demo.said)
        assert "3,200 new" in told
        for query in WORTH_TRYING:
            assert query.document.strip() in told
            (answer,) = asked(address, query.document).values()
            assert answer["totalCount"] > 0
        token = demo.line(r"/graphql#token=(\S+)")
        told_by = httpx.get(
            address.replace("graphql", "session"), headers={"authorization": f"Bearer {token}"}, timeout=PATIENCE
        )
        assert "investigator" in told_by.json()["signedIn"]["roles"]
        assert demo.end() == 128 + signal.SIGINT
    assert postmaster(home) is None
    with home.running("demo") as again:
        address = again.line(f"Ready after .*{READY}")
        assert "new" not in "".join(again.said).split("Three queries")[0]
        assert asked(address, "{ submissions { totalCount } }")["submissions"]["totalCount"] == 3_200
        assert again.end(signal.SIGTERM) == 128 + signal.SIGTERM
    assert postmaster(home) is None


def test_a_server_left_by_killed_processes_ends_with_the_next_command(home: Home) -> None:
    """Everything of a `serve` is killed but PostgreSQL: the next command uses it, and then it ends."""
    with home.running("serve") as server:
        server.line(READY)
        left = postmaster(home)
        assert left is not None
        server.kill()
    assert left.is_running()
    assert home.run("rejections", "list").stdout == "Nothing is rejected.\n"
    assert postmaster(home) is None


@pytest.mark.long
def test_a_server_whose_database_is_killed_starts_it_again(home: Home) -> None:
    """Requests are told to try again meanwhile, nobody is sent to a URL that is not set, and all goes on."""
    with home.running("serve") as server:
        address = server.line(READY)
        killed = postmaster(home)
        assert killed is not None
        document = {"query": "{ submissions { totalCount } }"}

        def answer() -> dict[str, Any]:
            told: dict[str, Any] = httpx.post(address, json=document, headers=headers_of(), timeout=PATIENCE).json()
            return told

        assert "errors" not in answer()
        killed.kill()
        told = [told_apart(error) for error in awaited(lambda: answer().get("errors"))]
        assert told == [{"code": "UNAVAILABLE", "retryAfter": 5}]
        assert httpx.get(address.replace("graphql", "sync/changes"), headers=headers_of()).status_code in {200, 503}
        assert awaited(lambda: (answer().get("data") or {}).get("submissions")) == {"totalCount": 0}
        assert (up := postmaster(home)) is not None
        assert up != killed
        server.end()
    said = "".join(server.said)
    assert "PostgreSQL had ended, and runs again." in said
    assert "CASEGRAPH_DATABASE_URL" not in said


def test_two_commands_share_the_server(home: Home) -> None:
    """A command beside a `serve` joins its PostgreSQL and leaves it running."""
    with home.running("serve") as server:
        address = server.line(READY)
        before = postmaster(home)
        done = home.run("ingest", "web", "-", text=MESSAGE)
        assert done.returncode == 0, done.stdout
        assert postmaster(home) == before
        assert asked(address, '{ search(query: "路灯") { totalCount } }')["search"]["totalCount"] == 1
        assert server.end() == 128 + signal.SIGINT
    assert postmaster(home) is None


def test_a_data_folder_may_lie_deep(home: Home) -> None:
    """A socket's path may have 107 bytes; a folder's may have more."""
    deep = Home(home.data / ("深" * 40) / "data")
    assert deep.run("migrate").returncode == 0
    assert deep.run("doctor", "--quick").returncode in {0, 1}
    assert postmaster(deep) is None


def on_a_disk(home: Home, options: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command whose data folder is on a disk of its own; skip where none can be mounted."""
    disk = home.data / "disk"
    disk.mkdir(parents=True)
    mount = f"mount -t tmpfs -o {options} tmpfs {shlex.quote(str(disk))}"
    if home.run_program([*MOUNTING, mount]).returncode != 0:
        pytest.skip(f"{LOUD}nothing on a full or write-protected disk, since none can be mounted here")
    command = shlex.join([sys.executable, "-m", "casegraph", *words])
    return Home(disk / "data").run_program([*MOUNTING, f"{mount} && exec {command}"])


@pytest.mark.parametrize("room", ["20m", "60m", "76m"])
@pytest.mark.long
def test_a_full_disk_is_said(home: Home, tmp_path: Path, room: str) -> None:
    """Full while the database is made, while its log grows, while its tables do: one line says so."""
    make_town(tmp_path / "town", submissions=3_200, seed=3, until=date(2025, 6, 30))
    done = on_a_disk(home, f"size={room}", "ingest", "hotline", str(tmp_path / "town" / FOLDERS[Channel.HOTLINE]))
    assert done.returncode in {os.EX_IOERR, os.EX_UNAVAILABLE}
    assert "disk" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_a_write_protected_folder_is_said(home: Home) -> None:
    """One line names the folder and the setting that moves it."""
    done = on_a_disk(home, "ro", "migrate")
    assert done.returncode == os.EX_CANTCREAT
    assert "cannot be written: its disk is mounted for reading alone." in done.stderr
    assert done.stderr.endswith("or choose another folder with CASEGRAPH_DATA.\n")
    assert done.stderr.count("\n") == 1


def test_a_folder_that_is_a_file_is_said(home: Home) -> None:
    """One line as well."""
    home.data.write_text("")
    done = home.run("migrate")
    assert (done.returncode, done.stderr.count("\n")) == (os.EX_IOERR, 1)


@pytest.mark.long
def test_waiting_ends_where_the_index_cannot_be_written(home: Home) -> None:
    """A worker that cannot go on is not waited for: what is taken in stays, and the line says what to do."""
    home.data.mkdir()
    (home.data / "index").write_text("a file where a folder must be")
    done = home.run("ingest", "web", "-", text=MESSAGE)
    assert done.returncode == os.EX_UNAVAILABLE, done.stderr
    assert "The index cannot be written" in done.stderr.splitlines()[-1]
    (home.data / "index").unlink()
    again = home.run("ingest", "web", "-", text=MESSAGE)
    assert again.stdout == "0 new, 0 revised, 1 unchanged, 0 rejected\n"
