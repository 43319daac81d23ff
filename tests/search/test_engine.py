"""The contract that every engine holds: the same documents and the same questions give the same answers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.records import CaseStatus, Channel, PetitionKind, Position, SubmissionId
from search.engine import (
    AllOf,
    AnyOf,
    Batch,
    IndexMovedError,
    Leaf,
    Lookup,
    OneOf,
    Run,
    SearchUnavailableError,
    Starting,
    Term,
    TokenField,
)
from search.recency import recency
from search.records import FacetCount, FacetName, SearchFilter, SearchOrder
from tests.search.library import EPOCH, ask, hits, numbers, put, source

if TYPE_CHECKING:
    from search.engine import Engine
    from tests.engines import Opening

TEXTS = (
    "桔园小区楼下的烧烤店夜间油烟扰民",
    "工地夜间施工噪声大，凌晨两点仍在打桩",
    "噪声扰民，夜间有人施工",
    "物业公司乱收停车费，电话138-1234-5678",
    "工单ＴＳ２０２６００１拖欠农民工工资，联系电话13812349999",
    "臺灣同胞反映夜間施工噪聲擾民",
    "电梯坏了",
    "A3区麓谷小镇西门 B9 栋",
)


@pytest.fixture
async def filled(engine: Engine) -> Engine:
    """An index of a few messages, numbered from 1."""
    await put(engine, *(source(number, body=text) for number, text in enumerate(TEXTS, 1)))
    return engine


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("油烟", {1}),
        ("夜间施工", {2, 6}),
        ('"夜间施工"', {2, 6}),
        ("夜間施工", {2, 6}),
        ("夜间 施工", {2, 3, 6}),
        ('"噪聲擾民"', {3, 6}),
        ("台湾", {6}),
        ("臺灣同胞", {6}),
        ("夜间 噪声", {2, 3, 6}),
        ("夜间 -噪声", {1}),
        ("-噪声 -油烟 -工资 -电梯 -停车费", {8}),
        ("油烟 OR 工资", {1, 5}),
        ("(油烟 OR 施工) -工地", {1, 3, 6}),
        ("13812345678", {4}),
        ("138-1234-5678", {4}),
        ("１３８１２３４５６７８", {4}),
        ("number:13812345678", {4}),
        ("13812345678，", {4}),
        ("#138-1234-5678。", {4}),
        ("1381234，", {4, 5}),
        ('number:"138 "', {4}),
        ("夜间 －噪声", {1}),
        ("1234", {4, 5}),
        ("138*", {4, 5}),
        ("1381234*", {4, 5}),
        ("13812349*", {5}),
        ("ts2026001", {5}),
        ("TS2026*", {5}),
        ("2026001", {5}),
        ("number:2026001", set()),
        ("026001", {5}),
        ("5678", {4}),
        ("345678", {4}),
        ("345", set()),
        ("345679", set()),
        ("梯", {7}),
        ("了", {7}),
        ("烟", {1}),
        ("麓谷小镇", {8}),
        ("a3区", {8}),
        ("Ａ３区", {8}),
        ("B9栋", {8}),
        ("西门B9", {8}),
        ('"西门B9栋"', {8}),
        ("没有这样的事", set()),
        ("maigu", set()),
        ("lugu", {8}),
        ("LuGuXiaoZhen", {8}),
        ("maluwen", set()),
        ("xian", set()),
        ('"噪声大凌晨"', {2}),
        ("", {1, 2, 3, 4, 5, 6, 7, 8}),
    ],
)
async def test_finds_what_is_said(filled: Engine, query: str, found: set[int]) -> None:
    """In any script and width, as words, phrases, beginnings, numbers, and single characters."""
    assert await hits(filled, query) == found


async def test_a_phrase_does_not_reach_from_one_text_into_the_next(engine: Engine) -> None:
    """Title and body are two texts."""
    await put(engine, source(1, title="夜间", body="施工"), source(2, body="夜间施工"))
    assert await hits(engine, '"夜间施工"') == {2}


@pytest.mark.parametrize(
    "place",
    [{"title": "油烟扰民"}, {"body": "油烟扰民"}, {"replies": ("油烟已治理",)}, {"documents": ("", "油烟照片")}],
)
async def test_every_text_of_a_submission_is_searched(engine: Engine, place: dict[str, Any]) -> None:
    """Titles, bodies, replies, documents."""
    await put(engine, source(1, **place), source(2, body="电梯"))
    assert await hits(engine, "油烟") == {1}


# What holds for changes --------------------------------------------------------------------------------------------


async def test_a_submission_indexed_again_is_found_by_what_it_says_now(engine: Engine) -> None:
    """And by nothing that it said before, and once."""
    await put(engine, source(1, body="烧烤油烟"), source(2, body="电梯"))
    await put(engine, source(1, body="物业收费", status="ANSWERED"))
    assert await hits(engine, "油烟") == set()
    assert await hits(engine, "物业") == {1}
    assert await hits(engine, "") == {1, 2}
    assert await hits(engine, "status:answered") == {1}


async def test_what_is_gone_is_not_found(engine: Engine) -> None:
    """Nor counted; and to take out what is not there is no fault."""
    await put(engine, source(1, body="油烟"), source(2, body="油烟"))
    await put(engine, gone=[1, 77])
    found = await ask(engine, "油烟", facets=(FacetName.CHANNEL,))
    assert (numbers(found), found.total) == ([2], 1)
    assert found.facets[FacetName.CHANNEL] == (FacetCount("HOTLINE", 1),)


async def test_the_position_is_held_with_what_it_brought(engine: Engine) -> None:
    """Whatever else is in the batch, nothing included."""
    assert await engine.position() is None
    await put(engine, position=0)
    assert await engine.position() == 0
    await put(engine, source(1, body="油烟"), position=7)
    assert await engine.position() == 7
    await put(engine, position=9)
    assert (await engine.position(), await hits(engine, "")) == (9, {1})


async def test_a_batch_that_does_not_follow_is_refused(engine: Engine) -> None:
    """Whoever was not told that another index went live leaves no hole in it."""
    await put(engine, source(1, body="油烟"), position=7)
    late = Batch(documents=(), gone=(), after=Position(6), position=Position(8))
    with pytest.raises(IndexMovedError):
        await engine.apply(late)
    assert await engine.position() == 7


async def test_an_index_that_is_cleared_is_empty(engine: Engine) -> None:
    """And begins at nothing."""
    await put(engine, source(1, body="油烟"), position=7)
    await engine.clear()
    await put(engine, source(2, body="电梯"), position=3)
    assert (await engine.position(), await hits(engine, "")) == (3, {2})


async def test_without_an_index_nothing_is_answered(engine: Engine) -> None:
    """An empty answer would be a wrong one."""
    with pytest.raises(SearchUnavailableError):
        await ask(engine, "油烟")
    with pytest.raises(SearchUnavailableError):
        await engine.frequencies([Term(TokenField.BIGRAMS, "油烟")], AllOf())


async def test_the_same_batch_again_changes_nothing(engine: Engine) -> None:
    """An indexer that was killed takes its last entries once more."""
    sources = [source(number, body=TEXTS[number % len(TEXTS)]) for number in range(1, 30)]
    await put(engine, *sources)
    once = await ask(engine, "", facets=tuple(FacetName))
    await put(engine, *sources)
    again = await ask(engine, "", facets=tuple(FacetName))
    assert (once.total, once.facets, set(numbers(once))) == (again.total, again.facets, set(numbers(again)))


# Filters, facets and orders ----------------------------------------------------------------------------------------


@pytest.fixture
async def varied(engine: Engine) -> Engine:
    """An index of submissions that differ in what they are."""
    await put(
        engine,
        source(1, body="油烟", channel="LETTER", topic="城乡建设/安全生产", division="430104", organs=("o1", "o2")),
        source(2, body="油烟", channel="LETTER", kind="SUGGESTION", topic="城乡建设", division="4301", organs=("o2",)),
        source(3, body="油烟", channel="WEB", status="ANSWERED", topic="城乡建设规划", division="430302"),
        source(40, body="油烟", kind="ACCUSATION", topic="环境保护", division="44"),
        source(41, body="电梯"),
    )
    return engine


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ({"channels": (Channel.LETTER,)}, {1, 2}),
        ({"channels": (Channel.LETTER, Channel.WEB)}, {1, 2, 3}),
        ({"kinds": (PetitionKind.SUGGESTION, PetitionKind.ACCUSATION)}, {2, 40}),
        ({"statuses": (CaseStatus.ANSWERED,)}, {3}),
        ({"topic": "城乡建设"}, {1, 2}),
        ({"topic": "城乡建设/安全生产"}, {1}),
        ({"topic": "城乡"}, set()),
        ({"division": "43"}, {1, 2, 3}),
        ({"division": "4301"}, {1, 2}),
        ({"division": "430104"}, {1}),
        ({"received_from": EPOCH + timedelta(days=3)}, {3, 40}),
        ({"received_until": EPOCH + timedelta(days=3)}, {1, 2}),
        ({"received_from": EPOCH + timedelta(days=2), "received_until": EPOCH + timedelta(days=40)}, {2, 3}),
        ({"channels": (Channel.LETTER,), "division": "430104"}, {1}),
        ({"channels": (Channel.VISIT,)}, set()),
        ({"organs": ("o1",)}, {1}),
        ({"organs": ("o1", "o2")}, {1, 2}),
        ({"submissions": (str(UUID(int=1)), str(UUID(int=40)), str(UUID(int=77)))}, {1, 40}),
        ({"submissions": (str(UUID(int=3)),), "channels": (Channel.LETTER,)}, set()),
    ],
)
async def test_filters_restrict_what_is_found(varied: Engine, chosen: dict[str, Any], found: set[int]) -> None:
    """By every level of topics and divisions, and by times whose end is excluded."""
    assert await hits(varied, "油烟", filter=SearchFilter(**chosen)) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("channel:letter", {1, 2}),
        ("油烟 topic:城乡建设", {1, 2}),
        ("place:长沙市 油烟", {1, 2}),
        ("油烟 -place:43", {40}),
        ("油烟 -(channel:letter OR channel:web)", {40}),
        ("after:2026-04-01", {40, 41}),
        ("before:2026-03-03", {1}),
    ],
)
async def test_queries_restrict_as_filters_do(varied: Engine, query: str, found: set[int]) -> None:
    """Days are those of the law's zone."""
    assert await hits(varied, query) == found


