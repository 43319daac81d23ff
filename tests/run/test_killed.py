"""`ingest` is killed with all its processes, again and again, and in the end nothing shows it."""

from __future__ import annotations

import os
import subprocess
from datetime import date
from typing import TYPE_CHECKING

import pytest

from casegraph.demo.town import FOLDERS, make_town
from casegraph.postgres import EmbeddedPostgres
from graph import journal
from graph.database import connect
from graph.records import Channel
from tests.graph.picture import DANGLING, EMPTY_CASES, Picture, picture
from tests.run.processes import Home

if TYPE_CHECKING:
    from pathlib import Path

SUBMISSIONS = 300
STEP = 0.6
"""Seconds that each run lives longer than the one before it."""


async def pictured(data: Path) -> Picture:
    """Return what stands in a data folder's database, and check that it holds together."""
    with EmbeddedPostgres(data / "postgres") as server:
        connection = await connect(server.start())
        try:
            assert (await journal.verify(connection)).broken_at is None
            assert await connection.fetch(DANGLING) == []
            assert await connection.fetchval(EMPTY_CASES) == 0
            return await picture(connection)
        finally:
            await connection.close()


def lives(home: Home, channel: str, town: Path, seconds: float) -> int | None:
    """Run an ingest and kill all of it after so many seconds; return its exit code where it ended before."""
    with home.running("ingest", channel, str(town)) as command:
        try:
            command.process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            command.kill()
            return None
        return command.process.returncode


@pytest.mark.parametrize("channel", [Channel.HOTLINE, Channel.LETTER])
async def test_a_killed_ingest_run_again_is_as_if_undisturbed(
    channel: Channel, tmp_path: Path, data_folder: Path
) -> None:
    """It is killed ever later in its life, from its first breath to its last, and run again each time."""
    make_town(tmp_path / "town", submissions=SUBMISSIONS, seed=11, until=date(2026, 11, 20))
    town, name, key = tmp_path / "town" / FOLDERS[channel], channel.lower(), os.urandom(32).hex()
    undisturbed = Home(data_folder / "a", master_key=key).run("ingest", name, str(town))
    disturbed = Home(data_folder / "b", master_key=key)
    deaths, code = 0, None
    while code is None:
        deaths += 1
        code = lives(disturbed, name, town, 0.4 + deaths * STEP)
    assert code == undisturbed.returncode
    assert deaths > 2, "died too seldom to say anything"
    assert await pictured(data_folder / "b") == await pictured(data_folder / "a")
