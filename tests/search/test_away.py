"""Elasticsearch that hangs, dies, comes back, or takes no more: a real node of the test's own, treated badly."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import httpx
import pytest

from casegraph.watch import State, Watch
from graph import journal, set_aside
from graph.followers import alive, keep_following
from graph.scope import scope
from resolvers.reader import Reader
from search import elastic_bulk, elastic_client, machines
from search.elastic_client import TooLargeError, refusal
from search.elastic_engine import open_elastic
from search.engine import SearchAwayError
from search.indexer import READER, Indexer
from search.records import SearchRequest
from search.service import Search
from tests.elasticsearch.server import PREFIX, Server
from tests.graph.factory import NOW, draft, make_intake
from tests.search.library import ask, hits, put, source
from tests.viewers import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from graph.database import Pool
    from graph.identity import Vault
    from search.elastic_client import Link
    from search.elastic_engine import ElasticEngine
    from tests.elasticsearch.server import Indices

LARGEST: Final = 100_000
"""Bytes that the node takes by one request."""
ROOM: Final = 6 * LARGEST
"""Bytes that it writes at once; what is being written takes some four times its size."""
LONG: Final = 600.0
"""Seconds after which a machine that was left aside would be looked at again: none of these tests takes as long."""
LIMITS: Final = {"http__max_content_length": f"{LARGEST}b", "indexing_pressure__memory__limit": f"{ROOM}b"}


@pytest.fixture(scope="module")
def node(elasticsearch: Indices) -> Iterator[Server]:
    """Give a node that may be killed; where the run's own one cannot be started, this cannot, either."""
    if os.environ.get("CASEGRAPH_TEST_ELASTICSEARCH_URL") == elasticsearch.address:
        pytest.skip("NOT RUN: Elasticsearch away, since the server that is named is not ours to kill.")
    server = Server(Path(tempfile.gettempdir()) / f"{PREFIX}run-{uuid4().hex[:16]}", **LIMITS)
    server.start()
    yield server
    server.leave()
    server.signal(signal.SIGKILL)
    shutil.rmtree(server.folder)


@pytest.fixture
async def engine(node: Server, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ElasticEngine]:
    """Give an engine on it that is as impatient as a test must be."""
    monkeypatch.setattr("search.circuit.PAUSE", 0.2)
    opened = open_elastic(node.url, f"test-{uuid4().hex}")
    yield opened
    await opened.close()


def refused_at_once(engine: ElasticEngine) -> None:
    """Ask what cannot be answered: that is said before anything is waited for."""
    with pytest.raises(SearchAwayError, match="CASEGRAPH_ELASTICSEARCH_URL"):
        engine.position().send(None)


async def back(engine: ElasticEngine) -> None:
    """Wait until it answers again."""
    async with asyncio.timeout(60):
        while not (await engine.health()).answers:  # noqa: ASYNC110 - it tells nobody that it is back
            await asyncio.sleep(0.05)


