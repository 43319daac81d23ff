"""The index folder: lost, damaged, killed while written, rebuilt beside the live one, read by other processes."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import resource
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph import set_aside
from graph.records import Position
from search.engine import AllOf, Batch, IndexMovedError, Lookup, SearchAwayError, SearchUnavailableError
from search.generations import live
from search.indexer import Indexer
from search.tantivy_engine import open_tantivy
from tests.graph.factory import NOW, draft, make_intake
from tests.search.library import ask, hits, put, source

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from multiprocessing.connection import Connection
    from pathlib import Path

    from graph.database import Pool
    from graph.identity import Vault
    from search.engine import Engine
    from search.tantivy_engine import TantivyEngine

FORKS: Final = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__])
EACH: Final = 40
"""Documents of one batch of the process that is killed."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Name the index folder."""
    return tmp_path / "index"


@pytest.fixture
async def writer(folder: Path) -> AsyncIterator[TantivyEngine]:
    """Give an index with two documents."""
    opened = open_tantivy(folder)
    await put(opened, source(1, "烧烤"), source(2, "施工"))
    yield opened
    await opened.close()


async def total(engine: Engine) -> int:
    """Count all documents."""
    return (await engine.find(Lookup(match=AllOf()))).total


async def test_a_reader_sees_each_commit(writer: TantivyEngine, folder: Path) -> None:
    """Another process need not be told: it looks before each search."""
    reader = open_tantivy(folder)
    assert (await total(reader), await reader.position()) == (2, 1)
    await put(writer, source(3, "烧烤"))
    assert (await total(reader), await reader.position()) == (3, 2)
    await reader.close()


async def test_a_closed_engine_opens_again_where_it_was(writer: TantivyEngine, folder: Path) -> None:
    """The position is the index's own."""
    await writer.close()
    again = open_tantivy(folder)
    assert (await again.position(), await total(again)) == (1, 2)
    await put(again, source(3, "烧烤"))
    assert (await again.position(), await total(again)) == (2, 3)
    await again.close()


async def test_only_one_process_writes(writer: TantivyEngine, folder: Path) -> None:
    """A second writer is refused by the folder's own lock, and harms nothing."""
    other = open_tantivy(folder)
    with pytest.raises(SearchUnavailableError):
        await put(other, source(3, "烧烤"))
    await put(writer, source(3, "烧烤"))
    assert await total(writer) == 3
    await other.close()


def files_of(folder: Path) -> list[Path]:
    """Return the files of the live index that hold something; those with a dot only help to clear up."""
    generation = folder / str(live(folder))
    return sorted(path for path in generation.iterdir() if path.stat().st_size and not path.name.startswith("."))


def hurt(path: Path, how: str) -> None:
    """Do something to a file."""
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    if how == "lost":
        path.unlink()
    elif how == "cut" or path.suffix == ".json":
        path.write_bytes(content[:middle])
    else:
        content[middle] ^= 1
        path.write_bytes(content)


@pytest.mark.parametrize("how", ["lost", "cut", "turned"])
async def test_a_damaged_index_is_never_served_and_begun_anew(folder: Path, how: str) -> None:
    """Whichever of its files is hurt: it has no position, answers nothing, and the next batch begins at nothing."""
    names = set()
    for number in range(40):
        engine = open_tantivy(folder / str(number))
        await put(engine, source(1, "烧烤"), source(2, "施工"))
        await engine.close()
        files = files_of(folder / str(number))
        if number >= len(files):
            break
        hurt(files[number], how)
        names.add(files[number].suffix)
        again = open_tantivy(folder / str(number))
        assert await again.position() is None, files[number].name
        with pytest.raises(SearchUnavailableError):
            await total(again)
        with pytest.raises(IndexMovedError):
            await again.apply(Batch(documents=(), gone=(), after=Position(1), position=Position(2)))
        await put(again, source(1, "烧烤"))
        assert (await again.position(), await total(again)) == (1, 1)
        await again.close()
    assert {".idx", ".json", ".pos", ".term", ".fast", ".store"} <= names


@given(changes=st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=20), which=st.integers(0))
@settings(max_examples=30)
async def test_what_rots_on_the_disk_is_told_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int]], which: int
) -> None:
    """Whatever became of a file: the answer is right, or there is none. A panic of the engine's never gets out."""
    folder = tmp_path_factory.mktemp("index")
    engine = open_tantivy(folder)
    await put(engine, *(source(number, "烧烤", "夜间施工" * number) for number in range(1, 20)))
    await engine.close()
    files = [path for path in files_of(folder) if path.suffix != ".json"]
    path = files[which % len(files)]
    content = bytearray(path.read_bytes())
    for at, value in changes:
        content[at % len(content)] = value
    path.write_bytes(content)
    again = open_tantivy(folder)
    if await again.position() is None:
        with pytest.raises(SearchUnavailableError):
            await total(again)
    else:  # what changed says nothing: the version in a footer, or nothing changed
        assert (await again.position(), await total(again)) == (1, 19)
    await again.close()


@pytest.mark.parametrize("content", ["{}", "[]", "null", '{"segments": 1}', '{"segments": [1]}', ""])
async def test_a_list_of_segments_that_is_none_is_damage(writer: TantivyEngine, folder: Path, content: str) -> None:
    """Whatever stands in it."""
    await writer.close()
    (folder / str(live(folder)) / "meta.json").write_text(content, encoding="utf-8")
    again = open_tantivy(folder)
    assert await again.position() is None
    with pytest.raises(SearchUnavailableError):
        await total(again)
    await again.close()


