"""Headings are known by their usual variants; a mapping file says what all others mean."""

from __future__ import annotations

import pickle
import re
import tomllib
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.fields import Field
from connectors.headings import TABLE, HeadingMap, MappingError, load_mapping, meaning, normal, read_mapping
from graph.records import Channel
from tests.connectors.factory import OPTIONS, drafts, only_refusal, workbook


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


def test_no_heading_means_two_things_on_a_channel() -> None:
    """Which one was meant would depend on the table's order."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    for part in table.values():
        counted = Counter(normal(heading) for headings in part.values() for heading in headings)
        assert not [heading for heading, times in counted.items() if times > 1]
        assert set(part) <= set(Field)


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