async def test_facets_count_all_hits_by_every_level(varied: Engine) -> None:
    """The most frequent first; those of the page alone would tell nothing."""
    found = await ask(varied, "油烟", limit=1, facets=tuple(FacetName))
    assert (found.total, len(found.candidates)) == (4, 1)
    assert found.facets == {
        FacetName.CHANNEL: (FacetCount("LETTER", 2), FacetCount("HOTLINE", 1), FacetCount("WEB", 1)),
        FacetName.KIND: (FacetCount("APPEAL", 2), FacetCount("ACCUSATION", 1), FacetCount("SUGGESTION", 1)),
        FacetName.STATUS: (FacetCount("REGISTERED", 3), FacetCount("ANSWERED", 1)),
        FacetName.TOPIC: (
            FacetCount("城乡建设", 2), FacetCount("城乡建设/安全生产", 1), FacetCount("城乡建设规划", 1),
            FacetCount("环境保护", 1),
        ),
        FacetName.DIVISION: (
            FacetCount("43", 3), FacetCount("4301", 2), FacetCount("430104", 1), FacetCount("4303", 1),
            FacetCount("430302", 1), FacetCount("44", 1),
        ),
        FacetName.ORGAN: (FacetCount("o2", 2), FacetCount("o1", 1)),
        FacetName.MONTH: (FacetCount("2026-03", 3), FacetCount("2026-04", 1)),
    }  # fmt: skip


