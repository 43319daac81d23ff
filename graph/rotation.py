"""Wraps data keys by the current master key, table by table, so that a former one can be retired.

Only the wrapping changes: what is sealed stays as it is, and so do hashes and digests. Each batch is a transaction of
its own, so a run that was killed goes on where it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from graph.database import statements
from graph.errors import ConflictError
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graph.database import Connection
    from graph.identity import Vault

TABLES: Final = ("mention", "submission_revision", "document", "event", "rejection", "upload")
"""Whatever has a column `key`; a test compares them with the database."""
BATCH: Final = 1_000
"""Data keys of one transaction: a tenth of a second's work, for which their rows are held."""
NOWHERE: Final = UUID(int=0)
PASSING_OVER: Final = "for no key update skip locked"
"""How a batch is read, so that it waits for nobody, who may hold rows in another order."""

SQL = statements("rotation")


async def alone(connection: Connection) -> None:
    """Hold rotation for as long as the connection lasts; raise ConflictError where another process does."""
    if not await connection.fetchval(SQL.try_lock):
        raise ConflictError(Wording("Another process rotates the master key just now. Wait until it has ended."))


async def wrappers(connection: Connection) -> Mapping[int, int]:
    """Return how many data keys each master key wraps, by its number."""
    return {row["number"]: row["keys"] for row in await connection.fetch(SQL.wrappers)}


async def rewrap(connection: Connection, vault: Vault, batch: int = BATCH) -> int:
    """Wrap whatever a former master key wraps by the current one; return how many data keys that were.

    Raises MasterKeyError where a data key was wrapped by a master key that the ring does not hold. The caller has no
    transaction open.
    """
    count = 0
    for table in TABLES:
        count += await _pass(connection, vault, table, batch)
        # What others held is waited for row by row: who holds nothing meanwhile lets nobody wait for another.
        count += await _pass(connection, vault, table, 1, waiting=True)
    return count


async def _pass(connection: Connection, vault: Vault, table: str, size: int, *, waiting: bool = False) -> int:
    count, last = 0, NOWHERE
    while True:
        async with connection.transaction():
            done, reached = await _batch(connection, vault, table, last, size, waiting=waiting)
        if reached == last:
            return count
        count, last = count + done, reached


async def _batch(
    connection: Connection, vault: Vault, table: str, after: UUID, size: int, *, waiting: bool = False
) -> tuple[int, UUID]:
    """Wrap the first keys after an id anew, and return how many those were, and which the last: the same id if none."""
    reading: str = getattr(SQL, f"{table}_former")
    rows = await connection.fetch(
        reading.replace(PASSING_OVER, "") if waiting else reading, after, vault.ring.current, size
    )
    if not rows:
        return 0, after
    ids, former, keys = zip(*((row["id"], row["key"], vault.rewrap(row["key"])) for row in rows), strict=True)
    return len(await connection.fetch(getattr(SQL, f"{table}_rewrap"), ids, former, keys)), ids[-1]
