"""What is left to do once persons are erased: dead rows, the statistics of tables, and the index's segments.

All of it can be done again at any time. What stays on the disk nevertheless is said in docs/operations.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph.erasure import SQL
from search.indexer import Indexer

if TYPE_CHECKING:
    from graph.database import Pool
    from graph.records import Position
    from search.engine import Engine


async def rebuild_index(pool: Pool, engine: Engine) -> Position:
    """Build the next generation of the index and let it go live; return how far it reaches. A worker goes on with it.

    It is also how segments that hold a person's words go: tantivy's Python library has no merge that can be asked for,
    and the segments that engines merge by themselves keep what was deleted until then.
    """
    async with engine.rebuilding() as rebuilt:
        return await Indexer(pool=pool, engine=rebuilt).fill()


async def sweep(pool: Pool, engine: Engine, *, thorough: bool) -> None:
    """Take what was erased out of the tables' dead rows and statistics, and out of the index.

    `thorough` writes the tables anew, for which each stands still: only so their old pages leave the disk at once.
    """
    async with pool.acquire() as connection:
        await connection.execute(SQL.vacuum_full if thorough else SQL.vacuum)
    await rebuild_index(pool, engine)
