"""`rotate-key` as an operator runs it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import orjson
import pytest

from tests.run.processes import Home

if TYPE_CHECKING:
    from pathlib import Path

RECORD = orjson.dumps(
    [{"工单编号": "1", "标题": "噪声", "内容": "夜间施工，请回电13812341234", "受理时间": "2026-11-01 10:00"}]
)


@pytest.mark.long
def test_a_key_file_is_rotated_and_the_former_key_retired(database_url: str, tmp_path: Path) -> None:
    """Each step says what it did, refuses what would lose something, and leaves an instance that works."""
    home = Home(tmp_path / "data", database_url=database_url)
    assert home.run("migrate").returncode == 0
    taken = home.run("ingest", "hotline", "-", text=RECORD)
    assert taken.returncode == 0, taken.stdout + taken.stderr
    before = (home.data / "master.key").read_bytes()

    assert "There is no former master key." in home.run("rotate-key", "--retire").stdout
    rotated = home.run("rotate-key")
    assert rotated.returncode == 0, rotated.stderr
    assert "A new master key seals from now on." in rotated.stdout
    retired = home.run("rotate-key", "--retire")
    assert "The former master keys are retired." in retired.stdout
    assert "1 unchanged" in home.run("ingest", "hotline", "-", text=RECORD).stdout

    # The file of before knows no key that wraps anything now: nothing is retired by it, nothing rotated.
    (home.data / "master.key").write_bytes(before)
    refused = home.run("rotate-key", "--retire")
    assert refused.returncode == os.EX_UNAVAILABLE
    assert "still wrapped by a former master key" in refused.stderr
    assert home.run("rotate-key").returncode == os.EX_CONFIG


@pytest.mark.long
def test_keys_of_the_environment_are_rotated(database_url: str, tmp_path: Path) -> None:
    """The operator puts the new key in front; the command says so, wraps, and says what may go."""
    old, new = "ab" * 32, "cd" * 32
    home = Home(tmp_path / "data", database_url=database_url, master_key=old)
    assert home.run("migrate").returncode == 0
    assert home.run("ingest", "hotline", "-", text=RECORD).returncode == 0
    told = home.run("rotate-key")
    assert (told.returncode, "Put a new one in front" in told.stderr) == (os.EX_CONFIG, True)
    refused = home.run("rotate-key", "--retire", master_key=f"{new},{old}")
    assert refused.returncode == os.EX_UNAVAILABLE
    assert "data keys are wrapped by it" in home.run("rotate-key", master_key=f"{new},{old}").stdout
    assert "but for the last one" in home.run("rotate-key", "--retire", master_key=f"{new},{old}").stdout
    assert "1 unchanged" in home.run("ingest", "hotline", "-", text=RECORD, master_key=f"{new},{old}").stdout
    assert old not in told.stderr + refused.stderr
