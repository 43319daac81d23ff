"""How long a search takes on its whole way, through the API of a served million; and while its index is built anew.

`CASEGRAPH_BENCH_SUBMISSIONS` names another number of submissions, `CASEGRAPH_BENCH_DATA` a data folder that is kept for
runs to come: to make a million takes half an hour.
"""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import orjson

from bench.graphql import data
from bench.graphql.servers import casegraph, environment
from bench.table import Row
from bench.writes import percentile
from casegraph.settings import Settings
from graph.database import connect
from graph.text.normalise import normalise
from graph.text.tokens import bigrams, words
from search.engine import AllOf, Lookup
from search.query import parse
from search.score import grained
from search.service import WEIGHED
from search.tantivy_engine import open_tantivy
from search.understanding import understood

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from bench.graphql.servers import Server
    from graph.database import Connection
    from search.engine import Engine

SUBMISSIONS: Final = int(os.environ.get("CASEGRAPH_BENCH_SUBMISSIONS", "1000000"))
QUERIES: Final = 200
"""Questions of each kind, each another."""
TITLES: Final = 20_000
GOALS: Final = {0.5: 5.0, 0.95: 15.0, 0.99: 30.0}
"""Milliseconds, by the share of all questions that are answered in them."""
GOAL_REBUILDING: Final = 2.0
GOAL_MINUTES: Final = 4.0
DOCUMENT: Final = """
query Search($query: String!, $filter: SearchFilter, $facets: [FacetName!]!, $orderBy: SearchOrder!, $after: String) {
  search(query: $query, filter: $filter, facets: $facets, orderBy: $orderBy, after: $after, first: 20) {
    totalCount
    pageInfo { hasNextPage endCursor }
    edges { score passages { text ranges { start end } } node { id title channel receivedAt } }
    facets { name counts { value count } }
  }
}"""
SAMPLE: Final = """
    select revision.title from submission join submission_revision revision on revision.id = submission.revision
    where submission.id >= $1 limit $2
"""
ENDS: Final = (
    "select id from submission order by id limit 1",
    "select id from submission order by id desc limit 1",
)
KINDS: Final = ("word", "phrase", "three_words", "by_time", "deep")
Asked = dict[str, Any]
"""The variables of a question."""


