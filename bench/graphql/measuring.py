"""The GraphQL API under load beside PostGraphile, Strawberry with DataLoaders, and PostgreSQL alone, on the same data.

All servers run at once and are asked in turn, round by round, so that what else the machine does hits all alike.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from bench.graphql import data, policy, servers
from bench.graphql.ceiling import NoPlanError, ceiling, pgbench
from bench.graphql.load import LoadError, load, median, missing
from bench.graphql.queries import draw
from bench.graphql.report import Measured, rows
from bench.year import SUBMISSIONS
from graph.database import connect

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.graphql.load import Load
    from bench.graphql.queries import Asked
    from bench.graphql.servers import Server
    from bench.table import Row

ROUNDS: Final = 3
WARMING: Final = 2
"""Seconds of load before the first round."""
SAME: Final = 20
"""Answers of each question that are compared among the servers."""
SLACK: Final = 0.9
"""An answer under load has at least so many of the bytes that it has alone."""


@dataclass(frozen=True, slots=True)
class Target:
    """One question to one server: the bodies to post, and how many bytes their answers have at least."""

    server: Server
    query: str
    bodies: Path
    least: float


def measure() -> list[Row]:
    """Measure; whatever is missing here is told, and its rows are left out."""
    if missing():
        _tell("There is no `wrk`: install it (Debian: wrk) to measure the API under load. Nothing was measured.")
        return []
    with data.folder() as folder:
        return asyncio.run(_run(folder))


async def _run(folder: Path) -> list[Row]:
    async with data.database(folder, SUBMISSIONS) as url:
        connection = await connect(url)
        asked = await draw(connection)
        if not await connection.fetchval("select exists (select from case_relation)"):
            _tell("No cases are related in this data folder, so `nested` asks for lists that are empty. Make one anew.")
        await connection.close()
        costs = await policy.measure(url, asked)
        return await asyncio.to_thread(_measure, url, folder, asked) + costs


def _measure(url: str, folder: Path, asked: Sequence[Asked]) -> list[Row]:
    with ExitStack() as stack:
        started = [stack.enter_context(servers.casegraph(url, folder)), stack.enter_context(servers.loaders(url))]
        try:
            started.append(stack.enter_context(servers.postgraphile(url)))
        except servers.NotHereError as error:
            _tell(str(error))
        bodies = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="casegraph-bench-")))
        targets = [target for one in asked for target in _targets(one, started, bodies)]
        for target in targets:
            load(target.server.url, target.bodies, least=target.least, seconds=WARMING, token=target.server.token)
        loads: dict[tuple[str, str], list[Load]] = defaultdict(list)
        ceilings: dict[str, list[float]] = defaultdict(list)
        for _ in range(ROUNDS):
            for one in asked:
                for target in (target for target in targets if target.query == one.query.name):
                    found = load(target.server.url, target.bodies, least=target.least, token=target.server.token)
                    loads[target.query, target.server.name].append(found)
                _reach(url, one, ceilings)
        medians = {key: median(values) for key, values in loads.items()}
        return rows(Measured(medians, ceilings, {server.name: server.memory() for server in started}))


def _targets(asked: Asked, started: Sequence[Server], folder: Path) -> Iterator[Target]:
    """Write each server's bodies and have all answered once, so that nobody is measured giving wrong answers."""
    first: list[Any] = []
    for server in started:
        rival = server.name == "postgraphile"
        document = asked.query.rival if rival else asked.query.document
        if document is None or (asked.query.rival is None and server.name != "casegraph"):
            continue
        variables = asked.theirs if rival else asked.ours
        bodies = [orjson.dumps({"query": document, "variables": one}) for one in variables]
        answers = [server.ask(body) for body in bodies]
        told = [_told(answer) for answer in answers[:SAME]]
        if first and told != first:
            raise LoadError(f"{server.name} answers `{asked.query.name}` otherwise than {started[0].name}.")
        first = told
        path = folder / f"{asked.query.name}-{server.name}"
        path.write_bytes(b"\n".join(bodies))
        least = sum(len(orjson.dumps(answer)) for answer in answers) / len(answers) * SLACK
        yield Target(server, asked.query.name, path, least)


def _told(answer: Any) -> list[str]:
    """Return all titles of an answer and the texts of its events, which all servers give alike."""
    match answer:
        case dict():
            here = [f"{key}: {value}" for key, value in answer.items() if key in {"title", "text"}]
            return sorted(here + [one for value in answer.values() for one in _told(value)])
        case list():
            return [one for value in answer for one in _told(value)]
    return []


def _reach(url: str, asked: Asked, ceilings: dict[str, list[float]]) -> None:
    program = pgbench()
    if program is None:
        _tell("There is no `pgbench`: install it (Debian: postgresql) to see the ceiling, whose rows are left out.")
    if program is None or asked.query.rival is None:
        return
    try:
        ceilings[asked.query.name].append(ceiling(program, url, asked.query.document, asked.ours))
    except NoPlanError as error:
        _tell(str(error))


@cache
def _tell(text: str) -> None:
    """Say loudly what is missing, once."""
    print(f"!!! {text}", file=sys.stderr, flush=True)
