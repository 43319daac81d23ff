"""An index that is rebuilt while others read it: no reader ever sees half of one, or none."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from search.engine import AllOf, Lookup
from search.tantivy_engine import next_generation, open_tantivy
from tests.search.library import put, source

if TYPE_CHECKING:
    from pathlib import Path

    from search.tantivy_engine import TantivyEngine

SWAPS: Final = 6


def totals(reader: TantivyEngine, done: threading.Event, looked: threading.Semaphore) -> list[int]:
    """Count all documents again and again, until told that it is enough."""
    found = []
    while not done.is_set():
        found.append(reader.find(Lookup(match=AllOf(), limit=50)).total)
        looked.release()
    return found


def test_readers_go_on_while_one_index_takes_the_place_of_the_other(tmp_path: Path) -> None:
    """Each answer is of one whole index, the old or the new one, and the new ones come in order."""
    folder = tmp_path / "index"
    with next_generation(folder) as first:
        put(first, source(1, "烧烤"))
    done, looked = threading.Event(), threading.Semaphore(0)
    readers = [open_tantivy(folder) for _ in range(2)]
    with ThreadPoolExecutor(3) as threads:
        reading = [threads.submit(totals, reader, done, looked) for reader in (*readers, readers[0])]
        try:
            for swap in range(2, SWAPS + 2):
                with next_generation(folder) as rebuilt:
                    for number in range(1, swap + 1):
                        put(rebuilt, source(number, "烧烤"))
                        # Somebody reads between any two commits of the rebuild.
                        assert looked.acquire(timeout=20)
        finally:
            done.set()
        found = [one.result() for one in reading]
    for seen in found:
        assert seen == sorted(seen)
        assert set(seen) <= set(range(1, SWAPS + 2))
    assert [reader.find(Lookup(match=AllOf())).total for reader in readers] == [SWAPS + 1] * 2
    for reader in readers:
        reader.close()
