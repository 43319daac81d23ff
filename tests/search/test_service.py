"""A search is answered from the index and the graph: in one order, page by page, with the texts as they are now."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from graph.errors import InvalidError
from graph.records import Channel, DocumentDraft
from graph.scope import scope
from resolvers.reader import Reader
from search import service
from search.cursor import opened, sealed
from search.engine import SearchUnavailableError
from search.indexer import Indexer
from search.query_tokens import QuerySyntaxError
from search.records import FacetCount, FacetName, SearchFilter, SearchOrder, SearchRequest
from search.service import Search
from tests.graph.factory import NOW, draft, make_intake, reply
from tests.viewers import EVERYTHING

if TYPE_CHECKING:
    from pathlib import Path

    from graph.database import Pool
    from graph.identity import Vault
    from graph.records import Draft, SubmissionId
    from search.engine import Engine
    from search.records import Hit, SearchPage

BEFORE = NOW - timedelta(days=30)


class House:
    """An intake, its indexer and its search."""

    def __init__(self, pool: Pool, reader: Reader, vault: Vault, engine: Engine, folder: Path) -> None:
        self.pool, self.engine = pool, engine
        self._intake = make_intake(pool, vault, folder)
        self.indexer, self._search = (
            Indexer(pool=pool, engine=engine),
            Search(reader=reader, engine=engine),
        )

    async def take_in(self, *drafts: Draft) -> None:
        """Take drafts in and index them."""
        await self._intake.take_in(list(drafts), actor="test", now=NOW)
        await self.indexer.catch_up()

    async def ask(self, text: str, **changes: Any) -> SearchPage:
        """Ask for a page."""
        return await self._search.search(replace(SearchRequest(text=text, first=100), **changes), scope(EVERYTHING))

    async def every_page(self, text: str, first: int, order: SearchOrder = SearchOrder.RELEVANCE) -> list[Hit]:
        """Go through all pages of an answer."""
        hits: list[Hit] = []
        after = None
        while True:
            page = await self.ask(text, first=first, order=order, after=after)
            hits += page.hits
            if not page.has_next_page:
                return hits
            after = page.hits[-1].cursor


@pytest.fixture
def house(pool: Pool, reading_pool: Pool, vault: Vault, engine: Engine, tmp_path: Path) -> House:
    """Give a house of the test's own."""
    return House(pool, Reader(reading_pool, 10_000), vault, engine, tmp_path / "attachments")


def many(count: int, text: str = "夜间施工噪声扰民", start: int = 0) -> list[Draft]:
    """Return submissions that say the same more or less often, a minute after each other."""
    return [
        draft(
            f"M{number}", title=f"第{number}件", text=f"{text}。" * (number % 3 + 1) + "甲" * (number % 7),
            received_at=BEFORE + timedelta(minutes=number),
        )
        for number in range(start, start + count)
    ]  # fmt: skip


async def test_a_submission_is_found_by_all_its_texts(house: House) -> None:
    """Title, body, reply and enclosed document; each is shown where it says so."""
    paper = DocumentDraft(name="a.txt", media_type="text/plain", content="检测报告".encode(), text="检测报告超标")
    await house.take_in(
        draft("1", title="烧烤店扰民", text="油烟排进住户家中", replies=(reply("已责令整改"),), documents=(paper,)),
        draft("2", title="电梯停运", text="物业不修"),
    )
    for query, field in (("烧烤店", "title"), ("油烟", "body"), ("責令整改", "reply"), ("检测报告", "document")):
        page = await house.ask(query)
        (hit,) = page.hits
        assert (page.total, [one.field for one in hit.passages]) == (1, [field])
        assert hit.score > 0


