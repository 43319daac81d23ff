"""Headings in several rows below titles and notes lose no column, and no number of another becomes the petitioner's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.records import Channel, Draft, MentionDraft, MentionRole, RejectionReason
from tests.connectors.factory import drafts, instant, only_refusal, text_table, workbook

UPPER = ("编号", "来访人情况", None, None, "来访时间", "反映内容")
LOWER = (None, "姓名", "电话", "住址", None, None)
ROW = ("L1", "张三", "13812341234", "阳光小区3栋", "2021-03-05", "路灯坏了。")
PETITIONER = MentionDraft(role=MentionRole.PETITIONER, name="张三", phone="13812341234", address="阳光小区3栋")

TITLES: list[list[Sequence[Any]]] = [
    [],
    [("2021年3月来访登记表",)],
    [("来访群众登记表",), ("填表单位：某区信访局", None, None, None, "2021年3月", None)],
    [("接待来访登记台账",), (), ("说明：", "逐件填写，不得空缺。")],
    [("附件1",), ("某区信访局", None, "来访登记表"), ("填表人：赵某", None, None, "日期：2021年3月5日")],
]


def visit(rows: Sequence[Sequence[Any]], merged: Sequence[str] = ()) -> Draft:
    """Read the one visit of a sheet."""
    (draft,) = drafts(workbook(rows, merged=merged), channel=Channel.VISIT)
    return draft


@pytest.mark.parametrize("titles", TITLES)
def test_titles_and_notes_above_two_rows_of_headings_lose_no_column(titles: list[Sequence[Any]]) -> None:
    """However many stand there, name, number and address of the sheet are read, and no row of headings is a record."""
    draft = visit([*titles, UPPER, LOWER, ROW])
    assert draft.mentions == (PETITIONER,)
    assert (draft.external_id, draft.received_at) == ("L1", instant("2021-03-05"))
    assert draft.position == f"t.xlsx row {len(titles) + 3}"


def test_as_merged_cells_and_as_a_text_table() -> None:
    """Only the first of merged cells holds anything; a text table has none."""
    rows = [("来访登记表", *[None] * 5), UPPER, LOWER, ROW]
    draft = visit(rows, ["A1:F1", "B2:D2", "A2:A3", "E2:E3", "F2:F3"])
    assert draft.mentions == (PETITIONER,)
    (same,) = drafts(text_table(rows), "t.csv", Channel.VISIT)
    assert same.mentions == draft.mentions


def test_a_program_that_cannot_merge_repeats_the_name() -> None:
    """Across and down: two columns of one name are no fault where the row below parts them."""
    upper = ("编号", "来访人", "来访人", "来访人", "来访时间", "反映内容")
    lower = ("编号", "姓名", "电话", "住址", "来访时间", "反映内容")
    assert visit([upper, lower, ROW]).mentions == (PETITIONER,)


def test_what_no_field_holds_may_stand_below() -> None:
    """性别 and 年龄 are not read, and take nothing from what stands beside them."""
    upper = ("编号", "来访人", None, None, None, "来访时间", "反映内容")
    lower = (None, "姓名", "性别", "年龄", "电话", None, None)
    draft = visit([("来访登记表",), upper, lower, ("L1", "张三", "男", 40, "13812341234", "2021-03-05", "路灯坏了。")])
    assert [(one.name, one.phone) for one in draft.mentions] == [("张三", "13812341234")]


def test_headings_may_take_three_rows() -> None:
    """Below a name for many columns one for some of them."""
    rows = [
        ("编号", "信访人基本情况", None, None, "信访事项", None),
        (None, "姓名", "联系方式", None, "信访时间", "信访内容"),
        (None, None, "电话", "住址", None, None),
        ROW,
    ]
    draft = visit(rows)
    assert draft.mentions == (PETITIONER,)
    assert (draft.received_at, draft.text) == (instant("2021-03-05"), "路灯坏了。")


def test_time_and_text_may_stand_below() -> None:
    """Where the upper row names only the groups, and the number beside them."""
    rows = [
        ("序号", "编号", "来访人", None, "来访事项", None),
        (None, None, "姓名", "电话", "时间", "内容"),
        (1, "L1", "张三", "13812341234", "2021-03-05", "路灯坏了。"),
    ]
    draft = visit(rows)
    assert (draft.external_id, draft.received_at, draft.text) == ("L1", instant("2021-03-05"), "路灯坏了。")
    assert draft.mentions[0].phone == "13812341234"


def test_what_is_of_others_is_not_the_petitioners() -> None:
    """Below 被反映人 a name is the respondent's and a number nobody's; below 办理情况 a time is not the receipt's."""
    rows = [
        ("编号", "信访人", None, "被反映人", None, "信访时间", "信访内容", "办理情况", None, None),
        (None, "姓名", "电话", "姓名", "电话", None, None, "单位", "时间", "结果"),
        (
            *("L1", "张三", "13812341234", "李四", "13900000000", "2021-03-05", "路灯坏了。"),
            *("某区城管局", "2021-03-09", "已修好。"),
        ),
    ]
    draft = visit(rows)
    assert [(one.role, one.name, one.phone) for one in draft.mentions] == [
        (MentionRole.PETITIONER, "张三", "13812341234"),
        (MentionRole.RESPONDENT, "李四", None),
    ]
    assert draft.received_at == instant("2021-03-05")
    assert draft.organ == "某区城管局"
    assert [reply.text for reply in draft.replies] == ["已修好。"]


def test_a_row_below_its_headings_is_no_heading() -> None:
    """A first record that lacks text and time is told, though a word of it is a heading elsewhere."""
    rows = [
        ("编号", "来访人", "来访时间", "反映内容", "备注"),
        ("L1", "张三", None, None, "电话"),
        (*ROW[:2], *ROW[4:], ""),
    ]
    refusal = only_refusal(workbook(rows), channel=Channel.VISIT)
    assert (refusal.reason, refusal.position) == (RejectionReason.MISSING_FIELD, "t.xlsx row 2")


NOTE = st.text(st.sampled_from("甲乙丙登记台账单位制表人年月：:0123456789 "), max_size=12)


@given(st.lists(st.lists(NOTE, max_size=6), max_size=8))
def test_whatever_stands_above_the_headings_they_are_found(above: list[list[str]]) -> None:
    """Titles, notes, dates, in any cells."""
    (draft,) = drafts(text_table([*above, UPPER, LOWER, ROW]), "t.csv", Channel.VISIT)
    assert draft.mentions == (PETITIONER,)
    assert draft.external_id == "L1"
