"""More hits than are put into our own order: their pages, counts and scores, on the real PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from graph.scope import scope
from resolvers.reader import Reader
from search.indexer import Indexer
from search.records import FacetCount, FacetName, SearchOrder, SearchRequest
from search.service import WEIGHED, Search
from tests.graph.factory import NOW, draft, make_intake
from tests.viewers import EVERYTHING

if TYPE_CHECKING:
    from pathlib import Path

    from graph.database import Pool
    from graph.identity import Vault
    from graph.records import Draft, SubmissionId
    from search.engine import Engine
    from search.records import Hit, SearchPage

ALIKE = WEIGHED + 15
OTHERS = 30
AGAIN = 20
BEFORE = NOW - timedelta(days=30)


def campaign(text: str, count: int, name: str) -> list[Draft]:
    """Return submissions in the same words, a minute after each other."""
    return [
        draft(f"{name}{number}", title="请愿", text=text, received_at=BEFORE + timedelta(minutes=number))
        for number in range(count)
    ]


@pytest.fixture
async def search(pool: Pool, reading_pool: Pool, vault: Vault, engine: Engine, tmp_path: Path) -> Search:
    """Give a search on more messages than are weighed, most in the same words; some of those were indexed twice."""
    intake, indexer = make_intake(pool, vault, tmp_path / "attachments"), Indexer(pool=pool, engine=engine)
    alike = campaign("夜间施工噪声扰民。", ALIKE, "A")
    others = campaign("夜间施工。" + "甲" * 200, OTHERS, "B")
    await intake.take_in([*campaign("夜间施工，别的事。", AGAIN, "A"), *others], actor="test", now=NOW)
    await indexer.catch_up()
    await intake.take_in(alike, actor="test", now=NOW)
    await indexer.catch_up()
    return Search(reader=Reader(reading_pool, 10_000), engine=engine)


async def pages(search: Search, order: SearchOrder, first: int) -> list[SearchPage]:
    """Return all pages of an answer."""
    request = SearchRequest(text="夜间施工", order=order, first=first, facets=(FacetName.CHANNEL,))
    found = [await search.search(request, scope(EVERYTHING))]
    while found[-1].has_next_page:
        found.append(await search.search(replace(request, after=found[-1].hits[-1].cursor), scope(EVERYTHING)))
    return found


def of_all(found: list[SearchPage]) -> list[Hit]:
    """Return the hits of all pages."""
    return [hit for page in found for hit in page.hits]


@pytest.mark.parametrize("order", SearchOrder)
@pytest.mark.parametrize("first", [50, 199, 201])
async def test_pages_of_any_size_are_the_whole_list(search: Search, order: SearchOrder, first: int) -> None:
    """Beyond the candidates that are put into our own order, too."""
    whole = of_all(await pages(search, order, 1_000))
    cut = await pages(search, order, first)
    parts: list[SubmissionId] = [hit.submission for hit in of_all(cut)]
    assert parts == [hit.submission for hit in whole]
    assert len(parts) == len(set(parts)) == ALIKE + OTHERS
    assert {page.total for page in cut} == {len(whole)}
    assert all(page.facets == {FacetName.CHANNEL: (FacetCount("HOTLINE", len(whole)),)} for page in cut)


@pytest.mark.parametrize("first", [70, 1_000])
async def test_equal_submissions_score_equal_on_every_page(search: Search, first: int) -> None:
    """Of hundreds of letters in the same words none is worth less for being indexed again, or for its place."""
    hits = of_all(await pages(search, SearchOrder.RELEVANCE, first))
    scores = {hit.score for hit in hits}
    assert len(scores) == 2
    assert [hit.score for hit in hits].count(max(scores)) == ALIKE
    assert [hit.score for hit in hits].count(min(scores)) == OTHERS
    assert min(scores) > 0.0