async def test_hits_are_ordered_by_score_then_time_then_id(house: House) -> None:
    """And the score is that of the text: who says the same has the same, whoever was indexed again."""
    await house.take_in(*many(30))
    again = [replace(one, received_at=BEFORE, external_id=f"again {one.external_id}") for one in many(5)]
    await house.take_in(*again)
    await house.take_in(*[replace(one, replies=(reply("已处理"),)) for one in many(3)])
    page = await house.ask("夜间施工 噪声")
    keys = [opened(hit.cursor, SearchOrder.RELEVANCE).key for hit in page.hits]
    assert keys == sorted(keys, key=lambda key: key or (0.0, 0))
    async with house.pool.acquire() as connection:
        rows = await connection.fetch(
            "select s.id, r.body, r.title from submission s join submission_revision r on r.id = s.revision"
        )
    texts = {row["id"]: (row["title"], row["body"]) for row in rows}
    scores: dict[tuple[str, str], set[float]] = {}
    for hit in page.hits:
        scores.setdefault(texts[hit.submission], set()).add(hit.score)
    # Three have a reply now, and are longer than their copies.
    assert sorted(map(len, scores.values()))[-4:] == [1, 2, 2, 2]


@pytest.mark.parametrize("order", SearchOrder)
@pytest.mark.parametrize("first", [7, 100])
async def test_all_pages_are_the_whole_list(
    house: House, monkeypatch: pytest.MonkeyPatch, order: SearchOrder, first: int
) -> None:
    """None is repeated, none is lost, among the weighed and beyond them."""
    monkeypatch.setattr(service, "WEIGHED", 40)
    await house.take_in(*many(110))
    hits = await house.every_page("夜间施工", first, order)
    assert len(hits) == len({hit.submission for hit in hits}) == 110
    if first < 100:
        assert [hit.submission for hit in hits[:40]] == [
            hit.submission for hit in (await house.ask("夜间施工", first=40, order=order)).hits
        ]


async def test_the_newest_come_first_where_asked_and_where_nothing_is_weighed(house: House) -> None:
    """A query of filters alone says nothing of relevance."""
    await house.take_in(*many(20))
    newest = [hit.submission for hit in (await house.ask("噪声", order=SearchOrder.NEWEST)).hits]
    assert newest == [hit.submission for hit in (await house.ask("channel:hotline")).hits]
    assert newest == [hit.submission for hit in (await house.ask("")).hits]
    async with house.pool.acquire() as connection:
        rows = await connection.fetch("select id from submission order by received_at desc")
    assert newest == [row["id"] for row in rows]


@pytest.mark.parametrize("order", SearchOrder)
async def test_pages_stay_as_they_are_while_submissions_arrive(house: House, order: SearchOrder) -> None:
    """What is indexed between two pages neither repeats nor hides what was there."""
    await house.take_in(*many(30))
    whole = [hit.submission for hit in (await house.ask("施工 噪声", order=order)).hits]
    page = await house.ask("施工 噪声", order=order, first=10)
    seen = [hit.submission for hit in page.hits]
    await house.take_in(*many(25, "夜间施工噪声扰民施工", start=100))
    while page.has_next_page:
        page = await house.ask("施工 噪声", order=order, first=10, after=page.hits[-1].cursor)
        seen += [hit.submission for hit in page.hits]
    assert [one for one in seen if one in set(whole)] == whole
    assert len(seen) == len(set(seen))


async def test_a_hit_that_the_graph_no_longer_has_is_none(house: House) -> None:
    """The index may be behind; the page is filled with the next ones."""
    await house.take_in(*many(30))
    async with house.pool.acquire() as connection:
        await connection.execute("delete from submission where external_id = any($1)", [f"M{n}" for n in range(20, 30)])
    for order in SearchOrder:
        assert len(await house.every_page("夜间施工", 8, order)) == 20


async def test_what_is_shown_is_what_the_graph_says_now(house: House) -> None:
    """A passage is read from the graph, not from the index."""
    await house.take_in(draft("1", text="油烟扰民"))
    await house.take_in(draft("1", text="油烟已经没有了"))
    (hit,) = (await house.ask("油烟")).hits
    assert [one.text for one in hit.passages if one.field == "body"] == ["油烟已经没有了"]


async def test_filters_and_facets_hold_for_all_hits(house: House) -> None:
    """Whatever the page."""
    await house.take_in(*many(12), *[replace(one, channel=Channel.HOTLINE, source="b") for one in many(4, "电梯")])
    page = await house.ask(
        "夜间施工", first=2, filter=SearchFilter(channels=(Channel.HOTLINE,)), facets=(FacetName.CHANNEL,)
    )
    assert (page.total, len(page.hits), page.has_next_page) == (12, 2, True)
    assert page.facets == {FacetName.CHANNEL: (FacetCount("HOTLINE", 12),)}


