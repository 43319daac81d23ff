"""How fast texts are cut, indexed and found, at a city's year and at a million, beside the bare engine.

`CASEGRAPH_BENCH_TEXTS` names other numbers of texts (`18000` for a look). Texts are cut at random out of all real ones.
"""

from __future__ import annotations

import asyncio
import os
import random
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import tantivy
from elasticsearch import AsyncElasticsearch
from tantivy import FieldType, Occur, Query

from bench.search.elastic import elasticsearch
from bench.search.messages import messages
from bench.search.systems import source
from bench.table import Row
from bench.writes import percentile
from graph.records import Channel, Position
from graph.text.normalise import normalise
from graph.text.tokens import bigrams, words
from search.documents import index_document
from search.elastic_engine import open_elastic
from search.engine import AllOf, Batch, Lookup
from search.query import parse
from search.recency import recency
from search.records import FacetName, SearchFilter, SearchOrder
from search.score import grained
from search.service import WEIGHED
from search.tantivy_engine import TantivyIndex, open_tantivy
from search.tantivy_questions import SCHEMA
from search.understanding import understood

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from search.documents import Source
    from search.engine import Engine, IndexDocument

SIZES: Final = (138_000, 1_000_000)
"""A city's year of tickets, and twelve years of a district and more."""
LENGTH: Final = 370
"""Characters of a text with its title: the mean of the real messages."""
TOGETHER: Final = 3_000
QUERIES: Final = 150
DAYS: Final = 12 * 365
RECEIVED: Final = datetime(2014, 1, 1, tzinfo=UTC)
TOPICS: Final = (
    "城乡建设/安全生产",
    "城乡建设/城市建设和市政管理",
    "交通运输/出租车管理",
    "环境保护/环境监督",
    "劳动和社会保障/工资福利",
)
DIVISIONS: Final = ("430102", "430103", "430104", "430105", "430111", "430121")
PAGE: Final = 20
DEEP: Final = RECEIVED + timedelta(days=DAYS / 2)
"""A deep page goes on below the middle of all there is."""
GOAL_RATE: Final = 4_000.0
GOAL_BARE: Final = 1.2
GOAL_GROWTH: Final = 3.0


def _sources(known: Sequence[tuple[str, str]], count: int) -> Iterator[Source]:
    """Yield texts of one length, spread over twelve years, channels, topics and divisions."""
    whole = "".join(body for _, body in known)
    chance = random.Random(1)  # noqa: S311  # any texts do, and always the same
    channels = list(Channel)
    for number in range(count):
        title = known[number % len(known)][0][:40]
        start = chance.randrange(max(len(whole) - LENGTH, 1))
        one = source(
            number, title, whole[start : start + LENGTH - len(title)],
            RECEIVED + timedelta(seconds=DAYS * 86_400 * number / count),
        )  # fmt: skip
        yield _spread(one, channels[number % 4], number)


def _spread(one: Source, channel: Channel, number: int) -> Source:
    return replace(
        one, channel=channel, topic=TOPICS[number % len(TOPICS)], division=DIVISIONS[number % len(DIVISIONS)]
    )


def _batches(known: Sequence[tuple[str, str]], count: int) -> Iterator[list[Source]]:
    batch: list[Source] = []
    for one in _sources(known, count):
        batch.append(one)
        if len(batch) == TOGETHER:
            yield batch
            batch = []
    yield batch


async def _index(engine: Engine, known: Sequence[tuple[str, str]], count: int) -> float:
    """Cut a batch while the one before it is committed, as the indexer does; return the seconds it took."""
    took, writing = 0.0, None
    for position, batch in enumerate(_batches(known, count)):
        began = time.perf_counter()
        documents = await asyncio.to_thread(_cut, batch)
        if writing:
            await writing
        writing = asyncio.create_task(_apply(engine, documents, position))
        await asyncio.sleep(0)
        took += time.perf_counter() - began
    began = time.perf_counter()
    if writing:
        await writing
    return took + time.perf_counter() - began


def _cut(batch: Sequence[Source]) -> list[IndexDocument]:
    return [index_document(one) for one in batch]


async def _apply(engine: Engine, documents: Sequence[IndexDocument], number: int) -> None:
    await engine.apply(Batch(documents=documents, gone=(), after=Position(number), position=Position(number + 1)))


# What is asked -----------------------------------------------------------------------------------------------------


