"""How many bytes compressing spares, and what it costs: a page of a search, asked as it is and in each encoding.

The application is asked without a network, so the cost is told larger than it is behind one.
"""

from __future__ import annotations

import asyncio
import math
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from bench.graphql.servers import environment
from bench.table import Row
from bench.viewers import EVERYTHING
from casegraph.app import executor_of
from casegraph.compression import ENCODINGS, Compressed
from casegraph.demo.year import FOLDERS, make_year
from casegraph.graphql_http import PLAIN, GraphQLOverHTTP
from casegraph.services import for_child, open_services
from casegraph.settings import Settings
from casegraph.web_names import Names
from casegraph.workers import worker
from graph import journal
from graph.records import Channel
from resolvers.limits import DocumentLimits
from resolvers.trusted import Trusted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp

    from casegraph.services import Services

SUBMISSIONS: Final = 2_000
ROUNDS: Final = 20
"""Each asks the same in every encoding. Counted is this
process's own time in the best round, whatever else the machine does."""
TOGETHER: Final = 5
PAGE: Final = {
    "query": """query($first: Int!) { search(query: "小区 OR 道路 OR 噪音", first: $first, facets: [CHANNEL, MONTH]) {
        totalCount facets { name counts { value count } } pageInfo { hasNextPage endCursor }
        edges { cursor score passages { field text ranges { start end } }
            node { id title text receivedAt channel division case { id number status title } } } } }""",
    "variables": {"first": 50},
}  # fmt: skip
LOOK: Final = 0.05
GOAL: Final = 0.9
"""Of the requests a second that are answered without."""


async def _asked(app: ASGIApp, encoding: str) -> int:
    """Return how many bytes a page of a search is answered with."""
    size = 0
    coming = [{"type": "http.request", "body": orjson.dumps(PAGE)}]

    async def receive() -> dict[str, Any]:
        if not coming:
            await asyncio.Event().wait()  # as a client that stays
        return coming.pop()

    async def send(message: Any) -> None:
        nonlocal size
        assert message.get("status", 200) == 200
        size += len(message.get("body", b""))

    headers = [(b"content-type", PLAIN.encode()), (b"accept-encoding", encoding.encode())]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": headers}
    await app(scope, receive, send)
    return size


async def _measured(app: ASGIApp) -> list[Row]:
    names = ("identity", *ENCODINGS)
    sizes = {name: await _asked(app, name) for name in names}
    took: dict[str, float] = {}
    for number in range(ROUNDS):
        begin = number % len(names)  # none is always the first
        for name in names[begin:] + names[:begin]:
            began = time.process_time()
            await asyncio.gather(*(_asked(app, name) for _ in range(TOGETHER)))
            took[name] = min(took.get(name, math.inf), time.process_time() - began)
    return [row for name in ENCODINGS for row in _rows(name, sizes, took)]


def _rows(name: str, sizes: Mapping[str, int], took: Mapping[str, float]) -> tuple[Row, Row]:
    """Return what an encoding spares and what it costs."""
    whole = sizes["identity"]
    spared, kept = sizes[name] / whole, took["identity"] / took[name]
    return (
        Row(
            name=f"compressing.bytes {name}", value=sizes[name], unit="bytes", ratio=spared,
            reference=f"as it is {whole:,}", goal="≤ 0.50", holds=spared <= 0.5,
        ),
        Row(
            name=f"compressing.requests {name}", value=TOGETHER / took[name], unit="/s", ratio=kept,
            reference=f"as it is {TOGETHER / took['identity']:.0f}", goal=f"≥ {GOAL}", holds=kept >= GOAL,
        ),
    )  # fmt: skip


async def _filled(services: Services, folder: Path, data: Path) -> None:
    ingest = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "casegraph", "ingest", "hotline", str(folder),
        env=environment({"CASEGRAPH_DATA": str(data)}), stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert await ingest.wait() in {0, 3}
    async with services.pool.acquire() as connection:
        end = await journal.position(connection)
    while (await services.index_position() or 0) < end:  # noqa: ASYNC110  # as a search looks: at the index
        await asyncio.sleep(LOOK)


async def _run(base: Path) -> list[Row]:
    settings = Settings(data=base / "data", log_level="WARNING")
    async with open_services(settings) as services:
        async with worker(for_child(services)):
            await _filled(services, base / "year" / FOLDERS[Channel.HOTLINE], settings.data)
        executor = executor_of(services, DocumentLimits(), Trusted())
        over_http = GraphQLOverHTTP(executor, lambda _: EVERYTHING, lambda _: None, body_seconds=10.0)
        return await _measured(Compressed(over_http, Names()))


def measure() -> list[Row]:
    """Measure on a graph of its own."""
    with tempfile.TemporaryDirectory(prefix="casegraph-bench-") as folder:
        base = Path(folder)
        make_year(base / "year", submissions=SUBMISSIONS)
        return asyncio.run(_run(base))
