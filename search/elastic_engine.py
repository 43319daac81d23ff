"""The engine on machines of its own: Elasticsearch, by its stock modules alone. With `search.elastic_*` all of it.

One alias names the live index; a rebuild fills the next one beside it, and then moves the alias. The journal position
is the version of a document of its own: documents are written first and made visible, then the position. So a crash
leaves a position behind, never ahead, and the same documents are written once more.
"""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar
from uuid import UUID

from graph.journal import NOTHING, Reached
from graph.records import Position, SubmissionId
from graph.times import LEGAL_ZONE
from search import elastic_bulk
from search.elastic_client import ASKING, NO_INDEX_SAYS, WRITING, ConflictError, Link, NoIndexError, ShardsAwayError
from search.elastic_names import Names, building_alias, write_alias
from search.elastic_questions import created, facets_of, frequencies_of, ordered_by_time, search_of
from search.engine import Candidate, Found, Health, IndexMovedError, SearchUnavailableError, timed
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from search.elastic_client import Client, Request
    from search.elastic_names import Standing
    from search.engine import AllOf, Batch, Leaf, Lookup
    from search.records import FacetCount, FacetName

HELD: Final = "position"
"""The id of the document whose version is the position."""
PAGE: Final = 10_000
"""Hits that Elasticsearch gives by one request, its own default; more are read page by page from one point in time."""
KEPT: Final = "1m"
"""How long a point in time is kept from one page to the next."""
SWAPS: Final = 3
"""Tries to ask where the index is removed meanwhile, since another went live: that is over in a moment."""


Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class ElasticEngine:
    """One index, or the live one of a prefix."""

    def __init__(self, link: Link, names: Names, *, shards: int, fixed: str | None = None) -> None:
        self._link = link
        self._names = names
        self._shards = shards
        self._fixed = fixed
        self._asked = write_alias(fixed) if fixed else names.live
        self._unseen = False
        """Whether something was written that cannot be found yet; only of an index that is being built."""

    # Asking --------------------------------------------------------------------------------------------------------

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which days begin."""
        return self._names.zone

    async def position(self) -> Position | None:
        """Return the journal position that the index holds, None where there is no index."""
        held = await self.held()
        return held.position if held else None

    async def held(self) -> Reached | None:
        """Return the same with the journal's link there."""
        return await self._held(self._asked)

    async def health(self) -> Health:
        """Tell how the cluster and the live index are."""
        aside = await self._link.look()
        try:
            # As the machine asked knows it: the master may be the one that hangs.
            told = await self._link.ask(
                lambda client, _: client.cluster.health(index=self._names.live, timeout="1s", local=True)
            )
        except SearchUnavailableError as error:
            return Health(str(error), answers=False, circuit_open=self._link.refuses)
        says = f"Elasticsearch, {told['status']}, {told['number_of_nodes']} nodes, {self._names.live}"
        return Health(f"{says}; {aside} of those named do not answer and are left aside" if aside else says)

    async def find(self, lookup: Lookup) -> Found:
        """Return what matches. Raises SearchUnavailableError."""
        await self._show()
        lookup = replace(lookup, match=timed(lookup.match, self.zone))
        return await self._once_more_where_moved(self._find if lookup.limit <= PAGE else self._find_all, lookup)

    async def frequencies(self, leaves: Sequence[Leaf], audience: AllOf) -> tuple[int, list[int]]:
        """Return how many documents the asker may see, and how many of them hold each leaf."""
        await self._show()
        told = await self._once_more_where_moved(self._search, frequencies_of(leaves, audience))
        counted = told["aggregations"]["leaves"]["buckets"] if leaves else []
        return _total(told), [int(bucket["doc_count"]) for bucket in counted]

    async def _find(self, lookup: Lookup) -> Found:
        told = await self._search(search_of(lookup, lookup.limit))
        return Found(_total(told), _candidates(lookup, told), _facets(lookup, told))

    async def _find_all(self, lookup: Lookup) -> Found:
        """Return more than one page holds, all from one point in time."""
        opened = await self._link.ask(
            lambda client, near: client.open_point_in_time(index=self._asked, keep_alive=KEPT, preference=near)
        )
        point = {"pit": {"id": opened["id"], "keep_alive": KEPT}}
        try:
            told = await self._search(search_of(lookup, PAGE) | point)
            total, facets = _total(told), _facets(lookup, told)
            candidates = list(_candidates(lookup, told))
            rest = min(total, lookup.limit)
            while len(candidates) < rest and (last := told["hits"]["hits"]):
                size = min(PAGE, rest - len(candidates))
                told = await self._search(_page(search_of(lookup, size, last[-1]["sort"])) | point)
                candidates += _candidates(lookup, told)
        finally:
            # It ends by itself, too.
            with suppress(SearchUnavailableError):
                await self._link.ask(lambda client, _: client.close_point_in_time(id=opened["id"]))
        return Found(total, tuple(candidates), facets)

    async def _search(self, asked: dict[str, Any]) -> dict[str, Any]:
        def search(client: Client, near: str | None) -> Awaitable[Any]:
            of_what: dict[str, Any] = {} if "pit" in asked else {"index": self._asked, "preference": near}
            # Half an answer would be a wrong one.
            return client.search(body=asked, allow_partial_search_results=False, **of_what)

        return dict((await self._link.ask(search)).body)

    async def _held(self, index: str) -> Reached | None:
        told = await self._link.ask(
            lambda client, near: client.options(ignore_status=404).get(
                index=index, id=HELD, source=False, stored_fields=["link"],
                filter_path="found,_version,fields.link,error.type", preference=near,
            )
        )  # fmt: skip
        if "error" in told:
            return None
        if not told["found"]:
            return NOTHING
        return Reached(Position(told["_version"]), bytes.fromhex(told["fields"]["link"][0]))

    # Writing -------------------------------------------------------------------------------------------------------

    async def apply(self, batch: Batch) -> None:
        """Write the documents, let them be seen, then move the position."""
        if self._fixed:
            with _of_what_is_built():
                await self._apply(self._fixed, batch)
            return
        index = (await self._standing()).live or await self._begin()
        try:
            await self._apply(index, batch)
        except NoIndexError:
            raise IndexMovedError(Wording("Another index went live.")) from None

    async def _apply(self, index: str, batch: Batch) -> None:
        held = await self._held(write_alias(index))
        if held is None:
            raise NoIndexError(NO_INDEX_SAYS)
        if held.position != batch.after:
            raise IndexMovedError(Wording("The index is not at {after} any more.", after=batch.after))
        if batch.documents or batch.gone:
            await elastic_bulk.write(self._link, index, batch)
            self._unseen = True
            if not self._fixed:
                await self._show()
        if batch.position == batch.after:
            return
        try:
            await self._write(
                lambda client, _: client.index(
                    index=write_alias(index), require_alias=True, id=HELD,
                    document={"about": "index", "link": batch.link.hex()},
                    version=batch.position, version_type=elastic_bulk.VERSIONED,
                )
            )  # fmt: skip
        except ConflictError:
            raise IndexMovedError(Wording("Somebody else has brought the index farther.")) from None

    async def clear(self) -> None:
        """Begin an empty index in the place of the present one."""
        await self._begin()

    @asynccontextmanager
    async def rebuilding(self) -> AsyncIterator[ElasticEngine]:
        """Give an engine on a new index; at the end it goes live and the others are removed."""
        await self._remove((await self._standing()).building)
        index = self._names.fresh()
        await self._create(index, building_alias(index))
        engine = ElasticEngine(self._link, self._names, shards=self._shards, fixed=index)
        try:
            yield engine
            with _of_what_is_built():
                await engine._show()
                await self._go_live(index)
        except BaseException:
            with suppress(SearchUnavailableError):
                await self._remove([index])
            raise

    async def _begin(self) -> str:
        index = self._names.fresh()
        await self._create(index)
        await self._go_live(index)
        return index

    async def _create(self, index: str, *aliases: str) -> None:
        made = created(self._shards, [write_alias(index), *aliases])
        await self._write(lambda client, _: client.indices.create(index=index, **made))

    async def _go_live(self, index: str) -> None:
        """Move the alias and remove all but what is being built, in one step of the cluster."""
        standing = await self._standing()
        gone = {one for one in (standing.live, *standing.others) if one not in (None, index)}
        building = {"index": index, "alias": building_alias(index), "must_exist": False}
        actions: list[dict[str, Any]] = [
            {"remove": building},
            {"add": {"index": index, "alias": self._names.live}},
            *({"remove_index": {"index": one}} for one in sorted(gone)),
        ]
        await self._write(lambda client, _: client.indices.update_aliases(actions=actions))

    async def _standing(self) -> Standing:
        told = await self._link.ask(lambda client, _: client.indices.get_alias(index=self._names.every))
        return self._names.standing(told.body)

    async def _remove(self, indices: Sequence[str]) -> None:
        for index in indices:
            await self._delete(index)

    async def _delete(self, index: str) -> None:
        with suppress(NoIndexError):
            await self._write(lambda client, _: client.indices.delete(index=index))

    async def _show(self) -> None:
        """Let what was written be found."""
        if self._unseen:
            await self._write(lambda client, _: client.indices.refresh(index=self._asked))
            self._unseen = False

    async def _write(self, request: Request[Any]) -> None:
        """Make a request that is not made again by itself: whether it was carried out may not be known."""
        await self._link.ask(request, WRITING, twice=False)

    async def close(self) -> None:
        """Let go of connections; what was lent by `rebuilding` has none of its own."""
        if not self._fixed:
            await self._link.close()

    async def _once_more_where_moved(self, ask: Callable[[Asked], Awaitable[Answer]], asked: Asked) -> Answer:
        for _ in range(SWAPS - 1):
            with suppress(NoIndexError, ShardsAwayError):
                return await ask(asked)
        return await ask(asked)


