"""No table that a statement names is left without the policy around it."""

from __future__ import annotations

import pytest

from graph.policy import EVERYWHERE, Role, Viewer
from graph.scope import COLUMNS, Guard, scope

NOBODY = Viewer(name="nobody", roles=frozenset())
REGISTRAR = Viewer(name="desk", roles=frozenset({Role.REGISTRAR}), divisions=(EVERYWHERE,))
WAYS = ("from {table}", "from {table} one", "join {table} one on true", "from\n    {table} one where true")
PUBLIC = {"place", "organ"}
"""Vocabularies: seen by all where they are known."""


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("table", sorted(COLUMNS))
def test_each_table_is_guarded_however_it_is_named(table: str, way: str) -> None:
    """By its own name, by an alias, as what is joined; quoted where PostgreSQL has to have it so."""
    named = way.format(table='"case"' if table == "case" else table)
    guarded = Guard(scope(NOBODY).shape).around(named)
    assert f'from "{table}" seen where' in guarded
    if table == "saved_search":
        assert "seen.owner = $1::text" in guarded  # the viewer's name
    elif table not in PUBLIC:
        assert "false" in guarded


def test_what_is_no_accusation_is_all_that_one_without_the_clearance_sees() -> None:
    """The condition is of the case's own row."""
    assert 'from "case" seen where seen.scope > 0) one' in Guard(scope(REGISTRAR).shape).around('from "case" one')
