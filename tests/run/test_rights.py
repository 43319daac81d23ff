"""A right that is missing is named: which, on what, whose that is; `doctor` sees it before anything fails."""

from __future__ import annotations

import getpass
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest

from casegraph.rights import denied, hindered
from tests.cluster import Cluster
from tests.conftest import LOUD
from tests.run.processes import READY, Home, asked

MESSAGE: Final = '[{"message_id": "1", "text": "路灯坏了。", "time": "2025-06-30 08:00"}]'
LIKE_OTHERS: Final = (
    ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search")
    if os.geteuid() == 0
    else ()
)
"""Root without what lets it pass over rights: then they hold for it as for anybody."""


@pytest.fixture
def home(database_url: str, cluster: Cluster, tmp_path: Path) -> Home:
    """An instance with one message, indexed, on a database of its own: over TCP, which no right is needed for."""
    home = Home(tmp_path / "data", database_url=cluster.url(urlsplit(database_url).path.strip("/"), "tcp"))
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.json").write_text(MESSAGE)
    done = run(home, "ingest", "web", str(tmp_path / "in"))
    if LIKE_OTHERS and "setpriv" in done.stderr:
        pytest.skip(f"{LOUD}what is said of missing rights, since root keeps its own here")
    assert done.returncode == 0, done.stderr
    return home


def run(home: Home, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a user whom rights hold for."""
    return home.run_program([*LIKE_OTHERS, sys.executable, "-m", "casegraph", *words], None, **settings)


@contextmanager
def closed(path: Path, rights: int) -> Iterator[None]:
    """Leave so many rights on a path while inside."""
    before = path.stat().st_mode
    path.chmod(rights)
    try:
        yield
    finally:
        path.chmod(before)


def said(path: Path, verb: str) -> str:
    """Return what is said of a path."""
    return (
        f"{path} may not be {verb} by the user {getpass.getuser()}: it belongs to {getpass.getuser()}, with the rights"
    )


def named(done: subprocess.CompletedProcess[str], path: Path, verb: str) -> None:
    """Assert that a command ended with one line that says it."""
    assert said(path, verb) in done.stderr.splitlines()[-1], done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == os.EX_CANTCREAT


@pytest.mark.long
def test_what_is_read_and_may_not_be(home: Home, tmp_path: Path) -> None:
    """Mapping files, folders that are taken in whole, erasure lists, documents, keys, backups."""
    mapping, inside, erasures = tmp_path / "m.toml", tmp_path / "in" / "deep", tmp_path / "erasures.log"
    mapping.write_text('[headings]\ntext = "甲"\n')
    inside.mkdir()
    with closed(mapping, 0):
        named(run(home, "ingest", "web", str(tmp_path / "in"), "--mapping", str(mapping)), mapping, "read")
        named(run(home, "rejections", "retry", "all", "--mapping", str(mapping)), mapping, "read")
    with closed(inside, 0):
        named(run(home, "ingest", "web", str(tmp_path / "in")), inside, "read")
        named(run(home, "ingest", "web", str(inside / "a.json")), inside, "entered")
        named(run(home, "backup", str(inside / "backup")), inside, "entered")
    erasures.touch()
    with closed(erasures, 0):
        named(run(home, "erase", "--unfinished", erasures=str(erasures)), erasures, "read")
    with closed(home.data / "master.key", 0):
        named(run(home, "rejections", "list"), home.data / "master.key", "read")
    assert run(home, "backup", str(tmp_path / "backup")).returncode == 0
    with closed(tmp_path / "backup" / "manifest.json", 0):
        named(run(home, "restore", str(tmp_path / "backup")), tmp_path / "backup" / "manifest.json", "read")


@pytest.mark.long
def test_doctor_sees_it(home: Home) -> None:
    """As what is to be done, and goes on with what it can look at."""
    data, index = home.data, home.data / "index"
    (data / "attachments").mkdir(exist_ok=True)
    (lock,) = index.glob("*/.tantivy-meta.lock")
    hindering = (
        (lock, 0o400, "written"), (data / "attachments", 0, "read"), (data / "master.key", 0, "read"),
        (data, 0o500, "written"),
    )  # fmt: skip
    for path, rights, verb in hindering:
        with closed(path, rights):
            examined = run(home, "doctor", "--quick")
        assert examined.returncode == 1, examined.stderr
        assert "Traceback" not in examined.stderr
        assert "BAD  rights" in examined.stdout
        assert said(path, verb) in examined.stdout
    assert "BAD" not in run(home, "doctor", "--quick").stdout


@pytest.mark.long
def test_an_index_that_may_not_be_used_is_not_called_damaged(home: Home) -> None:
    """Nor not built: what is asked of it and what would write to it say that a right is missing, and where."""
    index = home.data / "index"
    (lock,) = index.glob("*/.tantivy-meta.lock")
    for rights, verb in ((0o500, "written"), (0, "read")):
        with closed(lock, 0o400), closed(index, rights):
            named(run(home, "reindex"), index, verb if rights else "entered")
            examined = run(home, "doctor", "--quick").stdout
        assert said(index, verb) in examined
        assert "may not read and write in its folder" in examined
        assert "damaged" not in examined
        assert "not there" not in examined
    with home.running("serve") as server:
        address = server.line(READY)
        assert asked(address, '{ search(query: "路灯") { totalCount } }')["search"]["totalCount"] == 1
        server.end()


def test_the_outermost_is_named(tmp_path: Path) -> None:
    """What lies in a folder that may not be entered is not looked at, and what is not there hinders nobody."""
    assert hindered(tmp_path / "nowhere") is None
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert hindered(tmp_path) is None
    assert "CASEGRAPH_DATA" in denied(str(tmp_path / "a"), tmp_path)
    assert "CASEGRAPH_DATA" not in denied(str(tmp_path / "a"), tmp_path / "elsewhere")
