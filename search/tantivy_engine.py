"""The engine in process: tantivy, an index folder beside the database. The only module that imports tantivy.

    {folder}/live           names the live generation
    {folder}/{generation}/  one index; a rebuild fills the next one beside the live one, and then moves the pointer

A reader in another process sees a commit when it looks: before each search it compares when the pointer and the index's
list of segments were written. An index that is lost or damaged is not there: the writer builds it again.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, assert_never
from uuid import UUID

import tantivy
from tantivy import Occur, Query

from graph.records import Position, SubmissionId
from search.engine import (
    AllOf,
    AnyOf,
    Between,
    Candidate,
    Exact,
    Found,
    IndexMovedError,
    Lookup,
    Match,
    Run,
    SearchUnavailableError,
    Starting,
    Term,
    TokenField,
)
from search.facets import counts
from search.generations import building, go_live, live, new_generation, remove_others, written
from search.recency import recency
from search.records import SearchFilter, SearchOrder
from search.wholeness import damaged

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from search.engine import Batch, IndexDocument
    from search.records import FacetName

TOKENISER: Final = "blanks"
HEAP: Final = 96_000_000
THREADS: Final = 1
"""Writing threads: the analysis beside them fills the other core."""
META: Final = "meta.json"
OPTIONS: Final = {TokenField.BIGRAMS: "freq", TokenField.CODES: "basic"}
"""What is read of each field to weigh a token."""
MOST_FACETS: Final = 200
REGEX_SIGNS: Final = frozenset(r".+*?()|[]{}^$\-&~#")


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("submission", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("about", tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("position", stored=True)
    builder.add_text_field(TokenField.BIGRAMS, tokenizer_name=TOKENISER, index_option="position")
    builder.add_text_field(TokenField.CODES, tokenizer_name=TOKENISER, index_option="basic")
    builder.add_text_field("seen", tokenizer_name="raw", index_option="basic")
    for name in ("channel", "kind", "status", "topic", "division", "month"):
        builder.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("recency", indexed=True, fast=True)
    return builder.build()


SCHEMA: Final = _schema()
OURS: Final = Query.const_score_query(Query.term_query(SCHEMA, "about", "submission"), 0.0)
"""All but the document that holds the position."""
NOTHING: Final = Query.empty_query()


class TantivyEngine:
    """One generation of an index, or the live one of a folder."""

    def __init__(self, folder: Path, generation: str | None = None) -> None:
        self._folder = folder
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
            with self._reading() as searcher:
                hits = searcher.search(Query.term_query(SCHEMA, "about", "index"), limit=1).hits
                return Position(searcher.doc(hits[0][1])["position"][0]) if hits else Position(0)
        except SearchUnavailableError:
            return None

    def find(self, lookup: Lookup) -> Found:
        """Return what matches. Raises SearchUnavailableError."""
        query = _query(lookup)
        newest = lookup.order is SearchOrder.NEWEST
        with self._reading() as searcher:
            # tantivy takes memory for all that it is asked for, and ends the process where there is not so much.
            offset = min(lookup.offset, searcher.num_docs)
            result = searcher.search(
                _below(query, lookup.below) if newest else query,
                limit=max(min(lookup.limit, searcher.num_docs - offset), 1),
                offset=offset,
                order_by_field="recency" if newest else None,
            )
            counted = searcher.search(query, limit=1) if newest and lookup.below is not None else result
            total = counted.count  # type: ignore[attr-defined]  # the stub forgets it
            candidates = _candidates(searcher, result.hits[: lookup.limit])
            return Found(total, candidates, _facets(searcher, query, lookup.facets))

    def frequencies(self, terms: Sequence[Term | Starting], audience: AllOf) -> tuple[int, list[int]]:
        """Return how many documents the asker may see, and how many of them hold each term."""
        with self._reading() as searcher:
            if audience == AllOf():
                # One of them is the index's own.
                return max(searcher.num_docs - 1, 0), [_frequency(searcher, term) for term in terms]
            return _count(searcher, audience), [_count(searcher, _restricted(audience, term)) for term in terms]

    @contextmanager
    def _reading(self) -> Iterator[tantivy.Searcher]:
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
        commit = written(self._folder / generation / META) if generation else None
        if generation is None or commit is None:
            raise SearchUnavailableError("There is no search index. Start `work` or `serve`, or run `reindex`.")
        seen = (generation, *commit)
        if self._index is None or self._seen[:1] != seen[:1]:
            # Looking at all files takes a while, and what is damaged stays so until it is built anew.
            if self._damaged == seen or damaged(self._folder / generation, META):
                self._damaged = seen
                raise SearchUnavailableError("The search index is damaged. Run `reindex`.")
            self._index = _open(self._folder / generation)
        elif self._seen != seen:
            self._index.reload()
        self._seen = seen
        return self._index.searcher()

    def _generation(self) -> str | None:
        return self._fixed or live(self._folder)

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
            self._writer = _open(self._folder / generation).writer(heap_size=HEAP, num_threads=THREADS)
        except ValueError as error:
            raise SearchUnavailableError("The search index is written by another process.") from error
        self._writing = generation
        return generation, self._writer

    def _begin(self) -> str:
        generation = self._fixed or new_generation(self._folder)
        (self._folder / generation).mkdir(parents=True, exist_ok=True)
        _open(self._folder / generation)
        if not self._fixed:
            go_live(self._folder, generation)
            remove_others(self._folder, generation)
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


def open_tantivy(folder: Path) -> TantivyEngine:
    """Return the engine on a folder's live index, which need not be there yet."""
    return TantivyEngine(folder)


