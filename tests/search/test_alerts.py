"""What may be saved, how it is kept, and which entries are matched with which searches."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
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
from search.query import names, parse
from search.query_tokens import QuerySyntaxError
from search.records import SearchFilter
from tests.text import spellings

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        "1500000", "补偿1500000元", "1385.6万", "20260315", "19980512", "1998-05-12", "1998 2005", "2026.3.15-2026.4.1",
        "430104001002",
        "430104200201", "43010420260315001", "430104 2019-03-15", "place:430104 1998-01-12", "138 号",
        "20260315001", "12345 12329", "@岳麓区",
        "2026年11月24日", "username:abc", "物业费 3000", "channel:hotline topic:城乡建设",
    ],
)  # fmt: skip
def test_a_matter_may_be_saved(text: str) -> None:
    """Tickets, dates, amounts, places and whatever is said."""
    require_matter("query", text)
    require_matter("name", text)


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
        "138.1234*", "138.1234", "一三八 一二三四", "一三八、一二三四", "1三8 1二34", "1398* 765", "1398 765*",
        "1398765",
        "138/12/34*", "zhangsan@*", "zhangsan@", "zhang @ qq", "油烟 zhang\u200bsan＠q*", "1500000*",
        "1380000 1*", "0731-8888", "020 8888*",
        "43010419850101*", "430104 1985*", "430104 198501", "四三〇一〇四 一九八五",
        "1\u00ad3\u200b98765*", "一 三 八 一 二 三 四",
    ],
)  # fmt: skip
def test_a_person_may_not(text: str) -> None:
    """By name or by number, however typed and wherever it stands; the error says why and repeats nothing of it."""
    with pytest.raises(InvalidError, match="about a matter") as caught:
        require_matter("query", text)
    assert caught.value.field == "query"
    assert "张三" not in str(caught.value)
    assert "1234" not in str(caught.value)


NAMING = st.sampled_from(["name:李四", "姓名：李四", "ＮＡＭＥ：李四", "姓名: 李四", 'name:"李四"', "name:李*"])
BEFORE = st.sampled_from(
    [
        "油烟",
        " ",
        "|",
        "｜",
        "||",
        "&&",
        "＆＆",
        '"油烟"',
        "“油烟”",
        "＂油烟＂",
        '"油烟"*',
        "(",
        ")",
        "（",
        "-",
        "－",
        "NOT ",
        "，",
    ]
)


@given(st.lists(BEFORE, max_size=6).map("".join), NAMING)
def test_no_name_is_asked_for_wherever_the_field_stands(before: str, naming: str) -> None:
    """Whatever the language takes for a name is one."""
    text = before + naming
    try:
        asked = names(parse(text))
    except QuerySyntaxError:
        return
    if asked:
        with pytest.raises(InvalidError, match="about a matter"):
            require_matter("query", text)


@given(st.data())
def test_no_beginning_of_a_number_may(data: st.DataObject) -> None:
    """Of seven digits or more, in any script and with a star or a joint anywhere behind the third."""

    def pick(several: Sequence[Any]) -> Any:
        return data.draw(st.sampled_from(several))

    number = "1" + pick("356789") + spellings.drawn(pick, 9)
    cut, joint = pick([3, 4]), pick(["", " ", "-", ".", "* ", "、", "\u200b"])
    script, length = pick(spellings.SCRIPTS), pick(range(7, 12))
    typed = "".join(script[int(digit)] for digit in number[:length])
    with pytest.raises(InvalidError, match="about a matter"):
        require_matter("query", f"油烟 {typed[:cut]}{joint}{typed[cut:]}*")


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
