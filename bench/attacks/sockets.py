"""How long an ordinary client waits beside ten thousand subscriptions: all quiet, and while something happens."""

from __future__ import annotations

import asyncio
import multiprocessing
import statistics
import tempfile
import time
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx
import orjson
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from bench.graphql.servers import PATIENCE, casegraph
from bench.table import Row
from bench.writes import percentile, ticket
from casegraph.commands.token import claims_of, make_token
from casegraph.opening import open_database
from casegraph.services import open_services
from casegraph.settings import Settings
from graph.policy import Role

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence
    from multiprocessing.connection import Connection

    from bench.graphql.servers import Server
    from casegraph.services import Services
    from graph.records import Draft

SPAWN: Final = multiprocessing.get_context("spawn")
PROVINCES: Final = (
    "13", "14", "15", "21", "22", "23", "32", "33", "34", "35", "36", "37", "41", "42", "43", "44", "45", "51", "52",
    "53",
)  # fmt: skip
"""Each of which one viewer sees."""
ASKED: Final = {"query": "{ cases(first: 20) { nodes { id title status events(first: 3) { nodes { kind at } } } } }"}
FOLLOWED: Final = "subscription { caseChanged { cursor kind case { id title status } } }"
EVERY: Final = 0.1
"""Seconds between two submissions where something happens."""
GOAL: Final = 2.0
"""The p95 of an ordinary client over what it is without the others, at most."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything."""

    sockets: int = 500
    subscriptions: int = 20
    queries: int = 600
    filled: int = 300
    rounds: int = 3


def _draft(number: int) -> Draft:
    return replace(ticket(number), division=f"{PROVINCES[number % len(PROVINCES)]}0100")


class Attack:
    """What others do, in a process of their own."""

    def __init__(self, process: multiprocessing.process.BaseProcess, pipe: Connection) -> None:
        self._process = process
        self._pipe = pipe

    def end(self) -> int:
        """End it once they were told of something, and return how many events that were."""
        self._pipe.send("enough")
        told: int = self._pipe.recv()
        self._process.join()
        return told


@contextmanager
def attack(url: str, tokens: Sequence[str], size: Size) -> Iterator[Attack]:
    """Have others follow by so many WebSockets, all of them told that they do, while inside."""
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=_follow, args=(url, tokens, size, theirs), daemon=True)
    process.start()
    theirs.close()
    ours.recv()
    yield Attack(process, ours)


def _follow(url: str, tokens: Sequence[str], size: Size, pipe: Connection) -> None:
    asyncio.run(_following(url.replace("http", "ws"), tokens, size, pipe))


async def _following(url: str, tokens: Sequence[str], size: Size, pipe: Connection) -> None:
    """Follow until the pipe says so, and somebody was told of something."""
    told = 0
    ready, first = asyncio.Semaphore(0), asyncio.Event()

    async def follow(token: str) -> None:
        nonlocal told
        headers = {"authorization": f"Bearer {token}"}
        spoken = [Subprotocol("graphql-transport-ws")]
        async with connect(
            url, subprotocols=spoken, additional_headers=headers, open_timeout=PATIENCE, ping_interval=None,
            compression=None,
        ) as socket:  # fmt: skip
            await socket.send(orjson.dumps({"type": "connection_init"}).decode())
            await socket.recv()
            for number in range(size.subscriptions):
                begin = {"id": str(number), "type": "subscribe", "payload": {"query": FOLLOWED}}
                await socket.send(orjson.dumps(begin).decode())
            # What comes behind them is answered once they were begun.
            await socket.send(orjson.dumps({"type": "ping"}).decode())
            async for heard in socket:
                if '"pong"' in heard:
                    ready.release()
                else:
                    told += 1
                    first.set()

    followers = [asyncio.create_task(follow(tokens[number % len(tokens)])) for number in range(size.sockets)]
    for _ in followers:
        await ready.acquire()
    pipe.send("ready")
    await asyncio.to_thread(pipe.recv)
    await first.wait()
    for one in followers:
        one.cancel()
    await asyncio.gather(*followers, return_exceptions=True)
    pipe.send(told)


# The ordinary client --------------------------------------------------------------------------------------------------


