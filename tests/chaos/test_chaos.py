"""The short form of the run of chaos: each fault once. Longer ones go by `python -m tests.chaos.run`."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.chaos.faults import FAULTS
from tests.chaos.run import run
from tests.elasticsearch.server import MissingError, find_java, find_parts

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder that the server of PostgreSQL may pass through, whoever it runs as."""
    made = Path(tempfile.mkdtemp(prefix="casegraph-chaos-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(autouse=True)
def _elasticsearch() -> None:
    try:
        find_java()
        find_parts()
    except MissingError as error:
        pytest.skip(f"NOT RUN: no chaos, since {error}")


@pytest.mark.long
@pytest.mark.no_cover
def test_what_was_promised_holds_through_every_fault(folder: Path) -> None:
    """What was acknowledged is there once and found, no answer was called whole that was not, and all works again."""
    told = run(folder, seed=3, seconds=0)
    assert told["faults"] == {fault.__name__: 1 for fault in FAULTS}
    assert told["counts"]["acknowledged"]
