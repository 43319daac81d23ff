"""Where writing stands in a picture becomes its text: rows in their order, paragraphs joined, however the page lay."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.letters import page_lines

SIZE = 20.0
"""Pixels of a character."""
WIDTH, HEIGHT = 1_000.0, 1_400.0
MARGIN = 100.0
PER_LINE = 40
LETTER = (
    (12, "关于北门路灯损坏的反映"),
    (2, "我们小区北门的路灯已经坏了半个月，晚上出门看不见台阶，前天有一位老人在那里摔倒了"),
    (0, "，手腕骨折。物业说路灯归城管局管，城管局说要等计划，大家反映了三次都没有结果和答复"),
    (0, "，实在没有办法。"),
    (2, "请派人尽快来修理。"),
    (0, "姓名：张三"),
    (25, "2021年3月5日"),
)
TEXT = "\n".join((
    LETTER[0][1], LETTER[1][1] + LETTER[2][1] + LETTER[3][1], LETTER[4][1], LETTER[5][1], LETTER[6][1],
))  # fmt: skip


def line(left: float, top: float, text: str, score: float = 0.99) -> dict[str, Any]:
    """Return a line as the recogniser tells of it."""
    right, bottom = left + len(text) * SIZE, top + SIZE
    corners = [[left, top], [right, top], [right, bottom], [left, bottom]]
    return {"corners": corners, "text": text, "score": score}


def page(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a page of lines."""
    return {"page": 0, "size": [WIDTH, HEIGHT], "turned": False, "lines": lines}


def letter() -> dict[str, Any]:
    """Return a page of the letter, from the foot upwards."""
    lines = [line(MARGIN + SIZE * indent, 100 + 40 * row, text) for row, (indent, text) in enumerate(LETTER)]
    return page(lines[::-1])


def skewed(found: dict[str, Any], degrees: float) -> dict[str, Any]:
    """Return a page that lay askew."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    lines = [{**one, "corners": [[x * cos - y * sin, x * sin + y * cos] for x, y in one["corners"]]}
             for one in found["lines"]]  # fmt: skip
    return {**found, "lines": lines}


def turned(found: dict[str, Any], quarters: int) -> dict[str, Any]:
    """Return a page that lay on its side or on its head, with corners from its own upper left, as they are detected."""
    for _ in range(quarters):
        width, height = found["size"]
        lines = [{**one, "corners": [[height - y, x] for x, y in one["corners"]]} for one in found["lines"]]
        found = {**found, "size": [height, width], "lines": lines}
    told = []
    for one in found["lines"]:
        by_sum = sorted(one["corners"], key=sum)
        across = sorted(one["corners"], key=lambda point: point[0] - point[1])
        told.append({**one, "corners": [by_sum[0], across[-1], by_sum[-1], across[0]]})
    return {**found, "lines": told, "turned": quarters in {2, 3}}


@given(st.floats(-3, 3), st.integers(0, 3))
def test_a_page_is_read_as_it_was_written_however_it_lay(degrees: float, quarters: int) -> None:
    """On its side, on its head, and askew as a page in a feeder lies."""
    assert page_lines.text_of([turned(skewed(letter(), degrees), quarters)]) == TEXT


@given(st.permutations(range(len(LETTER))))
def test_the_order_in_which_lines_are_found_does_not_matter(order: list[int]) -> None:
    """The rows are told by their places."""
    found = letter()
    assert page_lines.text_of([{**found, "lines": [found["lines"][place] for place in order]}]) == TEXT


def test_pieces_of_a_row_are_told_apart() -> None:
    """What stands beside each other in a form is one row, with blanks where it stands apart."""
    form = [line(100, 100, "姓名：张三"), line(500, 104, "电话：13812341234"), line(100, 160, "住址：阳光"),
            line(202, 158, "小区")]  # fmt: skip
    assert page_lines.text_of([page(form)]) == "姓名：张三  电话：13812341234\n住址：阳光小区"


def test_the_pages_number_is_left_out_and_a_sentence_goes_on_over_the_page() -> None:
    """As in a text layer."""
    first = page([line(MARGIN, 100, "我们小区北门的路灯已经坏了半个月晚上出门看不见台阶"), line(480, 1300, "- 1 -")])
    second = page([line(MARGIN, 100, "前天有一位老人摔倒。"), line(480, 1300, "第2页")])
    assert page_lines.text_of([first, second]) == (
        "我们小区北门的路灯已经坏了半个月晚上出门看不见台阶前天有一位老人摔倒。"
    )


@pytest.mark.parametrize("lines", [[], [line(0, 0, "")]])
def test_an_empty_page_says_nothing(lines: list[dict[str, Any]]) -> None:
    """And nothing is known of how sure that is."""
    assert (page_lines.text_of([page(lines)]), page_lines.confidence([page(lines)])) == ("", 0.0)


def test_how_sure_the_recognition_was_is_told_by_characters() -> None:
    """A long line counts for more than a short one."""
    assert page_lines.confidence([page([line(0, 0, "一二三", 1.0), line(0, 50, "四", 0.6)])]) == 0.9


places = st.floats(-1e4, 1e4, allow_nan=False)
lines = st.builds(
    lambda corners, text, score: {"corners": corners, "text": text, "score": score},
    st.lists(st.tuples(places, places), min_size=4, max_size=4), st.text(max_size=20), st.floats(0, 1),
)  # fmt: skip


@given(st.lists(lines, max_size=12), st.booleans())
def test_no_places_bring_it_down(found: list[dict[str, Any]], turn: bool) -> None:
    """Whatever a recogniser sees in a photograph, no character of it is lost or made up."""
    said = page_lines.text_of([{**page(found), "turned": turn}])
    kept = sorted("".join("".join(one["text"].split()) for one in found))
    assert len("".join(said.split())) <= len(kept)
    assert 0 <= page_lines.confidence([page(found)]) <= 1


@pytest.mark.parametrize(
    "mark",
    [
        "扫描全能王 创建",
        "CS 扫描全能王",
        "由 扫描全能王 扫描创建",
        "Scanned with CamScanner",
        "CamScanner",
        "夸克扫描王 极速扫描",
    ],
)
def test_the_mark_of_a_scanning_program_is_left_out(mark: str) -> None:
    """It is below each page, recognised or in the text layer, and no word of the letter."""
    found = letter()
    said = page_lines.text_of([{**found, "lines": [*found["lines"], line(700, 1350, mark)]}])
    assert said == TEXT
    assert page_lines.text_of([page([line(100, 100, f"我用{mark}扫描了合同。")])]) == f"我用{mark}扫描了合同。"
