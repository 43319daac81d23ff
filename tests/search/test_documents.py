"""What is indexed of a submission."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.documents import index_document, levels, prefixes
from search.recency import recency
from tests.search.library import source

TIMES = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # the strategy wants them naive


@pytest.mark.parametrize(
    ("topic", "found"),
    [
        (None, ()),
        ("", ()),
        ("城乡建设", ("城乡建设",)),
        ("城乡建设/安全生产/爆破", ("城乡建设", "城乡建设/安全生产", "城乡建设/安全生产/爆破")),
    ],
)
def test_a_topic_holds_every_level_above(topic: str | None, found: tuple[str, ...]) -> None:
    """So that a filter by a level is one comparison."""
    assert levels(topic) == found


@pytest.mark.parametrize(
    ("division", "found"),
    [
        (None, ()),
        ("43", ("43",)),
        ("430104", ("43", "4301", "430104")),
        ("430104001", ("43", "4301", "430104", "430104001")),
    ],
)
def test_a_division_holds_every_level_above(division: str | None, found: tuple[str, ...]) -> None:
    """Of two digits down to the county, of three below it."""
    assert prefixes(division) == found


def test_a_month_is_one_of_the_laws_own_zone() -> None:
    """What is received in the evening of the last, in UTC, is of the next month in China."""
    assert index_document(source(1, received_at=datetime(2026, 3, 31, 16, 0, tzinfo=UTC))).month == "2026-04"
    assert index_document(source(1, received_at=datetime(2026, 3, 31, 15, 59, tzinfo=UTC))).month == "2026-03"


def test_the_same_submission_makes_the_same_document() -> None:
    """Equal texts make equal tokens, in any script and width."""
    one, other = source(1, "夜間施工", "Ａ３区"), source(1, "夜间施工", "a3区")
    assert index_document(one) == index_document(other)


def test_a_submission_without_texts_is_a_document() -> None:
    """It is found by what it is."""
    made = index_document(source(1))
    assert (made.bigrams, made.codes, made.channel) == ((), "", "HOTLINE")


@given(TIMES, TIMES, st.uuids(), st.uuids())
def test_recency_orders_by_the_second(one: datetime, other: datetime, first: UUID, second: UUID) -> None:
    """And fits into what every engine has; without a submission it is the least of its second."""
    if int(one.timestamp()) < int(other.timestamp()):
        assert recency(one, first) < recency(other) <= recency(other, second)
    assert 0 <= recency(one, first) < 1 << 63
