"""How fast texts are cut, indexed and searched, and whether what is looked for comes first."""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import tantivy

from bench.table import Row
from casegraph.demo.town import FOLDERS
from casegraph.demo.year import make_year
from connectors.connector import ReadOptions, Resource
from connectors.registry import read
from graph.records import CaseId, Channel, Draft, Position, SubmissionId
from search.compile import compile_query
from search.documents import Source, index_document
from search.engine import AllOf, Batch, Lookup
from search.query import parse
from search.score import score, weights
from search.service import WEIGHED
from search.tantivy_engine import open_tantivy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from search.engine import Engine, IndexDocument

REAL: Final = Path(__file__).parent.parent.parent / "shared" / "data"
SHEETS: Final = ("messages_with_replies.xlsx", "messages.xlsx")
MADE: Final = 4_000
LENGTH: Final = 370
"""Characters of a text with its title: the mean of the real messages."""
TEXTS: Final = 18_000
TOGETHER: Final = 3_000
QUERIES: Final = 600
FIRST: Final = 10
GOAL_RATE: Final = 4_000.0
GOAL_PROCESSOR: Final = 0.25
GOAL_RANK: Final = 0.85
RECEIVED: Final = datetime(2026, 1, 1, tzinfo=UTC)
SIGNS: Final = str.maketrans(dict.fromkeys('-()（）"“”:：|*', " "))
"""What the query language gives a meaning; a person who types a subject leaves them out."""


def _source(number: int, title: str, body: str) -> Source:
    return Source(
        id=SubmissionId(UUID(int=number)), own=CaseId(UUID(int=number)), case=CaseId(UUID(int=number)), channel="WEB",
        kind="APPEAL", status="REGISTERED", topic="城乡建设/安全生产", division="430104", received_at=RECEIVED,
        title=title, body=body, replies=(), documents=(),
    )  # fmt: skip


def _drafts() -> Iterator[Draft]:
    """Yield the real messages, made ones where those are not."""
    options = ReadOptions(source="bench", zone=ZoneInfo("Asia/Shanghai"))
    with tempfile.TemporaryDirectory(prefix="casegraph-bench-") as name:
        paths = [REAL / sheet for sheet in SHEETS if (REAL / sheet).exists()]
        if not paths:
            make_year(Path(name), submissions=MADE)
            paths = [path for path in (Path(name) / FOLDERS[Channel.WEB]).rglob("*") if path.is_file()]
        for path in paths:
            for reading in read(Channel.WEB, Resource.from_path(path), options):
                if isinstance(reading, Draft):
                    yield reading


def messages() -> list[tuple[str, str]]:
    """Return subjects and bodies; of those with the same body, one."""
    return [(title, body) for body, title in {draft.text: draft.title for draft in _drafts()}.items()]


def _texts(messages: Sequence[tuple[str, str]]) -> list[Source]:
    """Return texts of one length, cut at random out of all bodies."""
    whole = "".join(body for _, body in messages)
    chance = random.Random(1)  # noqa: S311  # any texts do, and always the same
    sources = []
    for number in range(TEXTS):
        title = messages[number % len(messages)][0][:40]
        start = chance.randrange(max(len(whole) - LENGTH, 1))
        sources.append(_source(number, title, whole[start : start + LENGTH - len(title)]))
    return sources


@dataclass(frozen=True, slots=True)
class Cost:
    """What something took, in seconds."""

    wall: float
    processor: float


def _cost(work: Callable[[], object]) -> Cost:
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return Cost(time.perf_counter() - wall, time.process_time() - processor)


def _chunks(count: int) -> Iterator[slice]:
    return (slice(at, at + TOGETHER) for at in range(0, count, TOGETHER))


def _index(engine: Engine, sources: Sequence[Source]) -> None:
    """Cut a batch while the one before it is committed, as the indexer does."""
    writing: Thread | None = None
    for number, chunk in enumerate(_chunks(len(sources))):
        documents = [index_document(source) for source in sources[chunk]]
        if writing:
            writing.join()
        writing = Thread(target=_apply, args=(engine, documents, number))
        writing.start()
    if writing:
        writing.join()


def _apply(engine: Engine, documents: Sequence[IndexDocument], number: int) -> None:
    asyncio.run(
        engine.apply(Batch(documents=documents, gone=(), after=Position(number), position=Position(number + 1)))
    )