async def test_facets_of_nothing_are_empty(varied: Engine) -> None:
    """No hit, no count."""
    found = await ask(varied, "没有这样的事", facets=(FacetName.CHANNEL, FacetName.MONTH))
    assert (found.total, dict(found.facets)) == (0, {FacetName.CHANNEL: (), FacetName.MONTH: ()})


async def test_the_newest_come_first_and_go_on_below_a_time(engine: Engine) -> None:
    """A page begins where the one before ended, whatever arrived meanwhile; the total stays that of all."""
    await put(engine, *(source(number, body="油烟") for number in range(1, 30)))
    first = await ask(engine, "油烟", order=SearchOrder.NEWEST, limit=10)
    assert numbers(first) == list(range(29, 19, -1))
    await put(engine, source(99, body="油烟"))
    second = await ask(engine, "油烟", order=SearchOrder.NEWEST, limit=10, below=first.candidates[-1].recency)
    assert (numbers(second), second.total) == (list(range(19, 9, -1)), 30)


async def test_recency_is_told_of_every_candidate(engine: Engine) -> None:
    """Our own order needs it."""
    one = source(5, body="油烟")
    await put(engine, one)
    (found,) = (await ask(engine, "油烟")).candidates
    assert found.recency == recency(one.received_at, one.id)


