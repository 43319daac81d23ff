"""An organ is the same however it is spelled, and what is not understood is said not to be."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

import opencc
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from graph.divisions import divisions
from graph.gazetteer import Gazetteer
from graph.organ_functions import TABLE, Form, FunctionName, function_names
from graph.organ_names import OrganNames

NEAR: Final = "430104"
SEATS: Final = {
    "430104": (
        "岳麓区",
        "岳麓",
        "长沙市岳麓区",
        "湖南省长沙市岳麓区",
        "长沙岳麓",
        "区",
        "本区",
        "我区",
        "(岳麓区)",
        "(区)",
    ),
    "430102": ("芙蓉区", "芙蓉", "长沙市芙蓉区", "湖南长沙芙蓉区"),
    "430121": ("长沙县", "长沙市长沙县", "湖南省长沙市长沙县"),
    "430181": ("浏阳市", "浏阳", "长沙市浏阳市", "湖南省浏阳市"),
    "430682": ("临湘市", "岳阳市临湘市", "湖南省岳阳市临湘市"),
    "4301": ("长沙市", "长沙", "湖南省长沙市", "湖南长沙", "市", "我市", "本市", "市级"),
    "43": ("湖南省", "湖南", "省", "我省"),
    "110105": ("北京市朝阳区", "北京朝阳区"),
    "610424": ("陕西省咸阳市乾县", "乾县"),
}
"""How the divisions of organs are said by somebody in 岳麓区."""
SEPARATORS: Final = ("、", "，", "；", ",", "/", "|", " ", "\n", "和", "与", "及", "以及")
BEHIND: Final = (
    "",
    "局长",
    "副局长张三",
    "党组书记王某",
    "原主任李某某",
    "某科长",
    "张局长",
    "一名工作人员",
    "的执法人员",
    "执法大队",
    "办公室",
    "执法大队大队长欧阳一二",
    "法制科",
    "及其工作人员",
    "赵某同志",
    "张三",
)
NOTES: Final = ("", "（张某）", "(13800138000)", "【电话：0731-88888888】", "（局长）")
TRADITIONAL_APART: Final = {"浚", "澄", "乾"}
"""Characters whose traditional forms are not mapped back one by one."""


@cache
def names() -> OrganNames:
    """Return what understands names at home in Changsha."""
    return OrganNames(Gazetteer("430100"))


@cache
def traditional(text: str) -> str:
    """Return a text in traditional characters."""
    return text if set(text) & TRADITIONAL_APART else str(opencc.OpenCC("s2t").convert(text))


def fits(name: FunctionName, division: str) -> bool:
    """Tell whether a division of this level has an authority of this name."""
    return name.depth in {None, len(division)}


def takes_units(name: FunctionName) -> bool:
    """Tell whether units and people may stand behind a name: a word that is no authority's alone ends it."""
    return name.form is not Form.STEM and name.text not in {"长", "委", "委员会"}


def keys_of(name: FunctionName, division: str) -> set[str]:
    """Return the keys that a name in a division stands for."""
    return {f"{division}/{function}" for function in name.functions}


def wide(text: str) -> str:
    """Return a text whose marks and digits are as wide as its characters."""
    return text.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)})


def broken(text: str) -> str:
    """Return a text with a blank inside every word, so that no part between blanks is a name of its own."""
    return " ".join(text)


FORMS: Final[tuple[Callable[[str], str], ...]] = (
    str,
    traditional,
    wide,
    broken,
    "  {} ".format,
    "【{}】".format,
    "“{}”：".format,
)
Spelling = tuple[str, set[str]]


@st.composite
def spellings(draw: st.DrawFn, *, plain: bool = False, alone: bool = False) -> Spelling:
    """Return a spelling of an organ, and the keys that it must have.

    `plain`: nothing stands behind it; `alone`: its division does not depend on what stands before.
    """
    division = draw(st.sampled_from(sorted(SEATS)))
    seat = draw(st.sampled_from([one for one in SEATS[division] if not (alone and one[0] in "(区本我市省")]))
    every = [one for one in function_names().values() if fits(one, division)]
    # 岳麓长 and 湖南委 are nobody's names: what is one character needs the level before it.
    level = seat.rstrip(")")[-1] in "省市区县"
    usual = [one for one in every if (level or len(one.text) > 1) and not (plain and one.form is Form.STEM)]
    name = draw(st.sampled_from(usual))
    behind = "" if plain or not takes_units(name) else draw(st.sampled_from(BEHIND))
    # 党委 and 办公室 are an organ of their own together.
    assume(function_names().get(name.text + behind, name).functions == name.functions)
    return f"{seat}{name.text}{behind}", keys_of(name, division)


