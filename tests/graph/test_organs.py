"""Organs: one spelling for one organ, and the division its name says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.organs import division_of, normalise_organ
from graph.places import Gazetteer

ANYWHERE = Gazetteer()
CHANGSHA = Gazetteer("4301")
YUELU = Gazetteer("430104")


@pytest.mark.parametrize(
    ("written", "spelled"),
    [
        ("市住建局", "市住建局"),
        (" 市 住 建 局\n", "市住建局"),
        ("【市住建局】", "市住建局"),
        ("（市住建局）：", "市住建局"),
        ("“市住建局”", "市住建局"),
        ("市住建局（房产处）", "市住建局(房产处)"),
        ("（市）住建局", "(市)住建局"),
        ("１２３４５热线", "12345热线"),
        ("【】", ""),
        ("某局13770412345", "某局"),
        ("市住建局（联系人张三 138 1234 1234）", "市住建局"),
        ("市住建局13770412345房产处", "市住建局、房产处"),
        ("某局13 13770412345 13770412345", "某局13"),
    ],
)
def test_an_organ_has_one_spelling(written: str, spelled: str) -> None:
    """Widths, blanks, wrapping brackets and marks at the ends go; brackets inside and 市 at the beginning stay."""
    assert normalise_organ(written) == spelled


@given(st.text(max_size=40) | st.text(alphabet="【】（）()市住建局 　：", max_size=20))
def test_the_spelling_of_a_spelling_is_itself(name: str) -> None:
    """What was normalised is not changed again, so ids made of it are stable."""
    spelled = normalise_organ(name)
    assert normalise_organ(spelled) == spelled
    assert not any(character.isspace() for character in spelled)


@pytest.mark.parametrize(
    ("name", "gazetteer", "code"),
    [
        ("长沙市岳麓区住房和城乡建设局", ANYWHERE, "430104"),
        ("长沙岳麓区政府", ANYWHERE, "430104"),
        ("中共长沙市委", ANYWHERE, "430100"),
        ("湖南省人民政府", ANYWHERE, "430000"),
        ("市住建局", ANYWHERE, None),
        ("市住建局", CHANGSHA, "430100"),
        ("市住建局", YUELU, "430100"),
        ("区教育局", CHANGSHA, None),
        ("区教育局", YUELU, "430104"),
        ("省信访局", YUELU, "430000"),
        ("我市公安局", CHANGSHA, "430100"),
        ("区域发展办公室", YUELU, None),
        ("新华书店", ANYWHERE, None),
        ("A市A3区政府", ANYWHERE, None),
        ("", CHANGSHA, None),
    ],
)
def test_an_organ_s_division_is_in_its_name(name: str, gazetteer: Gazetteer, code: str | None) -> None:
    """The division at the beginning counts; an organ that says only its level is home's."""
    assert division_of(name, gazetteer) == code
