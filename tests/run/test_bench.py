"""Parts of `make bench` that nothing else runs, each on the smallest input."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench import masking, year
from bench.attacks import sockets
from bench.graphql.ceiling import ceiling, pgbench
from graph.database import connect

if TYPE_CHECKING:
    from tests.api.conftest import Api

from tests.api.conftest import api
from tests.conftest import LOUD
from tests.graph.factory import draft
from tests.text.spellings import MATTERS, NAMES

__all__ = ["api"]

ASKED = """query($source: String!) { submissions(filter: {source: $source}, first: 1) { nodes { id } } }"""


def test_both_rates_of_masking_are_printed_and_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each kind of number and of what is nobody's; all that has a goal reaches it, but for time."""
    monkeypatch.setattr(masking, "DRAWN", 20)
    monkeypatch.setattr(masking, "LENGTH", 20)
    rows = {row.name: row for row in masking.measure()}
    assert {f"masking.missed {name}" for name in NAMES if name != "service"} <= rows.keys()
    assert {f"masking.false {name}" for name in MATTERS} <= rows.keys()
    rows.pop("masking.twice the text")
    assert not [name for name, row in rows.items() if row.holds is False]


async def test_every_table_is_copied_with_the_columns_that_are_written(api: Api, database_url: str) -> None:
    """Columns that PostgreSQL makes itself are not, and the copies have as many rows."""
    await api.take_in(draft("1"), draft("2"))
    connection = await connect(database_url)
    try:
        for table in year.TABLES:
            assert await year._copy_table(connection, table) >= 0
        assert not await connection.fetch("select from pg_class where relname like 'copied_%'")
    finally:
        await connection.close()


def test_an_empty_argument_stands_in_the_statement(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`pgbench` takes no variable without a value."""
    program = pgbench()
    if program is None:
        pytest.skip(f"{LOUD}the ceiling of the API, since there is no pgbench")
    monkeypatch.setattr("bench.graphql.ceiling.SECONDS", 1)
    monkeypatch.setattr("bench.graphql.ceiling.CONNECTIONS", 1)
    assert ceiling(program, database_url, ASKED, [{"source": ""}, {"source": "hotline"}]) > 0


@pytest.mark.long
def test_ordinary_clients_are_asked_beside_many_subscriptions() -> None:
    """Every figure is a time and its ratio; it ends only once the others were told of what happens."""
    rows = sockets.measure(sockets.Size(sockets=2, subscriptions=2, queries=10, filled=25, rounds=1))
    assert [row.name for row in rows] == [
        f"attacks.sockets.{whom}.{when}.p95" for whom in ("others", "all") for when in ("quiet", "busy")
    ]
    assert all(row.value > 0 and row.ratio for row in rows)
