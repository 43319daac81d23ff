"""A PostgreSQL with few connections: each process says at its start what it needs, and once, why it is not served."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import httpx
import psutil
import pytest

from casegraph.connections import Need, told
from casegraph.postgres import TUNING, EmbeddedPostgres
from graph.database import connect, has_no_room
from tests.cluster import free_port
from tests.run.processes import PATIENCE, READY, Home, awaited
from tests.viewers import headers_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from graph.database import Connection

ROOM: Final = 30
CASES: Final = "{ cases { totalCount } }"
USED: Final = """select count(*)::int from pg_stat_activity
    where usesysid is not null and datid is not null and leader_pid is null and pid <> pg_backend_pid()"""
CUT: Final = """select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and usesysid is not null and not (pid = any($1))"""


@pytest.mark.parametrize(
    ("room", "used", "level"), [(100, 84, logging.INFO), (100, 85, logging.WARNING), (10, 0, logging.WARNING)]
)
def test_whether_connections_fit_is_told(room: int, used: int, level: int) -> None:
    """With what it needs and what there is, and where it does not fit with what to do."""
    found, line = told(Need(10, 3, 2), room, used)
    assert found == level
    assert all(number in line for number in ("up to 16 ", f"are {room},", f"use {used} "))
    assert ("CASEGRAPH_POOL_SIZE" in line) == (level == logging.WARNING)


@contextmanager
def small_server(folder: Path) -> Iterator[str]:
    """Run a PostgreSQL that has few connections."""
    server = EmbeddedPostgres(folder / "small", {**TUNING, "max_connections": str(ROOM), "port": str(free_port())})
    url = server.start()
    try:
        yield url
    finally:
        server.stop()


class Crowd:
    """Others who use up every connection there is."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._held: list[Connection] = []

    async def fill(self) -> None:
        """Take what is left."""
        while True:
            try:
                self._held.append(await connect(self._url))
            except Exception as error:
                if not has_no_room(error):
                    raise
                return

    async def push_out(self) -> None:
        """End the connections of everybody else, and take theirs before they can."""
        await self.fill()
        ours = [one.get_server_pid() for one in self._held]
        await self._held[0].fetch(CUT, ours)
        while len(self._held) < ROOM:  # those that are ended need a moment
            await self.fill()

    async def leave(self) -> None:
        """Go away."""
        for one in self._held:
            await one.close()


def checks_of(address: str) -> tuple[int, dict[str, Any]]:
    """Return what a server says of itself."""
    answer = httpx.get(address.replace("graphql", "readyz"))
    return answer.status_code, answer.json()["checks"]


@pytest.mark.long
def test_the_cause_stands_in_the_log_once(data_folder: Path) -> None:
    """Others use all connections up: what is served is what is probed; once they are gone all goes on by itself."""
    with small_server(data_folder.parent) as url, asyncio.Runner() as runner:
        home = Home(data_folder, database_url=url, pool_size="4")
        migrated = home.run("migrate")
        assert migrated.returncode == 0, migrated.stderr
        assert home.run("reindex").returncode == 0
        crowd = Crowd(url)
        with home.running("serve", "--no-worker") as server:
            assert str(ROOM) in server.line(r"uses up to \d+ connections .* there are (\d+),")
            address = server.line(READY)
            awaited(lambda: checks_of(address) == (200, {"database": "ok", "index": "ok"}))
            # Stopped, so that it takes none of its connections back before the others have all.
            os.killpg(server.process.pid, signal.SIGSTOP)
            runner.run(crowd.push_out())
            os.killpg(server.process.pid, signal.SIGCONT)
            awaited(lambda: checks_of(address) == (503, {"database": "no connection left", "index": "ok"}))
            for _ in range(20):
                answer = httpx.post(address, json={"query": CASES}, headers=headers_of()).json()
                assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAVAILABLE"]
            runner.run(crowd.leave())
            awaited(lambda: checks_of(address)[0] == 200)
            answer = httpx.post(address, json={"query": CASES}, headers=headers_of()).json()
            assert answer == {"data": {"cases": {"totalCount": 0}}}
            server.end()
    said = "".join(server.said)
    assert said.count("has no connection left") == 1, said
    assert said.count("database: ok again") == 1, said
    assert "Traceback" not in said


@pytest.mark.long
def test_what_does_not_fit_is_warned_of(data_folder: Path) -> None:
    """Before anything fails."""
    with small_server(data_folder.parent) as url:
        home = Home(data_folder, database_url=url, pool_size=str(ROOM))
        assert home.run("migrate").returncode == 0
        with home.running("work") as worker:
            line = worker.line(r"WARNING .*does not fit: .*")
            assert "CASEGRAPH_POOL_SIZE" in line or "CASEGRAPH_POOL_SIZE" in worker.said[-1]
            worker.end()


@pytest.mark.long
async def test_a_process_uses_no_more_than_it_says(data_folder: Path) -> None:
    """Neither who answers nor who indexes, which has followers besides."""
    with small_server(data_folder.parent) as url:
        home = Home(data_folder, database_url=url, pool_size="4")
        assert (await asyncio.to_thread(home.run, "migrate")).returncode == 0
        connection = await connect(url)
        with home.running("serve", "--no-worker") as server, home.running("work") as worker:
            says = [int(one.line(r"uses up to (\d+) connections")) for one in (server, worker)]
            address = server.line(READY)
            async with httpx.AsyncClient() as http:
                for _ in range(20):
                    await http.post(address, json={"query": CASES}, headers=headers_of())
                    used = await connection.fetchval(USED)
                    assert used <= sum(says), (used, says)
            worker.end()
            server.end()
        await connection.close()


@pytest.mark.long
def test_a_database_that_hangs_is_told_by_probes_and_to_whoever_asks(data_folder: Path) -> None:
    """While all its processes are stopped: nobody waits for ever. Once they go on, all is answered again."""
    with small_server(data_folder.parent) as url:
        home = Home(data_folder, database_url=url, pool_size="4", statement_timeout="500")
        assert home.run("migrate").returncode == 0
        assert home.run("reindex").returncode == 0
        with home.running("serve", "--no-worker") as server:
            address = server.line(READY)
            awaited(lambda: checks_of(address)[0] == 200)
            stopped = processes_of(data_folder.parent / "small")
            try:
                for one in stopped:
                    one.suspend()
                answer = httpx.post(address, json={"query": CASES}, headers=headers_of(), timeout=PATIENCE).json()
                assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAVAILABLE"]
                awaited(lambda: checks_of(address) == (503, {"database": "away", "index": "ok"}))
                figures = httpx.get(address.replace("graphql", "metrics"), headers=headers_of()).text
                assert "casegraph_database_up 0.0" in figures
            finally:
                for one in stopped:
                    one.resume()
            awaited(lambda: checks_of(address)[0] == 200)
            answer = httpx.post(address, json={"query": CASES}, headers=headers_of(), timeout=PATIENCE).json()
            assert answer == {"data": {"cases": {"totalCount": 0}}}
            server.end()
    assert "Traceback" not in "".join(server.said)


def processes_of(folder: Path) -> list[psutil.Process]:
    """Return the processes of a server."""
    first = psutil.Process(int((folder / "cluster" / "postmaster.pid").read_text(encoding="utf-8").split()[0]))
    return [first, *first.children()]
