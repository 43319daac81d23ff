"""Hits by case: a case stands where its best submission stands, and comes once over all pages.

Cursors are the search's own: a case's is that of its best submission, so a page of cases goes on where that one stands.
Whether a case came before is told by its own submissions: they are looked for alone, with the weights that the cursor
keeps, and where one of them stands before the place, the case was given there.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

from graph.errors import InvalidError
from search.cursor import FOREIGN, mark, opened, sealed
from search.engine import arrival
from search.records import SearchOrder
from search.service import WEIGHED
from search.standing import COVERED, Standing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graph.records import CaseId, Channel
    from graph.scope import Scope
    from search.cursor import After
    from search.records import FacetCount, FacetName, Hit, SearchPage, SearchRequest

SHOWN: Final = 3
"""Hits of each channel that a case is shown by: enough to see what it is about."""
WHOLE: Final = WEIGHED + 1
"""Hits of one case that are read: all that are weighed, of which the best may be one, and the latest of the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseHit:
    """A case with its best submissions of each channel.

    `matches` is how many hold all that was asked for, `loose` how many only some of it; None where counts are withheld.
    """

    case: CaseId
    score: float
    matches: int | None
    loose: int | None
    channels: Mapping[Channel, tuple[Hit, ...]]
    cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """The answer. `total` and the counts are of submissions: of all that match, not of this page."""

    total: int | None
    loose: int | None
    cases: tuple[CaseHit, ...]
    has_next_page: bool
    facets: Mapping[FacetName, tuple[FacetCount, ...]]
    standing: Standing = COVERED
    """How much of the graph the index covered."""


class Searching(Protocol):
    """What answers a search."""

    async def search(self, request: SearchRequest, scope: Scope) -> SearchPage: ...


class CaseSearch:
    """Asks a search by case."""

    def __init__(self, search: Searching) -> None:
        self._search = search

    async def search(self, request: SearchRequest, scope: Scope) -> CasePage:
        """Return a page of cases; raises as `Search.search` does."""
        order, after = _opened(request.after)
        begun = request.after if after.key is None else sealed(_start(after), order)
        whole = page = await self._search.search(replace(request, first=WEIGHED, after=begun), scope)
        asking = _Asking(self._search, request, scope, replace(after, until=after.until or _now()))
        while not await asking.take(page) and page.has_next_page:
            following = replace(request, first=WEIGHED, after=page.hits[-1].cursor, facets=())
            page = await self._search.search(following, scope)
        return CasePage(
            total=whole.total, loose=whole.loose, cases=tuple(asking.found[: request.first]),
            has_next_page=len(asking.found) > request.first, facets=whole.facets, standing=whole.standing,
        )  # fmt: skip


class _Asking:
    """One page in the making."""

    def __init__(self, search: Searching, request: SearchRequest, scope: Scope, after: After) -> None:
        self._search, self._request, self._scope, self._after = search, request, scope, after
        self._met: set[CaseId] = set()
        self.found: list[CaseHit] = []

    async def take(self, page: SearchPage) -> bool:
        """Take the cases that hits stand for, each with its own; tell whether there are enough, and one to spare."""
        for hit in page.hits:
            if hit.case in self._met:
                continue
            self._met.add(hit.case)
            place = opened(hit.cursor, page.order)
            if place.key is not None and self._after.key is not None and place.key <= self._after.key:
                continue
            own = await self._own(hit, place, page.order)
            if place.key is None and self._came(own, place, page.order):
                continue
            # By NEWEST, too, it is kept until when hits had come in: what comes later brings no case forward.
            cursor = sealed(replace(place, until=self._after.until if place.until is None else place.until), page.order)
            self.found.append(_case_of(hit, own, cursor))
            if len(self.found) > self._request.first:
                return True
        return False

    async def _own(self, hit: Hit, place: After, order: SearchOrder) -> SearchPage:
        """Return what of the same search is filed in the case of a hit."""
        start = sealed(_start(place), order) if place.weights else None
        asked = replace(self._request, cases=(hit.leading,), first=WHOLE, after=start, facets=())
        page = await self._search.search(asked, self._scope)
        # Where the leading case may not be seen, each that it leads answers for itself.
        return replace(page, hits=tuple(one for one in page.hits if one.case == hit.case))

    def _came(self, own: SearchPage, place: After, order: SearchOrder) -> bool:
        """Tell whether one of a case's hits stands before a place beyond the weighed: it is weighed, or later."""
        for one in own.hits:
            if mark(one.submission) in place.given:
                return True
            if _recency(one, order) > (place.below or 0) and arrival(one.submission) <= (self._after.until or 0):
                return True
        return False


def _opened(cursor: str | None) -> tuple[SearchOrder, After]:
    """Return the place that a cursor names, and in which order."""
    for order in SearchOrder:
        with suppress(InvalidError):
            return order, opened(cursor, order)
    raise InvalidError("after", FOREIGN)


def _start(after: After) -> After:
    """Return the beginning of the same search."""
    return replace(after, key=None, below=None, given=frozenset())


def _recency(hit: Hit, order: SearchOrder) -> int:
    place = opened(hit.cursor, order)
    return -place.key[1] if place.key is not None else place.below or 0


def _case_of(hit: Hit, own: SearchPage, cursor: str) -> CaseHit:
    hits = own.hits or (hit,)
    channels: dict[Channel, tuple[Hit, ...]] = {}
    for one in hits:
        channels[one.channel] = (*channels.get(one.channel, ()), one)[:SHOWN]
    loose = sum(one.loose for one in hits)
    # Of a case with few enough, those that are read: the index may still have what is seen no more.
    counted = (own.total, own.loose) if own.total is None or own.has_next_page else (len(hits) - loose, loose)
    return CaseHit(
        case=hit.case, score=hit.score, matches=counted[0], loose=counted[1], channels=channels, cursor=cursor
    )


def _now() -> int:
    return time.time_ns() // 1_000_000
