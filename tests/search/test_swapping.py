"""An index that is rebuilt while others read it: no reader ever sees half of one, or none."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Final

from search.engine import AllOf, Lookup
from tests.search.library import put, source

if TYPE_CHECKING:
    from pathlib import Path

    from search.engine import Engine
    from tests.engines import Opening

SWAPS: Final = 6


async def count(engine: Engine) -> int:
    """Count all documents."""
    return (await engine.find(Lookup(match=AllOf(), limit=50))).total


async def totals(reader: Engine, done: asyncio.Event, looked: asyncio.Semaphore) -> list[int]:
    """Count all documents again and again, until told that it is enough."""
    found = []
    while not done.is_set():
        found.append(await count(reader))
        looked.release()
    return found


async def test_readers_go_on_while_one_index_takes_the_place_of_the_other(opening: Opening, tmp_path: Path) -> None:
    """Each answer is of one whole index, the old or the new one, and the new ones come in order."""
    done, looked = asyncio.Event(), asyncio.Semaphore(0)
    async with AsyncExitStack() as stack:
        writer, *readers = [opening(tmp_path / "index") for _ in range(3)]
        for engine in (writer, *readers):
            stack.push_async_callback(engine.close)
        await put(writer, source(1, "烧烤"))
        async with asyncio.TaskGroup() as group:
            reading = [group.create_task(totals(reader, done, looked)) for reader in (*readers, readers[0])]
            try:
                for swap in range(2, SWAPS + 2):
                    async with writer.rebuilding() as rebuilt:
                        for number in range(1, swap + 1):
                            await put(rebuilt, source(number, "烧烤"))
                            # Somebody reads between any two commits of the rebuild.
                            async with asyncio.timeout(20):
                                await looked.acquire()
            finally:
                done.set()
        for seen in [one.result() for one in reading]:
            assert seen == sorted(seen)
            assert set(seen) <= set(range(1, SWAPS + 2))
        assert [await count(reader) for reader in readers] == [SWAPS + 1] * 2