@contextmanager
def _of_what_is_built() -> Iterator[None]:
    """Tell whoever builds an index that it is gone: there is none to go on with."""
    try:
        yield
    except (NoIndexError, IndexMovedError):
        raise SearchUnavailableError(
            Wording("What was being built was removed by another `reindex`. Run one of them.")
        ) from None


def open_elastic(
    address: str,
    prefix: str,
    *,
    authority: Path | None = None,
    shards: int = 1,
    patience: float = ASKING,
    zone: ZoneInfo = LEGAL_ZONE,
) -> ElasticEngine:
    """Return the engine on the live index of a prefix, which need not be there yet."""
    return ElasticEngine(Link(address, authority, patience), Names(prefix, zone), shards=shards)


def _page(asked: dict[str, Any]) -> dict[str, Any]:
    """Return a question for hits alone: what was counted need not be counted again."""
    return {name: value for name, value in asked.items() if name != "aggs"} | {"track_total_hits": False}


def _total(told: dict[str, Any]) -> int:
    return int(told["hits"]["total"]["value"])


def _facets(lookup: Lookup, told: dict[str, Any]) -> dict[FacetName, tuple[FacetCount, ...]]:
    return facets_of(lookup, told["aggregations"]) if lookup.facets else {}


def _candidates(lookup: Lookup, told: dict[str, Any]) -> tuple[Candidate, ...]:
    scored = not ordered_by_time(lookup)
    return tuple(
        # With a point in time Elasticsearch adds a value of its own at the end.
        Candidate(SubmissionId(UUID(hit["_id"])), float(hit["sort"][0]) if scored else 0.0, int(hit["sort"][scored]))
        for hit in told["hits"]["hits"]
    )
