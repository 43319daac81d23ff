"""One hostile and three ordinary clients: how much longer the ordinary ones wait while each attack goes on.

All on this machine, in rounds without and with the attack, so that what else the machine does touches both alike. The
hostile client is a process of its own with some connections that ask again as soon as they are answered.
"""

from __future__ import annotations

import asyncio
import itertools
import multiprocessing
import re
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlsplit

import orjson

from bench.graphql.data import database, folder
from bench.graphql.servers import ServerError, casegraph
from bench.table import Row
from bench.writes import percentile
from casegraph.commands.token import ALL_SEEING, claims_of, make_token
from casegraph.settings import Settings
from graph.policy import Clearance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from multiprocessing.synchronize import Event
    from pathlib import Path

SPAWN: Final = multiprocessing.get_context("spawn")
SUBMISSIONS: Final = 20_000
"""Enough that searches and figures take tens of milliseconds."""
ORDINARY: Final = 3
CONNECTIONS: Final = 16
"""By which the hostile client asks at once."""
PAUSE: Final = 0.05
"""Seconds between an answer and an ordinary client's next question."""
SECONDS: Final = 2.0
"""Of each round: short ones, in which the machine's other work touches both sides alike."""
ROUNDS: Final = 8
LOOK: Final = 0.01
"""Seconds after which the hostile client looks whether it may go on."""
GOAL: Final = 2.0
TIMEOUT: Final = 60.0
LENGTH: Final = re.compile(rb"content-length: (\d+)")

ASKED: Final[tuple[str, ...]] = (
    "{ cases(first: 20) { nodes { id number title status parties(first: 3) { nodes { names } } } } }",
    '{ cases(filter: {division: {within: "43"}, status: {equals: REGISTERED}}, first: 10) { nodes { id title } } }',
    '{ search(query: "噪音", first: 10) { edges { passages { text } node { title } } } }',
    "{ submissions(first: 10) { nodes { id title text case { title events(first: 5) { nodes { text } } } } } }",
)
"""What ordinary clients ask, one after the other."""


def aliased(count: int, each: str) -> str:
    """Return a document that asks the same so many times."""
    return "{ " + " ".join(f"a{number}: {each}" for number in range(count)) + " }"


MATCHING: Final = 'history(division: "43", matching: "问题") { edges { cursor } matchesCut }'
FIGURES: Final = "caseFigures(groupBy: [CHANNEL, MONTH]) { cases answered medianDays }"
FACETS: Final = 'search(query: "小区 OR 问题", facets: [CHANNEL, KIND, STATUS, TOPIC, DIVISION, MONTH]) { totalCount }'
ATTACKS: Final[Mapping[str, Callable[[int], str]]] = {
    "overlap": lambda number: f"{{ n{number}: __typename {'__typename ' * 1_230} }}",
    "validation": lambda number: f"{{ n{number}: __typename {'cases { nodes { id } } ' * 700} }}",
    "errors": lambda number: f"{{ n{number}: __typename {'nothing ' * 4_500} }}",
    "history50": lambda _: aliased(50, MATCHING),
    "history": lambda _: aliased(2, MATCHING),
    "figures50": lambda _: aliased(50, FIGURES),
    "figures": lambda _: aliased(4, FIGURES),
    "facets50": lambda _: aliased(50, FACETS),
    "facets": lambda _: aliased(4, FACETS),
    "cases": lambda _: '{ searchCases(query: "小区", first: 50) { submissionCount } }',
    "totals": lambda _: aliased(8, "parties { totalCount }"),
    "burst": lambda _: "{ cases { nodes { id } } }",
}
"""What the hostile client asks: first as it was found, then as much of it as is still answered. A document with a
number is another one each time."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where to ask, and how a client is known there."""

    port: int
    head: bytes
    """What a request begins with, down to the length of its body."""


class Hostile:
    """A process that attacks while it is told to; what it takes to start is no part of what is measured."""

    def __init__(self, place: Place, name: str) -> None:
        self._going, self._began = SPAWN.Event(), SPAWN.Event()
        self._process = SPAWN.Process(target=_attack, args=(place, name, self._going, self._began), daemon=True)

    def __enter__(self) -> Self:
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join()

    @contextmanager
    def attacking(self) -> Iterator[None]:
        """Attack while inside."""
        self._began.clear()
        self._going.set()
        if not self._began.wait(TIMEOUT):
            raise ServerError("The hostile client did not begin.")
        yield
        self._going.clear()