async def test_where_hardly_anything_holds_all_words_those_that_hold_some_are_hits(house: House) -> None:
    """Where hardly any do; where enough hold all, no other is a hit."""
    await house.take_in(draft("1", text="夜间施工噪声"), draft("2", text="噪声"), draft("3", text="停车"))
    page = await house.ask("夜间施工 噪声", first=1, facets=(FacetName.CHANNEL,))
    assert (page.total, page.loose) == (1, 1)
    assert page.facets == {FacetName.CHANNEL: (FacetCount("HOTLINE", 1),)}
    (best,) = page.hits
    assert not best.loose
    assert best.submission == (await house.ask('"夜间施工噪声"')).hits[0].submission
    rest = await house.ask("夜间施工 噪声", after=best.cursor, facets=(FacetName.CHANNEL,))
    assert (rest.total, rest.loose, rest.has_next_page) == (1, 1, False)
    assert [hit.loose for hit in rest.hits] == [True]
    assert rest.facets == page.facets
    await house.take_in(*many(20, "夜间施工噪声"))
    page = await house.ask("夜间施工 噪声")
    assert (page.total, page.loose, {hit.loose for hit in page.hits}) == (21, 0, {False})


async def test_where_none_holds_all_words_it_is_said_so(house: House) -> None:
    """Codes are words, too; what holds but a common pair of the query is no hit whole."""
    await house.take_in(*many(30, "A1区噪声"), *many(20, "酒吧扰民", start=100), *many(5, "a5栋", start=200))
    page = await house.ask("A1区 酒吧", facets=(FacetName.MONTH,))
    assert (page.total, page.loose, {hit.loose for hit in page.hits}) == (0, 50, {True})
    assert page.facets == {FacetName.MONTH: ()}
    page = await house.ask("A5 酒吧")
    assert (page.total, page.loose) == (0, 25)
    assert (await house.ask("酒吧 a5")).loose == 25
    assert (await house.ask("A5 AND 酒吧")).hits == ()
    assert (await house.ask('A5 "酒吧"')).hits == ()


@pytest.mark.parametrize("first", [3, 17, 100])
async def test_what_is_found_loosely_is_told_apart_on_every_page(
    house: House, monkeypatch: pytest.MonkeyPatch, first: int
) -> None:
    """Among the weighed and beyond, by the same counts, while others come in."""
    monkeypatch.setattr(service, "WEIGHED", 12)
    await house.take_in(*many(6, "夜间施工，噪声"), *many(25, "噪声", start=100), *many(4, "夜间施工", start=200))
    whole = {hit.submission for hit in (await house.ask("夜间施工 AND 噪声")).hits}
    assert len(whole) == 6
    told: dict[SubmissionId, bool] = {}
    after = None
    while True:
        page = await house.ask("夜间施工 噪声", first=first, after=after)
        assert (page.total, page.loose) == (6, 29)
        told |= {hit.submission: hit.loose for hit in page.hits}
        if not page.has_next_page:
            break
        after = page.hits[-1].cursor
        await house.take_in(*many(1, "噪声", start=1_000 + len(told)))
    assert len(told) == 35
    assert {one for one, loose in told.items() if not loose} == whole


async def test_how_many_hold_all_is_decided_by_what_is_seen(house: House) -> None:
    """The index still holds more than there are: that must not be told by what is found loosely."""
    await house.take_in(*many(10, "夜间施工，噪声"), *many(5, "噪声", start=100))
    assert (await house.ask("夜间施工 噪声")).loose == 0
    async with house.pool.acquire() as connection:
        await connection.execute("delete from submission where external_id = 'M0'")
    page = await house.ask("夜间施工 噪声")
    assert [hit.loose for hit in page.hits] == [False] * 9 + [True] * 5


