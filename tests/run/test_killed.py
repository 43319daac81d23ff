"""`ingest` is killed with all its processes, again and again, and in the end nothing shows it."""

from __future__ import annotations

import os
import random
import subprocess
import time
from datetime import date
from typing import TYPE_CHECKING

import pytest

from casegraph.demo.town import FOLDERS, make_town
from casegraph.postgres import EmbeddedPostgres
from graph import journal
from graph.database import connect
from graph.records import Channel
from tests.conftest import DEEP
from tests.graph.picture import DANGLING, EMPTY_CASES, Picture, picture
from tests.run.processes import Home

if TYPE_CHECKING:
    from pathlib import Path

SUBMISSIONS = 300
MOMENTS = 12 if DEEP else 3
"""How often it is killed, each time at a moment of an undisturbed run's life that chance draws."""


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


def killed(home: Home, words: tuple[str, ...], seconds: float) -> bool:
    """Run a command and kill all of it after so many seconds; tell whether it was still at it."""
    with home.running(*words) as command:
        try:
            command.process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            command.kill()
            return True
        return False


@pytest.mark.parametrize("channel", [Channel.HOTLINE, Channel.LETTER])
@pytest.mark.long
async def test_a_killed_ingest_run_again_is_as_if_undisturbed(
    channel: Channel, tmp_path: Path, data_folder: Path
) -> None:
    """It is killed ever later in its life, from its first breath to its last, and run again each time."""
    make_town(tmp_path / "town", submissions=SUBMISSIONS, seed=11, until=date(2026, 11, 20))
    words = ("ingest", channel.lower(), str(tmp_path / "town" / FOLDERS[channel]))
    key = os.urandom(32).hex()
    undisturbed, disturbed = (Home(data_folder / name, master_key=key) for name in ("undisturbed", "disturbed"))
    began = time.monotonic()
    code = undisturbed.run(*words).returncode
    life = time.monotonic() - began
    moments = sorted(random.uniform(0.1, 0.8) for _ in range(MOMENTS))  # noqa: S311 - nothing secret
    print(f"killed at {moments} of {life:.1f} s")  # noqa: T201 - told where the test fails
    deaths = [killed(disturbed, words, life * moment) for moment in moments]
    assert any(deaths), "never died, which says nothing"
    assert disturbed.run(*words).returncode == code
    assert await pictured(disturbed.data) == await pictured(undisturbed.data)