def _attack(place: Place, name: str, going: Event, began: Event) -> None:
    """Ask by many connections, whenever told to. Runs in a process of its own."""
    document, numbers = ATTACKS[name], itertools.count()

    async def ask() -> None:
        line = Line(place)
        while True:
            if going.is_set():
                began.set()
                await line.ask(document(next(numbers)))
            else:
                line.close()  # or the server would, after a while
                await asyncio.sleep(LOOK)

    async def all_of_it() -> None:
        await asyncio.gather(*(ask() for _ in range(CONNECTIONS)))

    asyncio.run(all_of_it())


class Line:
    """A connection that is asked by as few steps as can be: what the clients take is taken from the server."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._opened: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, document: str) -> Any:
        """Return what a document is answered with."""
        if self._opened is None:
            self._opened = await asyncio.open_connection("127.0.0.1", self._place.port)
        reader, writer = self._opened
        body = orjson.dumps({"query": document})
        writer.write(self._place.head + f"{len(body)}\r\n\r\n".encode() + body)
        head = await reader.readuntil(b"\r\n\r\n")
        length = LENGTH.search(head)
        assert length is not None, head
        return orjson.loads(await reader.readexactly(int(length[1])))

    def close(self) -> None:
        """Hang up; what is asked next is asked by another connection."""
        if self._opened is not None:
            self._opened[1].close()
            self._opened = None


async def ordinary(places: list[Place], seconds: float) -> list[float]:
    """Ask as ordinary clients for some seconds; return the milliseconds that each answer took."""
    took: list[float] = []
    until = time.perf_counter() + seconds

    async def ask(place: Place, first: int) -> None:
        with closing(Line(place)) as line:
            for document in itertools.islice(itertools.cycle(ASKED), first, None):
                began = time.perf_counter()
                answer = await line.ask(document)
                took.append((time.perf_counter() - began) * 1_000)
                assert "errors" not in answer, answer
                if time.perf_counter() > until:
                    return
                await asyncio.sleep(PAUSE)

    await asyncio.gather(*(ask(place, first) for first, place in enumerate(places)))
    return took


def place_of(url: str, data: Path, subject: str) -> Place:
    """Return where somebody asks, who may see everything."""
    claims = claims_of(subject=subject, roles=ALL_SEEING, divisions=["*"], clearances=list(Clearance))
    address = urlsplit(url)
    lines = (
        f"POST {address.path} HTTP/1.1", f"host: {address.netloc}", "content-type: application/json",
        f"authorization: Bearer {make_token(Settings(data=data), claims)}", "content-length: ",
    )  # fmt: skip
    assert address.port is not None
    return Place(address.port, "\r\n".join(lines).encode())


async def _row(name: str, hostile: Place, places: list[Place], seconds: float, rounds: int) -> Row:
    """Measure one attack."""
    quiet: list[float] = []
    loud: list[float] = []
    with Hostile(hostile, name) as attack:
        with attack.attacking():
            await ordinary(places, 0)
        for _ in range(rounds):
            quiet += await ordinary(places, seconds)
            with attack.attacking():
                loud += await ordinary(places, seconds)
            await _answered(hostile)
    before, during = (percentile(sorted(one), 0.95) for one in (quiet, loud))
    return Row(
        name=f"attacks.fairness.{name}", value=during, unit="ms p95", reference=f"without it {before:.1f} ms",
        ratio=during / before, goal=f"≤ {GOAL:.0f}×", holds=during <= GOAL * before,
    )  # fmt: skip


async def _answered(hostile: Place) -> None:
    """Wait until what the hostile client asked last is answered: its own next answer comes behind."""
    with closing(Line(hostile)) as line:
        await line.ask("{ cases(first: 1) { nodes { id } } }")


async def fairness(
    data: Path, *, submissions: int = SUBMISSIONS, seconds: float = SECONDS, rounds: int = ROUNDS, only: str = ""
) -> list[Row]:
    """Measure every attack, or one, on a data folder, which is filled where it is empty."""
    async with database(data, submissions) as url:
        with casegraph(url, data) as server:
            places = [place_of(server.url, data, f"ordinary-{number}") for number in range(ORDINARY)]
            hostile = place_of(server.url, data, "hostile")
            await ordinary(places, seconds)  # the first statements of each connection take longest
            return [await _row(name, hostile, places, seconds, rounds) for name in ATTACKS if only in {"", name}]


def measure() -> list[Row]:
    """Measure how fairly viewers are answered."""
    with folder() as data:
        return asyncio.run(fairness(data))
