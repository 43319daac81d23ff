"""Elasticsearch: late and broken-off writes, rebuilds that are killed, several instances and shards, its indices."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import signal
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import pytest

from graph.journal import Reached
from graph.records import Position, SubmissionId
from search import elastic_bulk, elastic_engine
from search.compile import compile_query
from search.documents import index_document
from search.elastic_engine import ElasticEngine, open_elastic
from search.elastic_names import write_alias
from search.elastic_questions import INDEX, document_of
from search.engine import (
    AllOf,
    Batch,
    ExactField,
    IndexMovedError,
    Lookup,
    SearchAwayError,
    SearchUnavailableError,
    TokenField,
)
from search.query import parse
from search.records import SearchOrder
from tests.cluster import free_port
from tests.engines import opening_of, prefix_of
from tests.search.library import ask, hits, numbers, put, source

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from multiprocessing.connection import Connection
    from pathlib import Path

    from tests.elasticsearch.server import Indices

FORKS: Final = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__])
EACH: Final = 40
"""Documents of one batch of the process that is killed."""


@pytest.fixture
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Name an index; whatever stands behind the name is removed at the end."""
    opening_of(request, "elasticsearch")(tmp_path)
    return tmp_path


@pytest.fixture
async def engine(folder: Path, elasticsearch: Indices) -> AsyncIterator[ElasticEngine]:
    """Give an index that is not there yet."""
    opened = open_elastic(elasticsearch.address, prefix_of(folder))
    yield opened
    await opened.close()


def batch(
    *numbered: int,
    body: str = "油烟",
    gone: tuple[int, ...] = (),
    after: int,
    position: int,
    told_until: int | None = None,
) -> Batch:
    """Return a batch of submissions that all say the same."""
    return Batch(
        documents=[index_document(source(number, body=body)) for number in numbered],
        gone=[SubmissionId(UUID(int=number)) for number in gone],
        after=Position(after),
        position=Position(position),
        told_until=None if told_until is None else Position(told_until),
    )


async def total(engine: ElasticEngine) -> int:
    """Count all documents."""
    return (await engine.find(Lookup(match=AllOf()))).total


async def indices(engine: ElasticEngine) -> dict[str, Any]:
    """Return the indices of an engine's prefix, with their aliases."""
    told = await engine._link.ask(lambda client, _: client.indices.get_alias(index=engine._names.every))
    return dict(told.body)


# Late and broken off ----------------------------------------------------------------------------------------------


async def test_a_late_write_takes_the_place_of_nothing_newer(engine: ElasticEngine) -> None:
    """Neither of a newer text nor of a deletion (OpenCRVS 5114): who hung in a write is not who is right."""
    await engine.apply(batch(1, 2, body="施工", after=0, position=5))
    await engine.apply(batch(1, body="电梯", gone=(2,), after=5, position=9))
    index = (await engine._standing()).live
    assert index is not None
    await elastic_bulk.write(engine._link, index, batch(1, 2, 3, body="油烟", after=5, position=7))
    await elastic_bulk.write(engine._link, index, batch(gone=(1,), after=5, position=7))
    engine._unseen = True
    assert (await hits(engine, "电梯"), await hits(engine, "油烟"), await total(engine)) == ({1}, {3}, 2)


