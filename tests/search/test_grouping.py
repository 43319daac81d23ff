"""Hits by case: a case stands where its best submission stands, with all of its own, and comes once over all pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest

from graph.commands import Commands
from graph.errors import InvalidError
from graph.records import CaseId, Channel, LetterDetails, VisitDetails, WebDetails
from graph.scope import scope
from resolvers.reader import Reader
from search import grouping, service
from search.grouping import SHOWN, CaseSearch
from search.indexer import Indexer
from search.records import FacetName, SearchOrder, SearchRequest
from search.service import Search
from tests.graph.factory import GAZETTEER, NOW, draft, make_intake
from tests.viewers import EVERYTHING

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from graph.database import Pool
    from graph.identity import Vault
    from graph.records import Draft
    from search.engine import Engine
    from search.grouping import CaseHit, CasePage
    from search.records import Hit

BEFORE: Final = NOW - timedelta(days=30)
DETAILS: Final = {
    Channel.HOTLINE: None, Channel.WEB: WebDetails(), Channel.LETTER: LetterDetails(), Channel.VISIT: VisitDetails(),
}  # fmt: skip
CHANNELS: Final = tuple(DETAILS)
SUBMISSIONS, CASES, FEW = 54, 17, 12
"""So many submissions go into so many cases, and so many of them are weighed: most lie beyond."""


def said(number: int, text: str = "夜间施工噪声扰民") -> Draft:
    """Return a submission that says it more or less often, by one channel after the other."""
    channel = CHANNELS[number % 4]
    changes = {} if DETAILS[channel] is None else {"details": DETAILS[channel]}
    return draft(
        f"M{number}", title=f"第{number}件", text=f"{text}。" * (number % 5 + 1) + "甲" * (number * 7 % 40),
        received_at=BEFORE + timedelta(minutes=number * 37 % 1_000), channel=channel, source=channel.lower(), **changes,
    )  # fmt: skip


class House:
    """An intake, its indexer and its searches."""

    def __init__(self, pool: Pool, reader: Reader, vault: Vault, engine: Engine, folder: Path) -> None:
        self._pool, self._commands = pool, Commands(pool=pool, gazetteer=GAZETTEER)
        self._intake = make_intake(pool, vault, folder)
        self._indexer, self._search = Indexer(pool=pool, engine=engine), Search(reader=reader, engine=engine)
        self._by_case = CaseSearch(self._search)

    async def take_in(self, *drafts: Draft) -> None:
        """Take drafts in and index them."""
        await self._intake.take_in(list(drafts), actor="test", now=NOW)
        await self._indexer.catch_up()

    async def join(self, external_id: str, case: UUID) -> None:
        """Join a submission's case to another, which leads from now on."""
        other = (await self.cases())[external_id]
        await self._commands.join_cases(
            leading=CaseId(case), other=CaseId(other), reason="同一事项", by=EVERYTHING, now=NOW
        )

    async def cases(self) -> dict[str, UUID]:
        """Return the case of each submission."""
        rows = await self._pool.fetch("select external_id, case_id from submission")
        return {row["external_id"]: row["case_id"] for row in rows}

    async def index(self) -> None:
        """Bring the index up to what is filed where."""
        await self._indexer.catch_up()

    async def flat(self, request: SearchRequest) -> tuple[Hit, ...]:
        """Return all hits."""
        return (await self._search.search(replace(request, first=10_000), scope(EVERYTHING))).hits

    async def page(self, request: SearchRequest) -> CasePage:
        """Return a page of cases."""
        return await self._by_case.search(request, scope(EVERYTHING))

    async def pages(self, request: SearchRequest) -> list[CaseHit]:
        """Go through all pages of cases."""
        found: list[CaseHit] = []
        while True:
            page = await self.page(request)
            found += page.cases
            if not page.has_next_page:
                return found
            request = replace(request, after=page.cases[-1].cursor)


