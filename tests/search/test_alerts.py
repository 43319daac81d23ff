"""What may be saved, how it is kept, and which entries are matched with which searches."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import InvalidError
from graph.records import CaseStatus, Channel, PetitionKind, Position, SavedSearchId, SubmissionId
from search.alerts import (
    ENTRIES,
    SavedSearch,
    among,
    filter_given,
    filter_kept,
    lookup_of,
    next_stretch,
    require_matter,
)
from search.compile import compile_query
from search.query import QuerySyntaxError, parse
from search.records import SearchFilter

INSTANTS = st.datetimes(
    datetime(2000, 1, 1),  # noqa: DTZ001 - the zone is drawn
    datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=8))]),
)
FILTERS = st.builds(
    SearchFilter,
    channels=st.lists(st.sampled_from(Channel), unique=True).map(tuple),
    kinds=st.lists(st.sampled_from(PetitionKind), unique=True).map(tuple),
    statuses=st.lists(st.sampled_from(CaseStatus), unique=True).map(tuple),
    topic=st.none() | st.sampled_from(["城乡建设", "城乡建设/安全生产", ""]),
    division=st.none() | st.sampled_from(["43", "430104"]),
    received_from=st.none() | INSTANTS,
    received_until=st.none() | INSTANTS,
)


@given(FILTERS)
def test_a_filter_is_kept_as_it_is(chosen: SearchFilter) -> None:
    """Through JSON and back it asks the same."""
    assert filter_kept(orjson.loads(orjson.dumps(filter_given(chosen)))) == chosen


@pytest.mark.parametrize(
    "text",
    [
        "油烟", "", '"夜间施工" -工地', "number:TS2026001", "place:430104 after:2026-01-01", "12345热线", "时间：三点",
        "138*", "15路公交", "1998年", "一九九八年", "after:1998-01-12", "门牌 138号",
        "2026年11月24日", "username:abc", "物业费 3000", "channel:hotline topic:城乡建设",
    ],
)  # fmt: skip
def test_a_matter_may_be_saved(text: str) -> None:
    """Tickets, dates, amounts, places and whatever is said."""
    require_matter(text)


@pytest.mark.parametrize(
    "text",
    [
        "name:张三", "姓名：张三", "油烟 (name:张三)", "-name:张三", "ＮＡＭＥ：张三", '油烟 NAME:"张三"',
        "name: 张三",
        "13812341234", "138-1234-1234", "１３８１２３４１２３４", "油烟 13812341234", 'number:"138 1234 1234"',
        "11010519491231002X", "someone@mail.example", "0731-88881234", "13812341234*", "-13812341234",
        "油烟 OR 13812341234",
        "1398765*", "138 1234*", '"138 1234"', '"1381234"*', "0731 8888*", "4301041*", "430104 1949*", "一三八一二三四",
        "幺三八 OR 一三八一二三四*",
    ],
)  # fmt: skip
def test_a_person_may_not(text: str) -> None:
    """By name or by number, however typed and wherever it stands; the error says why and repeats nothing of it."""
    with pytest.raises(InvalidError, match="about a matter") as caught:
        require_matter(text)
    assert caught.value.field == "query"
    assert "张三" not in str(caught.value)
    assert "1234" not in str(caught.value)


def test_what_is_asked_is_the_search_itself_and_strict() -> None:
    """Of the submissions named alone, all words of it, whatever the search falls back to."""
    text = "请尽快处理小区楼下的烧烤店油烟扰民问题"
    compiled = compile_query(parse(text))
    assert compiled.loose is not None
    submissions = [SubmissionId(UUID(int=1)), SubmissionId(UUID(int=2))]
    lookup = among(lookup_of(text, SearchFilter(topic="城乡建设")), submissions)
    assert lookup.match == compiled.match
    assert lookup.filter == SearchFilter(topic="城乡建设", submissions=(str(UUID(int=1)), str(UUID(int=2))))
    assert lookup.limit == 2


def test_what_cannot_be_understood_is_told() -> None:
    """With its place."""
    with pytest.raises(QuerySyntaxError, match="character 4"):
        lookup_of('油烟 "夜间', SearchFilter())


POSITIONS = st.integers(0, 3 * ENTRIES).map(Position)


@given(POSITIONS, POSITIONS, st.lists(POSITIONS, max_size=6))
def test_every_entry_is_matched_with_the_searches_that_it_comes_after(
    start: Position, held: Position, begins: list[Position]
) -> None:
    """From anywhere to what the index holds, without holes: an entry with each search saved before it, and no other."""
    searches = [
        SavedSearch(SavedSearchId(UUID(int=number)), "", SearchFilter(), since) for number, since in enumerate(begins)
    ]
    reached = start
    matched: dict[int, list[tuple[int, int]]] = {number: [] for number in range(len(begins))}
    while (stretch := next_stretch(reached, held, searches)).length > 0:
        assert stretch.after == reached
        assert not stretch.searches or stretch.length <= ENTRIES
        for one in stretch.searches:
            matched[one.id.int].append((stretch.after, stretch.until))
        reached = stretch.until
    assert reached == max(start, held)
    for number, since in enumerate(begins):
        covered = [entry for after, until in matched[number] for entry in range(after + 1, until + 1)]
        assert covered == list(range(max(start, since) + 1, held + 1))