def _bare(folder: Path, sources: Sequence[Source]) -> None:
    """Index the same texts with tantivy as it comes, which finds no Chinese word."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("body")
    index = tantivy.Index(builder.build(), path=str(folder))
    writer = index.writer(num_threads=1)
    for chunk in _chunks(len(sources)):
        for source in sources[chunk]:
            writer.add_document(tantivy.Document(body=f"{source.title}\n{source.body}"))
        writer.commit()
    writer.wait_merging_threads()


def _speed(sources: Sequence[Source]) -> list[Row]:
    count = len(sources)
    cut = _cost(lambda: [index_document(source) for source in sources])
    with tempfile.TemporaryDirectory(prefix="casegraph-bench-") as name:
        (Path(name) / "bare").mkdir()
        bare = _cost(lambda: _bare(Path(name) / "bare", sources))
        engine = open_tantivy(Path(name) / "index")
        whole = _cost(lambda: _index(engine, sources))
        asyncio.run(engine.close())
        size = sum(path.stat().st_size for path in (Path(name) / "index").rglob("*") if path.is_file())
    rate, each = count / whole.wall, whole.processor / count * 1_000
    bare_rate = count / bare.wall
    return [
        Row(name="search.cut", value=count / cut.processor, unit="texts/s on one core"),
        Row(
            name="search.index", value=rate, unit="texts/s", reference=f"bare tantivy {bare_rate:,.0f} texts/s",
            ratio=rate / bare_rate, goal=f"≥ {GOAL_RATE:,.0f} texts/s", holds=rate >= GOAL_RATE,
        ),
        Row(
            name="search.processor", value=each, unit="ms/text", ratio=whole.processor / bare.processor,
            reference=f"bare tantivy {bare.processor / count * 1_000:.2f} ms/text", goal=f"≤ {GOAL_PROCESSOR} ms/text",
            holds=each <= GOAL_PROCESSOR,
        ),
        Row(name="search.size", value=size / count, unit="bytes/text"),
    ]  # fmt: skip


class Known:
    """A search for what is known to be there: subjects are the queries, and only bodies are indexed."""

    def __init__(self, engine: Engine, messages: Sequence[tuple[str, str]]) -> None:
        self._engine = engine
        self._sources = {SubmissionId(UUID(int=n)): _source(n, "", body) for n, (_, body) in enumerate(messages)}
        _apply(engine, [index_document(source) for source in self._sources.values()], 0)

    def ask(self, query: str, *, ours: bool = True) -> list[SubmissionId]:
        """Return the first answers, in our order or in the engine's."""
        compiled = compile_query(parse(query))
        lookup = Lookup(match=compiled.match, limit=WEIGHED)
        found = asyncio.run(self._engine.find(lookup))
        if found.total < compiled.few and compiled.loose:
            found = asyncio.run(self._engine.find(replace(lookup, match=compiled.loose)))
        ids = [one.submission for one in found.candidates]
        if ours:
            total, counts = asyncio.run(self._engine.frequencies(compiled.leaves, AllOf()))
            weighed = weights(total, dict(zip(compiled.leaves, counts, strict=True)), compiled.words)
            ids.sort(key=lambda one: -score(self._sources[one], weighed))
        return ids[:FIRST]

    def rank(self, queries: Sequence[tuple[int, str]], *, ours: bool = True) -> tuple[float, float]:
        """Return the mean of one over the rank of what was looked for, and the share that is among the first."""
        points, there = 0.0, 0
        for number, query in queries:
            answers = self.ask(query, ours=ours)
            wanted = SubmissionId(UUID(int=number))
            if wanted in answers:
                points += 1 / (answers.index(wanted) + 1)
                there += 1
        return points / len(queries), there / len(queries)


def questions(messages: Sequence[tuple[str, str]]) -> list[tuple[int, str]]:
    """Return numbers of messages and their subjects, as a person types them."""
    chance = random.Random(7)  # noqa: S311  # the same queries each time
    numbers = chance.sample(range(len(messages)), min(QUERIES, len(messages)))
    queries = [(number, messages[number][0].translate(SIGNS)) for number in numbers]
    return [(number, query) for number, query in queries if query.strip()]


def _relevance(messages: Sequence[tuple[str, str]]) -> list[Row]:
    queries = questions(messages)
    with tempfile.TemporaryDirectory(prefix="casegraph-bench-") as name:
        engine = open_tantivy(Path(name) / "index")
        known = Known(engine, messages)
        began = time.perf_counter()
        mean, recall = known.rank(queries)
        took = (time.perf_counter() - began) / len(queries)
        plain, _ = known.rank(queries, ours=False)
        asyncio.run(engine.close())
    return [
        Row(
            name="search.subject", value=mean, unit="MRR@10", reference=f"the engine's own order {plain:.3f}",
            ratio=mean / plain, goal=f"≥ {GOAL_RANK}", holds=mean >= GOAL_RANK,
        ),
        Row(name="search.recall", value=recall, unit="recall@10"),
        Row(name="search.query", value=took * 1_000, unit="ms/query, without the database"),
    ]  # fmt: skip


def measure() -> list[Row]:
    """Measure speed and relevance."""
    known = messages()
    return [*_speed(_texts(known)), *_relevance(known)]