@contextmanager
def next_generation(folder: Path) -> Iterator[TantivyEngine]:
    """Give an engine on a new generation; at the end it goes live and the others are removed."""
    with building(folder) as generation:
        engine = TantivyEngine(folder, generation)
        try:
            yield engine
        finally:
            engine.close()


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
        submission=str(document.submission), about="submission", codes=document.codes, channel=document.channel,
        kind=document.kind, status=document.status, month=document.month,
    )  # fmt: skip
    made.add_unsigned("recency", recency(document.received_at, document.submission))
    for field, values in (
        ("bigrams", document.bigrams),
        ("topic", document.topics),
        ("division", document.divisions),
        ("seen", document.seen),
    ):
        for value in values:
            made.add_text(field, value)
    return made


def _candidates(searcher: tantivy.Searcher, hits: Sequence[tuple[Any, tantivy.DocAddress]]) -> tuple[Candidate, ...]:
    addresses = [address for _, address in hits]
    recencies = searcher.fast_field_values("recency", addresses) if addresses else []
    return tuple(
        Candidate(SubmissionId(UUID(searcher.doc(address)["submission"][0])), float(score), int(recent or 0))
        for (score, address), recent in zip(hits, recencies, strict=True)
    )


# Questions in tantivy's words --------------------------------------------------------------------------------------


def _query(lookup: Lookup) -> Query:
    must = [(Occur.Must, query) for query in (OURS, *_restrictions(lookup.filter), _match(lookup.match))]
    if lookup.audience != AllOf():
        must.append((Occur.Must, Query.const_score_query(_match(lookup.audience), 0.0)))
    return Query.boolean_query(must)


def _below(query: Query, bound: int | None) -> Query:
    if bound is None:
        return query
    return Query.boolean_query([(Occur.Must, query), (Occur.Must, _received(None, bound))])


def _received(least: int | None, bound: int | None) -> Query:
    if least is None and bound is None:
        return OURS
    found = Query.range_query(
        SCHEMA, "recency", tantivy.FieldType.Unsigned, lower_bound=least, upper_bound=bound, include_upper=bound is None
    )
    return Query.const_score_query(found, 0.0)


def _match(match: Match) -> Query:
    match match:
        case Term() | Run() | Starting():
            return _tokens(match)
        case Exact(field, value):
            return Query.const_score_query(Query.term_query(SCHEMA, field, value, "basic"), 0.0)
        case Between(since, until):
            return _between(since, until)
        case AnyOf(nodes, at_least):
            return Query.boolean_query([(Occur.Should, _match(node)) for node in nodes], at_least)
        case AllOf():
            return _all_of(match)
        case _:
            assert_never(match)


def _tokens(match: Term | Run | Starting) -> Query:
    if isinstance(match, Term):
        return Query.term_query(SCHEMA, match.field, match.token, OPTIONS[match.field])
    if isinstance(match, Run):
        if len(match.bigrams) == 1:
            return Query.term_query(SCHEMA, TokenField.BIGRAMS, match.bigrams[0], "freq")
        return Query.phrase_query(SCHEMA, TokenField.BIGRAMS, list(match.bigrams))
    escaped = "".join(f"\\{sign}" if sign in REGEX_SIGNS else sign for sign in match.prefix)
    return Query.const_score_query(Query.regex_query(SCHEMA, match.field, f"{escaped}.*"), 1.0)


def _restricted(audience: AllOf, match: Match) -> AllOf:
    return AllOf((*audience.nodes, match), audience.without)


def _count(searcher: tantivy.Searcher, match: AllOf) -> int:
    return int(searcher.search(_match(match), limit=1).count)  # type: ignore[attr-defined]  # the stub forgets it


def _frequency(searcher: tantivy.Searcher, term: Term | Starting) -> int:
    if isinstance(term, Term):
        return searcher.doc_freq(term.field, term.token)
    return int(searcher.search(_tokens(term), limit=1).count)  # type: ignore[attr-defined]  # the stub forgets it


def _all_of(match: AllOf) -> Query:
    parts = [(Occur.Must, OURS), *((Occur.Must, _match(node)) for node in match.nodes)]
    return Query.boolean_query([*parts, *((Occur.MustNot, _match(node)) for node in match.without)])


def _between(since: datetime | None, until: datetime | None) -> Query:
    return _received(None if since is None else recency(since), None if until is None else recency(until))


def _restrictions(chosen: SearchFilter) -> Iterator[Query]:
    for field, values in (("channel", chosen.channels), ("kind", chosen.kinds), ("status", chosen.statuses)):
        if values:
            yield Query.const_score_query(Query.term_set_query(SCHEMA, field, [str(value) for value in values]), 0.0)
    for field, value in (("topic", chosen.topic), ("division", chosen.division)):
        if value:
            yield Query.const_score_query(Query.term_query(SCHEMA, field, value, "basic"), 0.0)
    if chosen.received_from or chosen.received_until:
        yield _between(chosen.received_from, chosen.received_until)


def _facets(searcher: tantivy.Searcher, query: Query, names: Sequence[FacetName]) -> dict[FacetName, Any]:
    if not names:
        return {}
    asked = {name: {"terms": {"field": name.lower(), "size": MOST_FACETS}} for name in names}
    answer = searcher.aggregate(query, asked)
    return {name: counts(answer[name]["buckets"]) for name in names}
