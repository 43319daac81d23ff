"""Headings are known by their usual variants; a mapping file says what all others mean."""

from __future__ import annotations

import pickle
import re
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.fields import Field
from connectors.headings import HeadingMap, MappingError, load_mapping, meaning, read_mapping
from connectors.vocabulary import COMMON, LEFT_OUT, LINES, VocabularyError, known, normal, table_of
from graph.records import Channel
from tests.connectors.factory import HEADINGS, OPTIONS, ROW, drafts, only_refusal, workbook


@pytest.mark.parametrize(
    ("heading", "channel", "field"),
    [
        ("消息ID", Channel.WEB, Field.EXTERNAL_ID),
        ("消息id", Channel.WEB, Field.EXTERNAL_ID),
        ("写信人", Channel.LETTER, Field.NAME),
        ("证件号码", Channel.VISIT, Field.IDENTITY_NUMBER),
        ("手机号", Channel.HOTLINE, Field.PHONE),
        ("* 联系电话（必填）", Channel.VISIT, Field.PHONE),
        ("联 系 电 话：", Channel.VISIT, Field.PHONE),
        ("来信\n内容", Channel.LETTER, Field.TEXT),
        ("ＩＤ", Channel.WEB, Field.EXTERNAL_ID),
    ],
)
def test_a_heading_is_known_however_it_is_written(heading: str, channel: Channel, field: Field) -> None:
    """Blanks, stars, brackets, colons, width and case make no difference."""
    found = meaning(heading, channel)
    assert found is not None
    assert found[0] is field


@pytest.mark.parametrize("channel", Channel)
def test_every_known_heading_means_its_field_and_is_never_left_out(channel: Channel) -> None:
    """Those of a channel and of all, and those that are put together; what is left out means nothing."""
    parts = {COMMON, channel.value.lower()}
    own = {normal(line.heading) for line in LINES if line.part == channel.value.lower()}
    for line in LINES:
        found = meaning(line.heading, channel)
        if line.part == LEFT_OUT:
            assert found is None, line
        elif line.part in parts and (line.part != COMMON or normal(line.heading) not in own):
            assert found is not None, line
            assert found[0] is line.field
    assert len(known(channel)) > 1_000


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize(
    ("headings", "field"),
    [
        ("群众姓名 市民姓名 诉求人姓名 反映人姓名 举报人 投诉人 信访人员姓名 来电人姓名", Field.NAME),
        ("市民手机 群众电话 诉求人电话 反映人联系方式 来电人电话/账号 信访人手机号", Field.PHONE),
        ("信访人身份证号 信访人证件号码 投诉人身份证", Field.IDENTITY_NUMBER),
        ("信访人住址 诉求人联系地址 现住址", Field.ADDRESS),
        ("信访时间 反映时间 投诉时间", Field.RECEIVED_AT),
        ("信访日期 诉求日期", Field.RECEIVED_ON),
        ("信访标题 诉求标题 投诉主题", Field.TITLE),
        ("信访内容 主要诉求 投诉内容 市民诉求", Field.TEXT),
        ("承办部门名称 主办单位名称 责任部门 具体承办单位 办理机构", Field.ORGAN),
        ("反馈意见 回复内容 处理结果", Field.REPLY_TEXT),
    ],
)
def test_the_usual_headings_are_known(headings: str, field: Field, channel: Channel) -> None:
    """As the registers and exports of public systems write them."""
    for heading in headings.split():
        found = meaning(heading, channel)
        assert found is not None, heading
        assert found[0] is field, heading


