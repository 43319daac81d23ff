"""Places: names in texts find their divisions or none, columns resolve, lettered places belong to their source."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine_plus import load_workbook

from graph.divisions import divisions
from graph.ids import place_id
from graph.places import Division, Gazetteer, SourcePlace, find_source_places, load
from graph.records import PlaceLevel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from graph.database import Connection

ANYWHERE = Gazetteer()
CHANGSHA = Gazetteer("430100")
NANJING = Gazetteer("3201")
DONGCHENG = Gazetteer("110101")
DIVISIONS = list(divisions().values())


def named(text: str, gazetteer: Gazetteer = ANYWHERE) -> list[str]:
    """Return the full names of what a text names."""
    return [division.full_name for division in gazetteer.find_all(text)]


@pytest.mark.parametrize(
    ("text", "full_name"),
    [
        ("湖南省长沙市岳麓区望城坡街道", "湖南省长沙市岳麓区"),
        ("湖南省 长沙市 岳麓区", "湖南省长沙市岳麓区"),
        ("长沙岳麓区的一条路", "湖南省长沙市岳麓区"),
        ("我家在岳麓区", "湖南省长沙市岳麓区"),
        ("长沙望城有人反映", "湖南省长沙市望城区"),
        ("湖南宁乡的村民", "湖南省长沙市宁乡市"),
        ("湖北仙桃", "湖北省仙桃市"),
        ("上海浦东", "上海市浦东新区"),
        ("长沙县星沙街道", "湖南省长沙市长沙县"),
        ("湘西州吉首市", "湖南省湘西土家族苗族自治州吉首市"),
        ("吉林市昌邑区", "吉林省吉林市昌邑区"),
        ("吉林长春", "吉林省长春市"),
        ("海南三亚", "海南省三亚市"),
        ("青海海南州", "青海省海南藏族自治州"),
        ("天津河北区", "天津市河北区"),
        ("辽宁朝阳双塔区", "辽宁省朝阳市双塔区"),
        ("甘肃白银", "甘肃省白银市"),
        ("晋城市城区", "山西省晋城市城区"),
        ("安徽马鞍山和县", "安徽省马鞍山市和县"),
        ("重庆江北区", "重庆市两江新区"),
        ("株洲县的老师", "湖南省株洲市渌口区"),
        ("南京鼓楼区", "江苏省南京市鼓楼区"),
        ("福州市鼓楼区", "福建省福州市鼓楼区"),
        ("我住在南京，昨天去鼓楼区政府", "江苏省南京市鼓楼区"),
        ("台江区与鼓楼区之间", "福建省福州市台江区"),
        ("内蒙古呼和浩特市新城区", "内蒙古自治区呼和浩特市新城区"),
    ],
)
def test_a_division_is_found(text: str, full_name: str) -> None:
    """Full paths, parts of them and short names lead to the division, a parent named nearby settles namesakes."""
    assert full_name in named(text)


@pytest.mark.parametrize(
    "text",
    [
        "鼓楼区中山北路",
        "朝阳区某小区",
        "新华区",
        "白银价格上涨",
        "开封以后发现",
        "城西安置房迟迟不交付",
        "老城区改造",
        "县城区域经济",
        "黄河南岸的绿化",
        "泰山东路修路",
        "南京西路商场",
        "我是湖南人",
        "长沙大道的路灯",
        "省、市和县的领导",
        "决定西边的用地",
        "顺应城市发展",
        "沿海城市",
        "县级领导",
        "A市A3区",
        "",
    ],
)
def test_a_word_is_no_place(text: str) -> None:
    """Words, roads, origins and names that several divisions have name no division without a reason."""
    assert named(text) == []


def test_home_settles_what_the_text_leaves_open() -> None:
    """Namesakes and words that name the instance's own division or one beside it stand for that."""
    assert named("鼓楼区中山北路", NANJING) == ["江苏省南京市鼓楼区"]
    assert named("福州的鼓楼区", NANJING) == ["福建省福州市鼓楼区"]
    assert named("浏阳的烟花") == []
    assert named("浏阳的烟花", CHANGSHA) == ["湖南省长沙市浏阳市"]
    assert named("西城区的胡同", DONGCHENG) == ["北京市西城区"]


