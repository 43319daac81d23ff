"""Nothing is passed over in silence: each column and key that is not read is named, and can be refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.fields import Field
from connectors.headings import read_mapping
from connectors.objects import NESTED
from connectors.push import read_push
from connectors.unread import MOST_SUGGESTED, Suggestions
from connectors.vocabulary import known, normal
from graph.records import Channel, Draft, Refusal, RejectionReason, Unread, UnreadField
from tests.connectors.factory import HEADINGS, OPTIONS, ROW, drafts, readings, text_table, workbook

STRICT = replace(OPTIONS, strict_sources=frozenset({OPTIONS.source}))
KEY = st.characters(exclude_categories=["Cs", "Cc"])
RECORD: dict[str, Any] = {"text": "路灯坏了。", "time": "2024-05-06"}


def pushed(record: dict[str, Any], channel: Channel = Channel.HOTLINE, options: Any = OPTIONS) -> Any:
    """Push one record and return its reading."""
    (reading,) = read_push(channel, orjson.dumps(record), options)
    return reading


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("备用手机", "手机"),
        ("第二承办部门编码", "承办部门"),
        ("备用手机号码", "手机号码"),
        ("联系电活", "联系电话"),
        ("divison", "division"),
        ("recieved_at", "received_at"),
        ("phone_number", "phone"),
        ("回复时闻", "回复时间"),
        ("诉求内", "诉求"),
        ("备注", None),
        ("办理状态", None),
        ("x" * 100, None),
    ],
)
def test_the_nearest_known_name_is_suggested_where_it_is_near(name: str, nearest: str | None) -> None:
    """A slip of the pen is told apart from a column that is meant for something else."""
    assert Suggestions(Channel.HOTLINE).nearest(name) == nearest


@pytest.mark.parametrize("name", ["t.xlsx", "t.csv"])
def test_a_sheets_unknown_columns_are_named_where_they_say_something(name: str) -> None:
    """A blank cell loses nothing; neither does 无."""
    rows = [
        (*HEADINGS, "处理进度", "备注"),
        (*ROW, "已派单", ""),
        ("2", *ROW[1:], "", "加急"),
        ("3", *ROW[1:], "无", None),
    ]
    content = workbook(rows) if name == "t.xlsx" else text_table(rows)
    told = [[one.name for one in draft.unread] for draft in drafts(content, name)]
    assert told == [["处理进度"], ["备注"], []]


def test_a_column_without_a_heading_is_named_by_its_number() -> None:
    """What stands in it is lost as well."""
    (draft,) = drafts(workbook([HEADINGS, (*ROW, "加急")]))
    assert draft.unread == (UnreadField("column#6", Unread.UNKNOWN),)


def test_of_two_columns_of_one_field_the_other_is_named() -> None:
    """The one that was read is told, too."""
    (draft,) = drafts(workbook([(*HEADINGS, "手机"), (*ROW, "13900001111")]))
    assert draft.unread == (UnreadField("手机", Unread.DOUBLED, "联系电话"),)


def test_what_a_mapping_leaves_out_is_said_and_never_refused() -> None:
    """Somebody decided on it."""
    options = replace(STRICT, mapping=read_mapping({"ignored": ["备注"]}, "m.toml"))
    (draft,) = drafts(workbook([(*HEADINGS, "备注"), (*ROW, "加急")]), options=options)
    assert draft.unread == (UnreadField("备注", Unread.LEFT_OUT),)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"divison": "430104"}, UnreadField("divison", Unread.UNKNOWN, "division")),
        ({"divison": {"code": "430104"}}, UnreadField("divison", Unread.UNKNOWN, "division")),
        ({"organ": {"name": "岳麓区教育局"}}, UnreadField("organ", Unread.NO_TEXT)),
        ({"phone": [{"number": "1"}]}, UnreadField("phone", Unread.NO_TEXT)),
        ({"head_count": 3}, UnreadField("head_count", Unread.NOT_HERE)),
        ({"likes": 3}, UnreadField("likes", Unread.NOT_HERE)),
        ({"reply_at": "2024-05-07"}, UnreadField("reply_at", Unread.NOT_HERE)),
    ],
)
def test_each_key_that_is_not_read_is_named(more: dict[str, Any], told: UnreadField) -> None:
    """Unknown, holding an object, of another channel, or of no use without another."""
    draft = pushed(RECORD | more)
    assert isinstance(draft, Draft)
    assert draft.unread == (told,)
    refused = pushed(RECORD | more, options=STRICT)
    assert isinstance(refused, Refusal)
    assert refused.reason is RejectionReason.HEADINGS
    assert told.name in refused.message
    assert orjson.loads(refused.payload) == RECORD | more


@pytest.mark.parametrize("value", [{"name": "张三"}, [{"name": "张三"}], "张三", ["张三"]])
@pytest.mark.parametrize("key", ["petitioners", "respondents", "agents"])
def test_one_person_is_as_good_as_a_list_of_one(key: str, value: object) -> None:
    """They vanished where a source did not write a list."""
    draft = pushed(RECORD | {key: value})
    assert isinstance(draft, Draft)
    assert [mention.name for mention in draft.mentions] == ["张三"]
    assert draft.unread == ()


def test_an_object_inside_an_object_is_refused() -> None:
    """It would say nothing where it stands."""
    refused = pushed(RECORD | {"petitioners": [{"name": {"first": "三"}}]})
    assert isinstance(refused, Refusal)
    assert "name" in refused.message


@pytest.mark.parametrize("channel", list(Channel))
@given(
    more=st.dictionaries(
        st.one_of(st.sampled_from([field.value for field in Field]), st.text(KEY, min_size=1, max_size=12)),
        st.sampled_from(["2024-05-06", "1", {"a": "b"}, [{"a": "b"}], ["1", "2"]]),
        max_size=6,
    )
)
def test_whatever_is_sent_is_read_or_named(channel: Channel, more: dict[str, Any]) -> None:
    """Each key that means nothing here is told, and whatever is told is refused where it is read strictly."""
    record = RECORD | more
    reading = pushed(record, channel)
    if isinstance(reading, Refusal):
        return
    told = [one.name for one in reading.unread]
    assert {key for key in more if normal(key) not in known(channel) and normal(key) not in NESTED} <= set(told)
    assert len(told) == len(set(told))
    assert isinstance(pushed(record, channel, STRICT), Refusal) == bool(told)


@given(st.sampled_from([field.value for field in Field if len(normal(field)) > 4]), st.data())
def test_a_slip_of_one_sign_is_understood(name: str, data: st.DataObject) -> None:
    """One that is wrong, missing, too many, or before its neighbour; or the name of another field is inside."""
    place = data.draw(st.integers(0, len(name) - 2))
    slips = {
        name[:place] + name[place + 1 :],
        name[:place] + "q" + name[place:],
        name[:place] + "q" + name[place + 1 :],
        name[:place] + name[place + 1] + name[place] + name[place + 2 :],
    }
    for slip in slips:
        if normal(slip) not in known(Channel.HOTLINE):
            nearest = Suggestions(Channel.HOTLINE).nearest(slip)
            assert nearest is not None, slip
            assert nearest == name or normal(nearest) in normal(slip) or len(normal(nearest)) >= len(normal(slip)) - 1


def test_suggestions_end_where_names_have_no_end() -> None:
    """Each costs a comparison with all that are known; the names are told nevertheless."""
    records = [RECORD | {f"division{number}": "1"} for number in range(MOST_SUGGESTED + 10)]
    found = read_push(Channel.HOTLINE, orjson.dumps(records), OPTIONS)
    told = [reading.unread[0] for reading in found if isinstance(reading, Draft)]
    assert len(told) == len(records)
    assert sum(one.nearest is not None for one in told) == MOST_SUGGESTED


def test_rows_with_nothing_to_lose_go_in_strictly() -> None:
    """Only what brings something that would be lost is refused, and keeps its row."""
    rows = [(*HEADINGS, "备注"), (*ROW, "加急"), ("2", *ROW[1:], "")]
    first, second = readings(workbook(rows), options=STRICT)
    assert isinstance(first, Refusal)
    assert (first.position, first.reason) == ("t.xlsx row 2", RejectionReason.HEADINGS)
    assert isinstance(second, Draft)