def _asked(known: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    """Return what is typed, by kind; words are those of subjects, as often as they stand there."""
    chance = random.Random(3)  # noqa: S311  # the same questions each time
    found = Counter(word for title, _ in known for word in words(normalise(title)))
    names, shares = zip(*found.items(), strict=True)

    def word() -> str:
        return str(chance.choices(names, shares)[0])

    phrases = [body[at : at + 4] for _, body in known for at in (len(body) // 2,)]
    phrases = [one for one in phrases if len(bigrams(normalise(one))) == 3 and one.isalnum()]
    return {
        "word": [word() for _ in range(QUERIES)],
        "phrase": [f'"{one}"' for one in chance.sample(phrases, min(QUERIES, len(phrases)))],
        "three_words": [f"{word()} {word()} {word()}" for _ in range(QUERIES)],
        "by_time": [word() for _ in range(QUERIES)],
        "deep": [word() for _ in range(QUERIES)],
    }


FILTER: Final = SearchFilter(channels=(Channel.HOTLINE, Channel.WEB), division="4301")
FACETS: Final = (FacetName.CHANNEL, FacetName.TOPIC, FacetName.MONTH)


async def _lookup(engine: Engine, kind: str, text: str) -> Lookup:
    """Return what the engine is asked, as `search.service` asks it."""
    meant = await understood(engine, parse(text), AllOf())
    if kind in {"by_time", "deep"}:
        below = recency(DEEP) if kind == "deep" else None
        return Lookup(match=meant.compiled.match, order=SearchOrder.NEWEST, limit=PAGE + 1, below=below)
    lookup = Lookup(match=meant.compiled.match, weights=grained(meant.weights), limit=WEIGHED)
    return replace(lookup, filter=FILTER, facets=FACETS) if kind == "three_words" else lookup


def _bare_tantivy(kind: str, text: str, limit: int) -> Callable[[tantivy.Searcher], object]:
    """Return the same question in tantivy's own words, by its own score: as many of what holds all bigrams."""
    pairs = bigrams(normalise(text.strip('"')))
    if kind == "phrase":
        query = Query.phrase_query(SCHEMA, "bigrams", list(pairs))
    else:
        must = [(Occur.Must, Query.term_query(SCHEMA, "bigrams", pair, "freq")) for pair in pairs]
        if kind == "three_words":
            channels = Query.term_set_query(SCHEMA, "channel", [str(one) for one in FILTER.channels])
            must += [
                (Occur.Must, channels),
                (Occur.Must, Query.term_query(SCHEMA, "division", FILTER.division, "basic")),
            ]
        if kind == "deep":
            bound = Query.range_query(SCHEMA, "recency", FieldType.Unsigned, lower_bound=0, upper_bound=recency(DEEP))
            must.append((Occur.Must, bound))
        query = Query.boolean_query(must)
    order = "recency" if kind in {"by_time", "deep"} else None

    def ask(searcher: tantivy.Searcher) -> object:
        result = searcher.search(query, limit=limit, order_by_field=order)
        if kind == "three_words":
            searcher.aggregate(query, {name: {"terms": {"field": name.lower(), "size": 200}} for name in FACETS})
        addresses = [address for _, address in result.hits]
        return searcher.fast_field_values("low", addresses), searcher.fast_field_values("high", addresses)

    return ask


def _bare_elastic(kind: str, text: str, limit: int) -> dict[str, Any]:
    """Return the same question in Elasticsearch's own words, by its own score."""
    pairs = bigrams(normalise(text.strip('"')))
    asked: dict[str, Any] = {"size": limit, "_source": False, "track_total_hits": True}
    fits: list[dict[str, Any]] = []
    if kind == "three_words":
        fits = [{"terms": {"channel": list(map(str, FILTER.channels))}}, {"term": {"division": FILTER.division}}]
        asked["aggs"] = {name: {"terms": {"field": name.lower(), "size": 200}} for name in FACETS}
    if kind == "deep":
        fits = [{"range": {"recency": {"lt": recency(DEEP)}}}]
    if kind in {"by_time", "deep"}:
        asked["sort"] = [{"recency": "desc"}]
    if kind == "phrase":
        phrase = {"query": " ".join(pairs), "analyzer": "whitespace"}
        return asked | {"query": {"match_phrase": {"bigrams": phrase}}}
    must = [{"term": {"bigrams": pair}} for pair in pairs]
    return asked | {"query": {"bool": {"must": must, "filter": fits}}}


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of each question, sorted."""

    ours: list[float]
    bare: list[float]


Asking = Callable[[str, str, int], Awaitable[object]]
"""Asks the bare engine for so many hits of a kind of question."""


async def _ask(engine: Engine, ask: Asking, asked: dict[str, list[str]]) -> dict[str, Times]:
    """Ask each question of the engine behind our interface and of the bare one, in turn."""
    found = {}
    for kind, texts in asked.items():
        ours, bare = [], []
        for text in texts:
            lookup = await _lookup(engine, kind, text)
            began = time.perf_counter()
            await engine.find(lookup)
            between = time.perf_counter()
            await ask(kind, text, lookup.limit)
            ours.append((between - began) * 1_000)
            bare.append((time.perf_counter() - between) * 1_000)
        found[kind] = Times(sorted(ours), sorted(bare))
    return found


async def _ask_tantivy(engine: Engine, folder: Path, asked: dict[str, list[str]]) -> dict[str, Times]:
    index = TantivyIndex(folder)
    with index.reading() as searcher:

        async def ask(kind: str, text: str, limit: int) -> object:
            return await asyncio.to_thread(_bare_tantivy(kind, text, limit), searcher)

        found = await _ask(engine, ask, asked)
    index.close()
    return found


async def _ask_elastic(engine: Engine, address: str, prefix: str, asked: dict[str, list[str]]) -> dict[str, Times]:
    async with AsyncElasticsearch(address, request_timeout=60) as client:

        async def ask(kind: str, text: str, limit: int) -> object:
            return await client.search(index=f"{prefix}-*", body=_bare_elastic(kind, text, limit))

        await _ask(engine, ask, asked)  # a virtual machine runs what it ran often faster
        return await _ask(engine, ask, asked)


# The figures --------------------------------------------------------------------------------------------------------


def measure() -> list[Row]:
    """Measure at each size."""
    return asyncio.run(_measure())


async def _measure() -> list[Row]:
    known = messages()
    asked = _asked(known)
    rows, times = _cutting(known), []
    for count in _sizes():
        with tempfile.TemporaryDirectory(prefix="casegraph-bench-") as name:
            folder = Path(name) / "index"
            engine = open_tantivy(folder)
            took = await _index(engine, known, count)
            size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
            times.append(await _ask_tantivy(engine, folder, asked))
            rows += [*_indexing(count, took, size), *_asking(count, times)]
            await engine.close()
    return [*rows, *await _elastic(known, asked, _sizes()[0])]


async def _elastic(known: Sequence[tuple[str, str]], asked: dict[str, list[str]], count: int) -> list[Row]:
    """Measure the same on Elasticsearch, at the first size."""
    with elasticsearch() as address:
        if address is None:
            return []
        prefix = f"bench-{uuid4().hex}"
        engine = open_elastic(address, prefix, patience=60)
        took = await _index(engine, known, count)
        times = await _ask_elastic(engine, address, prefix, asked)
        await engine.close()
        return [
            Row(name=f"search.elasticsearch.index.{count}", value=count / took, unit="texts/s"),
            *_asking(count, [times], "elasticsearch", "search.elasticsearch"),
        ]


def _sizes() -> tuple[int, ...]:
    named = os.environ.get("CASEGRAPH_BENCH_TEXTS", "").split()
    return tuple(map(int, named)) or SIZES


def _cutting(known: Sequence[tuple[str, str]]) -> list[Row]:
    texts = list(_sources(known, 6_000))
    began = time.process_time()
    for one in texts:
        index_document(one)
    rate = len(texts) / (time.process_time() - began)
    return [Row(name="search.cut", value=rate, unit="texts/s on one core")]


def _indexing(count: int, took: float, size: int) -> list[Row]:
    rate = count / took
    return [
        Row(
            name=f"search.index.{count}", value=rate, unit="texts/s", reference=f"{took:,.0f} s in all",
            goal=f"≥ {GOAL_RATE:,.0f} texts/s", holds=rate >= GOAL_RATE,
        ),
        Row(name=f"search.size.{count}", value=size / count, unit="bytes/text"),
    ]  # fmt: skip


def _asking(
    count: int, times: Sequence[dict[str, Times]], engine: str = "tantivy", name: str = "search"
) -> Iterator[Row]:
    for kind, found in times[-1].items():
        p50, p95, p99 = (percentile(found.ours, share) for share in (0.5, 0.95, 0.99))
        bare, rate = percentile(found.bare, 0.95), 1_000 * len(found.ours) / sum(found.ours)
        yield Row(
            name=f"{name}.find.{kind}.{count}", value=p95, unit="ms at p95", ratio=p95 / bare,
            reference=f"bare {engine} {bare:.2f} ms; p50 {p50:.2f}, p99 {p99:.2f}, {rate:,.0f}/s",
            goal=f"≤ {GOAL_BARE} × bare", holds=p95 <= GOAL_BARE * bare,
        )  # fmt: skip
        if len(times) > 1:
            before = percentile(times[0][kind].ours, 0.95)
            yield Row(
                name=f"search.growth.{kind}", value=p95 / before, unit="× p95", goal=f"≤ {GOAL_GROWTH}",
                reference=f"{before:.2f} ms at the first size", holds=p95 <= GOAL_GROWTH * before,
            )  # fmt: skip
