"""Values of filters mean what they say, whatever they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.divisions import divisions
from resolvers.conditions import behind_all, division_prefix, month_of
from schema.errors import RequestError

CHARACTERS = st.characters(codec="utf-8") | st.sampled_from("\ud7ff\ue000\uffff\U0010ffff a岳")
TEXTS = st.text(CHARACTERS, max_size=5)
ZONES = st.sampled_from(["Asia/Shanghai", "UTC", "America/New_York", "Pacific/Kiritimati", "Asia/Urumqi"]).map(ZoneInfo)
INSTANTS = st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # with a zone


@given(TEXTS.filter(bool), TEXTS)
def test_what_begins_so_lies_between(prefix: str, text: str) -> None:
    """A range by code point, as PostgreSQL compares under `collate "C"`, holds what begins so and nothing else."""
    for one in (text, prefix + text, prefix):
        assert (prefix <= one < behind_all(prefix)) is one.startswith(prefix)


@given(INSTANTS, ZONES)
def test_each_instant_is_in_its_month_alone(instant: datetime, zone: ZoneInfo) -> None:
    """As a clock of that zone shows it."""
    month = f"{instant.astimezone(zone):%Y-%m}"
    begins, ends = month_of(month, zone)
    assert begins <= instant < ends
    assert month_of(f"{ends.astimezone(zone):%Y-%m}", zone)[0] == ends
    assert timedelta(days=27) < ends - begins < timedelta(days=32)


@pytest.mark.parametrize(
    "text",
    ["", "2026-13", "2026-00", "2026-1", "26-11", "2026/11", "0000-01", "0001-01", "9999-12", "２０２６-11", "x"],
)
def test_what_is_no_month_is_refused(text: str) -> None:
    """So are the first and the last that there are: in some zone they begin or end beyond all time."""
    with pytest.raises(RequestError, match="2026-11"):
        month_of(text, ZoneInfo("Asia/Shanghai"))


def test_every_division_is_found_by_its_whole_name() -> None:
    """As answers tell it, so what one reads can be asked for; but for parts that only stand between in the table."""
    for division in divisions().values():
        assert division_prefix(division.code) == division.prefix
        if division_prefix(division.code) and "市辖区" not in division.full_name:
            assert division_prefix(division.full_name) == division.prefix, division.full_name


@pytest.mark.parametrize("text", ["鼓楼区", "没有的区", "", "0", "430104x", "岳麓区" * 50, "岳麓区教育局"])
def test_a_name_of_none_or_of_several_is_refused(text: str) -> None:
    """Rather than taken for one of them."""
    with pytest.raises(RequestError, match="by its code"):
        division_prefix(text)