async def test_an_engine_that_hangs_is_not_waited_for(
    engine: ElasticEngine, node: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asks first waits for a while; all others are refused at once, in words that say what to do.

    Once it answers, all is as before.
    """
    monkeypatch.setattr(machines, "ASIDE", LONG)
    monkeypatch.setattr(elastic_client, "HANGING", 0.1)
    monkeypatch.setattr(elastic_client, "ANSWERING", 0.5)
    await put(engine, source(1, body="油烟"))
    asking = open_elastic(node.url, engine._names.prefix, patience=1.0)
    node.signal(signal.SIGSTOP)
    try:
        with pytest.raises(SearchAwayError, match="CASEGRAPH_ELASTICSEARCH_URL"):
            await ask(asking, "油烟")
        refused_at_once(asking)
        health = await asking.health()
        assert (health.answers, health.circuit_open) == (False, True)
        refused_at_once(asking)
    finally:
        node.signal(signal.SIGCONT)
    await back(asking)
    assert await hits(asking, "油烟") == {1}
    assert not (await asking.health()).circuit_open
    await asking.close()


async def test_an_indexer_waits_for_an_engine_that_died(
    engine: ElasticEngine, node: Server, database_url: str, pool: Pool, vault: Vault, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """What is taken in meanwhile is found once it is back; nobody need start anything again."""
    monkeypatch.setattr("graph.followers.BEAT_EVERY", 0.05)
    monkeypatch.setattr(elastic_bulk, "PAUSES", (0.0, 0.05))
    intake = make_intake(pool, vault, tmp_path / "attachments")
    running = asyncio.create_task(
        keep_following(database_url, READER, lambda own: Indexer(pool=own, engine=engine).follow)
    )
    await intake.take_in([draft("1", text="烧烤店油烟。")], actor="test", now=NOW)
    await reached(engine, pool)
    node.signal(signal.SIGKILL)
    await intake.take_in([draft("2", text="餐饮店油烟。")], actor="test", now=NOW)
    async with asyncio.timeout(60):
        while not await troubled(pool):  # noqa: ASYNC110 - it is put down, and nobody called
            await asyncio.sleep(0.05)
    assert not running.done()
    await asyncio.to_thread(node.start)
    await reached(engine, pool)
    assert (await ask(engine, "油烟")).total == 2
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def troubled(pool: Pool) -> bool:
    """Tell whether the indexer says that it cannot go on."""
    async with pool.acquire() as connection:
        return any(one.name == READER and one.trouble for one in await alive(connection))


async def reached(engine: ElasticEngine, pool: Pool) -> None:
    """Wait until the index holds all that the journal tells of."""
    async with pool.acquire() as connection:
        target = await journal.position(connection)
    async with asyncio.timeout(60):
        while await position(engine) < target:  # noqa: ASYNC110 - as the indexer of another process
            await asyncio.sleep(0.05)


async def position(engine: ElasticEngine) -> int:
    """Return how far the index is, nowhere while it is away."""
    try:
        return await engine.position() or 0
    except SearchAwayError:
        return 0


# Blocked -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("block", ["read_only_allow_delete", "write"])
async def test_an_index_that_may_not_be_written_is_waited_for(
    engine: ElasticEngine, node: Server, database_url: str, pool: Pool, reading_pool: Pool, vault: Vault,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: str,
) -> None:  # fmt: skip
    """As Elasticsearch blocks it by itself on a full disk (429), or somebody does (403): that is said, and what to do.

    Searches go on and say what they lack; once the block is gone all goes on by itself, and nothing was set aside.
    """
    monkeypatch.setattr("graph.followers.BEAT_EVERY", 0.05)
    monkeypatch.setattr("search.standing.FRESH", 0.0)
    monkeypatch.setattr("casegraph.watch.LONG", 0.0)
    intake, reader = make_intake(pool, vault, tmp_path / "attachments"), Reader(reading_pool, 10_000)
    searching = Search(reader=reader, engine=engine)
    watch = Watch(pool=pool, reader=reader, engine=engine)

    async def said() -> tuple[int | None, bool]:
        page = await searching.search(SearchRequest(text="油烟"), scope(EVERYTHING))
        return page.total, page.standing.complete

    running = asyncio.create_task(
        keep_following(database_url, READER, lambda own: Indexer(pool=own, engine=engine).follow)
    )
    await intake.take_in([draft("1", text="烧烤店油烟。")], actor="test", now=NOW)
    await reached(engine, pool)
    assert await said() == (1, True)
    await set_block(node, engine, block, True)
    await intake.take_in([draft("2", text="餐饮店油烟。")], actor="test", now=NOW)
    async with asyncio.timeout(60):
        while not await troubled(pool):  # noqa: ASYNC110 - it is put down, and nobody called
            await asyncio.sleep(0.05)
    async with pool.acquire() as connection:
        (indexer,) = [one for one in await alive(connection) if one.name == READER]
    assert indexer.trouble is not None
    assert "Make room there" in indexer.trouble
    assert "password" not in indexer.trouble
    assert await said() == (1, False)
    await watch.look()
    assert watch.states()["index"] is State.BEHIND
    await set_block(node, engine, block, None)
    await reached(engine, pool)
    assert await said() == (2, True)
    async with pool.acquire() as connection:
        assert await set_aside.counts(connection) == {}
    assert not running.done()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def set_block(node: Server, engine: ElasticEngine, block: str, value: bool | None) -> None:
    """Block an index, or lift the block (None)."""
    async with httpx.AsyncClient() as http:
        answer = await http.put(
            f"{node.url}/{engine._names.live}/_settings", json={f"index.blocks.{block}": value}, timeout=60
        )
        answer.raise_for_status()


@pytest.mark.parametrize(
    ("status", "error", "away", "says"),
    [
        (403, "cluster_block_exception", True, "Make room there"),
        (429, "cluster_block_exception", True, "Make room there"),
        (503, "cluster_block_exception", True, "is away"),
        (403, "security_exception", False, "password"),
        (429, "es_rejected_execution_exception", True, "too much to do"),
    ],
)
def test_what_a_refusal_means(status: int, error: str, away: bool, says: str) -> None:
    """A block is no want of a right: only what is over by itself is waited for."""
    refused = refusal(status, {"error": {"type": error, "reason": "private"}})
    assert isinstance(refused, SearchAwayError) is away
    assert says in str(refused)
    assert "private" not in str(refused)


# Too much ----------------------------------------------------------------------------------------------------------


async def test_what_is_too_large_for_one_request_is_halved(engine: ElasticEngine) -> None:
    """The node takes less by one request than we think it does; every document comes."""
    count = 120
    await put(engine, *(source(number, body="油烟扰民" * 100) for number in range(count)))
    assert await hits(engine, "油烟") == set(range(count))


async def test_one_document_that_is_too_large_is_told(engine: ElasticEngine) -> None:
    """By what to do about it; the position stays before it."""
    await put(engine, source(1, body="油烟"))
    with pytest.raises(TooLargeError, match="max_content_length"):
        await put(engine, source(2, body="油烟扰民" * (LARGEST // 20)))
    assert await engine.position() == 1


ROUNDS = 20
"""Whether enough is under way at once hangs on how busy the machine is."""


async def test_what_there_is_no_room_for_is_sent_again(
    engine: ElasticEngine, node: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many write at once to a node with little memory: it refuses some (429), and takes all in the end."""
    sent: list[int] = []
    send = elastic_bulk._send

    async def counted(link: Link, index: str, piece: list[bytes]) -> list[bytes]:
        try:
            left = await send(link, index, piece)
        except SearchAwayError:
            sent.append(len(piece))
            raise
        sent.append(len(left))
        return left

    monkeypatch.setattr(elastic_bulk, "_send", counted)
    engines = [open_elastic(node.url, f"{engine._names.prefix}-{number}") for number in range(8)]
    texts = [source(number, body="油烟扰民" * 20) for number in range(100)]
    async with AsyncExitStack() as stack:
        for one in engines:
            stack.push_async_callback(one.close)
        for _ in range(ROUNDS):
            await asyncio.gather(*(put(one, *texts) for one in engines))
            if any(sent):
                break
        assert [len(await hits(one, "油烟")) for one in engines] == [100] * len(engines)
    assert any(sent), "nothing was refused: the node has too much room for this test"
