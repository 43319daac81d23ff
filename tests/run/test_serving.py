"""A second server on a data folder is told which the first is, and what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from casegraph.serving import FOLDER, servers, told
from tests.run.processes import READY, ROOT, Home, awaited

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
SERVES = """
import sys, datetime
from pathlib import Path
from casegraph.serving import told
with told(Path(sys.argv[1]), "http://127.0.0.1:1/graphql", datetime.datetime.now(datetime.UTC)):
    print("told", flush=True)
    sys.stdin.read()
"""


def test_who_serves_is_known_as_long_as_it_lives(tmp_path: Path) -> None:
    """The longest first; one that was killed is gone with its file, one that ended has removed it."""
    with told(tmp_path, "http://127.0.0.1:8000/graphql", NOW):
        other = subprocess.Popen(
            [sys.executable, "-c", SERVES, str(tmp_path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert other.stdout is not None
        assert other.stdout.readline() == b"told\n"
        found = servers(tmp_path)
        assert [one.process for one in found] == sorted((os.getpid(), other.pid), key=(other.pid).__eq__)
        assert found[0].words() == f"process {os.getpid()} at http://127.0.0.1:8000/graphql since 2026-11-29 12:00 UTC"
        other.kill()
        other.communicate()
        assert [one.process for one in servers(tmp_path)] == [os.getpid()]
        assert [path.name for path in (tmp_path / FOLDER).iterdir()] == [str(os.getpid())]
    assert servers(tmp_path) == []


def test_a_file_that_says_nothing_is_nobody(tmp_path: Path) -> None:
    """Neither half of one nor a stranger's stops whoever starts."""
    (tmp_path / FOLDER).mkdir()
    for name, content in {"1": b"", "2": b"{", "3": b"[]", "x": b"{}"}.items():
        (tmp_path / FOLDER / name).write_bytes(content)
    assert servers(tmp_path) == []


@pytest.mark.long
def test_a_second_server_is_told_of_the_first(database_url: str, tmp_path: Path) -> None:
    """On the same port it is refused with that; on another it goes on; `doctor` names both."""
    home = Home(tmp_path / "data", database_url=database_url)
    with home.running("serve", "--no-worker") as first:
        address = first.line(READY)
        port = address.rpartition(":")[2].partition("/")[0]
        said = f"process {first.process.pid} at {address} since 20"
        refused = home.run("serve", port=port)
        assert refused.returncode == os.EX_UNAVAILABLE
        assert said in refused.stderr
        assert f"end it with `kill {first.process.pid}`, or choose another port with CASEGRAPH_PORT" in refused.stderr
        assert refused.stderr.count("\n") == 1
        with home.running("serve", "--no-worker") as second:
            assert said in second.line("(This data folder is served already.*)")
            second.line(READY)
            assert said in home.run("doctor", "--quick").stdout
            second.end()
        first.kill()
        awaited(lambda: not servers(home.data))
    assert "ok   servers: none" in home.run("doctor", "--quick").stdout
