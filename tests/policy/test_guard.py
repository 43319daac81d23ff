"""No table that a statement names is left without the policy around it, and no other can be named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.guard import COLUMNS, Guard, sql
from graph.parsed_sql import UnreadableSqlError
from graph.policy import EVERYWHERE, Role, Viewer
from graph.scope import scope

NOBODY = Viewer(name="nobody", roles=frozenset())
REGISTRAR = Viewer(name="desk", roles=frozenset({Role.REGISTRAR}), divisions=(EVERYWHERE,))
PUBLIC = {"place", "organ"}
"""Vocabularies: seen by all where they are known."""
WAYS = (
    "select 1 from {table}", "select 1 from {table} one", "select 1 from {table} as one",
    "select 1 from (values (1)) two join {table} one on true", "select 1 from\n    {table} one where true",
    "select 1 from (values (1)) two, {table}", "select 1 FROM /* from journal */ {table}",
    "select (select count(*) from {table}) from (values (1)) two",
    "select 1 from (values (1)) two left join lateral (select from {table}) three on true",
    "with two as (select 1 from {table}) select 1 from two", "table {table}",
    "select '从 from submission', $$ join mention $$ from {table}", "select 1 from {table} union all select 2",
    "select 1 where exists (select from {table}) -- from event",
)  # fmt: skip
"""Ways in which a statement reads a table once."""


def spellings(table: str) -> tuple[str, ...]:
    """Return how a table may be spelled."""
    plain = (table, table.upper(), table.title(), f"public.{table}", f"PUBLIC . {table}") if table != "case" else ()
    return (*plain, f'"{table}"', f'public."{table}"')


@given(st.data(), st.sampled_from(sorted(COLUMNS)), st.sampled_from(WAYS))
def test_each_table_is_guarded_however_it_is_named(data: st.DataObject, table: str, way: str) -> None:
    """Quoted, qualified, in capitals, behind a comma, in any place; what stands in literals and comments stays."""
    named = way.format(table=data.draw(st.sampled_from(spellings(table))))
    statement = sql(named)
    assert [one.name for one in statement.tables] == [table]
    guarded = Guard(scope(NOBODY).shape).around(statement)
    assert f'from "{table}" seen where' in guarded
    for literal in ("'从 from submission', $$ join mention $$", "/* from journal */", "-- from event"):
        assert (literal in named) == (literal in guarded)
    if table == "saved_search":
        assert "seen.owner = $1::text" in guarded  # the viewer's name
    elif table not in PUBLIC:
        assert "false" in guarded


@pytest.mark.parametrize(
    "text",
    [
        "select 1 from pg_class", "select 1 from upload", "select 1 from other.submission", "select 1 from Submissions",
        "select 1 from place, api_key", "delete from submission", "select 1 into kept from submission",
        "select 1 from submission for update", "select 1; select 1 from submission", "",
        "with submission as (select 1) select 1 from submission", "select 1 from only submission",
        "with gone as (delete from submission returning id) select 1 from gone",
        "select 1 from submission one (id)", "select 1 from submission tablesample system (1)",
        "select query_to_xml('select * from mention', true, true, '')", "select set_config('casegraph.may', '', true)",
        "select pg_read_file('x')", "select pg_ls_dir('.')", "select pg_catalog.pg_notify('a', 'b')",
        "select case_of($1)", "select nextval('x')", "select accused_once($1)",
        "select current_setting('casegraph.may')",
        "select public.count(*) from submission", "select 1 from unnest(array[1]) one, lower('x') two",
        "select 1 from submission order by md5(title)", "select count(*) filter (where txid_current() > 0) from place",
        "select 1 from place limit (select lo_get(1))", "with a as (select ts_stat('x')) select 1 from a",
        'select 1 from U&"\\0073ubmission" one', "select 1 from public /* other */ . submission one",
        "select 1 from submission where", 'select 1 from "Submission"',
    ],
)  # fmt: skip
def test_what_does_not_only_read_known_tables_is_refused(text: str) -> None:
    """Another table, another schema, a write, a lock, a name that hides a table, a function that runs a text."""
    with pytest.raises(UnreadableSqlError):
        sql(text)


HIDDEN = ("upload", "api_key", "pg_class", "case_accused")
"""Tables that nobody reads for a viewer."""
TAKEN = (
    "with {name} as (select * from {name}) select * from {name}",
    "with {name} as (select 1) select * from public.{name}",
    "with {name} as (select 1) select * from pg_catalog.{name}",
    "select (with {name} as (select 1) select count(*) from {name}), (select count(*) from {name})",
    "with one as (select 1 from {name}), {name} as (select 1) select 1 from {name}",
    "(with {name} as (select 1) select 1 from {name}) union all select 1 from {name}",
    "with one as (with {name} as (select 1) select 1 from {name}) select 1 from one, {name}",
    "select 1 from place, lateral (with {name} as (select 1) select 1 from {name}) one join {name} on true",
)
"""Statements that read a table whose name is also that of a part of them, where that part does not stand for it."""
OWN = (
    "with {name} as (select 1) select 1 from {name}",
    "with {name} as (select 1), one as (select 1 from {name}) select 1 from one, {name}",
    "with recursive {name} as (select 1 union all select 1 from {name}) select 1 from {name}",
    "with recursive one as (select 1 from {name}), {name} as (select 1) select 1 from one",
    "with {name} as (select 1) select (select 1 from {name}) union all (select 1 from {name})",
    "with {name} as (select 1) select 1 from lateral (with one as (select 1 from {name}) select 1 from one) two",
)
"""Statements that name but a part of their own."""


@given(st.sampled_from(HIDDEN), st.sampled_from(TAKEN))
def test_a_part_lends_its_name_to_no_table_elsewhere(name: str, text: str) -> None:
    """A part stands for its name only where PostgreSQL takes it so: not before it, beside it, in it or in a schema."""
    with pytest.raises(UnreadableSqlError, match=name):
        sql(text.format(name=name))


@given(st.sampled_from(HIDDEN), st.sampled_from(OWN))
def test_parts_of_a_statement_are_no_tables(name: str, text: str) -> None:
    """They may have any name that is not a table's for viewers."""
    assert sql(text.format(name=name)).tables == ()


def test_what_is_no_accusation_is_all_that_one_without_the_clearance_sees() -> None:
    """The condition is of the case's own row."""
    guarded = Guard(scope(REGISTRAR).shape).around(sql('select 1 from "case" one'))
    assert 'from "case" seen where seen.scope > 0) one' in guarded
