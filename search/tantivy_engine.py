"""The engine in process: tantivy, an index folder beside the database. With `search.tantivy_questions` all of tantivy.

    {folder}/live           names the live generation
    {folder}/{generation}/  one index; a rebuild fills the next one beside the live one, and then moves the pointer

A reader in another process sees a commit when it looks: before each search it compares when the pointer and the index's
list of segments were written. An index that is lost or damaged is not there: the writer builds it again.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import tantivy
from tantivy import Query

from graph.records import Position, SubmissionId
from search.engine import (
    GRAIN,
    AllOf,
    Candidate,
    Found,
    Health,
    IndexMovedError,
    Lookup,
    SearchUnavailableError,
    varies,
)
from search.generations import building, go_live, live, new_generation, remove_others, written
from search.recency import recency, share_of
from search.records import SearchOrder
from search.tantivy_questions import SCHEMA, TOKENISER, below, facets_of, query_of, unweighed
from search.wholeness import damaged

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence
    from pathlib import Path

    from search.engine import Batch, IndexDocument, Leaf

HEAP: Final = 96_000_000
THREADS: Final = 1
"""Writing threads: the analysis beside them fills the other core."""
META: Final = "meta.json"
HALF: Final = 64
"""Bits of half an id."""
TIED: Final = 1_000
"""Candidates with the same score that are put in order by time beyond those asked for."""
LATENESS: Final = 1e-3
"""How much of its score a candidate gains by being late: less than an eighth for sums up to 125, and in 32 bits still
so fine that it tells two days apart. tantivy breaks no tie but by where a document lies."""


class TantivyEngine:
    """Asks an index of a thread, since tantivy blocks."""

    def __init__(self, index: TantivyIndex) -> None:
        self._index = index

    async def position(self) -> Position | None:
        """Return the journal position that the index holds, None where there is no index."""
        return await asyncio.to_thread(self._index.position)

    async def health(self) -> Health:
        """Tell that it runs in this process, where nothing else can be away."""
        return Health("tantivy, in process")

    async def apply(self, batch: Batch) -> None:
        """Write one commit."""
        await asyncio.to_thread(self._index.apply, batch)

    async def clear(self) -> None:
        """Begin an empty index in the place of the present one."""
        await asyncio.to_thread(self._index.clear)

    @asynccontextmanager
    async def rebuilding(self) -> AsyncIterator[TantivyEngine]:
        """Give an engine on a new generation; at the end it goes live and the others are removed."""
        with building(self._index.folder) as generation:
            engine = TantivyEngine(TantivyIndex(self._index.folder, generation))
            try:
                yield engine
            finally:
                await engine.close()

    async def find(self, lookup: Lookup) -> Found:
        """Return what matches. Raises SearchUnavailableError."""
        return await asyncio.to_thread(self._index.find, lookup)

    async def frequencies(self, leaves: Sequence[Leaf], audience: AllOf) -> tuple[int, list[int]]:
        """Return how many documents the asker may see, and how many of them hold each leaf."""
        return await asyncio.to_thread(self._index.frequencies, leaves, audience)

    async def close(self) -> None:
        """Let go of files and locks."""
        await asyncio.to_thread(self._index.close)


def open_tantivy(folder: Path) -> TantivyEngine:
    """Return the engine on a folder's live index, which need not be there yet."""
    return TantivyEngine(TantivyIndex(folder))