async def test_a_position_is_never_taken_back(engine: ElasticEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever writes on though another has gone farther is told, even between its look and its write."""
    await engine.apply(batch(1, after=0, position=5))

    async def before(_: str) -> Reached:
        return Reached(Position(3), b"")

    monkeypatch.setattr(engine, "_held", before)
    with pytest.raises(IndexMovedError):
        await engine.apply(batch(after=3, position=4))
    monkeypatch.undo()
    assert await engine.position() == 5


async def test_documents_are_as_new_as_the_journal_was_when_they_were_made(engine: ElasticEngine) -> None:
    """A killed one wrote from up to 20; the next reads up to 30, and begins with the same ones at the same position."""
    await engine.apply(batch(after=0, position=10))
    await engine.apply(batch(1, body="施工", after=10, position=10, told_until=20))
    await engine.apply(batch(1, body="电梯", after=10, position=10, told_until=30))
    assert (await hits(engine, "电梯"), await engine.position()) == ({1}, 10)
    await engine.apply(batch(1, body="施工", after=10, position=10, told_until=20))
    assert await hits(engine, "施工") == set()


async def test_what_was_broken_off_is_written_again(engine: ElasticEngine) -> None:
    """Documents come before their position: so it is behind, and the same batch makes it whole."""
    await engine.apply(batch(1, after=0, position=1))
    index = (await engine._standing()).live
    assert index is not None
    whole = batch(2, 3, gone=(1,), after=1, position=2)
    await elastic_bulk.write(engine._link, index, whole)
    assert await engine.position() == 1
    await engine.apply(whole)
    assert (await engine.position(), await hits(engine, "油烟")) == (2, {2, 3})


def _write_for_ever(address: str, prefix: str, told: Connection) -> None:
    asyncio.run(_write(address, prefix, told))


async def _write(address: str, prefix: str, told: Connection) -> None:
    engine = open_elastic(address, prefix)
    while True:
        reached = await engine.position() or 0
        await put(engine, *(source(reached * EACH + number, "烧烤油烟") for number in range(EACH)))
        told.send(reached + 1)


@pytest.mark.parametrize("commits", [1, 3, 6])
async def test_killed_while_writing_nothing_is_lost(
    engine: ElasticEngine, folder: Path, elasticsearch: Indices, commits: int
) -> None:
    """What was told is there; of the batch that was being written any part may be, and is written again."""
    heard, told = FORKS.Pipe(duplex=False)
    process = FORKS.Process(target=_write_for_ever, args=(elasticsearch.address, prefix_of(folder), told))
    process.start()
    told.close()
    last = [heard.recv() for _ in range(commits)][-1]
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    heard.close()
    reached = await engine.position() or 0
    assert reached >= last
    assert reached * EACH <= await total(engine) <= (reached + 1) * EACH
    await put(engine, *(source(reached * EACH + number, "施工") for number in range(EACH)))
    assert (await engine.position(), await total(engine)) == (reached + 1, (reached + 1) * EACH)
    process.close()


# One in the place of the other ------------------------------------------------------------------------------------


async def test_a_rebuilt_index_takes_the_place_of_the_live_one(
    engine: ElasticEngine, folder: Path, elasticsearch: Indices
) -> None:
    """Until it is whole the old one answers and is written; then it is the only one there is."""
    await put(engine, source(1, "烧烤"), source(2, "施工"))
    reader = open_elastic(elasticsearch.address, prefix_of(folder))
    async with engine.rebuilding() as rebuilt:
        await put(rebuilt, source(7, "烧烤"))
        await put(engine, source(3, "烧烤"))
        await put(rebuilt, source(8, "烧烤"))
        await put(rebuilt, source(9, "烧烤"))
        assert await total(reader) == 3
        assert len(await indices(engine)) == 2
    assert (await hits(reader, "烧烤"), await reader.position()) == ({7, 8, 9}, 3)
    with pytest.raises(IndexMovedError):
        await engine.apply(batch(after=2, position=3))
    await put(engine, gone=[7])
    assert (await total(reader), await reader.position()) == (2, 4)
    assert [set(told["aliases"]) for told in (await indices(engine)).values()] == [
        {engine._names.live, write_alias((await engine._standing()).live or "")}
    ]
    await reader.close()


async def test_a_rebuild_that_fails_leaves_the_live_index(engine: ElasticEngine) -> None:
    """Nothing of it stays."""
    await put(engine, source(1, "烧烤"))
    before = await indices(engine)

    async def fail() -> None:
        async with engine.rebuilding() as rebuilt:
            await put(rebuilt, source(7, "烧烤"))
            raise KeyError

    with pytest.raises(KeyError):
        await fail()
    assert await indices(engine) == before
    assert await hits(engine, "") == {1}


def _rebuild_for_ever(address: str, prefix: str, told: Connection) -> None:
    asyncio.run(_rebuild(address, prefix, told))


async def _rebuild(address: str, prefix: str, told: Connection) -> None:
    async with open_elastic(address, prefix).rebuilding() as rebuilt:
        number = 0
        while True:
            number += 1
            await put(rebuilt, source(number, "施工"))
            told.send(number)


async def test_a_killed_rebuild_changes_nothing_and_is_removed_by_the_next(
    engine: ElasticEngine, folder: Path, elasticsearch: Indices
) -> None:
    """It never went live, and takes no room for ever."""
    await put(engine, source(1, "烧烤"))
    heard, told = FORKS.Pipe(duplex=False)
    process = FORKS.Process(target=_rebuild_for_ever, args=(elasticsearch.address, prefix_of(folder), told))
    process.start()
    told.close()
    assert [heard.recv() for _ in range(3)] == [1, 2, 3]
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    heard.close()
    process.close()
    assert await hits(engine, "") == {1}
    assert len(await indices(engine)) == 2
    await put(engine, source(2, "烧烤"))
    async with engine.rebuilding() as rebuilt:
        await put(rebuilt, source(5, "烧烤"))
    assert await hits(engine, "") == {5}
    assert len(await indices(engine)) == 1


async def test_a_new_index_leaves_what_is_being_built(engine: ElasticEngine) -> None:
    """A worker that begins anew meanwhile does not end the rebuild, which then takes its place."""
    await put(engine, source(1, "烧烤"))
    async with engine.rebuilding() as rebuilt:
        await put(rebuilt, source(7, "烧烤"), source(8, "烧烤"))
        await engine.clear()
        assert await total(engine) == 0
    assert await hits(engine, "") == {7, 8}


@pytest.mark.parametrize("writes", [True, False])
async def test_a_rebuild_that_another_one_removed_says_so(engine: ElasticEngine, *, writes: bool) -> None:
    """It begins no index of its own accord, whether it goes on writing or was about to go live; the other one is."""

    async def rebuild() -> None:
        async with engine.rebuilding() as first:
            async with engine.rebuilding() as second:
                await put(second, source(7, "烧烤"))
            if writes:
                await put(first, source(1, "烧烤"))

    with pytest.raises(SearchUnavailableError, match="another `reindex`"):
        await rebuild()
    assert await hits(engine, "") == {7}
    assert len(await indices(engine)) == 1


async def test_what_is_written_too_late_makes_no_index(engine: ElasticEngine) -> None:
    """Elasticsearch makes any index that is written to: one without our mappings would answer wrongly for ever."""
    await put(engine, source(1, "烧烤"))
    index = (await engine._standing()).live or ""
    await engine._remove([index])
    with pytest.raises(SearchUnavailableError):
        await elastic_bulk.write(engine._link, index, batch(1, after=0, position=1))
    assert await indices(engine) == {}
    assert await engine.position() is None
    await put(engine, source(2, "烧烤"))
    assert await hits(engine, "") == {2}


async def test_instances_with_other_prefixes_are_left_alone(engine: ElasticEngine, elasticsearch: Indices) -> None:
    """Also where one prefix begins as the other."""
    longer = f"{engine._names.prefix}-2"
    other = open_elastic(elasticsearch.address, longer)
    await put(other, source(1, "烧烤"))
    await put(engine, source(2, "施工"))
    async with engine.rebuilding() as rebuilt:
        await put(rebuilt, source(3, "施工"))
    await engine.clear()
    assert await hits(other, "") == {1}
    await other.close()


# What it is made of -----------------------------------------------------------------------------------------------


def test_the_mappings_are_those_of_the_documents() -> None:
    """Every field has its type in the file, which refuses all others, and everything that is asked for is a field."""
    properties = INDEX["mappings"]["properties"]
    assert INDEX["mappings"]["dynamic"] == "strict"
    assert properties.keys() - {"link"} == document_of(index_document(source(1))).keys()
    assert {*TokenField, *ExactField} <= properties.keys()


@pytest.mark.parametrize("order", SearchOrder)
async def test_more_than_one_page_is_one_list(
    engine: ElasticEngine, monkeypatch: pytest.MonkeyPatch, order: SearchOrder
) -> None:
    """Read from one point in time: what is written meanwhile is not among it."""
    await put(engine, *(source(number, body="油烟") for number in range(1, 30)))
    monkeypatch.setattr(elastic_engine, "PAGE", 7)
    search = engine._search
    asked = 0

    async def writing(question: dict[str, Any]) -> dict[str, Any]:
        nonlocal asked
        asked += 1
        found = await search(question)
        await put(engine, source(100 + asked, body="油烟"), gone=[asked])
        return found

    monkeypatch.setattr(engine, "_search", writing)
    found = await engine.find(Lookup(match=compile_query(parse("油烟")).match, order=order, limit=25))
    assert (found.total, numbers(found)) == (29, list(range(29, 4, -1)))
    assert asked == 4


async def test_large_batches_are_cut(engine: ElasticEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each document comes, whatever the size of a request."""
    monkeypatch.setattr(elastic_bulk, "LARGEST", 2_000)
    await put(engine, *(source(number, body="油烟" * 50) for number in range(1, 60)), gone=[70])
    assert await hits(engine, "油烟") == set(range(1, 60))


async def test_several_shards_make_one_index(folder: Path, elasticsearch: Indices) -> None:
    """Counted exactly, and in one order."""
    engine = open_elastic(elasticsearch.address, prefix_of(folder), shards=3)
    await put(engine, *(source(number, body="油烟", organs=(f"o{number % 5}",)) for number in range(1, 60)))
    index = (await engine._standing()).live
    told = (await engine._link.ask(lambda client, _: client.indices.get_settings(index=index))).body
    assert told[index or ""]["settings"]["index"]["number_of_shards"] == "3"
    assert numbers(await ask(engine, "油烟")) == list(range(59, 0, -1))
    await engine.close()


async def test_a_password_is_told_to_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """Neither in an error nor in a log."""
    engine = open_elastic(f"http://somebody:secret%21word@127.0.0.1:{free_port()}", "nowhere")
    with caplog.at_level(logging.DEBUG), pytest.raises(SearchAwayError) as caught:
        await engine.position()
    health = await engine.health()
    await engine.close()
    assert not health.answers
    assert not any(word in f"{caught.value!r} {caplog.text} {health}" for word in ("secret", "somebody"))
