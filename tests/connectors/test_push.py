"""Pushed JSON and JSON files: the same records in the shapes in which systems send them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.fields import Field
from connectors.headings import read_mapping
from connectors.push import read_push
from graph.records import (
    CallBackDraft,
    Channel,
    Draft,
    HotlineDetails,
    MentionDraft,
    MentionRole,
    Refusal,
    RejectionReason,
    ReplyDraft,
    Satisfaction,
    Urgency,
    WebDetails,
)
from sync.retry import read_again
from tests.connectors.factory import HEADINGS, OPTIONS, ROW, drafts, instant, only_refusal, readings, workbook

MAPPED = replace(OPTIONS, mapping=read_mapping({"headings": {"text": "事情经过"}}, "m.toml"))
MESSAGE = {
    "platform": "民声",
    "message_id": "M1",
    "user": "A0001",
    "subject": "路灯",
    "text": "路灯坏了。",
    "time": "2024-05-06T07:08:09+08:00",
    "reply": "已修好。",
    "replying_organ": "路灯所",
    "reply_time": "2024-05-07 08:00",
    "likes": 3,
}


def pushed(body: Any, channel: Channel = Channel.WEB) -> Any:
    """Push one record and return its reading."""
    (reading,) = read_push(channel, body if isinstance(body, bytes) else orjson.dumps(body), OPTIONS)
    return reading


def test_a_message_is_read_by_its_documented_keys() -> None:
    """The keys of the issue: platform, message id, user, subject, text, time, reply, organ, likes."""
    draft = pushed(MESSAGE)
    assert (draft.external_id, draft.title, draft.text) == ("M1", "路灯", "路灯坏了。")
    assert draft.received_at == instant("2024-05-06 07:08:09")
    assert draft.replies == (ReplyDraft(text="已修好。", organ="路灯所", at=instant("2024-05-07 08:00")),)
    assert draft.details == WebDetails(platform="民声", likes=3)
    assert draft.mentions == (MentionDraft(role=MentionRole.PETITIONER, account="A0001"),)
    assert draft.payload == orjson.dumps(MESSAGE)


def test_a_ticket_is_read_by_its_chinese_headings() -> None:
    """A call centre that pushes what it exports needs no other names."""
    draft = pushed(dict(zip(HEADINGS, ROW, strict=True)), Channel.HOTLINE)
    (exported,) = drafts(workbook([HEADINGS, ROW]))
    assert (draft.external_id, draft.text, draft.mentions) == (exported.external_id, exported.text, exported.mentions)


@pytest.mark.parametrize("name", sorted(Field))
def test_every_field_goes_by_its_own_name(name: Field) -> None:
    """The names in the docs are keys on every channel."""
    for channel in Channel:
        base = {"text": "a", "received_at": "2024-05-06"}
        reading = pushed(base | {name.value: base.get(name.value, "2024-05-06")}, channel)
        assert isinstance(reading, Draft) or name.value in reading.message


@pytest.mark.parametrize(
    "body",
    [
        orjson.dumps([MESSAGE, MESSAGE]),
        orjson.dumps({"records": [MESSAGE, MESSAGE]}),
        orjson.dumps({"code": 0, "data": {"total": 2, "list": [MESSAGE, MESSAGE]}}),
        orjson.dumps(MESSAGE) + b"\n" + orjson.dumps(MESSAGE) + b"\n",
        b"\xef\xbb\xbf" + orjson.dumps([MESSAGE, MESSAGE]),
        json.dumps([MESSAGE, MESSAGE], ensure_ascii=False, indent=1).encode("gb18030"),
    ],
    ids=["list", "records", "envelope", "lines", "mark", "gb18030"],
)
def test_records_come_in_several_shapes(body: bytes) -> None:
    """A list, an envelope, a line each; with a mark or in a Chinese encoding: the same drafts."""
    found = read_push(Channel.WEB, body, OPTIONS)
    assert [getattr(draft, "external_id", None) for draft in found] == ["M1", "M1"]
    for name in ("web.json", "web.jsonl"):
        if b"\n" not in body or name == "web.json" or body.count(b"\n") == 2:
            assert len(readings(body, name, Channel.WEB)) in {1, 2}


def test_several_answers_and_people_may_be_nested() -> None:
    """Lists of objects say what one row of a sheet cannot."""
    draft = pushed(
        {
            "text": "楼道灯坏了。",
            "received_at": "2024-05-06",
            "petitioners": [{"name": "张三", "phone": "13812341234"}, "李四"],
            "respondents": [{"name": "某某物业公司"}],
            "replies": [{"text": "一答", "organ": "甲局", "at": "2024-05-07"}, {"text": "二答"}],
            "call_backs": [{"at": "2024-05-08", "satisfaction": "满意"}],
        },
        Channel.HOTLINE,
    )
    assert [(mention.role, mention.name) for mention in draft.mentions] == [
        (MentionRole.PETITIONER, "张三"),
        (MentionRole.PETITIONER, "李四"),
        (MentionRole.RESPONDENT, "某某物业公司"),
    ]
    assert [reply.text for reply in draft.replies] == ["一答", "二答"]
    assert draft.call_backs == (CallBackDraft(at=instant("2024-05-08"), satisfaction=Satisfaction.SATISFIED),)


def test_an_unknown_key_of_a_nested_object_is_told() -> None:
    """What would be lost in silence is refused."""
    refusal = pushed({"text": "a", "time": "2024-05-06", "replies": [{"content": "x"}]})
    assert refusal.reason is RejectionReason.BAD_VALUE


def test_one_bad_record_does_not_hold_up_the_others() -> None:
    """Each is told what became of it, by its number."""
    body = orjson.dumps([MESSAGE, {"text": "no time"}, 7, {}, MESSAGE | {"time": "1899-01-01"}, MESSAGE])
    found = read_push(Channel.WEB, body, OPTIONS)
    assert [type(reading) for reading in found] == [Draft, Refusal, Refusal, Refusal, Refusal, Draft]
    assert [reading.position for reading in found] == [f"push record {number}" for number in range(1, 7)]


def test_half_a_character_refuses_its_record_alone() -> None:
    """JSON can write what no encoding can; the payload keeps it for a retry."""
    found = read_push(Channel.WEB, b'[{"text":"a\\ud800","time":"2024-05-06"},' + orjson.dumps(MESSAGE) + b"]", OPTIONS)
    assert isinstance(found[0], Refusal)
    assert isinstance(found[1], Draft)
    assert found[0].reason is RejectionReason.BAD_CHARACTER
    (again,) = read_push(Channel.WEB, found[0].payload, OPTIONS)
    assert isinstance(again, Refusal)
    assert (again.reason, again.payload) == (found[0].reason, found[0].payload)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", RejectionReason.EMPTY),
        (b"[]", RejectionReason.EMPTY),
        (b'{"text": "a"', RejectionReason.UNREADABLE),
        (b"[" * 100_000, RejectionReason.BOMB),
        (b'{"text": ' + b"[" * 50 + b"]" * 50 + b"}", RejectionReason.BOMB),
        (b"<html>", RejectionReason.UNREADABLE),
        (b"\x00\x01\x02", RejectionReason.UNREADABLE),
    ],
)
def test_a_push_that_is_none_is_told(body: bytes, reason: RejectionReason) -> None:
    """Cut off, empty, too deep, something else."""
    assert pushed(body).reason is reason


@pytest.mark.parametrize("channel", Channel)
def test_a_refused_row_of_a_sheet_can_be_read_again(channel: Channel) -> None:
    """A retry reads its payload as a pushed object: what was mended since takes effect."""
    refusal = only_refusal(workbook([("时间", "事情经过"), (None, "路灯坏了。")]), channel=channel, options=MAPPED)
    (again,) = read_push(channel, refusal.payload, MAPPED)
    assert isinstance(again, Refusal)
    assert (again.reason, again.payload) == (refusal.reason, refusal.payload)
    (mended,) = read_push(
        channel, refusal.payload.replace(b'""', b'"2024-05-06"').replace(b"null", b'"2024-05-06"'), MAPPED
    )
    assert isinstance(mended, Draft)


def test_a_key_that_means_nothing_here_is_not_told() -> None:
    """It may be a name."""
    (refusal,) = read_push(Channel.WEB, '{"text":"a","time":"2024-05-06","秘密人":"\\ud800"}'.encode(), OPTIONS)
    assert isinstance(refusal, Refusal)
    assert refusal.message.startswith("Column 3:")


def test_retrying_reads_rows_and_files_in_their_own_form() -> None:
    """A row of any register as JSON, a whole file by its name."""
    for channel in Channel:
        row = only_refusal(workbook([("时间", "内容"), (None, "路灯坏了。")]), channel=channel)
        (again,) = read_again(row, OPTIONS)
        assert isinstance(again, Refusal)
        assert (again.reason, again.payload) == (row.reason, row.payload)
        whole = only_refusal(workbook([("时间", "事情经过"), ("2024-05-06", "路灯坏了。")]), channel=channel)
        assert whole.reason is RejectionReason.HEADINGS
        (mended,) = read_again(whole, MAPPED)
        assert isinstance(mended, Draft)


def test_a_word_that_was_mapped_since_goes_in_on_a_retry() -> None:
    """The mapping file says what a source's own word means."""
    refusal = only_refusal(workbook([(*HEADINGS, "紧急程度"), (*ROW, "红色")]))
    words = read_mapping({"values": {"urgency": {"红色": "特急"}}}, "m.toml")
    (again,) = read_push(Channel.HOTLINE, refusal.payload, replace(OPTIONS, mapping=words))
    assert isinstance(again, Draft)
    assert again.details == HotlineDetails(urgency=Urgency.CRITICAL)