class TantivyIndex:
    """One generation of an index, or the live one of a folder."""

    def __init__(self, folder: Path, generation: str | None = None) -> None:
        self.folder = folder
        self._fixed = generation
        self._lock = threading.RLock()
        self._index: tantivy.Index | None = None
        self._seen: tuple[object, ...] = ()
        self._damaged: tuple[object, ...] = ()
        self._writer: tantivy.IndexWriter | None = None
        self._writing: str | None = None

    # Reading -------------------------------------------------------------------------------------------------------

    def position(self) -> Position | None:
        """Return the journal position that the index holds, None where there is no index."""
        try:
            with self.reading() as searcher:
                hits = searcher.search(Query.term_query(SCHEMA, "about", "index", "basic"), limit=1).hits
                return Position(searcher.doc(hits[0][1])["position"][0]) if hits else Position(0)
        except SearchUnavailableError:
            return None

    def find(self, lookup: Lookup) -> Found:
        """Return what matches. Raises SearchUnavailableError."""
        query = query_of(lookup)
        by_time = lookup.order is SearchOrder.NEWEST or not varies(lookup.match, lookup.weights)
        bound = lookup.below if lookup.order is SearchOrder.NEWEST else None
        with self.reading() as searcher:
            # tantivy takes memory for all that it is asked for, and ends the process where there is not so much.
            limit = min(lookup.limit, searcher.num_docs)
            if by_time:
                total, candidates = _latest(searcher, below(query, bound), limit)
            else:
                total, candidates = _best(searcher, query, limit)
            if bound is not None:
                total = _count(searcher, query)
            return Found(total, candidates, facets_of(searcher, query, lookup.facets))

    def frequencies(self, leaves: Sequence[Leaf], audience: AllOf) -> tuple[int, list[int]]:
        """Return how many documents the asker may see, and how many of them hold each leaf."""
        with self.reading() as searcher:
            # Not `doc_freq`, which counts copies that were replaced: as many as are not merged away yet.
            counted = [_count(searcher, unweighed(_restricted(audience, leaf))) for leaf in leaves]
            return _count(searcher, unweighed(audience)), counted

    @contextmanager
    def reading(self) -> Iterator[tantivy.Searcher]:
        """Give a searcher that sees the last commit of whoever writes."""
        try:
            with self._lock:
                searcher = self._searcher()
            yield searcher
        except BaseException as error:
            if not _of_the_index(error):
                raise
            self._index = None
            raise SearchUnavailableError("The search index is damaged. Run `reindex`.") from error

    def _searcher(self) -> tantivy.Searcher:
        while True:
            generation = self._generation()
            try:
                return self._searcher_of(generation)
            except BaseException as error:
                # Another index may have gone live, and this one been removed, since the pointer was read.
                lost = isinstance(error, SearchUnavailableError) or _of_the_index(error)
                if not lost or generation == self._generation():
                    raise

    def _searcher_of(self, generation: str | None) -> tantivy.Searcher:
        commit = written(self.folder / generation / META) if generation else None
        if generation is None or commit is None:
            raise SearchUnavailableError("There is no search index. Start `work` or `serve`, or run `reindex`.")
        seen = (generation, *commit)
        if self._index is None or self._seen[:1] != seen[:1]:
            # Looking at all files takes a while, and what is damaged stays so until it is built anew.
            if self._damaged == seen or damaged(self.folder / generation, META):
                self._damaged = seen
                raise SearchUnavailableError("The search index is damaged. Run `reindex`.")
            self._index = _open(self.folder / generation)
        elif self._seen != seen:
            self._index.reload()
        self._seen = seen
        return self._index.searcher()

    def _generation(self) -> str | None:
        return self._fixed or live(self.folder)

    # Writing -------------------------------------------------------------------------------------------------------

    def apply(self, batch: Batch) -> None:
        """Write one commit."""
        with self._lock:
            generation, writer = self._open_writer()
            if (self.position() or 0) != batch.after:
                raise IndexMovedError(f"The index is not at {batch.after} any more.")
            try:
                self._write(writer, batch)
            except BaseException as error:
                self._drop_writer()
                if not _of_the_index(error):
                    raise
                if generation != self._generation():
                    raise IndexMovedError("Another index went live.") from error
                raise SearchUnavailableError("The search index cannot be written. Look at its disk.") from error

    def _write(self, writer: tantivy.IndexWriter, batch: Batch) -> None:
        # To delete what is not there costs as much as to look for it, and once more at each merge.
        searcher = self._searcher()
        ids = [*batch.gone, *(document.submission for document in batch.documents)]
        for key in map(str, ids):
            if searcher.doc_freq("submission", key):
                writer.delete_documents_by_term("submission", key)
        for document in batch.documents:
            writer.add_document(_document(document))
        writer.delete_documents_by_term("about", "index")
        held = tantivy.Document(about="index")
        held.add_unsigned("position", batch.position)
        writer.add_document(held)
        writer.commit()

    def clear(self) -> None:
        """Begin an empty index in the place of the present one."""
        with self._lock:
            self._drop_writer()
            self._begin()

    def _open_writer(self) -> tuple[str, tantivy.IndexWriter]:
        """Return the writer of the live generation: a new one where that is another, or damaged, or there is none."""
        generation = self._generation()
        if generation is not None and self._writer is not None and self._writing == generation:
            return generation, self._writer
        self._drop_writer()
        if generation is None or self.position() is None:
            generation = self._begin()
        try:
            self._writer = _open(self.folder / generation).writer(heap_size=HEAP, num_threads=THREADS)
        except ValueError as error:
            raise SearchUnavailableError("The search index is written by another process.") from error
        self._writing = generation
        return generation, self._writer

    def _begin(self) -> str:
        generation = self._fixed or new_generation(self.folder)
        (self.folder / generation).mkdir(parents=True, exist_ok=True)
        _open(self.folder / generation)
        if not self._fixed:
            go_live(self.folder, generation)
            remove_others(self.folder, generation)
        return generation

    def _drop_writer(self) -> None:
        if self._writer is not None:
            writer, self._writer = self._writer, None
            # Merging in a folder that was removed meanwhile fails, and nothing hangs on it.
            with suppress(ValueError):
                writer.wait_merging_threads()

    def close(self) -> None:
        """Let go of files and locks."""
        with self._lock:
            self._drop_writer()
            self._index = None


