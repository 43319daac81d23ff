"""The engine in process: tantivy, an index folder beside the database. With `search.tantivy_*` all of tantivy.

    {folder}/live           names the live generation
    {folder}/{generation}/  one index; a rebuild fills the next one beside the live one, and then moves the pointer

A reader in another process sees a commit when it looks: before each search it compares when the pointer and the index's
list of segments were written. An index that is lost or damaged is not there: the writer builds it again.
"""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import threading
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import tantivy

from graph.journal import NOTHING
from graph.times import LEGAL_ZONE
from search.engine import Health, IndexMovedError, SearchAwayError, SearchUnavailableError, timed
from search.generations import LIVE, building, go_live, live, new_generation, remove_others, written
from search.tantivy_commit import Commit
from search.tantivy_questions import SCHEMA, TOKENISER, document_of
from search.wholeness import damaged
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from graph.journal import Reached
    from graph.records import Position
    from search.engine import AllOf, Batch, Found, Leaf, Lookup

HEAP: Final = 96_000_000
THREADS: Final = 1
"""Writing threads: the analysis beside them fills the other core."""
DISK_SAYS: Final = Wording(
    "The search index cannot be written: its disk is full, or fails. Make room, or look at it; "
    "indexing goes on by itself then, and searches say meanwhile what they lack."
)
RIGHTS_SAY: Final = Wording(
    "The search index cannot be used: this process may not read and write in its folder, which "
    "searching needs as well. Give it the right to, then all goes on by itself; `doctor` names "
    "the folder and whose it is."
)
META: Final = "meta.json"


class TantivyEngine:
    """Asks an index of a thread, since tantivy blocks."""

    def __init__(self, index: TantivyIndex) -> None:
        self._index = index

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which days begin."""
        return self._index.zone

    async def position(self) -> Position | None:
        """Return the journal position that the index holds, None where there is no index."""
        held = await self.held()
        return held.position if held else None

    async def held(self) -> Reached | None:
        """Return the same with the journal's link there."""
        return await asyncio.to_thread(self._index.held)

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
        with building(self._index.folder, self.zone) as generation:
            engine = TantivyEngine(TantivyIndex(self._index.folder, generation, self.zone))
            try:
                yield engine
            finally:
                await engine.close()

    async def find(self, lookup: Lookup) -> Found:
        """Return what matches. Raises SearchUnavailableError."""
        return await asyncio.to_thread(self._index.find, replace(lookup, match=timed(lookup.match, self.zone)))

    async def frequencies(self, leaves: Sequence[Leaf], audience: AllOf) -> tuple[int, list[int]]:
        """Return how many documents the asker may see, and how many of them hold each leaf."""
        return await asyncio.to_thread(self._index.frequencies, leaves, audience)

    async def close(self) -> None:
        """Let go of files and locks."""
        await asyncio.to_thread(self._index.close)


def open_tantivy(folder: Path, zone: ZoneInfo = LEGAL_ZONE) -> TantivyEngine:
    """Return the engine on a folder's live index, which need not be there yet."""
    return TantivyEngine(TantivyIndex(folder, zone=zone))