@pytest.mark.parametrize("pointer", ["", "nothing", "0-old", "\N{SNOWMAN}"])
async def test_a_pointer_that_leads_nowhere_is_no_index(writer: TantivyEngine, folder: Path, pointer: str) -> None:
    """An index of another version of the fields is not there, either."""
    await writer.close()
    (folder / "0-old").mkdir()
    (folder / "live").write_text(pointer, encoding="utf-8")
    again = open_tantivy(folder)
    assert await again.position() is None
    await put(again, source(5, "烧烤"))
    assert await total(again) == 1
    await again.close()


async def test_a_rebuilt_index_takes_the_place_of_the_live_one(writer: TantivyEngine, folder: Path) -> None:
    """Until it is whole the old one answers; whoever wrote to that is told, and goes on from the new one's position."""
    reader = open_tantivy(folder)
    async with writer.rebuilding() as engine:
        await put(engine, source(7, "烧烤"))
        await put(engine, source(8, "烧烤"))
        await put(engine, source(9, "烧烤"))
        assert await total(reader) == 2
    assert (await total(reader), await reader.position()) == (3, 3)
    with pytest.raises(IndexMovedError):
        await writer.apply(Batch(documents=(), gone=(), after=Position(1), position=Position(2)))
    await put(writer, gone=[7])
    assert (await total(reader), await reader.position()) == (2, 4)
    assert [path.name for path in folder.iterdir() if path.is_dir()] == [live(folder)]
    await reader.close()


async def _fail_rebuilding(writer: TantivyEngine) -> None:
    async with writer.rebuilding() as engine:
        await put(engine, source(7, "烧烤"))
        raise KeyError


async def test_a_rebuild_that_fails_leaves_the_live_index(writer: TantivyEngine, folder: Path) -> None:
    """Nothing of it stays."""
    with pytest.raises(KeyError):
        await _fail_rebuilding(writer)
    assert await total(writer) == 2
    assert [path.name for path in folder.iterdir() if path.is_dir()] == [live(folder)]


async def test_a_new_index_leaves_what_is_being_built(writer: TantivyEngine) -> None:
    """A worker that begins anew meanwhile does not end the rebuild, which then takes its place."""
    async with writer.rebuilding() as engine:
        await put(engine, source(7, "烧烤"), source(8, "烧烤"), source(9, "烧烤"))
        await writer.clear()
        assert await total(writer) == 0
    assert await total(writer) == 3


async def test_what_a_killed_rebuild_left_is_removed_by_the_next(writer: TantivyEngine, folder: Path) -> None:
    """It never went live, and takes no room for ever."""
    (folder / "2-0123456789ab.building").mkdir()
    async with writer.rebuilding() as engine:
        await put(engine, source(7, "烧烤"))
    assert [path.name for path in folder.iterdir() if path.is_dir()] == [live(folder)]
    assert await total(writer) == 1


def _write_for_ever(folder: Path, told: Connection) -> None:
    asyncio.run(_write(folder, told))


async def _write(folder: Path, told: Connection) -> None:
    engine = open_tantivy(folder)
    while True:
        reached = await engine.position() or 0
        await put(engine, *(source(reached * EACH + number, "烧烤油烟") for number in range(EACH)))
        told.send(reached + 1)


@pytest.mark.parametrize("commits", [1, 2, 3, 5, 8])
async def test_killed_while_committing_it_opens_at_the_position_it_holds(folder: Path, commits: int) -> None:
    """What was told is there, and exactly the documents that belong to the position are."""
    heard, told = FORKS.Pipe(duplex=False)
    process = FORKS.Process(target=_write_for_ever, args=(folder, told))
    process.start()
    told.close()
    last = [heard.recv() for _ in range(commits)][-1]
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    heard.close()
    engine = open_tantivy(folder)
    reached = await engine.position() or 0
    assert reached >= last
    assert await total(engine) == reached * EACH
    await put(engine, source(reached * EACH, "施工"))
    assert (await engine.position(), await total(engine)) == (reached + 1, reached * EACH + 1)
    process.close()
    await engine.close()


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Let the system take no larger file, as it takes none where a disk is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_disk_without_room_sets_nothing_aside(pool: Pool, vault: Vault, tmp_path: Path) -> None:
    """What is small would find room, what is large does not: that is no fault of the large one, which is waited for."""
    engine, intake = open_tantivy(tmp_path / "index"), make_intake(pool, vault, tmp_path / "attachments")
    indexer = Indexer(pool=pool, engine=engine)
    large = "".join(map(chr, range(0x4E00, 0x4E00 + 20_000)))
    await intake.take_in([draft("1", text="油烟。"), draft("2", text=f"油烟。{large}")], actor="test", now=NOW)
    with files_of_at_most(20_000), pytest.raises(SearchAwayError, match="Make room"):
        await indexer.catch_up()
    async with pool.acquire() as connection:
        assert await set_aside.counts(connection) == {}
    await indexer.catch_up()
    assert (await ask(engine, "油烟")).total == 2
    await engine.close()


async def test_an_index_without_room_for_its_first_file_is_waited_for(tmp_path: Path) -> None:
    """Where it is made, too."""
    engine = open_tantivy(tmp_path / "index")
    with files_of_at_most(0), pytest.raises(SearchAwayError, match="Make room"):
        await put(engine, source(1, body="油烟"))
    await put(engine, source(1, body="油烟"))
    assert await hits(engine, "油烟") == {1}
    await engine.close()
