"""The page on search stays true: each query it shows finds what it says, taken in and asked, on every engine."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from graph.records import Channel, LetterDetails, VisitDetails, WebDetails
from graph.scope import scope
from graph.text.normalise import normalise
from resolvers.reader import Reader
from search.compile import FEW
from search.hidden import Hidden
from search.indexer import Indexer
from search.query import CHANNELS, STATUSES, parse
from search.query_tokens import CAPITALS, CONJUNCTIONS, FIELDS, SIGNS
from search.records import SearchRequest
from search.service import WEIGHED, Search
from search.suggestions import organ_suggestions, suggested, vocabulary_of
from tests.graph.factory import NOW, draft, make_intake, reply
from tests.viewers import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from collections.abc import Set as AbstractSet

    from graph.database import Pool
    from graph.identity import Vault
    from graph.records import Draft
    from search.engine import Engine

    Asking = Callable[[str], Awaitable[tuple[set[str], set[str]]]]

PAGE: Final = (Path(__file__).parent.parent.parent / "docs" / "search.md").read_text(encoding="utf-8")
SPRING, SUMMER = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 8, 1, tzinfo=UTC)
MANY: Final = [f"M{number}" for number in range(25)]
ALL: Final = frozenset(
    {"烧烤", "夜宵", "施工", "电话", "路", "TS-2026-001", "三点", "票号", "城管", "长信〔2026〕12号", "锦绣", *MANY}
)
BARBECUE: Final = {"烧烤"}
NIGHT: Final = {"施工", *MANY}
NO_QUERIES: Final = frozenset(
    {"looseCount", "totalCount", "loose", "NUMBER", "QuerySyntaxError.position", "RELEVANCE", "｜", "＊"}
)
FOUND: Final[dict[str, AbstractSet[str]]] = {
    "烧烤 油烟": BARBECUE,
    "烧烤 AND 油烟": BARBECUE,
    "烧烤 && 油烟": BARBECUE,
    "烧烤 & 油烟": BARBECUE,
    "烧烤 和 油烟": BARBECUE,
    '"夜间施工"': NIGHT,
    "“夜间施工”": NIGHT,
    "＂夜间施工＂": NIGHT,
    "烧烤 OR 夜宵": {"烧烤", "夜宵"},
    "烧烤 | 夜宵": {"烧烤", "夜宵"},
    "烧烤|夜宵": {"烧烤", "夜宵"},
    "烧烤 || 夜宵": {"烧烤", "夜宵"},
    "烧烤 或 夜宵": {"烧烤", "夜宵"},
    "烧烤 或者 夜宵": {"烧烤", "夜宵"},
    "-物业": ALL - {"路"},
    "－物业": ALL - {"路"},
    "NOT 物业": ALL - {"路"},
    "2026001*": {"票号"},
    "TS2026*": {"TS-2026-001", "三点"},
    "(烧烤 OR 夜宵) -餐饮": BARBECUE,
    "TS-2026-001": {"TS-2026-001", "三点"},
    "ts 2026 001": {"TS-2026-001"},
    "ＴＳ２０２６００１": {"TS-2026-001", "三点"},
    "number:TS2026001": {"TS-2026-001", "三点"},
    "编号: TS 2026-001": {"TS-2026-001"},
    "TS2026001，": {"TS-2026-001", "三点"},
    "长信〔2026〕12号": {"长信〔2026〕12号"},
    "长信 (2026) 12号": {"长信〔2026〕12号"},
    "138-1234-1234": {"电话"},
    "13812341234": {"电话"},
    "１３８１２３４１２３４": {"电话"},
    "路": {"路"},
    "5678": {"票号"},
    "026001": {"票号", "三点"},
    "夜间施公": NIGHT,
    "yuelu": {"城管"},
    "yue lu qu": {"城管"},
    "channel:hotline": ALL - {*MANY, "TS-2026-001", "长信〔2026〕12号"},
    "渠道:热线": ALL - {*MANY, "TS-2026-001", "长信〔2026〕12号"},
    "渠道:来信": {"长信〔2026〕12号"},
    "渠道:来访": {*MANY},
    "渠道:网上": {"TS-2026-001"},
    "status:answered": {"城管"},
    "状态:已答复": {"城管"},
    "状态:已登记": ALL - {"城管"},
    "topic:城乡建设/安全生产": {"施工"},
    "place:岳麓区": {"施工"},
    "place:430104": {"施工"},
    "division:4301": {"施工", "路", "城管"},
    "organ:芙蓉区城管局": {"城管"},
    "organ:长沙市芙蓉区城市管理和综合执法局": {"城管"},
    "单位:城管局": {"城管"},
    "name:李四": {"城管"},
    "after:2026-01-01 before:2026-07-01": ALL - {"三点", "票号", "城管", "锦绣", "长信〔2026〕12号", *MANY},
    "时间：三点": {"三点"},
    "and": set(),
    "or": set(),
    "not": set(),
    '"AND"': set(),
    "1）油烟": {"烧烤"},
    "油烟 （": BARBECUE,
    "油烟 ，": BARBECUE,
    "油烟 - 烧烤": BARBECUE,
    "）": ALL,
    "*": ALL,
    "夜间施工*": NIGHT,
    "A1区 酒吧": set(),
    "A5 锦绣": set(),
}
"""What each example finds among the submissions of `drafts`, by their ids at the source."""
LOOSELY: Final[dict[str, set[str]]] = {"A1区 酒吧": {"夜宵", "锦绣"}, "A5 锦绣": {"锦绣", "夜宵"}, "1）油烟": set()}
"""What holds only some of what was asked for, where the page says something of it."""


def drafts() -> list[Draft]:
    """Return submissions among which every example finds what the page says, and none finds all."""

    def said(key: str, text: str, **changes: Any) -> Draft:
        return draft(key, **{"title": "反映", "text": text, "received_at": SPRING} | changes)

    letter, web, visit = LetterDetails(), WebDetails(), VisitDetails()
    answer = reply("已经转办", organ="芙蓉区城市管理局")
    return [
        said("烧烤", "1号烧烤店油烟扰民"),
        said("夜宵", "餐饮店卖夜宵，旁边是酒吧，在a5栋"),
        said("施工", "夜间，施工", topic="城乡建设/安全生产", division="430104"),
        said("电话", "联系电话１３８-1234-1234"),
        said("路", "物业不修路", division="430102"),
        said("TS-2026-001", "工单", channel=Channel.WEB, details=web),
        said("三点", "时间三点，前一张单是ts2026001", received_at=SUMMER),
        said("票号", "票号2026001，电话90005678", received_at=SUMMER),
        said(
            "城管", "岳麓区的李四", received_at=SUMMER, division="430102", organ="芙蓉区城市管理局", replies=(answer,)
        ),
        said("长信〔2026〕12号", "信件", channel=Channel.LETTER, details=letter, received_at=SUMMER),
        said("锦绣", "A1区锦绣", received_at=SUMMER),
        *(said(one, "夜间施工", channel=Channel.VISIT, details=visit, received_at=SUMMER) for one in MANY),
    ]


@pytest.fixture
async def asking(pool: Pool, reading_pool: Pool, vault: Vault, engine: Engine, tmp_path: Path) -> Asking:
    """Give a search over the examples' submissions: what it finds whole, and loosely."""
    intake = make_intake(pool, vault, tmp_path / "attachments")
    await intake.take_in(drafts(), actor="test", now=NOW)
    await Indexer(pool=pool, engine=engine).catch_up()
    search = Search(reader=Reader(reading_pool, 10_000), engine=engine, hidden=Hidden(vault))
    async with pool.acquire() as connection:
        rows = await connection.fetch("select id, external_id from submission")
    ids = {row["id"]: row["external_id"] for row in rows}
    assert set(ids.values()) == ALL

    async def ask(text: str) -> tuple[set[str], set[str]]:
        page = await search.search(SearchRequest(text=text, first=100, numbers=True), scope(EVERYTHING))
        whole = {ids[hit.submission] for hit in page.hits if not hit.loose}
        loose = {ids[hit.submission] for hit in page.hits if hit.loose}
        assert (page.total, page.loose) == (len(whole), len(loose)), text
        return whole, loose

    return ask


