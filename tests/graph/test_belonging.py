"""A matter belongs where it was sent; its fields say more exactly where within that, its words hardly ever do."""

from __future__ import annotations

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.belonging import Homes, Said, belonging, places_named
from graph.divisions import divisions
from graph.gazetteer import Gazetteer

HUNAN, CHANGSHA, YUELU, NOWHERE = (Gazetteer(code) for code in ("43", "4301", "430104", None))
HOMES: Final = (HUNAN, CHANGSHA, YUELU)
NAMES: Final = st.sampled_from([
    "", "北京", "广东省深圳市", "长沙市岳麓区", "岳麓区", "湖南省", "鼓楼区", "430104", "440305", "株洲市渌口区",
    "浏阳市", "开福区", *(one.full_name for one in list(divisions().values())[::300]),
])  # fmt: skip
BEHIND: Final = st.sampled_from(
    ["", "桔园小区", "路23号", "域内", "教育局", "坐火车去北京", "总部在广州市天河区", "大道"]
)
WORDS: Final = st.builds("".join, st.tuples(NAMES, BEHIND, NAMES, BEHIND))


@given(st.sampled_from(HOMES), st.none() | NAMES, st.none() | WORDS, st.none() | WORDS, WORDS)
def test_nothing_that_is_said_moves_a_matter_out_of_home(
    home: Gazetteer, division: str | None, scene: str | None, organ: str | None, title: str
) -> None:
    """Whatever field or title names whatever division, it belongs at home or in it."""
    found = belonging(Said(division=division, scene=scene, organ=organ, title=title), home).division
    assert found is not None
    assert found.startswith(home.home)


@given(WORDS, WORDS)
def test_without_a_home_words_alone_place_nothing(title: str, text: str) -> None:
    """A division in passing is no place, as long as nobody said where such matters belong."""
    belongs = belonging(Said(title=f"{title}{text}"), NOWHERE)
    assert belongs.division is None
    assert belongs.named == ()


@pytest.mark.parametrize(
    ("said", "home", "division"),
    [
        # Its own field, deeper in home, elsewhere, around home, of a namesake, of nothing.
        ({"division": "岳麓区"}, CHANGSHA, "430104"),
        ({"division": "430104"}, CHANGSHA, "430104"),
        ({"division": "广东省深圳市"}, CHANGSHA, "4301"),
        ({"division": "湖南省"}, CHANGSHA, "4301"),
        ({"division": "长沙市"}, YUELU, "430104"),
        ({"division": "鼓楼区"}, Gazetteer("3201"), "320106"),
        ({"division": "某某区"}, CHANGSHA, "4301"),
        # Where it happened, where the address begins so.
        ({"scene": "湖南省长沙市岳麓区望城坡街道12号"}, CHANGSHA, "430104"),
        ({"scene": "岳麓区枫林路"}, CHANGSHA, "430104"),
        ({"scene": "枫林路近岳麓区政府"}, CHANGSHA, "4301"),
        ({"scene": "浏阳市场旁"}, CHANGSHA, "4301"),
        ({"scene": "深圳市南山区"}, CHANGSHA, "4301"),
        # The seat of the organ, where it says more than home.
        ({"organ": "岳麓区城市管理局"}, CHANGSHA, "430104"),
        ({"organ": "湖南省信访局"}, CHANGSHA, "4301"),
        ({"organ": "深圳市公安局"}, CHANGSHA, "4301"),
        # The beginning of the title, said in full, and no other beside it.
        ({"title": "岳麓区梅溪湖油烟扰民"}, CHANGSHA, "430104"),
        ({"title": "长沙市岳麓区梅溪湖油烟扰民"}, CHANGSHA, "430104"),
        ({"title": "关于岳麓区油烟扰民"}, CHANGSHA, "4301"),
        ({"title": "岳麓区和开福区之间的公交"}, CHANGSHA, "4301"),
        ({"title": "岳麓区路面坑洼"}, CHANGSHA, "4301"),
        ({"title": "岳麓区域内的停车"}, CHANGSHA, "4301"),
        ({"title": "岳麓山上的垃圾"}, CHANGSHA, "4301"),
        ({"title": "北京来的火车晚点"}, CHANGSHA, "4301"),
        ({"title": "广州市天河区的公司拖欠工资"}, CHANGSHA, "4301"),
        # The first of them.
        ({"division": "开福区", "scene": "岳麓区枫林路", "organ": "雨花区民政局"}, CHANGSHA, "430105"),
        ({"division": "深圳市", "scene": "岳麓区枫林路"}, CHANGSHA, "430104"),
        ({"division": "长沙市", "title": "岳麓区油烟扰民"}, CHANGSHA, "4301"),
        ({"organ": "长沙市城市管理局", "title": "岳麓区油烟扰民"}, CHANGSHA, "430104"),
        # Without a home its fields alone, wherever that is.
        ({"division": "广东省深圳市"}, NOWHERE, "4403"),
        ({"scene": "深圳市南山区科技园"}, NOWHERE, "440305"),
        ({"scene": "北京路12号"}, NOWHERE, None),
        ({"organ": "岳麓区城市管理局"}, NOWHERE, "430104"),
        ({"title": "岳麓区梅溪湖油烟扰民"}, NOWHERE, None),
    ],
)
def test_the_first_of_its_fields_that_lies_in_home_says_where(
    said: dict[str, Any], home: Gazetteer, division: str | None
) -> None:
    """Its own field, the scene, the organ's seat, the title's beginning; else home."""
    assert belonging(Said(**said), home).division == division


def test_a_source_that_serves_another_division_has_a_home_of_its_own() -> None:
    """Names are read as they are said there."""
    homes = Homes(CHANGSHA, {"nanjing": Gazetteer("3201")})
    for source, division in (("nanjing", "320106"), ("hotline", "4301")):
        assert homes.belonging(source, Said(division="鼓楼区")).division == division


@pytest.mark.parametrize(
    ("said", "words", "home", "codes"),
    [
        ({"division": "广东省深圳市"}, "岳麓区的路灯", CHANGSHA, ("440300", "430104")),
        ({"division": "开福区"}, "岳麓区的路灯", CHANGSHA, ("430105",)),
        ({}, "去北京的火车", CHANGSHA, ()),
        ({}, "去北京的火车，经过开福区", CHANGSHA, ("430105",)),
        ({}, "岳麓区的路灯", NOWHERE, ("430104",)),
    ],
)
def test_what_fields_name_is_a_place_wherever_it_lies(
    said: dict[str, Any], words: str, home: Gazetteer, codes: tuple[str, ...]
) -> None:
    """What words name is one at home alone, and where no field names one there."""
    assert places_named(belonging(Said(**said), home), words, home) == codes