def keys(text: str, near: str | None = NEAR) -> tuple[set[str], bool]:
    """Return the keys that a text names, and whether it was understood."""
    found = names().named_by(text, near)
    return {organ.key for organ in found.organs}, found.complete


@given(spellings(), st.data())
def test_every_ordinary_spelling_is_the_same_organ(spelling: Spelling, data: st.DataObject) -> None:
    """Its city in front, its level alone, short, in full, traditional, wide, apart, with people behind, in brackets."""
    text, wanted = spelling
    form = data.draw(st.sampled_from(FORMS))
    note = data.draw(st.sampled_from(NOTES))
    assert keys(form(text) + note) == (wanted, True)


@given(spellings(plain=True), spellings(plain=True, alone=True), st.sampled_from(SEPARATORS))
def test_two_organs_in_one_field_are_two(one: Spelling, other: Spelling, between: str) -> None:
    """In either order, of any two divisions, whatever stands between them."""
    assert keys(one[0] + between + other[0]) == (one[1] | other[1], True)


@given(spellings(plain=True), st.sampled_from(SEPARATORS), st.data())
def test_the_second_organ_may_leave_its_division_out(one: Spelling, between: str, data: st.DataObject) -> None:
    """岳麓区教育局、民政局 are both of 岳麓区."""
    division = next(iter(one[1])).split("/")[0]
    usual = [name for name in function_names().values() if name.form is Form.FULL and fits(name, division)]
    other = data.draw(st.sampled_from([name for name in usual if len(name.text) > 1 and name.text[0] != "委"]))
    assert keys(one[0] + between + other.text) == (one[1] | keys_of(other, division), True)


STRANGERS: Final = (
    "某局",
    "某局长某某",
    "张三",
    "有关部门",
    "等部门",
    "等",
    "相关单位",
    "方志办",
    "统筹办",
    "高新区城管局",
    "湘江新区公安分局",
    "纪检组",
    "公安下属单位",
    "望月湖派出所的人",
    "某街道",
    "开福",
    "朝阳区教育局旁边",
)


@given(spellings(plain=True), st.sampled_from(STRANGERS), st.sampled_from((*SEPARATORS, "")), st.booleans())
def test_what_is_not_understood_beside_an_organ_is_said(
    one: Spelling, stranger: str, between: str, first: bool
) -> None:
    """Whatever stands between them and whichever comes first; a person is only one right behind the organ."""
    behind = {"张三": ("", " ", "\n"), "某局长某某": ("",)}
    assume(first or between not in behind.get(stranger, ()))
    # 开福 区城管局 is one name, apart.
    assume(not first or stranger != "开福" or between.strip())
    text = f"{stranger}{between}{one[0]}" if first else f"{one[0]}{between}{stranger}"
    assert not names().named_by(text, NEAR).complete


@given(
    st.sampled_from(STRANGERS),
    st.sampled_from(["红星物业公司", "锦绣花园", "老码头烧烤店"]),
    st.sampled_from(SEPARATORS),
)
def test_a_company_beside_it_makes_nothing_understood(stranger: str, company: str, between: str) -> None:
    """某局和红星公司 is no company."""
    assert not names().named_by(f"{stranger}{between}{company}", NEAR).complete


@given(st.text(alphabet="岳麓区长沙市县城管局教育委员会和、张三局长某科公司街道镇副政府()0 \n", max_size=60))
def test_nothing_breaks_it(text: str) -> None:
    """Whatever is typed, each organ is named once, and of a division that there is."""
    found = names().named_by(text, NEAR)
    assert len({organ.key for organ in found.organs}) == len(found.organs)
    assert all(organ.division.ljust(6, "0") in divisions() for organ in found.organs)


def test_no_name_stands_for_two_functions() -> None:
    """A name in two rows of the table would be whichever comes last."""
    rows = [line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines()]
    assert {len(row) for row in rows} == {5}
    written = [name for row in rows for name in {row[0], *row[1].split(), *row[2].split()}]
    assert len(written) == len(set(written))


def test_organs_of_the_demonstration_are_understood() -> None:
    """Every office that its tickets are sent to, as it is written there."""
    path = Path(__file__).parents[2] / "casegraph" / "demo" / "grammar" / "names.toml"
    organs = tomllib.loads(path.read_text(encoding="utf-8"))["organs"]
    written = [one.format(q="岳麓区", street="岳麓区桂湾街道") for one in organs.values()]
    assert [one for one in written if not names().named_by(one).complete] == []