@pytest.mark.parametrize("mark", ["\u200b", "\ufeff", "\u200e", "\u00ad", "\u2060", "\u202c"])
def test_marks_without_width_make_no_difference(mark: str) -> None:
    """Copied from pages and other programs they stand around and within headings, and nobody sees them."""
    rows = [[f"{mark}{heading[:2]}{mark}{heading[2:]}{mark}" for heading in HEADINGS], ROW]
    (draft,) = drafts(workbook(rows))
    assert (draft.external_id, draft.text) == (ROW[0], ROW[4])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("common\tname\t姓名", "line 1: write"),
        ("common\tname\t\tx", "line 1: write"),
        ("# x\n\nnobody\tname\t姓名\tx", "line 3: there is no part `nobody`"),
        ("common\tnames\t姓名\tx", "no field `names`"),
        ("common\t-\t姓名\tx", "no field `-`"),
        ("common\tname\t姓名\tx\ncommon\tphone\t姓 名：\tx", "line 2: 姓 名： stands in line 1"),
    ],
)
def test_a_table_of_headings_that_is_wrong_says_where(text: str, says: str) -> None:
    """It is checked when the program starts."""
    with pytest.raises(VocabularyError, match=re.escape(says)):
        table_of(text)


def test_each_heading_says_where_it_was_seen() -> None:
    """Several hundred, by far most of them from public repositories."""
    lines = [line for line in LINES if line.part != LEFT_OUT]
    assert len(lines) > 700
    assert sum(line.source.startswith("read here") for line in lines) < len(lines) // 3


def test_the_more_exact_heading_is_meant() -> None:
    """Of 工单编号 and 流水号 it is the first that the hotline knows its tickets by."""
    rows = [("流水号", "工单编号", "来电时间", "诉求内容"), ("9", "G1", "2024-05-06", "路灯坏了。")]
    assert drafts(workbook(rows))[0].external_id == "G1"


MAPPING = """
ignored = ["标题"]

[headings]
text = "事情经过"
received_at = ["何时来", "何时到"]
name = "谁"

[values.kind]
"告状" = "检举控告"
"""


def test_a_mapping_file_handles_any_other_sheet(tmp_path: Path) -> None:
    """Its headings come first, its words are exchanged before they are read, what it ignores is not read."""
    path = tmp_path / "m.toml"
    path.write_text(MAPPING, encoding="utf-8")
    options = replace(OPTIONS, mapping=load_mapping(path))
    rows = [("谁", "何时到", "事情经过", "标题", "信访类型"), ("张三", "2024-05-06", "路灯坏了。", "无关", "告状")]
    (draft,) = drafts(workbook(rows), options=options)
    assert (draft.text, draft.title, draft.kind, draft.mentions[0].name) == (
        "路灯坏了。",
        "路灯坏了",
        "ACCUSATION",
        "张三",
    )
    assert "mapping file" in only_refusal(workbook(rows)).message


def test_a_mapping_travels_to_the_readers_process(tmp_path: Path) -> None:
    """Files are read in a process of their own."""
    path = tmp_path / "m.toml"
    path.write_text(MAPPING, encoding="utf-8")
    mapping = load_mapping(path)
    assert pickle.loads(pickle.dumps(mapping)) == mapping  # noqa: S301 - our own bytes


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x", "no TOML"),
        ("", "maps nothing"),
        ('[headings]\nsubject_line = "a"', "no field `subject_line`"),
        ("[headings]\ntext = 3", "must be"),
        ('headings = "a"', "[headings]"),
        ('[heading]\ntext = "a"', "no `heading`"),
        ('[values]\nkind = "a"', "values.kind"),
        ("ignored = [1]", "ignored"),
    ],
)
def test_a_mapping_file_that_cannot_be_used_says_what_to_change(tmp_path: Path, text: str, says: str) -> None:
    """The message names the line's key."""
    path = tmp_path / "m.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(MappingError, match=re.escape(says)) as error:
        load_mapping(path)
    assert "m.toml" in str(error.value)


def test_an_empty_map_changes_nothing() -> None:
    """It is what a mapping without lines for a table is."""
    assert meaning("联系电话", Channel.WEB, HeadingMap({})) == meaning("联系电话", Channel.WEB)
    assert read_mapping({"ignored": ["a"]}, "m").ignored == {"a"}