def test_a_key_that_no_database_stores_is_not_told_as_it_is() -> None:
    """Messages must be kept and shown."""
    (refusal,) = read_push(Channel.WEB, b'{"text(\\ud800)":"a","time(\\u0000)":"x"}', OPTIONS)
    assert isinstance(refusal, Refusal)
    assert refusal.message.isprintable()


def test_json_lines_are_numbered_and_blank_ones_passed_over() -> None:
    """A line that is cut off is refused alone."""
    body = orjson.dumps(MESSAGE) + b'\n\n{"text": "cut\n' + orjson.dumps(MESSAGE)
    found = readings(body, "web.jsonl", Channel.WEB)
    assert [reading.position for reading in found] == ["web.jsonl line 1", "web.jsonl line 3", "web.jsonl line 4"]
    assert [type(reading) for reading in found] == [Draft, Refusal, Draft]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*Field, "replies", "petitioners"]), inner)
    ),
    max_leaves=12,
)


@given(st.lists(JSON, max_size=4), st.sampled_from(Channel))
def test_no_json_makes_reading_raise(records: list[Any], channel: Channel) -> None:
    """Whatever stands under the keys, each record is a draft or a refusal."""
    found = read_push(channel, json.dumps({"records": records}).encode(), OPTIONS)
    assert len(found) == max(len(records), 1)