@pytest.fixture
async def house(
    pool: Pool, reading_pool: Pool, vault: Vault, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> House:
    """Give cases whose submissions come by all channels and stand all over the hits, most beyond those weighed."""
    for module in (service, grouping):
        monkeypatch.setattr(module, "WEIGHED", FEW)
    monkeypatch.setattr(grouping, "WHOLE", FEW + 1)
    found = House(pool, Reader(reading_pool, 10_000), vault, engine, tmp_path / "attachments")
    await found.take_in(*(said(number) for number in range(SUBMISSIONS)))
    cases = await found.cases()
    for number in range(SUBMISSIONS):
        if number >= CASES:
            await found.join(f"M{number}", cases[f"M{number * number % CASES}"])
    await found.index()
    return found


ASKED: Final = (
    SearchRequest(text="夜间施工 噪声"),
    SearchRequest(text="夜间施工", order=SearchOrder.NEWEST),
    SearchRequest(text=""),
    SearchRequest(text="夜间施工 channel:web"),
)  # fmt: skip


@pytest.mark.parametrize("request_", ASKED, ids=["relevance", "newest", "everything", "one channel"])
async def test_cases_stand_where_their_first_hit_stands(house: House, request_: SearchRequest) -> None:
    """However the pages are cut, each case once, with the number of its submissions that match."""
    hits = await house.flat(request_)
    expected = list(dict.fromkeys(hit.case for hit in hits))
    assert len(expected) > 5
    for first in (1, 3, 50):
        found = await house.pages(replace(request_, first=first))
        assert [one.case for one in found] == expected
        assert [one.matches for one in found] == [sum(hit.case == case for hit in hits) for case in expected]


async def test_a_case_shows_its_best_of_each_channel(house: House) -> None:
    """Three at most, in the order of the hits, with their passages."""
    request = SearchRequest(text="夜间施工 噪声", first=50)
    hits = await house.flat(request)
    for one in (await house.page(request)).cases:
        own = [hit for hit in hits if hit.case == one.case]
        assert set(one.channels) == {hit.channel for hit in own}
        for channel, shown in one.channels.items():
            assert len(shown) == min(SHOWN, sum(hit.channel is channel for hit in own))
            assert all(hit.case == one.case and hit.channel is channel and hit.passages for hit in shown)
            assert [hit.score for hit in shown] == sorted((hit.score for hit in shown), reverse=True)


async def test_counts_and_facets_are_of_submissions(house: House) -> None:
    """As those of the same search that is not grouped, on every page."""
    request = SearchRequest(text="夜间施工", first=4, facets=(FacetName.CHANNEL,))
    page = await house.page(request)
    assert page.total == SUBMISSIONS
    assert sum(one.count for one in page.facets[FacetName.CHANNEL]) == SUBMISSIONS
    following = await house.page(replace(request, after=page.cases[-1].cursor))
    assert (following.total, following.facets) == (page.total, page.facets)


@pytest.mark.parametrize("order", list(SearchOrder))
async def test_what_comes_in_between_two_pages_brings_no_case_twice_and_loses_none(
    house: House, order: SearchOrder
) -> None:
    """A case's new submission, best and latest of all, leaves the case where it stood."""
    request = SearchRequest(text="夜间施工 噪声", order=order, first=5)
    expected = list(dict.fromkeys(hit.case for hit in await house.flat(request)))
    page = await house.page(request)
    await house.take_in(replace(said(4, "夜间施工噪声扰民" * 3), external_id="late", received_at=NOW))
    await house.join("late", expected[9])
    await house.index()
    following = await house.pages(replace(request, after=page.cases[-1].cursor))
    assert [one.case for one in (*page.cases, *following)] == expected


async def test_a_cursor_of_another_search_is_refused(house: House) -> None:
    """As by the search itself."""
    page = await house.page(SearchRequest(text="夜间施工", first=2))
    for request in (SearchRequest(text="夜间施工 噪声"), SearchRequest(text="")):
        with pytest.raises(InvalidError):
            await house.page(replace(request, after=page.cases[-1].cursor))
    with pytest.raises(InvalidError):
        await house.page(SearchRequest(text="夜间施工", after="x"))


@pytest.mark.parametrize("first", [3, 50])
async def test_cases_say_how_much_was_found_loosely(house: House, first: int) -> None:
    """Of each those of its submissions that hold all words and those that hold some, on every page as the hits say."""
    await house.take_in(*(said(number, "夜间电梯停运") for number in range(100, 103)))
    request = SearchRequest(text="电梯 噪声", first=first)
    await house.take_in(*(said(number, "噪声，电梯") for number in range(200, 204)))
    flat = await house.flat(request)
    assert sum(hit.loose for hit in flat) == SUBMISSIONS + 3
    page = await house.page(request)
    assert (page.total, page.loose) == (4, SUBMISSIONS + 3)
    cases = await house.pages(request)
    assert [one.case for one in cases] == list(dict.fromkeys(hit.case for hit in flat))
    for one in cases:
        own = [hit.loose for hit in flat if hit.case == one.case]
        assert (one.matches, one.loose) == (own.count(False), own.count(True))
        shown = {hit.submission: hit.loose for several in one.channels.values() for hit in several}
        assert shown.items() <= {hit.submission: hit.loose for hit in flat}.items()