OIL, SMOKE, LIFT = (Term(TokenField.BIGRAMS, pair) for pair in ("油烟", "烟扰", "电梯"))


def either(*leaves: Leaf, at_least: int = 1) -> AllOf:
    """Return what holds so many of these."""
    return AllOf((AnyOf(leaves, at_least),))


async def test_a_score_is_the_sum_of_the_weights_that_hold(engine: Engine) -> None:
    """However often a token stands there and however long the text is: no engine weighs by itself."""
    await put(
        engine, source(1, body="油烟"), source(2, body="油烟扰民" * 9), source(3, body="电梯"), source(4, body="噪声")
    )
    found = await engine.find(Lookup(match=either(OIL, SMOKE, LIFT), weights={OIL: 1.5, SMOKE: 0.25, LIFT: 1.625}))
    assert [(one.submission.int, one.score) for one in found.candidates] == [(2, 1.75), (3, 1.625), (1, 1.5)]


async def test_what_must_not_be_there_adds_nothing(engine: Engine) -> None:
    """Nor does what has no weight."""
    await put(engine, source(1, body="油烟"), source(2, body="油烟扰民"), source(3, body="电梯"))
    match = AllOf((AnyOf((OIL, LIFT)),), (SMOKE,))
    found = await engine.find(Lookup(match=match, weights={SMOKE: 5.0, LIFT: 0.125}))
    assert [(one.submission.int, one.score) for one in found.candidates] == [(3, 0.125), (1, 0.0)]


async def test_what_need_not_be_there_adds_its_weight_alone(engine: Engine) -> None:
    """It makes no hit, and keeps none away."""
    await put(engine, source(1, body="油烟扰民"), source(2, body="油烟"), source(3, body="电梯"))
    match = AllOf((OIL,), perhaps=(SMOKE, LIFT))
    found = await engine.find(Lookup(match=match, weights={OIL: 1.0, SMOKE: 0.5, LIFT: 2.0}))
    assert [(one.submission.int, one.score) for one in found.candidates] == [(1, 1.5), (2, 1.0)]


async def test_of_equal_scores_the_latest_come_first(engine: Engine) -> None:
    """Wherever a limit cuts."""
    await put(engine, *(source(number, body="油烟") for number in range(1, 40)))
    await put(engine, source(40, body="油烟扰民"), *(source(number, body="油烟") for number in range(41, 60)))
    for limit in (1, 2, 7, 58, 59):
        lookup = Lookup(match=either(OIL, SMOKE), weights={OIL: 2.0, SMOKE: 3.0}, limit=limit)
        assert numbers(await engine.find(lookup)) == [40, *(n for n in range(59, 0, -1) if n != 40)][:limit]


