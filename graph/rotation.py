"""Wraps data keys by the current master key, table by table, so that a former one can be retired.

Only the wrapping changes: what is sealed stays as it is, and so do hashes and digests. Each batch is a transaction of
its own, so a run that was killed goes on where it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from graph.database import statements
from graph.errors import ConflictError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graph.database import Connection
    from graph.identity import Vault

TABLES: Final = ("mention", "submission_revision", "document", "event", "rejection", "upload")
"""Whatever has a column `key`; a test compares them with the database."""
BATCH: Final = 1_000
"""Data keys of one transaction: a tenth of a second's work, for which their rows are held."""
NOWHERE: Final = UUID(int=0)

SQL = statements("rotation")


async def alone(connection: Connection) -> None:
    """Hold rotation for as long as the connection lasts; raise ConflictError where another process does."""
    if not await connection.fetchval(SQL.try_lock):
        raise ConflictError("Another process rotates the master key just now. Wait until it has ended.")


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
        last: UUID | None = NOWHERE
        while last is not None:
            async with connection.transaction():
                done, last = await _batch(connection, vault, table, last, batch)
            count += done
    return count


async def _batch(connection: Connection, vault: Vault, table: str, after: UUID, size: int) -> tuple[int, UUID | None]:
    rows = await connection.fetch(getattr(SQL, f"{table}_former"), after, vault.ring.current, size)
    if not rows:
        return 0, None
    ids, keys = [row["id"] for row in rows], [vault.rewrap(row["key"]) for row in rows]
    await connection.execute(getattr(SQL, f"{table}_rewrap"), ids, keys)
    return len(rows), ids[-1]
