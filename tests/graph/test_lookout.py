"""A connection that nobody answers any more is ended, and one that only waits long is not."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from graph import database, lookout
from graph.database import (
    close,
    connect,
    connected_processes,
    is_away,
    is_open,
    open_pool,
    open_reading_pool,
    though_away,
)
from graph.lookout import Lookout
from graph.tasks import finish, require_uncancelled
from tests.cable import cable_to

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection

    from graph.database import Connection
    from tests.cluster import Cluster

PATIENCE = 60
FOR_EVER = "select pg_advisory_lock(1)"
"""Which the test's own connection holds."""


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Notice everything soon: no limit is a matter of the test."""
    monkeypatch.setattr(lookout, "LOOK_EVERY", 0.02)
    monkeypatch.setattr(lookout, "ANSWER_WITHIN", 1.0)
    monkeypatch.setattr(database, "CLOSE_WITHIN", 0.2)


class Counted(Lookout):
    """Tells how often it has looked."""

    def __init__(self, url: str) -> None:
        super().__init__(url, None)
        self.looks = 0
        self.looked = asyncio.Condition()

    async def _look(self) -> None:
        await super()._look()
        async with self.looked:
            self.looks += 1
            self.looked.notify_all()

    async def more(self, count: int) -> None:
        """Wait until it has looked so many times more."""
        wanted = self.looks + count
        async with asyncio.timeout(PATIENCE), self.looked:
            await self.looked.wait_for(lambda: self.looks >= wanted)


@asynccontextmanager
async def looking(url: str) -> AsyncIterator[Counted]:
    """Have one look while inside."""
    counted = Counted(url)
    task = asyncio.create_task(counted.keep())
    try:
        yield counted
    finally:
        await finish(task)


@asynccontextmanager
async def waiting(url: str, connection: Connection) -> AsyncIterator[tuple[Connection, asyncio.Task[object]]]:
    """Give another connection that waits for a lock, which `connection` holds."""
    await connection.execute(FOR_EVER)
    other = await connect(url)
    task = asyncio.create_task(other.execute(FOR_EVER))
    while not await connection.fetchval("select exists (select from pg_locks where not granted)"):  # noqa: ASYNC110
        await asyncio.sleep(0)  # PostgreSQL calls nobody who waits for a lock
    try:
        yield other, task
    finally:
        other.terminate()
        await finish(task)


async def test_what_waits_long_is_left_alone(database_url: str, connection: Connection) -> None:
    """However often it is looked at: the server has its process."""
    async with looking(database_url) as counted, waiting(database_url, connection) as (_, task):
        await counted.more(5)
        assert not task.done()
        await connection.execute("select pg_advisory_unlock(1)")
        await asyncio.wait_for(task, PATIENCE)


async def test_what_is_cut_off_wakes(database_url: str, connection: Connection) -> None:
    """The cable is pulled and the server gives the connection up; nobody says so, and another cable is in."""
    async with cable_to(database_url) as cable, waiting(cable.url, connection) as (other, task), looking(cable.url):
        cable.pull()
        await connection.execute("select pg_terminate_backend($1)", connected_processes()[other])
        with pytest.raises(Exception, match="connection") as caught:
            await asyncio.wait_for(task, PATIENCE)
        assert is_away(caught.value)


async def test_a_server_that_says_nothing_is_given_up(database_url: str, connection: Connection) -> None:
    """Neither by the connection that was nor by a new one; the server itself still has its process."""
    async with cable_to(database_url) as cable, waiting(cable.url, connection) as (other, task):
        cable.hangs = True
        cable.pull()
        async with looking(cable.url):
            with pytest.raises(Exception, match="connection") as caught:
                await asyncio.wait_for(task, PATIENCE)
        assert is_away(caught.value)
        assert not is_open(other)


async def test_a_server_that_has_no_connection_for_us_is_not_given_up(
    database_url: str, connection: Connection, cluster: Cluster
) -> None:
    """It answers: what is connected goes on."""
    async with waiting(database_url, connection) as (other, _):
        name = await connection.fetchval("select current_database()")
        await cluster._administer(f"alter database {name} allow_connections false")
        async with looking(database_url) as counted:
            await counted.more(lookout.SILENT + 2)
        assert is_open(other)


async def test_it_ends_though_it_is_cancelled_while_nothing_answers(database_url: str) -> None:
    """Tidying up fails then, and must not take the place of the cancellation."""
    async with cable_to(database_url) as cable:
        other = await connect(cable.url)
        async with looking(cable.url) as counted:
            await counted.more(1)
            cable.hangs = True
            cable.pull()
        other.terminate()


@pytest.mark.parametrize("portion", range(1, 26, 4))
async def test_opening_ends_when_it_is_cancelled(database_url: str, portion: int) -> None:
    """Nothing answers from some portion of data on: the driver would ask the server to give up, and wait for that."""
    before = asyncio.all_tasks()
    async with cable_to(database_url) as cable:
        hung = asyncio.Event()

        async def hang() -> None:
            cable.hangs = True
            cable.pull()
            hung.set()

        cable.strike(portion, hang)
        opening = asyncio.create_task(open_reading_pool(cable.url, largest=3, patience=10_000))
        await asyncio.wait_for(hung.wait(), PATIENCE)
        begun = {task for task in asyncio.all_tasks() - before if "asyncpg" in repr(task)} | {opening}
        for task in begun:
            task.cancel()
        _, left = await asyncio.wait(begun, timeout=PATIENCE)
        assert not left


async def test_closing_waits_for_nothing_that_is_dead(database_url: str, connection: Connection) -> None:
    """Neither a connection, nor a pool of which one is in use and waits for ever."""
    async with cable_to(database_url) as cable, waiting(cable.url, connection) as (other, _):
        pool = await open_pool(cable.url, largest=2)
        taken = await pool.acquire()
        cable.pull()
        await asyncio.wait_for(close(other), PATIENCE)
        await asyncio.wait_for(close(pool), PATIENCE)
        assert not is_open(other)
        assert not is_open(taken)


async def _goes_on(errors: Collection[Exception], began: asyncio.Event) -> None:
    """Try again whatever fails, and fail in tidying up."""
    while True:
        try:
            try:
                began.set()
                await asyncio.Event().wait()
            finally:
                raise next(iter(errors))
        except OSError as error:
            require_uncancelled(error)


async def _goes_on_though_away(errors: Collection[Exception], began: asyncio.Event) -> None:
    while True:
        with though_away():
            try:
                began.set()
                await asyncio.Event().wait()
            finally:
                raise next(iter(errors))


@pytest.mark.parametrize("goes_on", [_goes_on, _goes_on_though_away])
async def test_an_error_in_tidying_up_takes_no_cancellation_away(goes_on: object) -> None:
    """A task that was cancelled ends, whatever it goes on after otherwise."""
    assert callable(goes_on)
    began = asyncio.Event()
    task = asyncio.create_task(goes_on([ConnectionResetError()], began))
    await began.wait()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await asyncio.wait_for(asyncio.shield(task), PATIENCE)
    assert task.cancelled()
