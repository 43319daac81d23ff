"""Enums mirror what they stand for, and scalars cross the API unchanged."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, build_schema
from hypothesis import given
from hypothesis import strategies as st
from strawberry.exceptions import StrawberryInputCoercionError

from graph.intake import Change
from graph.journal import EntryKind
from graph.revealing import Revealable
from resolvers.failures import without_values
from resolvers.roots import NODE_TYPES
from schema import enums
from schema.scalars import BIG_INT, DATE, DATE_TIME, LARGEST
from schema.schema import NODES, print_sdl
from search import records
from sync.changes import NODE_TYPES as CHANGED

if TYPE_CHECKING:
    from enum import StrEnum

SCHEMA = build_schema(print_sdl())


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (enums.ChangeKind, EntryKind),
        (enums.FacetName, records.FacetName),
        (enums.SearchOrder, records.SearchOrder),
        (enums.IntakeChange, Change),
    ],
)
def test_what_the_schema_mirrors_has_the_same_values(ours: type[StrEnum], theirs: type[StrEnum]) -> None:
    """The schema may not import these, so a value added there must be added here."""
    assert {one.value for one in ours} == {one.value for one in theirs}


def test_every_value_and_input_is_described() -> None:
    """Enums' values, fields of types, interfaces and inputs, and fields' arguments each have a sentence."""
    bare = []
    for name, kind in SCHEMA.type_map.items():
        if name.startswith("__"):
            continue
        if isinstance(kind, GraphQLEnumType):
            bare += [f"{name}.{value}" for value, told in kind.values.items() if not told.description]
        elif isinstance(kind, GraphQLInputObjectType):
            bare += [f"{name}.{field}" for field, told in kind.fields.items() if not told.description]
        else:
            fields = getattr(kind, "fields", {})
            bare += [f"{name}.{field}" for field, one in fields.items() if not one.description]
            bare += [
                f"{name}.{field}({argument})"
                for field, one in fields.items()
                for argument, told in one.args.items()
                if not told.description
            ]
    assert not bare


def test_every_node_is_read_by_its_id() -> None:
    """Each type of the schema that is a node has a reader, and every change happens to one of them."""
    assert {kind.__name__ for kind in NODES} == NODE_TYPES
    assert {*CHANGED, EntryKind.IDENTITY_REVEALED} == set(EntryKind)
    assert {*CHANGED.values(), *Revealable} <= NODE_TYPES


ZONES = st.integers(-14 * 60 + 1, 14 * 60 - 1).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=ZONES))  # noqa: DTZ001 - the zone is drawn
def test_an_instant_is_printed_in_utc_and_read_back(instant: datetime) -> None:
    """Whatever zone it is in, what is printed is the same instant with an offset."""
    printed = DATE_TIME.serialize(instant)  # type: ignore[misc]
    assert printed.endswith("+00:00")
    assert DATE_TIME.parse_value(printed) == instant  # type: ignore[misc]
    assert DATE_TIME.parse_value(instant.isoformat()) == instant  # type: ignore[misc]


@pytest.mark.parametrize("text", ["", "2026-11-24", "2026-11-24T10:00:00", "24.11.2026", "now", "2026-13-01T00:00:00Z"])
def test_an_instant_without_an_offset_is_refused(text: str) -> None:
    """What it means would depend on who reads it."""
    with pytest.raises(StrawberryInputCoercionError, match="offset"):
        DATE_TIME.parse_value(text)  # type: ignore[misc]


@given(st.dates())
def test_a_date_is_read_back(day: date) -> None:
    """A legal date has no time and no zone."""
    assert DATE.parse_value(DATE.serialize(day)) == day  # type: ignore[misc]


@pytest.mark.parametrize("text", ["", "24.11.2026", "2026-02-30", "2026-11-24T00:00:00Z", 5])
def test_what_is_no_date_is_refused(text: object) -> None:
    """The message shows the form."""
    with pytest.raises(StrawberryInputCoercionError, match="2026-11-24"):
        DATE.parse_value(text)  # type: ignore[misc]


@given(st.integers(-LARGEST, LARGEST))
def test_a_count_of_64_bits_is_read_back(number: int) -> None:
    """As a number or, since JavaScript's are shorter, as its digits."""
    assert BIG_INT.parse_value(BIG_INT.serialize(number)) == number  # type: ignore[misc]
    assert BIG_INT.parse_value(str(number)) == number  # type: ignore[misc]


@pytest.mark.parametrize("value", [True, 1.5, "", "x", None, LARGEST + 1, str(10**30), "9" * 5000])
def test_what_is_no_count_is_refused(value: object) -> None:
    """Fractions, words and what does not fit."""
    with pytest.raises(StrawberryInputCoercionError, match="BigInt"):
        BIG_INT.parse_value(value)  # type: ignore[misc]


def test_now_is_printed_as_the_description_says() -> None:
    """One formatter prints all times."""
    assert DATE_TIME.serialize(datetime(2026, 11, 24, 3, 58, 15, tzinfo=UTC)) == "2026-11-24T03:58:15+00:00"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("at .title: String cannot represent a number: 13987654321", "at .title: String cannot represent a number."),
        ("Value '张三' does not exist in 'Role' enum. Did you mean 'X'?", "The value does not exist in 'Role' enum."),
        ("not to include unknown field 'colour', found: {'a': '张三'}.", "not to include unknown field 'colour'."),
        ("not to include unknown field '张三', found: {'a': 1}.", "not to include an unknown field."),
        ("Expected value of type 'I' to be an object, found: '张\n三'.", "Expected value of type 'I' to be an object."),
        ("Cannot query field 'colour' on type 'Case'.", "Cannot query field 'colour' on type 'Case'."),
    ],
)  # fmt: skip
def test_errors_of_arguments_quote_no_value(said: str, told: str) -> None:
    """What was given may be somebody's name; where it stood and what was expected is told."""
    assert without_values(said) == told