async def waited(server: Server, queries: int) -> float:
    """Return the p95 of an ordinary client that asks one query after the other, in milliseconds."""
    took = []
    headers = {"authorization": f"Bearer {server.token}"}
    async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False, headers=headers) as client:
        for _ in range(queries):
            began = time.perf_counter()
            answer = await client.post(server.url, json=ASKED)
            took.append((time.perf_counter() - began) * 1_000)
            assert "errors" not in answer.json(), answer.text  # else nothing was measured
    return percentile(sorted(took), 0.95)


@asynccontextmanager
async def happening(services: Services) -> AsyncIterator[None]:
    """Take a submission in now and then while inside, each of another province."""

    async def happen() -> None:
        number = time.time_ns()
        while True:
            number += 1
            await services.intake.take_in([_draft(number)], actor="bench", now=datetime.now(UTC))
            await asyncio.sleep(EVERY)

    happens = asyncio.create_task(happen())
    try:
        yield
    finally:
        happens.cancel()
        await asyncio.gather(happens, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class Waits:
    """The p95 of the ordinary client in milliseconds: all quiet, and while something happens."""

    quiet: float
    busy: float


async def waits(services: Services, server: Server, size: Size) -> Waits:
    """Measure both."""
    quiet = await waited(server, size.queries)
    async with happening(services):
        return Waits(quiet, await waited(server, size.queries))


# Measuring ------------------------------------------------------------------------------------------------------------


def tokens_of(settings: Settings, divisions: Sequence[str]) -> list[str]:
    """Return the tokens of viewers who see a division each."""
    return [
        make_token(settings, claims_of(subject=f"bench-{number}", roles=[Role.LEADER], divisions=[one]))
        for number, one in enumerate(divisions)
    ]


async def _measure(services: Services, server: Server, size: Size) -> list[Row]:
    await waited(server, size.queries // 4)  # so that nothing is done for the first time below
    rows = []
    for name, divisions in (("others", PROVINCES), ("all", ["*"] * len(PROVINCES))):
        tokens, alone, under, told = tokens_of(services.settings, divisions), list[Waits](), list[Waits](), 0
        for _ in range(size.rounds):
            alone.append(await waits(services, server, size))
            with attack(server.url, tokens, size) as others:
                under.append(await waits(services, server, size))
                async with happening(services):
                    told += await asyncio.to_thread(others.end)
        beside = f"{size.sockets * size.subscriptions} subscriptions, {told} events"
        rows += [_row(f"attacks.sockets.{name}.{when}", alone, under, when, beside) for when in ("quiet", "busy")]
    return rows


def _row(name: str, alone: Sequence[Waits], under: Sequence[Waits], when: str, beside: str) -> Row:
    """Compare the medians over the rounds, each of which is without the others and then beside them."""
    before, during = (statistics.median(getattr(one, when) for one in waits) for waits in (alone, under))
    return Row(
        name=f"{name}.p95", value=during, unit="ms", ratio=during / before,
        reference=f"alone {before:.1f} ms ({beside})", goal=f"≤ {GOAL:.0f}×", holds=during <= GOAL * before,
    )  # fmt: skip


async def _run(data: Path, size: Size) -> list[Row]:
    settings = Settings(data=data, log_level="WARNING")
    async with open_services(settings) as services, open_database(settings) as url:
        drafts = [_draft(number) for number in range(size.filled)]
        await services.intake.take_in(drafts, actor="bench", now=datetime.now(UTC))
        await services.pool.execute("vacuum analyze")
        held = {
            "SOCKETS_PER_VIEWER": str(size.sockets), "SOCKETS_PER_ADDRESS": str(size.sockets),
            "SUBSCRIPTIONS_PER_VIEWER": str(size.sockets * size.subscriptions),
        }  # fmt: skip
        with ExitStack() as stack:
            server = stack.enter_context(casegraph(url, data, held))
            return await _measure(services, server, size)


def measure(size: Size | None = None) -> list[Row]:
    """Measure on an embedded server and a served casegraph of its own; the others are let in by settings."""
    with tempfile.TemporaryDirectory(prefix="casegraph-bench-") as folder:
        return asyncio.run(_run(Path(folder) / "data", size or Size()))
