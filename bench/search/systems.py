"""What we are compared with: engines as they come, asked the same. Each returns the numbers of its first answers."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, Protocol
from uuid import UUID, uuid4

import tantivy
from elasticsearch import Elasticsearch

from graph.records import CaseId, Position, SubmissionId
from graph.text.tokens import bare
from search.documents import Source, index_document
from search.engine import AllOf, Batch, Lookup
from search.query import parse
from search.score import Scorer, grained
from search.service import WEIGHED
from search.tantivy_engine import open_tantivy
from search.understanding import understood

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from search.engine import Engine


TOGETHER: Final = 1_000


class System(Protocol):
    """Something that searches texts, which are known by their numbers."""

    name: str

    def ask(self, query: str, first: int) -> list[int]:
        """Return the first answers."""
        ...

    def close(self) -> None:
        """Let go of files."""
        ...


def source(number: int, title: str, body: str, received_at: datetime) -> Source:
    """Return a submission that says so."""
    return Source(
        id=SubmissionId(UUID(int=number)), own=CaseId(UUID(int=number)), case=CaseId(UUID(int=number)), channel="WEB",
        kind="APPEAL", status="REGISTERED", topic="城乡建设/安全生产", division="430104", received_at=received_at,
        title=title, body=body, replies=(), documents=(),
    )  # fmt: skip


class Ours:
    """casegraph's search without its database: the engine finds, the best are weighed."""

    name = "casegraph"

    def __init__(self, engine: Engine, sources: Sequence[Source]) -> None:
        self._engine = engine
        self._sources = {one.id: one for one in sources}
        documents = [index_document(one) for one in sources]
        asyncio.run(engine.apply(Batch(documents=documents, gone=(), after=Position(0), position=Position(1))))

    def ask(self, query: str, first: int) -> list[int]:
        """Return the first answers, in our own order."""
        return asyncio.run(self._ask(query, first))

    async def _ask(self, query: str, first: int) -> list[int]:
        meant = await understood(self._engine, parse(query), AllOf())
        compiled = meant.compiled
        lookup = Lookup(match=compiled.match, weights=grained(meant.weights), limit=WEIGHED)
        whole = await self._engine.find(lookup)
        candidates = list(whole.candidates)
        if whole.total < compiled.few and compiled.loosely:
            candidates += (await self._engine.find(replace(lookup, match=compiled.loosely))).candidates
        scorer = Scorer(meant.weights)
        points = {one: scorer.score(self._sources[one.submission]) for one in candidates}
        best = sorted(candidates, key=lambda one: (-points[one], -one.recency))
        return [one.submission.int for one in best[:first]]

    def close(self) -> None:
        """Let go of files."""
        asyncio.run(self._engine.close())


def ours(folder: Path, sources: Sequence[Source]) -> Ours:
    """Return our search over tantivy."""
    return Ours(open_tantivy(folder), sources)


class BareTantivy:
    """tantivy's BM25 over whatever tokens, any of which is enough."""

    def __init__(
        self, name: str, folder: Path, texts: Sequence[str], tokenizer: str, cut: Callable[[str], str]
    ) -> None:
        self.name = name
        self._cut = cut
        builder = tantivy.SchemaBuilder()
        builder.add_unsigned_field("number", stored=True)
        builder.add_text_field("body", tokenizer_name=tokenizer)
        folder.mkdir(parents=True, exist_ok=True)
        self._index = tantivy.Index(builder.build(), path=str(folder))
        blanks = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        self._index.register_tokenizer("blanks", blanks)
        writer = self._index.writer(num_threads=1)
        for number, text in enumerate(texts):
            writer.add_document(tantivy.Document(number=number, body=cut(text)))
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()

    def ask(self, query: str, first: int) -> list[int]:
        """Return the first answers."""
        searcher = self._index.searcher()
        asked, _ = self._index.parse_query_lenient(self._cut(query), ["body"])
        return [searcher.doc(address)["number"][0] for _, address in searcher.search(asked, first).hits]

    def close(self) -> None:
        """Nothing is held."""


def _as_it_is(text: str) -> str:
    return text


def _bigrams(text: str) -> str:
    """Return the pairs of neighbouring characters, as a plain solution cuts them."""
    plain = bare(text)
    return " ".join(map("".join, pairwise(plain))) or plain


def default_tantivy(folder: Path, texts: Sequence[str]) -> BareTantivy:
    """Return tantivy as it comes: it takes a run of Chinese for one word."""
    return BareTantivy("tantivy's default tokenizer", folder, texts, "default", _as_it_is)


def bigram_tantivy(folder: Path, texts: Sequence[str]) -> BareTantivy:
    """Return tantivy over pairs of characters."""
    return BareTantivy("character bigrams", folder, texts, "blanks", _bigrams)


class BareElasticsearch:
    """Elasticsearch with its `standard` analyzer, which takes each Chinese character for a word; any is enough."""

    name = "Elasticsearch standard"

    def __init__(self, address: str, texts: Sequence[str]) -> None:
        self._client = Elasticsearch(address, request_timeout=60)
        self._index = f"bench-{uuid4().hex}"
        self._client.indices.create(
            index=self._index, mappings={"properties": {"body": {"type": "text", "analyzer": "standard"}}},
            settings={"number_of_replicas": 0},
        )  # fmt: skip
        for start in range(0, len(texts), TOGETHER):
            lines: list[dict[str, Any]] = []
            for number, text in enumerate(texts[start : start + TOGETHER], start):
                lines += [{"index": {"_id": str(number)}}, {"body": text}]
            self._client.bulk(index=self._index, operations=lines)
        self._client.indices.refresh(index=self._index)

    def ask(self, query: str, first: int) -> list[int]:
        """Return the first answers."""
        found = self._client.search(index=self._index, query={"match": {"body": query}}, size=first, source=False)
        return [int(hit["_id"]) for hit in found["hits"]["hits"]]

    def close(self) -> None:
        """Remove what was indexed."""
        self._client.indices.delete(index=self._index)
        self._client.close()


TRIGRAM: Final = 3


class Sqlite:
    """SQLite's FTS5 with its tokenizer of three characters, any three of which are enough."""

    name = "SQLite FTS5 trigram"

    def __init__(self, texts: Sequence[str]) -> None:
        self._database = sqlite3.connect(":memory:")
        self._database.execute("create virtual table message using fts5 (body, tokenize = 'trigram')")
        self._database.executemany("insert into message (rowid, body) values (?, ?)", enumerate(texts, 1))

    def ask(self, query: str, first: int) -> list[int]:
        """Return the first answers; nothing finds what is shorter than three characters."""
        pieces = [piece[at : at + TRIGRAM] for piece in query.split() for at in range(len(piece) - TRIGRAM + 1)]
        if not pieces:
            return []
        wanted = " OR ".join('"{}"'.format(piece.replace('"', '""')) for piece in dict.fromkeys(pieces))
        found = self._database.execute(
            "select rowid from message where message match ? order by rank limit ?", (wanted, first)
        )
        return [number - 1 for (number,) in found]

    def close(self) -> None:
        """Let go of memory."""
        self._database.close()