async def _titles(connection: Connection) -> list[str]:
    """Return titles from all over what there is: ids are in the order of time."""
    first, last = [await connection.fetchval(text) for text in ENDS]
    chance, found = random.Random(5), []  # noqa: S311  # the same each time
    for _ in range(TITLES // 100):
        start = UUID(int=chance.randrange(first.int, last.int))
        found += [row["title"] for row in await connection.fetch(SAMPLE, start, 100)]
    return [title for title in found if title]


def _questions(titles: Sequence[str]) -> dict[str, list[Asked]]:
    """Return what is typed, by kind: words as often as titles have them."""
    chance = random.Random(3)  # noqa: S311  # the same questions each time
    found = Counter(word for title in titles for word in words(normalise(title)))
    names, shares = zip(*found.items(), strict=True)
    plain = [title for title in titles if len(bigrams(normalise(title[:4]))) == 3 and title[:4].isalnum()]

    def several(count: int) -> str:
        return " ".join(map(str, chance.choices(names, shares, k=count)))

    def asked(query: str, **others: object) -> Asked:
        return {"query": query, "facets": [], "orderBy": "RELEVANCE", **others}

    chosen = {"channel": {"anyOf": ["HOTLINE", "WEB"]}, "division": "4301"}
    return {
        "word": [asked(several(1)) for _ in range(QUERIES)],
        "phrase": [asked(f'"{title[:4]}"') for title in chance.choices(plain, k=QUERIES)],
        "three_words": [
            asked(several(3), filter=chosen, facets=["CHANNEL", "TOPIC", "MONTH"]) for _ in range(QUERIES)
        ],
        "by_time": [asked(several(1), orderBy="NEWEST") for _ in range(QUERIES)],
        "deep": [asked(several(1)) for _ in range(QUERIES)],
    }  # fmt: skip


def _ask(server: Server, asked: Asked) -> tuple[float, Any]:
    """Return the milliseconds until the answer was here, and the answer."""
    body = orjson.dumps({"query": DOCUMENT, "variables": asked})
    began = time.perf_counter()
    answer = server.ask(body)["search"]
    return (time.perf_counter() - began) * 1_000, answer


def _timed(server: Server, kind: str, questions: Sequence[Asked]) -> list[float]:
    """Return the milliseconds of each question; a deep one is for the third page, the first two are not counted."""
    took = []
    for question in questions:
        if kind == "deep":
            for _ in range(2):
                _, answer = _ask(server, question)
                question = question | {"after": answer["pageInfo"]["endCursor"]}  # noqa: PLW2901
        took.append(_ask(server, question)[0])
    return sorted(took)


async def _engine(engine: Engine, questions: Sequence[Asked]) -> list[float]:
    """Return the milliseconds that the engine alone takes for the candidates of plain words."""
    took = []
    for question in questions:
        meant = await understood(engine, parse(question["query"]), AllOf())
        lookup = Lookup(match=meant.compiled.match, weights=grained(meant.weights), limit=WEIGHED)
        began = time.perf_counter()
        await engine.find(lookup)
        took.append((time.perf_counter() - began) * 1_000)
    return sorted(took)


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How an index was built anew: seconds, and milliseconds of questions before and meanwhile, sorted."""

    seconds: float
    before: list[float]
    meanwhile: list[float]


def _rebuild(server: Server, settings: dict[str, str], questions: Sequence[Asked]) -> Rebuilt:
    """Ask on while another process builds the index anew, some tenth of a second apart."""

    def once(while_: Callable[[], bool]) -> list[float]:
        took: list[float] = []
        while while_():
            took.append(_ask(server, questions[len(took) % len(questions)])[0])
            time.sleep(0.1)
        return took

    counted = iter(range(len(questions)))
    before = once(lambda: next(counted, None) is not None)
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "casegraph", "reindex"], env=environment(settings),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    meanwhile = once(lambda: process.poll() is None)
    if process.wait():
        raise RuntimeError(f"reindex ended with {process.returncode}.")
    return Rebuilt(time.perf_counter() - began, sorted(before), sorted(meanwhile))


# The figures --------------------------------------------------------------------------------------------------------


def measure() -> list[Row]:
    """Measure on the data folder that is named, or on one that is made and removed."""
    with data.folder() as folder:
        return asyncio.run(_measure(folder))


async def _measure(folder: Path) -> list[Row]:
    async with data.database(folder, SUBMISSIONS) as url:
        connection = await connect(url)
        count = await connection.fetchval("select count(*) from submission")
        questions = _questions(await _titles(connection))
        await connection.close()
        engine = open_tantivy(Settings(data=folder).data / "index")
        with casegraph(url, folder) as server:
            for kind in KINDS:
                _timed(server, kind, questions[kind][:20])  # what is done for the first time is no answer's own time
            took = {kind: _timed(server, kind, questions[kind]) for kind in KINDS}
            alone = await _engine(engine, questions["word"])
            await engine.close()
            settings = {"CASEGRAPH_DATABASE_URL": url, "CASEGRAPH_DATA": str(folder), "CASEGRAPH_LOG_LEVEL": "WARNING"}
            rebuilt = _rebuild(server, settings, questions["word"])
        return [*_answers(count, took, alone), *_rebuilding(count, rebuilt)]


def _answers(count: int, took: dict[str, list[float]], alone: Sequence[float]) -> list[Row]:
    engine = percentile(list(alone), 0.5)
    every = sorted(one for several in took.values() for one in several)
    rows = [
        Row(
            name=f"searching.{kind}.p50", value=percentile(several, 0.5), unit="ms",
            ratio=percentile(several, 0.5) / engine if kind == "word" else None,
            reference=f"p95 {percentile(several, 0.95):.1f}, p99 {percentile(several, 0.99):.1f}; {count:,} submissions"
            + (f"; the engine alone {engine:.1f}" if kind == "word" else ""),
        )
        for kind, several in took.items()
    ]  # fmt: skip
    return rows + [
        Row(
            name=f"searching.p{share * 100:.0f}", value=percentile(every, share), unit="ms", goal=f"≤ {goal:.0f} ms",
            reference=f"all kinds, {count:,} submissions", holds=percentile(every, share) <= goal,
        )
        for share, goal in GOALS.items()
    ]  # fmt: skip


def _rebuilding(count: int, rebuilt: Rebuilt) -> list[Row]:
    before, meanwhile = percentile(rebuilt.before, 0.95), percentile(rebuilt.meanwhile, 0.95)
    minutes = rebuilt.seconds / 60
    return [
        Row(
            name="searching.rebuilding.p95", value=meanwhile, unit="ms", ratio=meanwhile / before,
            reference=f"before {before:.1f} ms, words", goal=f"≤ {GOAL_REBUILDING:.0f} × before",
            holds=meanwhile <= GOAL_REBUILDING * before,
        ),
        Row(
            name="searching.rebuilding.minutes", value=minutes, unit="min",
            reference=f"{count / rebuilt.seconds:,.0f} submissions/s, asked meanwhile",
            goal=f"≤ {GOAL_MINUTES:.0f} min for a million", holds=minutes <= GOAL_MINUTES * count / 1_000_000,
        ),
    ]  # fmt: skip
