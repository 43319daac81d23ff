"""Cursors come back as they were given, and whatever else comes is refused."""

from __future__ import annotations

import base64

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import InvalidError
from search.cursor import After, opened, sealed
from search.records import SearchOrder

ORDERS = st.sampled_from(SearchOrder)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
PLACES = st.builds(
    After,
    key=st.none() | st.tuples(FINITE, st.integers(-(1 << 62), 0)),
    below=st.none() | st.integers(0, 1 << 62),
    loose=st.none() | st.frozensets(st.text(max_size=3), max_size=3),
    until=st.none() | st.integers(0, 1 << 48),
    weights=st.lists(FINITE, max_size=5).map(tuple),
    given=st.frozensets(st.binary(min_size=5, max_size=5), max_size=5),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), 1 << 63) | FINITE | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=10,
)


@given(PLACES, ORDERS)
def test_a_cursor_is_the_place_it_was_made_of(after: After, order: SearchOrder) -> None:
    """Whole, for the same order."""
    assert opened(sealed(after, order), order) == after


@given(PLACES, ORDERS)
def test_a_cursor_of_another_order_is_refused(after: After, order: SearchOrder) -> None:
    """It would be a place in another list."""
    (other,) = set(SearchOrder) - {order}
    with pytest.raises(InvalidError):
        opened(sealed(after, order), other)


def _refused(cursor: str, order: SearchOrder) -> bool:
    try:
        opened(cursor, order)
    except InvalidError as error:
        return error.field == "after"
    return False


@given(st.text(max_size=30), ORDERS)
def test_whatever_is_no_cursor_is_refused(text: str, order: SearchOrder) -> None:
    """With one error, whose field is named."""
    assert _refused(text, order)


@given(st.lists(JSON, max_size=8), ORDERS)
def test_whatever_is_made_up_is_refused_or_a_place(values: list[object], order: SearchOrder) -> None:
    """Nothing else is raised, and no place is out of any engine's bounds."""
    try:
        raw = orjson.dumps([order, *values])
    except TypeError:
        return
    cursor = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    if not _refused(cursor, order):
        after = opened(cursor, order)
        assert 0 <= (after.below or 0) < 1 << 63
        assert 0 <= (after.until or 0) < 1 << 63


def test_no_cursor_is_the_beginning() -> None:
    """Behind nothing."""
    assert opened(None, SearchOrder.RELEVANCE) == After()
