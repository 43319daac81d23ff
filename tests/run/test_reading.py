"""Files are read in a process of its own: in batches, whatever their number, and though one of them kills it."""

from __future__ import annotations

import asyncio
import errno
import multiprocessing
import os
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casegraph.ingest import NothingToReadError, find_items
from casegraph.reading import Batch, Item, Plan, batches, read_all
from graph.records import Channel, Draft, Refusal, RejectionReason
from tests.connectors.factory import HEADINGS, ROW, text_table
from tests.connectors.test_contents import panicking
from tests.run.processes import awaited

ZONE = ZoneInfo("Asia/Shanghai")


def sheet(path: Path, *numbers: str) -> Item:
    """Write a sheet with these tickets."""
    path.write_bytes(text_table([HEADINGS, *[(number, *ROW[1:]) for number in numbers]]))
    return Item(Channel.HOTLINE, path, path.name)


def seen(found: list[Batch]) -> list[str | None]:
    """Return the numbers of the drafts, and the places of what was refused, in their order."""
    readings = [reading for batch in found for reading in batch.readings]
    return [one.external_id if isinstance(one, Draft) else one.position for one in readings]


async def test_a_file_that_kills_its_reader_is_refused_alone(tmp_path: Path) -> None:
    """The reader is killed at the same file twice: it is refused, what stands before and after it is read once."""
    trap = tmp_path / "trap.csv"
    os.mkfifo(trap)
    items = (sheet(tmp_path / "a.csv", "1"), Item(Channel.HOTLINE, trap, "trap.csv"), sheet(tmp_path / "b.csv", "2"))
    killing = asyncio.create_task(asyncio.to_thread(kill_readers_of, trap, 2))
    found = [batch async for batch in read_all(Plan(items=items, zone=ZONE))]
    await killing
    assert seen(found) == ["1", "trap.csv", "2"]
    (refusal,) = [one for batch in found for one in batch.readings if isinstance(one, Refusal)]
    assert (refusal.reason, refusal.source) == (RejectionReason.UNREADABLE, "hotline")
    assert sum(batch.files for batch in found) == 3


async def test_nothing_of_what_a_library_panics_at_is_shown(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A workbook at which the one in Rust gives up is refused and kept; the files around it go in."""
    broken = tmp_path / "b.xls"
    broken.write_bytes(panicking())
    items = (sheet(tmp_path / "a.csv", "1"), Item(Channel.HOTLINE, broken, "b.xls"), sheet(tmp_path / "c.csv", "2"))
    found = [batch async for batch in read_all(Plan(items=items, zone=ZONE))]
    assert seen(found) == ["1", "b.xls", "2"]
    (refusal,) = [one for batch in found for one in batch.readings if isinstance(one, Refusal)]
    assert (refusal.reason, refusal.payload) == (RejectionReason.UNREADABLE, panicking())
    assert capfd.readouterr().err == ""


def kill_readers_of(pipe: Path, times: int) -> None:
    """Kill the process that opens a pipe to read it, as many times; it can be opened to write once one does."""
    for _ in range(times):
        handle = awaited(lambda: opened(pipe))
        (reader,) = [child for child in multiprocessing.active_children() if child.name == "casegraph-reader"]
        reader.kill()
        reader.join()
        os.close(handle)


def opened(pipe: Path) -> int | None:
    """Open a pipe to write, None where nobody reads it."""
    try:
        return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise
        return None


async def test_a_reader_ends_with_who_asked(tmp_path: Path) -> None:
    """Who looks at one batch and goes away leaves no process."""
    items = tuple(sheet(tmp_path / f"{number}.csv", *map(str, range(50))) for number in range(50))
    reading = read_all(Plan(items=items, zone=ZONE, batch=10))
    assert len((await anext(reading)).readings) == 10
    await reading.aclose()
    assert not [child for child in multiprocessing.active_children() if child.name == "casegraph-reader"]


@given(sizes=st.lists(st.integers(0, 7), max_size=6), size=st.integers(1, 9), file_by_file=st.booleans())
def test_batches_hold_every_record_once_and_count_every_file(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], size: int, file_by_file: bool
) -> None:
    """However files and batches are cut: all records in their order, none of the batches too large, all files ended."""
    folder = tmp_path_factory.mktemp("sheets")
    numbers = [[f"{at}-{one}" for one in range(count)] for at, count in enumerate(sizes)]
    items = tuple(sheet(folder / f"{at}.csv", *some) for at, some in enumerate(numbers))
    found = list(batches(Plan(items=items, zone=ZONE, batch=size, file_by_file=file_by_file)))
    drafts = [one for batch in found for one in batch.readings if isinstance(one, Draft)]
    assert [one.external_id for one in drafts] == [number for some in numbers for number in some]
    assert all(len(batch.readings) <= size for batch in found)
    assert sum(batch.files for batch in found) == len(items)


def test_folders_are_gone_through_by_name(tmp_path: Path) -> None:
    """Deep files come by their path within the folder; hidden ones and editors' locks are not meant."""
    for name in ("b/2.csv", "a.csv", ".hidden.csv", "b/~$2.csv", ".git/x.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    assert [item.name for item in find_items(Channel.WEB, [tmp_path])] == ["a.csv", "b/2.csv"]
    with pytest.raises(NothingToReadError, match="There is no"):
        find_items(Channel.WEB, [tmp_path / "nowhere"])