def test_a_text_is_about_the_first_place_as_precisely_as_it_says() -> None:
    """The first named counts, the later ones only make it more precise; at home goes before elsewhere."""
    assert named("湖南省领导好，株洲市天元区的房子，不像武汉") == ["湖南省株洲市天元区", "湖北省武汉市"]
    found = ANYWHERE.find("湖南省领导好，株洲市天元区的房子，不像武汉")
    assert found
    assert found.full_name == "湖南省株洲市天元区"
    at_home = CHANGSHA.find("我从武汉来，住在长沙，岳麓区")
    assert at_home
    assert at_home.code == "430104"
    assert ANYWHERE.find("没有地名") is None


@given(st.sampled_from(DIVISIONS))
def test_a_full_name_finds_its_division_in_any_text(division: Division) -> None:
    """Whatever stands before it and behind it, the full path is understood."""
    assert ANYWHERE.find(f"反映：{division.full_name}，某路的问题") == division
    assert NANJING.by_name(division.full_name) == division


@given(st.sampled_from(DIVISIONS), st.sampled_from(["", "001", "001002"]))
def test_codes_of_all_lengths_lead_to_the_division(division: Division, below: str) -> None:
    """Statistical codes of 9 and 12 digits lead to their county, a prefix to its division."""
    assert ANYWHERE.by_code(division.code + below) == division
    assert ANYWHERE.by_code(division.prefix) == division
    assert ANYWHERE.by_name(f" {division.code}{below} ") == division


@given(st.text(alphabet=st.sampled_from("湖南省长沙市岳麓区县城东西北京的在/ A3，路"), max_size=40))
def test_what_is_found_is_named(text: str) -> None:
    """Every division found is a real one, none holds another, and the one it is about is or lies in one of them."""
    found = CHANGSHA.find_all(text)
    assert not any(one.holds(other) for one in found for other in found)
    assert all(one.short is None or one.short in text or one.name in text for one in found)
    about = CHANGSHA.find(text)
    assert (about is None) == (not found)
    assert about is None or about in found


@given(st.text(max_size=60))
def test_any_text_is_read(text: str) -> None:
    """No text makes it fail, whatever characters it has."""
    ANYWHERE.find(text)
    ANYWHERE.by_name(text)
    find_source_places(text, "web")


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("长沙", "430100"),
        ("岳麓", "430104"),
        ("湖南省/长沙市/岳麓区", "430104"),
        ("湖南省 > 长沙市", "430100"),
        ("北京市市辖区东城区", "110101"),
        ("北京-东城", "110101"),
        ("４３０１０４", "430104"),
        ("岳麓区望岳街道", "430104"),
        ("吉林", "220000"),
        ("吉林吉林市", "220200"),
        ("靖州县", "431229"),
        ("鼓楼区", None),
        ("朝阳", None),
        ("和平路小学", None),
        ("999999", None),
        ("43010", None),
        ("A市", None),
        ("", None),
    ],
)
def test_a_column_s_value_resolves(value: str, code: str | None) -> None:
    """Codes, names and paths with any separator resolve; what could be several places does not."""
    found = ANYWHERE.by_name(value)
    assert (found.code if found else None) == code


def test_home_settles_a_column_s_value() -> None:
    """A name that several have means the one at home."""
    found = NANJING.by_name("鼓楼区")
    assert found
    assert found.code == "320106"


def test_lettered_places_belong_to_their_source() -> None:
    """A county comes after its city, each once, under ids of the source's own."""
    places = find_source_places("A市A3区和A7县，A3区，西地省", "web")
    assert [(place.full_name, place.level) for place in places] == [
        ("西地省", PlaceLevel.PROVINCE),
        ("A市", PlaceLevel.PREFECTURE),
        ("A市A3区", PlaceLevel.COUNTY),
        ("A市A7县", PlaceLevel.COUNTY),
    ]
    city, county = places[1], places[2]
    assert county.id == place_id("web/A市A3区")
    assert county.parent == city.id
    assert county.id not in {place.id for place in find_source_places("A3区", "hotline")}


