"""The queries worth trying are of the API as it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

from casegraph.demo.queries import WORTH_TRYING, Query

SCHEMA = build_schema((Path(__file__).parents[2] / "schema.graphql").read_text(encoding="utf-8"))


def test_there_are_three() -> None:
    """As many as the start of the demo promises, each with a sentence of its own."""
    assert len({query.caption for query in WORTH_TRYING}) == 3


@pytest.mark.parametrize("query", WORTH_TRYING, ids=["search", "letters", "cases"])
def test_a_query_is_valid(query: Query) -> None:
    """Nobody's first query fails on a field that was renamed."""
    assert not validate(SCHEMA, parse(query.document))
    assert query.caption.endswith(".")
