"""The page on search stays true: each query it shows finds what it says, on every engine."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from graph.ids import organ_id
from search.compile import FEW
from search.query import FIELDS
from search.service import WEIGHED
from tests.search.library import hits, put, source

if TYPE_CHECKING:
    from search.engine import Engine

PAGE: Final = (Path(__file__).parent.parent.parent / "docs" / "search.md").read_text(encoding="utf-8")
SUMMER: Final = datetime(2026, 8, 1, tzinfo=UTC)
FOUND: Final = {
    "烧烤 油烟": {1},
    '"夜间施工"': {3, *range(20, 45)},
    "烧烤 OR 夜宵": {1, 2},
    "烧烤 | 夜宵": {1, 2},
    "烧烤 或者 夜宵": {1, 2},
    "-物业": {1, 2, 3, 4, 6, 7, 8, 9, *range(20, 45)},
    "1381234*": {4},
    "TS2026*": {6},
    "(烧烤 OR 夜宵) -餐饮": {1},
    "138-1234-1234": {4},
    "13812341234": {4},
    "１３８１２３４１２３４": {4},
    "路": {5},
    "5678": {8},
    "026001": {6, 8},
    "夜间施公": {3, *range(20, 45)},
    "yuelu": {9},
    "yue lu qu": {9},
    "organ:芙蓉区城管局": {9},
    "name:李四": {9},
    "channel:hotline": {1, 2, 3, 4, 5, 7, 8, 9},
    "status:answered": {4},
    "topic:城乡建设/安全生产": {3},
    "place:岳麓区": {3},
    "place:430104": {3},
    "division:4301": {3, 5},
    "after:2026-01-01 before:2026-07-01": {1, 2, 3, 4, 5, 6},
    "number:TS2026001": {6},
    "时间：三点": {7},
}
"""What each example finds among the submissions of `shown`."""


@pytest.fixture
async def shown(engine: Engine) -> Engine:
    """An index in which every example finds something, and none finds all."""
    await put(
        engine,
        source(1, body="烧烤店油烟扰民"),
        source(2, body="餐饮店卖夜宵"),
        source(3, body="夜间，施工", topic="城乡建设/安全生产/爆破", division="430104001"),
        source(4, body="联系电话１３８-1234-1234", status="ANSWERED"),
        source(5, body="物业不修路", division="430102"),
        source(6, body="工单ts-2026/001", channel="WEB"),
        source(7, body="时间三点", received_at=SUMMER),
        source(8, body="票号2026001，电话90005678", received_at=SUMMER),
        source(9, body="岳麓区李四", received_at=SUMMER, organs=(str(organ_id("芙蓉区城管局")),)),
        *(source(number, body="夜间施工", channel="VISIT", received_at=SUMMER) for number in range(20, 45)),
    )
    return engine


def typed() -> list[str]:
    """Return the queries that the page shows."""
    table = PAGE[PAGE.index("| typed |") : PAGE.index("Field names")]
    rows = re.findall(r"^\| (`.*?) \| ", table, re.MULTILINE)
    return [query.replace("\\|", "|") for row in rows for query in re.findall(r"`([^`]+)`", row)]


async def test_each_query_finds_what_the_page_says(shown: Engine) -> None:
    """And none is shown that is not tried here."""
    assert len(typed()) > 15
    assert set(typed()) == FOUND.keys() - {"时间：三点"}
    for query, found in FOUND.items():
        assert await hits(shown, query) == found, query


def test_the_page_names_every_field() -> None:
    """By which a query can be restricted, in Chinese as well."""
    named = set(re.findall(r"([a-z]+):", PAGE)) | set(re.findall(r"`([\u4e00-\u9fff]+)`", PAGE))
    assert FIELDS.keys() <= named


def test_the_page_gives_the_numbers_of_the_code() -> None:
    """Ten and 200 are what the service goes by."""
    assert f"best {WEIGHED}" in PAGE
    assert FEW == 10
    assert "fewer than ten" in PAGE
