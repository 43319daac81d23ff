"""An organ is the same however it is spelled, and what is not understood is said not to be."""

from __future__ import annotations

from functools import cache

import opencc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.gazetteer import Gazetteer
from graph.organ_names import OrganNames, functions

NEAR = "430104"
COUNTIES = {"430104": ("岳麓", "区"), "430102": ("芙蓉", "区"), "430121": ("长沙", "县"), "430182": ("宁乡", "市")}
FUNCTIONS = sorted(set(functions().values()) - {"党委", "人民政府"})
SEPARATORS = "、，；,/ 和与及\n"
PERSONS = ("", "张三", "王某", "李某某", "欧阳一二")
POSTS = ("局长", "副局长", "科长", "主任", "工作人员", "原局长")


@cache
def names() -> OrganNames:
    """Return what understands names at home in Changsha."""
    return OrganNames(Gazetteer("430100"))


@cache
def traditional(text: str) -> str:
    """Return a text in traditional characters."""
    return str(opencc.OpenCC("s2t").convert(text))


def spelled(draw: st.DrawFn, county: str, function: str) -> str:
    """Return one of the ordinary spellings of an organ."""
    short, kind = COUNTIES[county]
    seats = [f"{short}{kind}", f"长沙市{short}{kind}", f"湖南省长沙市{short}{kind}"]
    if county == NEAR:
        seats += [short, kind, f"本{kind}", f"我{kind}"]
    alias = draw(st.sampled_from([name for name, stands in functions().items() if stands == function]))
    name = draw(st.sampled_from(seats)) + alias
    post = draw(st.sampled_from(("", *POSTS)))
    return name + (post + draw(st.sampled_from(PERSONS)) if post else "")


def dressed(draw: st.DrawFn, name: str) -> str:
    """Return a name as people and machines type it."""
    name = draw(st.sampled_from([name, traditional(name)]))
    name = draw(st.sampled_from([name, " ".join(name), f" {name}　", f"【{name}】", f"“{name}”"]))
    return name + draw(st.sampled_from(["", "（张某）", "(13800138000)"]))


@st.composite
def named(draw: st.DrawFn) -> tuple[str, set[str]]:
    """Return a spelling and the key that it must have."""
    county, function = draw(st.sampled_from(sorted(COUNTIES))), draw(st.sampled_from(FUNCTIONS))
    return dressed(draw, spelled(draw, county, function)), {f"{county}/{function}"}


@given(named())
def test_every_ordinary_spelling_is_the_same_organ(case: tuple[str, set[str]]) -> None:
    """Its city in front, its level alone, short, in full, traditional, apart, with a post and a person behind."""
    text, keys = case
    found = names().named_by(text, NEAR)
    assert ({organ.key for organ in found.organs}, found.complete) == (keys, True)


@given(st.data())
def test_two_organs_in_one_field_are_two(data: st.DataObject) -> None:
    """In either order, whatever stands between them, the second with its division or without."""
    one, other = data.draw(st.lists(st.sampled_from(FUNCTIONS), min_size=2, max_size=2, unique=True))
    between = data.draw(st.sampled_from(SEPARATORS.replace(" ", "")))
    division = data.draw(st.sampled_from(["岳麓区", ""]))
    found = names().named_by(f"岳麓区{one}{between}{division}{other}", NEAR)
    assert ({organ.key for organ in found.organs}, found.complete) == ({f"430104/{one}", f"430104/{other}"}, True)


@given(st.text(alphabet="岳麓区长沙市城管局教育委员会和、张三局长某科公司()0 ", max_size=30))
def test_nothing_breaks_it(text: str) -> None:
    """Whatever is typed; and what is named once is named once."""
    found = names().named_by(text, NEAR)
    assert len({organ.key for organ in found.organs}) == len(found.organs)


@pytest.mark.parametrize(
    "text",
    [
        "张三", "某局", "某局长某某", "城管局", "", "岳麓区", "局长", "岳麓区城管局旁边的饭店老板",
        "岳麓区政府采购中心",
        "长沙市公安局岳麓分局", "岳麓区教育局、张三", "有关部门", "岳麓区城管局" * 40,
    ],
)  # fmt: skip
def test_what_is_not_understood_is_said_not_to_be(text: str) -> None:
    """A person, an organ without a division, more than a name: any organ may be meant."""
    assert not names().named_by(text, NEAR).complete


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("岳麓区委书记", ["430104/党委"]), ("中共长沙市委", ["4301/党委"]), ("区长", ["430104/人民政府"]),
        ("市住建局", ["4301/住房和城乡建设局"]), ("岳麓区望城坡街道办事处", ["430104/望城坡街道"]),
        ("岳麓区城管局执法大队", ["430104/城市管理局"]), ("湖南某某物业管理有限公司", []),
        ("(岳麓区)城管局", ["430104/城市管理局"]), ("岳麓公安分局", ["430104/公安局"]),
    ],
)  # fmt: skip
def test_what_else_is_understood(text: str, keys: list[str]) -> None:
    """The Party, governments, street offices and units; a company is no authority."""
    found = names().named_by(text, NEAR)
    assert ([organ.key for organ in found.organs], found.complete) == (keys, True)
