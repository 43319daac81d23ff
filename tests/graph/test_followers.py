"""Whoever follows the journal goes on by itself, or says a line and ends, whatever becomes of PostgreSQL."""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from graph import followers, journal
from graph.followers import FollowerStuckError, alive, keep_following
from graph.records import Position
from tests.cable import cable_to
from tests.graph.factory import NOW, draft, make_intake

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from graph.database import Pool
    from graph.followers import Follow, Lead
    from graph.identity import Vault
    from graph.intake import Intake

CUTS = 40
NAME = "test"
PATIENCE = 60
OF_FOLLOWERS = """select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and application_name = 'casegraph test'"""


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Notice everything soon: no limit is a matter of the test."""
    for name, seconds in {
        "AGAIN": 0.01, "LONGEST_PAUSE": 0.05, "STAND_BY": 0.02, "BEAT_EVERY": 0.02, "ANSWER_WITHIN": 0.5, "GRACE": 0.5,
        "LOOK_EVERY": 0.2,
    }.items():  # fmt: skip
        monkeypatch.setattr(followers, name, seconds)


class Reading:
    """A follower that reads the journal as others do, and waits inside of PostgreSQL for a moment."""

    def __init__(self) -> None:
        self.reached = Position(0)
        self.grown = asyncio.Condition()
        self.begun = 0

    def begin(self, pool: Pool) -> Follow:
        """Begin to follow."""
        self.begun += 1

        async def follow(lead: Lead) -> None:
            async with pool.acquire() as connection:
                await connection.fetchval("select pg_sleep(0.01)")
                while entries := await journal.read(connection, self.reached, 100):
                    async with self.grown:
                        self.reached = entries[-1].position
                        self.grown.notify_all()
                    lead.gets_on()

        return follow

    async def reaches(self, position: Position) -> None:
        """Wait until it has come so far."""
        async with asyncio.timeout(PATIENCE), self.grown:
            await self.grown.wait_for(lambda: self.reached >= position)


@pytest.fixture
def intake(pool: Pool, vault: Vault, tmp_path: Path) -> Intake:
    """Give an intake, which writes to the journal."""
    return make_intake(pool, vault, tmp_path / "attachments")


@asynccontextmanager
async def running(url: str, reading: Reading) -> AsyncIterator[asyncio.Task[None]]:
    """Have it follow while inside."""
    task: asyncio.Task[None] = asyncio.create_task(keep_following(url, NAME, reading.begin))
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, FollowerStuckError):
            await task


async def write(intake: Intake, pool: Pool, name: str) -> Position:
    """Write something, and return the end of the journal."""
    await intake.take_in([draft(name)], actor="test", now=NOW)
    async with pool.acquire() as connection:
        return await journal.position(connection)


@pytest.mark.parametrize("seed", [1, 2])
async def test_connections_that_are_ended_at_any_point_stop_nobody(
    database_url: str, intake: Intake, pool: Pool, seed: int
) -> None:
    """As a restart, a failover or an administrator does; each time it goes on with what comes next."""
    chance = random.Random(seed)  # noqa: S311 - the points in time must come again
    reading = Reading()
    async with running(database_url, reading) as task:
        for number in range(CUTS):
            await asyncio.sleep(chance.uniform(0, 0.04))  # the point in time is what is varied
            await pool.execute(OF_FOLLOWERS)
            if number % 8 == 0:
                await reading.reaches(await write(intake, pool, str(number)))
        await reading.reaches(await write(intake, pool, "last"))
        assert not task.done()


async def test_a_cable_that_is_pulled_stops_nobody(database_url: str, intake: Intake, pool: Pool) -> None:
    """Nobody says that a connection is dead: it is noticed by what does not come back, also in the midst of a step."""
    reading = Reading()
    async with cable_to(database_url) as cable, running(cable.url, reading) as task:
        for number in range(3):
            await reading.reaches(await write(intake, pool, str(number)))
            cable.pull()
            await pool.execute(OF_FOLLOWERS)
        await reading.reaches(await write(intake, pool, "last"))
        assert (reading.begun, task.done()) == (4, False)


async def test_a_step_that_never_ends_is_begun_anew(
    database_url: str, intake: Intake, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lives and does nothing: without a sign for too long all of it is cut."""
    monkeypatch.setattr(followers, "STALLED", 0.3)
    reading, hung = Reading(), asyncio.Event()

    def begin(pool: Pool) -> Follow:
        follow = reading.begin(pool)

        async def hang(lead: Lead) -> None:
            if not hung.is_set():
                hung.set()
                await asyncio.Event().wait()
            await follow(lead)

        return hang

    task: asyncio.Task[None] = asyncio.create_task(keep_following(database_url, NAME, begin))
    await hung.wait()
    await reading.reaches(await write(intake, pool, "1"))
    assert reading.begun > 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_step_that_neither_works_nor_ends_is_told(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process must end: nobody else can be sure that it does not write."""
    monkeypatch.setattr(followers, "STALLED", 0.3)
    let_go = asyncio.Event()

    def begin(_: Pool) -> Follow:
        async def hang(_: Lead) -> None:
            while not let_go.is_set():
                with suppress(asyncio.CancelledError):
                    await let_go.wait()

        return hang

    with pytest.raises(FollowerStuckError, match="neither works nor ends"):
        await asyncio.wait_for(keep_following(database_url, NAME, begin), PATIENCE)
    let_go.set()


async def test_who_is_cancelled_ends_though_it_fails_to_tidy_up(database_url: str) -> None:
    """The connection that it tidies up by is lost: that is no reason to begin once more."""
    began = asyncio.Event()

    def begin(_: Pool) -> Follow:
        async def follow(_: Lead) -> None:
            try:
                began.set()
                await asyncio.Event().wait()
            finally:
                raise ConnectionResetError

        return follow

    task: asyncio.Task[None] = asyncio.create_task(keep_following(database_url, NAME, begin))
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, PATIENCE)


async def test_trouble_is_told_while_it_lasts(database_url: str, pool: Pool, caplog: pytest.LogCaptureFixture) -> None:
    """By the row that others read, without what was read, and by a line when it begins and one when it is over."""
    broken, tried = True, 0

    def begin(_: Pool) -> Follow:
        async def follow(_: Lead) -> None:
            nonlocal tried
            tried += 1
            if broken:
                raise ValueError("13812345678")

        return follow

    task: asyncio.Task[None] = asyncio.create_task(keep_following(database_url, NAME, begin))
    assert "ValueError" in str(await _until(pool, troubled=True))
    broken = False
    assert await _until(pool, troubled=False) is None
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    lines = [record.getMessage() for record in caplog.records if record.name == "casegraph.followers"]
    assert ["cannot go on" in lines[0], "goes on" in lines[1]] == [True, True]
    assert (len(lines), tried > 2, "138" in str(lines)) == (2, True, False)


async def _until(pool: Pool, *, troubled: bool) -> str | None:
    async with asyncio.timeout(PATIENCE):
        while True:
            async with pool.acquire() as connection:
                found = next((one for one in await alive(connection) if one.name == NAME), None)
            if found and (found.trouble is not None) is troubled:
                return found.trouble
            await asyncio.sleep(0.01)  # it is put down, and nobody called


async def test_of_several_one_leads(database_url: str, intake: Intake, pool: Pool) -> None:
    """Others stand by, and take over at its end."""
    first, second = Reading(), Reading()
    async with running(database_url, first) as task:
        await first.reaches(await write(intake, pool, "1"))
        async with running(database_url, second):
            await first.reaches(await write(intake, pool, "2"))
            assert second.begun == 0
            task.cancel()
            await second.reaches(await write(intake, pool, "3"))