@pytest.mark.parametrize(
    "text",
    [
        "张三",
        "某局",
        "某局长某某",
        "城管局",
        "",
        "岳麓区",
        "局长",
        "岳麓区城管局旁边的饭店老板",
        "岳麓区政府采购中心",
        "岳麓区教育局、张三",
        "有关部门",
        "岳麓区城管局" * 40,
        "岳麓区城管公安",
        "岳麓区教育局、交警支队",
        "岳麓区教育厅",
        "岳麓区城乡统筹办",
        "长沙市望城坡街道",
        "长沙市雨花亭街道",
        "岳麓区联丰村",
        "市场监管局",
        "岳麓区某某镇",
        "岳麓区教育局(新)",
        "岳麓区城管局(张三的单位)",
        "长沙市公安局望月湖派出所",
        "吉林教育局",
        "区域发展办公室",
    ],
)
def test_what_is_not_understood_is_said_not_to_be(text: str) -> None:
    """A person, an organ without a division, one of two namesakes, more than a name: any organ may be meant."""
    assert not names().named_by(text, NEAR).complete


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("市教育局", "430181"),
        ("区教育局", "430121"),
        ("县教育局", "430104"),
        ("区教育局", "4301"),
        ("长沙公安局", "430121"),
    ],
)
def test_a_level_that_is_not_there_or_there_twice_says_nothing(text: str, near: str) -> None:
    """In 浏阳市 the city is 浏阳 to one and 长沙 to another; a county has no district."""
    assert keys(text, near) == (set(), False)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("岳麓区委书记", {"430104/党委"}),
        ("中共长沙市委", {"4301/党委"}),
        ("区长", {"430104/人民政府"}),
        ("岳麓区区长", {"430104/人民政府"}),
        ("副区长张某", {"430104/人民政府"}),
        ("岳麓区常务副区长", {"430104/人民政府"}),
        ("区委区政府", {"430104/党委", "430104/人民政府"}),
        ("市委、市政府", {"4301/党委", "4301/人民政府"}),
        ("岳麓区政府办公室", {"430104/人民政府办公室"}),
        ("长沙市人民政府信访局", {"4301/信访局"}),
        ("政协岳麓区委员会", {"430104/政协"}),
        ("共青团长沙市委", {"4301/共青团"}),
        ("岳麓区委政法委", {"430104/政法委"}),
        ("国家税务总局长沙市岳麓区税务局", {"430104/税务局"}),
        ("湖南省教育厅", {"43/教育局"}),
        ("市中院院长", {"4301/人民法院"}),
        ("长沙市公安局岳麓分局", {"430104/公安局"}),
        ("市公安局岳麓区分局", {"430104/公安局"}),
        ("长沙市生态环境局岳麓分局", {"430104/生态环境局"}),
        ("岳麓区望月湖派出所所长", {"430104/公安局"}),
        ("岳麓区公安局交警大队", {"430104/公安局"}),
        ("岳麓交警", {"430104/公安局"}),
        ("长沙市交警支队", {"4301/公安局"}),
        ("岳麓区望城坡街道办事处", {"430104/望城坡街道"}),
        ("长沙市岳麓区望城坡街道", {"430104/望城坡街道"}),
        ("区望城坡街道城管办", {"430104/望城坡街道"}),
        ("长沙县黄兴镇镇长", {"430121/黄兴镇"}),
        ("长沙县黄兴镇人民政府", {"430121/黄兴镇"}),
        ("长沙县黄兴镇光达村村委会", {"430121/黄兴镇/光达村"}),
        ("岳麓区望城坡街道白鸽咀社区居委会主任", {"430104/望城坡街道/白鸽咀社区"}),
        ("岳麓区教育和体育局", {"430104/教育局", "430104/体育局"}),
        ("岳麓区城管局党组书记、局长张某", {"430104/城市管理局"}),
        ("岳麓区城管局 执法大队", {"430104/城市管理局"}),
        ("被举报单位：岳麓区城管局", {"430104/城市管理局"}),
        ("红星物业公司和岳麓区城管局", {"430104/城市管理局"}),
        ("岳麓区住建局与红星物业公司", {"430104/住房和城乡建设局"}),
        ("湖南某某物业管理有限公司", set()),
        ("锦绣花园业主委员会", set()),
        ("岳麓区人民医院", set()),
        ("红星小学", set()),
        ("某某教育科技有限公司", set()),
    ],
)
def test_what_else_is_understood(text: str, wanted: set[str]) -> None:
    """The Party, governments, branches, street offices, villages and units; a company is no authority."""
    assert keys(text) == (wanted, True)