def shown() -> set[str]:
    """Return the queries that the page shows where it says what can be typed."""
    section = PAGE[PAGE.index("| typed |") : PAGE.index("A pair of characters")]
    spans = {span.replace("\\|", "|") for span in re.findall(r"`([^`\n]+)`", section)}
    return {span for span in spans if span not in NO_QUERIES and span not in FIELDS}


@pytest.mark.long
async def test_each_query_finds_what_the_page_says(asking: Asking) -> None:
    """And none is shown that is not tried here."""
    assert len(shown()) > 50
    assert shown() == FOUND.keys()
    for query, found in FOUND.items():
        whole, loose = await asking(query)
        assert whole == found, query
        assert loose == LOOSELY.get(query, loose), query


def test_the_page_names_every_word_of_the_language() -> None:
    """Fields, operators and values, in Chinese as well."""
    assert {name for name in FIELDS if f"`{name}`" not in PAGE and f"{name}:" not in PAGE} == set()
    section = PAGE[PAGE.index("| typed |") : PAGE.index("A pair of characters")].replace("\\|", "|")
    for word in (*CAPITALS, *SIGNS, *CONJUNCTIONS):
        assert word in section, word
    values = [one for one in (*CHANNELS, *STATUSES) if one not in {"letter", "visit", "web", "registered", "信件"}]
    assert [one for one in values if one not in section and one != "12345热线"] == []


def test_the_page_gives_the_numbers_of_the_code() -> None:
    """Ten and 200 are what the service goes by."""
    assert f"best {WEIGHED}" in PAGE
    assert FEW == 10
    assert "fewer than ten" in PAGE


def test_what_is_suggested_while_typing_is_as_the_page_says() -> None:
    """A part of a name, and its sound, whole or by initials."""
    section = PAGE[PAGE.index("### While typing") : PAGE.index("### More like this")]
    sounds = re.search(r"or a mix \(([^)]*)\)", section)
    assert sounds is not None
    typed = ["麓", *re.findall(r"`([^`]+)`", sounds[1])]
    assert len(typed) == 5
    for text in typed:
        found = [one.label for one in suggested(vocabulary_of(()).holding(normalise(text)), normalise(text), 50)]
        wanted = "西安市" if text == "xi'an" else "湖南省长沙市岳麓区"
        assert any(label.endswith(wanted) for label in found), text
    organs = organ_suggestions(["岳麓区城市管理局"])
    assert [one.query for one in organs] == ["organ:岳麓区城市管理局"]
    assert parse("place:430104") == parse("place:岳麓区")
