"""Several organs in one cell are as many organs, each by its name alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.ids import organ_id
from graph.organ_cells import organs_in
from graph.organ_names import OrganNames
from graph.places import Gazetteer
from graph.text.numbers import found as numbers_in
from tests.graph.factory import draft, make_intake, reply
from tests.graph.test_intake import take_in

if TYPE_CHECKING:
    from pathlib import Path

    from graph.database import Connection, Pool
    from graph.identity import Vault

GAZETTEER = Gazetteer("430100")
NAMES = OrganNames(GAZETTEER)
OFFICES = (
    "岳麓区教育局", "岳麓区教育体育局", "长沙市住房和城乡建设局", "岳麓区人力资源和社会保障局",
    "岳麓区城市管理和综合执法局", "岳麓区卫生和计划生育局", "长沙市自然资源和规划局", "芙蓉区发展和改革局",
    "岳麓区文化和旅游局", "岳麓区望月湖街道办事处",
    "长沙市公安局(交警支队)", "中共岳麓区委", "国家税务总局长沙市税务局(第一税务分局)", "长沙水业集团有限公司",
)  # fmt: skip
MARKS = ("、", "；", ";", "，", ",", "/", "／", "\n", "\r\n", "|", " 、 ", "，\n")
BEHIND = (
    "", "（张三）", "（张三 13812345678）", "(联系人：李四，电话0731-88888888)", "【王主任】", "（主办）",
    "（协办单位）",
    "（陈某、李四）", "（13812345678）", "（张三（科长）、李四）",
)  # fmt: skip


def found(cell: str) -> tuple[str, ...]:
    """Return the organs in a cell."""
    return organs_in(cell, NAMES, GAZETTEER)


@given(st.lists(st.tuples(st.sampled_from(OFFICES), st.sampled_from(BEHIND)), min_size=1, max_size=6), st.data())
def test_marks_part_names_and_what_stands_with_them_is_cut(named: list[tuple[str, str]], data: st.DataObject) -> None:
    """However they are listed, with whomever and in whatever part."""
    cell = ""
    for place, (office, behind) in enumerate(named):
        mark = data.draw(st.sampled_from(MARKS)) if place else ""
        cell += f"{mark}{office}{behind}"
    assert found(cell) == tuple(dict.fromkeys(office for office, _ in named))


@pytest.mark.parametrize(
    ("cell", "organs"),
    [
        ("岳麓区教育局和岳麓区民政局", ["岳麓区教育局", "岳麓区民政局"]),
        ("岳麓区住房和城乡建设局及岳麓区城管局", ["岳麓区住房和城乡建设局", "岳麓区城管局"]),
        ("岳麓区教育局以及民政局", ["岳麓区教育局", "岳麓区民政局"]),
        ("岳麓区教育局 岳麓区民政局", ["岳麓区教育局", "岳麓区民政局"]),
        ("长沙市 教育局", ["长沙市教育局"]),
        ("岳麓区教育局 张三", ["岳麓区教育局"]),
        ("岳麓区教育局、民政局等3个单位", ["岳麓区教育局", "岳麓区民政局"]),
        ("岳麓区教育局、红星公司、民政局", ["岳麓区教育局", "红星公司", "岳麓区民政局"]),
        ("区教育局、民政局", ["区教育局", "区民政局"]),
        ("长沙水业集团、岳麓区城管局", ["长沙水业集团", "岳麓区城管局"]),
        ("主办：岳麓区教育局；协办：岳麓区民政局", ["岳麓区教育局", "岳麓区民政局"]),
        ("（市）住建局", ["(市)住建局"]),
        ("岳麓区教育局（张三", ["岳麓区教育局"]),
        ("湖南省地质院（湖南省地质调查所）", ["湖南省地质院(湖南省地质调查所)"]),
        ("人和集团", ["人和集团"]),
        ("、；", []),
        ("", []),
    ],
)
def test_names_are_parted_where_both_sides_are_names(cell: str, organs: list[str]) -> None:
    """Conjunctions and blanks may be inside one; a name without its division has that of the one before."""
    assert list(found(cell)) == organs


@given(
    st.sampled_from(OFFICES),
    st.sampled_from(
        ["13812341234", "138-1234-1234", "138，1234，1234", "一三八 一二三四 五六七八", "110105194912310025"]
    ),
    st.sampled_from(["", "（", " ", "张三", "、"]),
)
def test_no_number_of_a_person_stands_in_a_name(office: str, number: str, before: str) -> None:
    """Whatever marks or blanks stand between its groups."""
    names = found(f"{office}{before}{number}")
    assert names[0].startswith(office)
    assert [
        name for name in names if numbers_in(name) or any(char in name.removeprefix(office) for char in "138一五")
    ] == []


async def test_each_of_several_organs_takes_part(
    pool: Pool, connection: Connection, vault: Vault, tmp_path: Path
) -> None:
    """Those it was sent to, and those that answered together; the first of these stands with the reply."""
    intake = make_intake(pool, vault, tmp_path)
    sent = draft(
        organ="岳麓区教育局（张三13812345678）、岳麓区民政局", replies=(reply(organ="长沙市公安局，长沙市财政局"),)
    )
    await take_in(intake, sent)
    names = {"岳麓区教育局", "岳麓区民政局", "长沙市公安局", "长沙市财政局"}
    assert {row["name"] for row in await connection.fetch("select name from organ")} == names
    parts = await connection.fetch("select organ from case_organ where state = 'ACCEPTED'")
    assert {row["organ"] for row in parts} == {organ_id(name) for name in names}
    assert await connection.fetchval("select organ from event") == organ_id("长沙市公安局")
