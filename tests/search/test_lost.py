"""What users of other systems lost in their searches, and ours must not lose: each with the number of its report.

Told elsewhere: without its engine a search finds nothing and says so (Zammad 1415: tests/api/test_search_away.py); a
rebuild takes nothing away and no late write wins (Zammad 4379, OpenCRVS 11877 and 5114: test_swapping.py,
test_elastic.py); an alert fires on the whole phrase alone (Aleph 3001: test_alerting.py).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.records import DocumentDraft
from graph.scope import scope
from graph.text.tokens import UNIT
from resolvers.reader import Reader
from search.indexer import Indexer
from search.records import SearchOrder, SearchRequest
from search.service import Search
from tests.graph.factory import NOW, draft, make_intake
from tests.search.library import hits, put, source
from tests.viewers import EVERYTHING

if TYPE_CHECKING:
    from pathlib import Path

    from graph.database import Pool
    from graph.identity import Vault
    from search.engine import Engine
    from search.records import SearchPage
    from tests.engines import Opening

MANY = 2_300
"""More than the lists that stopped near 2,100 rows."""
TEXT = "我是麓谷小镇B9栋的张桂芳，楼下“阿强烧烤”每晚油烟扰民；工单TS2026001至今未答复。"
UNITS = list(UNIT.finditer(TEXT.casefold()))
QUOTES = str.maketrans("“”", "  ")
"""They would end a phrase."""


@pytest.fixture
async def search(reading_pool: Pool, engine: Engine) -> Search:
    """Give a search on each engine."""
    return Search(reader=Reader(reading_pool, 10_000), engine=engine)


async def ask(search: Search, text: str, **changes: Any) -> SearchPage:
    """Ask for a page, as somebody who sees everything."""
    return await search.search(replace(SearchRequest(text=text), **changes), scope(EVERYTHING))


async def take_in(pool: Pool, vault: Vault, engine: Engine, folder: Path, *drafts: Any) -> None:
    """Take drafts in and index them."""
    await make_intake(pool, vault, folder).take_in(list(drafts), actor="test", now=NOW)
    await Indexer(pool=pool, engine=engine).catch_up()


@pytest.mark.parametrize("order", SearchOrder)
async def test_a_list_goes_on_to_its_end(engine: Engine, order: SearchOrder) -> None:
    """Zammad 2409, 2142; Aleph 2337: lists stopped near 2,100 rows, searches at 50, exports were cut."""
    await put(engine, *(source(number, body="油烟") for number in range(MANY)))
    assert await hits(engine, "油烟", order=order, limit=10_000) == set(range(MANY))


async def test_a_broken_attachment_empties_nothing(
    search: Search, pool: Pool, vault: Vault, engine: Engine, tmp_path: Path
) -> None:
    """Zammad 5575: one that could not be read left the whole result empty. What stands beside it is found."""
    broken = DocumentDraft(name="坏.pdf", media_type="application/pdf", content=b"%PDF-1.4 \x00\xff", text="")
    odd = DocumentDraft(name="怪.txt", media_type="text/plain", content=b"?", text="\ufffd\u200b\ud7ff照片")
    await take_in(
        pool, vault, engine, tmp_path / "attachments", draft("1", text="油烟。", documents=(broken, odd)),
        draft("2", text="油烟。"),
    )  # fmt: skip
    page = await ask(search, "油烟")
    assert (page.total, len(page.hits)) == (2, 2)
    assert all(hit.passages for hit in page.hits)
    assert (await ask(search, "照片")).total == 1


async def test_what_is_years_old_is_found(
    search: Search, pool: Pool, vault: Vault, engine: Engine, tmp_path: Path
) -> None:
    """Chatwoot 11656: only the last three months were searched."""
    ages = (0, 91, 365, 12 * 365, 40 * 365)
    drafts = [draft(f"{days}", text="油烟。", received_at=NOW - timedelta(days=days + 3)) for days in ages]
    await take_in(pool, vault, engine, tmp_path / "attachments", *drafts)
    for order in SearchOrder:
        assert len((await ask(search, "油烟", order=order)).hits) == len(ages)


@given(cuts=st.lists(st.tuples(st.integers(0, len(UNITS) - 1), st.integers(1, 12)), min_size=1, max_size=8))
@settings(max_examples=15)
async def test_whatever_stands_in_a_text_finds_it(
    opening: Opening, tmp_path_factory: pytest.TempPathFactory, cuts: list[tuple[int, int]]
) -> None:
    """Zammad 1696, Aleph 1412: Chinese of several characters found nothing; a name that stood in hits was not found."""
    engine = opening(tmp_path_factory.mktemp("index"))
    await put(engine, source(1, body=TEXT), source(2, body="电梯坏了"))
    for start, count in cuts:
        found = UNITS[start : start + count]
        piece = TEXT[found[0].start() : found[-1].end()].translate(QUOTES)
        assert await hits(engine, f'"{piece}"') == {1}, piece
    await engine.close()