async def test_what_must_not_be_there_is_not_loosened(house: House) -> None:
    """Minus, quotation marks and fields mean what they say, however few the hits."""
    await house.take_in(draft("1", text="夜间施工噪声"), draft("2", text="噪声物业"), draft("3", text="夜里有噪声"))
    page = await house.ask("夜间 噪声 -物业")
    assert (page.total, page.loose) == (1, 1)
    assert (await house.ask('"夜间施工" 噪声')).total == 1
    assert (await house.ask("夜间 噪声 channel:letter")).total == 0


async def test_errors_are_told_apart(house: House) -> None:
    """A query that cannot be read, an index that is not there, a cursor of another search."""
    with pytest.raises(SearchUnavailableError):
        await house.ask("油烟")
    with pytest.raises(QuerySyntaxError):
        await house.ask('"油烟')
    await house.take_in(*many(3))
    cursor = (await house.ask("夜间施工", first=1)).hits[0].cursor
    for text, after, order in (
        ("夜间施工", "nonsense", SearchOrder.RELEVANCE),
        ("夜间施工", cursor, SearchOrder.NEWEST),
        ("另外一个问题", cursor, SearchOrder.RELEVANCE),
    ):
        with pytest.raises(InvalidError):
            await house.ask(text, after=after, order=order)


@pytest.mark.parametrize("below", [0, 1, 1 << 40])
async def test_a_cursor_beyond_the_end_is_an_empty_page(
    house: House, monkeypatch: pytest.MonkeyPatch, below: int
) -> None:
    """Made up or outdated, it costs nothing."""
    monkeypatch.setattr(service, "WEIGHED", 2)
    await house.take_in(*many(5))
    first = opened((await house.ask("夜间施工")).hits[0].cursor, SearchOrder.RELEVANCE)
    cursor = sealed(replace(first, key=None, below=below), SearchOrder.RELEVANCE)
    page = await house.ask("夜间施工", after=cursor)
    assert (page.total, page.hits, page.has_next_page) == (5, (), False)


@pytest.mark.parametrize("text", ["施" * 900, " ".join(f"词{n}" for n in range(150)), "*", "a*", "施*", "－－", "的"])
async def test_any_query_is_answered_or_refused(house: House, text: str) -> None:
    """However long or odd."""
    await house.take_in(*many(3))
    try:
        page = await house.ask(text)
    except QuerySyntaxError:
        return
    assert page.total is not None
    assert page.total <= 3


async def test_a_slip_finds_what_sounds_the_same(house: House) -> None:
    """And marks it; where the right word is typed, nothing else is found."""
    await house.take_in(*many(30, "夜间施工噪声扰民"), *many(2, "业间实贡", start=100))
    page = await house.ask("夜间施公")
    assert page.total == 30
    (passage,) = page.hits[0].passages
    assert {passage.text[one.start : one.end] for one in passage.ranges} == {"夜间施工"}
    assert (await house.ask("夜间施公", order=SearchOrder.NEWEST)).total == 30
    assert (await house.ask("夜间施工")).total == 30
    assert (await house.ask('"夜间施公"')).total == 0


async def test_a_slip_is_the_same_on_every_page(house: House) -> None:
    """Though what came in meanwhile makes it a word of its own."""
    await house.take_in(*many(30, "夜间施工噪声扰民"))
    first = await house.ask("夜间施公", first=10)
    await house.take_in(*many(20, "夜间施公", start=100))
    seen = [hit.submission for hit in first.hits]
    while first.has_next_page:
        first = await house.ask("夜间施公", first=10, after=first.hits[-1].cursor)
        seen += [hit.submission for hit in first.hits]
    assert len(seen) == len(set(seen)) == 30


@pytest.mark.parametrize("order", list(SearchOrder))
async def test_sounds_find_places(house: House, order: SearchOrder) -> None:
    """Typed in letters, as input methods take them."""
    await house.take_in(*many(2, "岳麓区的噪声"), *many(3, "芙蓉区的噪声", start=100), *many(1, "YueLu大厦", start=200))
    page = await house.ask("yuelu", order=order)
    assert page.total == 3
    assert all(hit.passages for hit in page.hits)
    assert (await house.ask("yueluqu 噪声", order=order)).total == 2
    assert (await house.ask("yue lu qu 噪声", order=order)).total == 2
    assert (await house.ask("(噪声 yue lu)", order=order)).total == 2