@pytest.mark.parametrize("text", ["小区B区12栋", "KTV市场", "3A市", "A市场", "B031车位", "C照", "A市级", "a3区"])
def test_parts_of_estates_are_no_places(text: str) -> None:
    """A letter alone names a part of an estate, a letter inside a word nothing."""
    assert find_source_places(text, "web") == ()


def test_full_width_and_spaced_letters_are_the_same_place() -> None:
    """Ａ３区 and J10 县 are written by hand and mean A3区 and J10县."""
    assert find_source_places("Ａ３区", "web") == find_source_places("A3区", "web")
    assert [place.name for place in find_source_places("J10 县", "web")] == ["J市", "J10县"]


@given(st.lists(st.from_regex(r"[A-Z]([1-9][0-9]?[区县市]|市)", fullmatch=True), max_size=8))
def test_a_lettered_place_always_follows_its_city(names: list[str]) -> None:
    """Whatever is named, every parent is in the list before its child, and nothing twice."""
    seen: set[object] = set()
    for place in find_source_places("、".join(names), "web"):
        assert isinstance(place, SourcePlace)
        assert place.parent is None or place.parent in seen
        assert place.id not in seen
        seen.add(place.id)


async def test_divisions_are_loaded_once(connection: Connection) -> None:
    """The first load writes all, the second nothing, and one that mends a changed row only that."""
    await connection.execute("delete from place")
    assert await load(connection) == len(DIVISIONS)
    assert await load(connection) == 0
    await connection.execute("update place set name = 'x' where code = '430104'")
    assert await load(connection) == 1
    row = await connection.fetchrow(
        "select child.id, child.full_name, parent.code from place child join place parent on parent.id = child.parent"
        " where child.code = '430104'"
    )
    assert row
    assert tuple(row) == (place_id("430104"), "湖南省长沙市岳麓区", "430100")


async def test_a_division_that_was_abolished_stays(connection: Connection) -> None:
    """Cases name it, so it is kept, and it does not make every start write anew."""
    await load(connection)
    await connection.execute(
        "insert into place (id, code, name, full_name, level)"
        " values ($1, '500105', '江北区', '重庆市江北区', 'COUNTY')",
        place_id("500105"),
    )
    assert await load(connection) == 0
    assert await connection.fetchval("select name from place where code = '500105'") == "江北区"


def messages(folder: Path) -> list[str]:
    """Return subject and text of the real messages."""
    rows: list[str] = []
    for name in ("messages.xlsx", "messages_with_replies.xlsx"):
        sheet = load_workbook(folder / name).get_sheet_by_index(0)
        rows += [f"{row[2]}\n{row[4]}" for row in sheet.to_python(nrows=None)[1:]]
    return rows


def test_real_messages_name_lettered_places(
    shared_data: Path, record_property: Callable[[str, object], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """Most messages name a lettered place; real divisions are named by few, since the publisher replaced them."""
    texts = messages(shared_data)
    lettered = [find_source_places(text, "web") for text in texts]
    with_letters = sum(bool(found) for found in lettered) / len(texts)
    with_county = sum(any(one.level is PlaceLevel.COUNTY for one in found) for found in lettered) / len(texts)
    with_division = sum(ANYWHERE.find(text) is not None for text in texts) / len(texts)
    for name, share in (("letters", with_letters), ("county", with_county), ("division", with_division)):
        record_property(name, share)
    with capsys.disabled():
        shares = f"lettered {with_letters:.1%}, county {with_county:.1%}, division {with_division:.1%}"
        print(f"\n{len(texts)} real messages: {shares}")  # noqa: T201 - the coverage is what this test is for
    assert with_letters > 0.9
    assert with_county > 0.6
    assert with_division < 0.06


def test_finding_places_is_fast() -> None:
    """A hundred times slower than measured (57,000 texts of 370 characters a second) would hold intake up."""
    text = (
        "反映湖南省长沙市岳麓区某小区物业管理混乱、消防通道被占用的问题。"
        + "业主多次向社区和街道反映，至今没有解决。" * 17
    )
    start = time.perf_counter()
    for _ in range(500):
        ANYWHERE.find(text[:370])
    assert 500 / (time.perf_counter() - start) > 600
