"""Elasticsearch of three machines, of which one hangs: the others answer, though the cluster has not noticed yet."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import httpx
import psutil
import pytest

from search.elastic_client import Link
from search.elastic_engine import open_elastic
from search.elastic_names import write_alias
from tests.cluster import free_port
from tests.elasticsearch.server import PREFIX, Server
from tests.search.library import hits, put, source

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from search.elastic_engine import ElasticEngine
    from tests.elasticsearch.server import Indices

COUNT: Final = 3
ROOM: Final = 4_000_000_000
"""Bytes of memory that must be free: each takes some 700 MB."""
SEARCHES: Final = 12
ALL: Final = set(range(1, 31))
PATIENCE: Final = 60.0

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def cluster(elasticsearch: Indices) -> Iterator[list[Server]]:
    """Give three machines of one cluster; where the run's own node cannot be started, these cannot, either."""
    if os.environ.get("CASEGRAPH_TEST_ELASTICSEARCH_URL") == elasticsearch.address:
        pytest.skip("NOT RUN: a cluster of three, since the server that is named is not ours to stop.")
    if psutil.virtual_memory().available < ROOM:
        pytest.skip("NOT RUN: Elasticsearch of three machines, since less than 4 GB of memory are free.")
    names, ports = [f"node-{number}" for number in range(COUNT)], [str(free_port()) for _ in range(COUNT)]
    together = {
        "cluster__name": "three", "discovery__type": "multi-node", "cluster__initial_master_nodes": ",".join(names),
        "discovery__seed_hosts": ",".join(f"127.0.0.1:{port}" for port in ports),
    }  # fmt: skip
    servers = [
        Server(
            Path(tempfile.gettempdir()) / f"{PREFIX}run-{uuid4().hex[:16]}", node__name=name, transport__port=port,
            **together,
        )
        for name, port in zip(names, ports, strict=True)
    ]  # fmt: skip
    with ThreadPoolExecutor(COUNT) as threads:
        list(threads.map(Server.start, servers))
    httpx.get(f"{servers[0].url}/_cluster/health?wait_for_nodes={COUNT}&timeout=60s", timeout=PATIENCE)
    yield servers
    for server in servers:
        server.leave()
        server.end()
        shutil.rmtree(server.folder)


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
async def engine(request: pytest.FixtureRequest, cluster: list[Server]) -> AsyncIterator[ElasticEngine]:
    """Give an engine that names all three, on an index of which each part is there twice."""
    opened = open_elastic(",".join(server.url for server in cluster), f"test-{uuid4().hex}", shards=request.param)
    await put(opened, *(source(number, body="油烟") for number in ALL))
    await _whole(opened)
    yield opened
    await opened.close()


async def _whole(engine: ElasticEngine) -> None:
    """Wait until every copy is there."""
    await engine._link.ask(
        lambda client, _: client.cluster.health(index=engine._names.live, wait_for_status="green", timeout="60s"),
        PATIENCE,
    )


async def holders(engine: ElasticEngine) -> list[str]:
    """Return the names of the machines that hold a copy."""
    index = (await engine._standing()).live
    assert index is not None
    told: Any = await engine._link.ask(lambda client, _: client.cat.shards(index=write_alias(index), format="json"))
    return sorted({one["node"] for one in told})


async def test_one_of_three_that_hangs_is_left_aside(
    engine: ElasticEngine, cluster: list[Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each search finds all, and none after the first is sent to it, nor to a copy that it holds.

    It is one that holds copies, so the others of the cluster wait for it as well. Once it goes on, it has its turn.
    """
    tried: list[int] = []
    patiently = Link._patiently

    async def counted(link: Link, *given: Any, **named: Any) -> Any:
        tried[-1] += 1
        return await patiently(link, *given, **named)

    holding = await holders(engine)
    stopped = next(server for server in cluster if server._settings["node__name"] in holding)
    await engine.health()
    stopped.signal(signal.SIGSTOP)
    try:
        while not engine._link._machines.aside:
            assert await hits(engine, "油烟") == ALL
        with monkeypatch.context() as patched:
            patched.setattr(Link, "_patiently", counted)
            for _ in range(SEARCHES):
                tried.append(0)
                assert await hits(engine, "油烟") == ALL
        health = await engine.health()
        assert health.answers
        assert "1 of those named" in health.says
    finally:
        stopped.signal(signal.SIGCONT)
    requests = min(tried)
    assert tried == [requests] * SEARCHES, "some were asked once more"
    async with asyncio.timeout(PATIENCE):
        while await engine._link.look():
            pass
    assert await hits(engine, "油烟") == ALL
    await _whole(engine)