class TantivyIndex:
    """One generation of an index, or the live one of a folder."""

    def __init__(self, folder: Path, generation: str | None = None, zone: ZoneInfo = LEGAL_ZONE) -> None:
        self.folder = folder
        self.zone = zone
        self._fixed = generation
        self._lock = threading.RLock()
        self._index: tantivy.Index | None = None
        self._commit: Commit | None = None
        self._pointed: tuple[str | None, object] = (None, None)
        self._damaged: tuple[object, ...] = ()
        self._writer: tantivy.IndexWriter | None = None
        self._writing: str | None = None

    # Reading -------------------------------------------------------------------------------------------------------

    def held(self) -> Reached | None:
        """Return how much of the journal the index holds, None where there is no index."""
        try:
            with self._reading() as commit:
                return commit.held or NOTHING
        except SearchAwayError:
            raise
        except SearchUnavailableError:
            return None

    def find(self, lookup: Lookup) -> Found:
        """Return what matches. Raises SearchUnavailableError."""
        with self._reading() as commit:
            return commit.find(lookup)

    def frequencies(self, leaves: Sequence[Leaf], audience: AllOf) -> tuple[int, list[int]]:
        """Return how many documents the asker may see, and how many of them hold each leaf."""
        with self._reading() as commit:
            return commit.counted(audience), [commit.counted(audience, leaf) for leaf in leaves]

    @contextmanager
    def reading(self) -> Iterator[tantivy.Searcher]:
        """Give a searcher that sees the last commit of whoever writes."""
        with self._reading() as commit:
            yield commit.searcher

    @contextmanager
    def _reading(self) -> Iterator[Commit]:
        try:
            with self._lock:
                commit = self._last_commit()
            yield commit
        except BaseException as error:
            if not _of_the_index(error):
                raise
            self._index = self._commit = None
            if _of_rights(error):
                raise SearchAwayError(RIGHTS_SAY) from error
            raise SearchUnavailableError(Wording("The search index is damaged. Run `reindex`.")) from error

    def _last_commit(self) -> Commit:
        while True:
            generation = self._generation()
            try:
                return self._last_commit_of(generation)
            except BaseException as error:
                # Another index may have gone live, and this one been removed, since the pointer was read.
                lost = isinstance(error, SearchUnavailableError) or _of_the_index(error)
                if not lost or generation == self._generation():
                    raise

    def _last_commit_of(self, generation: str | None) -> Commit:
        commit = written(self.folder / generation / META) if generation else None
        if generation is None or commit is None:
            if self.folder.is_dir() and not os.access(self.folder, os.R_OK | os.X_OK):
                raise SearchAwayError(RIGHTS_SAY)
            raise SearchUnavailableError(
                Wording("There is no search index. Start `work` or `serve`, or run `reindex`.")
            )
        seen = (generation, *commit)
        if self._commit is not None and self._commit.seen == seen:
            return self._commit
        if self._index is None or self._commit is None or self._commit.seen[0] != generation:
            # Looking at all files takes a while, and what is damaged stays so until it is built anew.
            if self._damaged == seen or damaged(self.folder / generation, META):
                self._damaged = seen
                raise SearchUnavailableError(Wording("The search index is damaged. Run `reindex`."))
            self._index = _open(self.folder / generation)
        else:
            self._index.reload()
        self._commit = Commit(self._index.searcher(), seen)
        return self._commit

    def _generation(self) -> str | None:
        if self._fixed:
            return self._fixed
        pointer = written(self.folder / LIVE)
        if pointer != self._pointed[1]:
            self._pointed = (live(self.folder, self.zone), pointer)
        return self._pointed[0]

    # Writing -------------------------------------------------------------------------------------------------------

    def apply(self, batch: Batch) -> None:
        """Write one commit."""
        with self._lock, _on_disk(self.folder):
            generation, writer = self._open_writer()
            if (self.held() or NOTHING).position != batch.after:
                raise IndexMovedError(Wording("The index is not at {after} any more.", after=batch.after))
            # Made before anything is written: what cannot be made spoils no commit.
            made = [document_of(document) for document in batch.documents]
            try:
                self._write(writer, batch, made)
            except BaseException as error:
                self._drop_writer()
                if not _of_the_index(error):
                    raise
                if generation != self._generation():
                    raise IndexMovedError(Wording("Another index went live.")) from error
                raise SearchUnavailableError(
                    Wording("The search index cannot be written. Look at its disk.")
                ) from error

    def _write(self, writer: tantivy.IndexWriter, batch: Batch, made: list[tantivy.Document]) -> None:
        # To delete what is not there costs as much as to look for it, and once more at each merge.
        before = self._last_commit()
        searcher = before.searcher
        ids = [*batch.gone, *(document.submission for document in batch.documents)]
        for key in map(str, ids):
            if searcher.doc_freq("submission", key):
                writer.delete_documents_by_term("submission", key)
        for document in made:
            writer.add_document(document)
        if before.held is None or batch.position != batch.after:
            writer.delete_documents_by_term("about", "index")
            held = tantivy.Document(about="index", link=batch.link.hex())
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
        if generation is None or self.held() is None:
            generation = self._begin()
        try:
            self._writer = _open(self.folder / generation).writer(heap_size=HEAP, num_threads=THREADS)
        except ValueError as error:
            raise SearchUnavailableError(Wording("The search index is written by another process.")) from error
        self._writing = generation
        return generation, self._writer

    def _begin(self) -> str:
        generation = self._fixed or new_generation(self.folder, self.zone)
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
            self._index = self._commit = None


def _of_the_index(error: BaseException) -> bool:
    """Tell whether an error is tantivy's. A panic of Rust's is no Exception, and its class has no name to import."""
    return isinstance(error, (ValueError, OSError)) or type(error).__name__ == "PanicException"


@contextmanager
def _on_disk(folder: Path) -> Iterator[None]:
    """Raise SearchAwayError where the disk is at fault: no document is, and all goes on once there is room."""
    try:
        yield
    except (OSError, ValueError, SearchUnavailableError) as error:
        if _of_rights(error.__cause__ or error):
            raise SearchAwayError(RIGHTS_SAY) from error
        if _of_the_disk(error.__cause__ or error, folder):
            raise SearchAwayError(DISK_SAYS) from error
        raise


def _of_rights(error: BaseException) -> bool:
    """Tell whether a right is missing, or the disk is mounted for reading alone: tantivy, too, locks to read."""
    if isinstance(error, OSError):
        return error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}
    return any(word in str(error) for word in ("PermissionDenied", "ReadOnlyFilesystem"))


def _of_the_disk(error: BaseException, folder: Path) -> bool:
    """Tell whether it is the disk's: tantivy quotes the system, unless a thread of its own met with it."""
    if isinstance(error, OSError) or "os error" in str(error):
        return True
    return folder.exists() and shutil.disk_usage(folder).free < HEAP


def _open(folder: Path) -> tantivy.Index:
    index = tantivy.Index(SCHEMA, path=str(folder), reuse=True)
    index.register_tokenizer(TOKENISER, tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
    index.config_reader("manual")
    index.reload()
    return index
