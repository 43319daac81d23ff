"""No two transactions wait for each other, whatever writes at once."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

import pytest

from graph import journal
from tests.conftest import DEEP
from tests.graph.contention import DOES, House, contend

if TYPE_CHECKING:
    from pathlib import Path

    from graph.database import Connection, Pool

OPERATIONS = 10_000 if DEEP else 300

logger = logging.getLogger(__name__)


@pytest.mark.long
async def test_nobody_waits_for_one_who_waits_for_them(pool: Pool, connection: Connection, tmp_path: Path) -> None:
    """Sources, desks, officers, retention and a rotation of keys, on the same few people, cases and organs."""
    seed = int.from_bytes(os.urandom(4))
    house = House.of(pool, tmp_path)
    done = await contend(house, operations=OPERATIONS, writers=8, seed=seed)
    logger.info("Seed %s: %s, %s deadlocks", seed, dict(done), await house.deadlocks())
    assert done["given up"] == 0
    assert await house.deadlocks() == 0
    assert min(done[what] + done[f"{what}: refused"] for what in DOES) > 0
    assert (await journal.verify(connection)).broken_at is None
