"""The embedded PostgreSQL: one for all who use it, gone with the last, adopted where its users were killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from casegraph.postgres import EmbeddedPostgres, EmbeddedPostgresError
from graph.database import connect

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent.parent
USES_IT = """
import sys
from pathlib import Path
from casegraph.postgres import EmbeddedPostgres
print(EmbeddedPostgres(Path(sys.argv[1])).start(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(data_folder: Path) -> Iterator[Path]:
    """A data folder whose server is stopped in the end, whatever happened."""
    yield data_folder / "postgres"
    if (data_folder / "postgres" / "cluster").exists():
        with EmbeddedPostgres(data_folder / "postgres"):
            pass


def postmaster(folder: Path) -> psutil.Process | None:
    """Return the server's process where it lives."""
    file = folder / "cluster" / "postmaster.pid"
    if not file.exists():
        return None
    try:
        return psutil.Process(int(file.read_text().splitlines()[0]))
    except psutil.NoSuchProcess:
        return None


async def test_it_lives_as_long_as_somebody_uses_it(folder: Path) -> None:
    """The second user joins the first one's server; only the last one's leaving stops it; what was written stays."""
    first, second = EmbeddedPostgres(folder), EmbeddedPostgres(folder)
    url = first.start()
    assert second.start() == url
    connection = await connect(url)
    await connection.execute("create table kept as select 1 as one")
    await connection.close()
    assert not first.stop()
    assert postmaster(folder) is not None
    assert second.stop()
    assert postmaster(folder) is None
    with EmbeddedPostgres(folder) as third:
        connection = await connect(third.start())
        assert await connection.fetchval("select one from kept") == 1
        await connection.close()


def test_a_server_whose_users_were_killed_is_adopted_and_stopped(folder: Path) -> None:
    """Killed with SIGKILL, a user leaves the server running; the next one takes that very server over and ends it."""
    user = subprocess.Popen(
        [sys.executable, "-c", USES_IT, str(folder)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert user.stdout is not None
    url = user.stdout.readline().strip()
    user.send_signal(signal.SIGKILL)
    user.communicate()
    left = postmaster(folder)
    assert left is not None
    server = EmbeddedPostgres(folder)
    assert server.start() == url
    assert postmaster(folder) == left
    assert server.stop()
    assert not left.is_running() or left.status() == psutil.STATUS_ZOMBIE


def test_many_who_start_at_once_share_one_server(folder: Path) -> None:
    """Six at the same moment on an empty folder: one cluster is made, one server runs."""
    servers = [EmbeddedPostgres(folder) for _ in range(6)]
    with ThreadPoolExecutor(6) as threads:
        urls = set(threads.map(EmbeddedPostgres.start, servers))
    assert len(urls) == 1
    assert [server.stop() for server in servers] == [False] * 5 + [True]


async def test_a_server_that_was_killed_itself_recovers(folder: Path) -> None:
    """The postmaster dies by SIGKILL: the next start starts anew, and nothing committed is lost."""
    server = EmbeddedPostgres(folder)
    connection = await connect(server.start())
    await connection.execute("create table kept as select 1 as one")
    killed = postmaster(folder)
    assert killed is not None
    killed.send_signal(signal.SIGKILL)
    killed.wait(30)
    server.stop()
    with EmbeddedPostgres(folder) as again:
        connection = await connect(again.start())
        assert await connection.fetchval("select one from kept") == 1
        await connection.close()


def test_another_programs_process_is_not_taken_for_the_server(folder: Path) -> None:
    """After a restart of the machine the number in postmaster.pid can be anybody's."""
    with EmbeddedPostgres(folder):
        lines = (folder / "cluster" / "postmaster.pid").read_text().splitlines()
    lines[0] = str(os.getpid())
    (folder / "cluster" / "postmaster.pid").write_text("\n".join(lines) + "\n")
    with EmbeddedPostgres(folder):
        found = postmaster(folder)
        assert found is not None
        assert found.pid != os.getpid()


def test_data_of_another_version_is_not_touched(folder: Path) -> None:
    """One line says which version it is of and what to do."""
    with EmbeddedPostgres(folder):
        pass
    version = folder / "cluster" / "PG_VERSION"
    version.write_text("16\n")
    with pytest.raises(EmbeddedPostgresError, match=r"holds data of 16 PostgreSQL version, this casegraph needs 18"):
        EmbeddedPostgres(folder).start()
    version.write_text("18\n")


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "file").write_text("")
    with pytest.raises(EmbeddedPostgresError, match="CASEGRAPH_DATA"):
        EmbeddedPostgres(tmp_path / "file" / "postgres").start()