async def test_one_of_many_tokens_is_enough(engine: Engine) -> None:
    """And adds its weight once."""
    await put(engine, source(1, body="油烟扰民"), source(2, body="电梯"), source(3, body="噪声"))
    leaf = OneOf(TokenField.BIGRAMS, ("油烟", "烟扰", "电梯"))
    noise = Term(TokenField.BIGRAMS, "噪声")
    found = await engine.find(Lookup(match=either(leaf, noise), weights={leaf: 2.5, noise: 1.0}))
    assert [(one.submission.int, one.score) for one in found.candidates] == [(2, 2.5), (1, 2.5), (3, 1.0)]


async def test_what_came_in_later_is_left_out_on_demand(engine: Engine) -> None:
    """By when its id was made, not by when the letter was received; it is not counted, either."""
    early, late = (SubmissionId(UUID(int=(ms << 80) | 0x7 << 76)) for ms in (1_000, 2_000))
    await put(engine, source(1, body="油烟", id=early), source(0, body="油烟", id=late))
    for until, total in ((999, 0), (1_000, 1), (1_999, 1), (2_000, 2)):
        found = await ask(engine, "油烟", arrived_until=until, facets=(FacetName.CHANNEL,))
        assert (found.total, len(found.candidates)) == (total, total)
        assert sum(one.count for one in found.facets[FacetName.CHANNEL]) == total


@pytest.mark.parametrize("far", [40, 1 << 40, 1 << 62])
async def test_more_than_there_is_can_be_asked_for(engine: Engine, far: int) -> None:
    """It takes no more than there is."""
    await put(engine, *(source(number, body="油烟") for number in range(1, 40)))
    assert len(numbers(await ask(engine, "油烟", limit=far))) == 39
    assert len(numbers(await ask(engine, "油烟", limit=far, order=SearchOrder.NEWEST))) == 39
    assert (await ask(engine, "油烟", limit=0)).total == 39
    weighed = Lookup(match=either(OIL, SMOKE), weights={OIL: 1.0, SMOKE: 1.0}, limit=far)
    assert len(numbers(await engine.find(weighed))) == 39


async def test_frequencies_count_documents(engine: Engine) -> None:
    """By which terms are weighed; copies that were replaced do not count, whether merged away or not."""
    await put(engine, source(1, body="油烟油烟"), source(2, body="油烟"), source(3, body="电梯13812341234"))
    await put(engine, source(2, body="油烟"), source(4, body="油烟"), gone=[1])
    leaves: list[Leaf] = [
        OIL,
        LIFT,
        Term(TokenField.CODES, "13812341234"),
        Starting(TokenField.CODES, "138"),
        Run(("油烟", "烟扰")),
    ]
    assert await engine.frequencies(leaves, AllOf()) == (3, [2, 1, 1, 1, 0])


# Against a plain list ----------------------------------------------------------------------------------------------

CHARACTERS = st.text(st.sampled_from("夜间施工噪声"), min_size=1, max_size=8)
PHRASES = st.text(st.sampled_from("夜间施工噪声"), min_size=1, max_size=3)


@given(bodies=st.lists(CHARACTERS, min_size=1, max_size=8), wanted=PHRASES, unwanted=PHRASES)
@settings(max_examples=25)
async def test_phrases_are_found_exactly_where_they_stand(
    opening: Opening, tmp_path_factory: pytest.TempPathFactory, bodies: list[str], wanted: str, unwanted: str
) -> None:
    """An engine finds what looking through all texts finds."""
    engine = opening(tmp_path_factory.mktemp("index"))
    await put(engine, *(source(number, body=body) for number, body in enumerate(bodies)))
    expected = {number for number, body in enumerate(bodies) if wanted in body and unwanted not in body}
    assert await hits(engine, f'"{wanted}" -"{unwanted}"') == expected
    await engine.close()
