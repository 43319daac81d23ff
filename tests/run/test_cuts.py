"""Cut from PostgreSQL at any point, every command goes on by itself or ends with one line, and done again is done."""

from __future__ import annotations

import os
import random
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from casegraph.cli import parser
from casegraph.commands import keys
from graph import api_keys
from graph.database import connect
from graph.errors import UncertainError
from tests.cable import cable_to
from tests.conftest import DEEP
from tests.run.cut_commands import COMMANDS
from tests.run.cuts import ENDED, WENT_ON, bench, cut, series
from tests.run.processes import READY, Home, Running, awaited
from tests.run.test_commands import found, push

if TYPE_CHECKING:
    from graph.database import Connection
    from graph.identity import Vault

SERIES = 100 if DEEP else 5


@pytest.mark.long
async def test_a_command_that_is_cut_off_goes_on_or_ends_with_a_line() -> None:
    """Its connections end, hang or are refused, or the server crashes, at a point that chance draws."""
    seed = random.randrange(2**32)  # noqa: S311 - nothing secret
    chance = random.Random(seed)  # noqa: S311 - the points must come again
    print(f"python -m tests.run.cuts --series {SERIES} --seed {seed}")  # noqa: T201 - told where the test fails
    outcomes: list[str] = []
    async with bench() as made:
        for _ in range(SERIES):
            outcomes += await cut(made, chance.choice(COMMANDS), series(chance))
    assert ENDED in outcomes or WENT_ON in outcomes, "no command was ever cut off, which says nothing"


@pytest.mark.long
def test_an_embedded_server_that_ends_is_started_again(data_folder: Path) -> None:
    """Killed in whatever way, it is back by itself, and whoever uses it goes on."""
    home = Home(data_folder)
    home.trust_tests()
    server = Running([sys.executable, "-m", "tests.run.impatient", "serve"], home.environment())
    try:
        address = server.line(READY)
        push(address, "1", "小区电梯停运。")
        for number in (signal.SIGQUIT, signal.SIGKILL):
            file = data_folder / "postgres" / "cluster" / "postmaster.pid"
            first = psutil.Process(int(file.read_text().split()[0]))
            first.send_signal(number)
            psutil.wait_procs([first])
            awaited(lambda: _taken(address))
        awaited(lambda: found(address, "楼道灯"))
        assert server.end(signal.SIGTERM) == 128 + signal.SIGTERM
        assert "Traceback" not in "".join(server.said)
    finally:
        server.kill()


def _taken(address: str) -> bool:
    try:
        push(address, "2", "楼道灯不亮。")
    except AssertionError:
        return False
    return True


async def test_a_key_that_may_be_made_is_told_of(database_url: str, vault: Vault, connection: Connection) -> None:
    """The answer of its insertion is lost: it is there, nobody was shown it, and the line says what to do."""
    arguments = parser().parse_args(["keys", "create", "--name", "centre", "--source", "centre"])
    async with cable_to(database_url) as cable:
        other = await connect(cable.url)

        async def lose() -> None:
            if not await api_keys.all_keys(connection):
                cable.strike(cable.passed + 1, lose)
                return
            cable.pull()
            other.terminate()

        cable.strike(cable.passed + 1, lose)
        with pytest.raises(UncertainError, match="`keys list`"):
            await keys._create(other, vault, arguments)
    assert [key.scope.name for key in await api_keys.all_keys(connection)] == ["centre"]


def test_a_token_needs_no_database(tmp_path: Path) -> None:
    """It is made though the server is away."""
    home = Home(tmp_path / "data", database_url="postgresql://u@127.0.0.1:1/d")
    assert home.run("token", "--role", "auditor").returncode == os.EX_OK