def _of_the_index(error: BaseException) -> bool:
    """Tell whether an error is tantivy's. A panic of Rust's is no Exception, and its class has no name to import."""
    return isinstance(error, (ValueError, OSError)) or type(error).__name__ == "PanicException"


def _open(folder: Path) -> tantivy.Index:
    index = tantivy.Index(SCHEMA, path=str(folder), reuse=True)
    index.register_tokenizer(TOKENISER, tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
    index.config_reader("manual")
    index.reload()
    return index


def _document(document: IndexDocument) -> tantivy.Document:
    made = tantivy.Document(
        submission=str(document.submission), case=str(document.case), about="submission", codes=document.codes,
        channel=document.channel, kind=document.kind, status=document.status, month=document.month,
    )  # fmt: skip
    made.add_unsigned("high", document.submission.int >> HALF)
    made.add_unsigned("low", document.submission.int & (1 << HALF) - 1)
    received = recency(document.received_at, document.submission)
    made.add_unsigned("recency", received)
    made.add_unsigned("arrival", document.arrival)
    # tantivy multiplies a score by log2(2 + value).
    made.add_float("lateness", 2 ** (1 + LATENESS * share_of(received)) - 2)
    for field, values in (
        ("bigrams", document.bigrams),
        ("topic", document.topics),
        ("division", document.divisions),
        ("organ", document.organs),
        ("seen", document.seen),
    ):
        for value in values:
            made.add_text(field, value)
    return made


def _latest(searcher: tantivy.Searcher, query: Query, limit: int) -> tuple[int, tuple[Candidate, ...]]:
    result = searcher.search(query, limit=max(limit, 1), order_by_field="recency")
    addresses = [address for _, address in result.hits[:limit]]
    recencies = _numbers(searcher, "recency", addresses)
    return _total(result), _candidates(searcher, [(0.0, *one) for one in zip(recencies, addresses, strict=True)])


def _best(searcher: tantivy.Searcher, query: Query, limit: int) -> tuple[int, tuple[Candidate, ...]]:
    """Return the candidates with the greatest scores, of equal ones the latest."""
    result = searcher.search(query, limit=limit + 1, weight_by_field="lateness")
    scored = _scored(searcher, result.hits)
    if len(scored) > limit > 0 and scored[limit - 1][0] == scored[limit][0]:
        result = searcher.search(query, limit=limit + TIED, weight_by_field="lateness")
        scored = _scored(searcher, result.hits)
    scored.sort(key=lambda one: one[:2], reverse=True)
    return _total(result), _candidates(searcher, scored[:limit])


def _scored(
    searcher: tantivy.Searcher, hits: Sequence[tuple[Any, tantivy.DocAddress]]
) -> list[tuple[float, int, tantivy.DocAddress]]:
    """Return what was found with its score, without what lateness added, and its recency."""
    recencies = _numbers(searcher, "recency", [address for _, address in hits])
    return [
        (round(float(score) / (1 + LATENESS * share_of(recent)) * GRAIN) / GRAIN, recent, address)
        for (score, address), recent in zip(hits, recencies, strict=True)
    ]


def _numbers(searcher: tantivy.Searcher, name: str, addresses: list[tantivy.DocAddress]) -> list[int]:
    return [int(one or 0) for one in searcher.fast_field_values(name, addresses)] if addresses else []


def _candidates(
    searcher: tantivy.Searcher, scored: Sequence[tuple[float, int, tantivy.DocAddress]]
) -> tuple[Candidate, ...]:
    addresses = [address for _, _, address in scored]
    halves = [_numbers(searcher, name, addresses) for name in ("high", "low")]
    return tuple(
        Candidate(SubmissionId(UUID(int=high << HALF | low)), score, recent)
        for (score, recent, _), high, low in zip(scored, *halves, strict=True)
    )


def _restricted(audience: AllOf, leaf: Leaf) -> AllOf:
    return AllOf((*audience.nodes, leaf), audience.without)


def _count(searcher: tantivy.Searcher, query: Query) -> int:
    return _total(searcher.search(query, limit=1))


def _total(result: tantivy.SearchResult) -> int:
    return int(result.count)  # type: ignore[attr-defined]  # the stub forgets it
