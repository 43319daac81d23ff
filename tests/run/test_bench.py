"""Every part of `make bench` runs, each on the smallest input, so that none can rot unseen."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

import pytest

from bench import compressing, finding, masking, parsing, recognition, searching, writes, year
from bench.__main__ import BENCHMARKS
from bench.attacks import sockets
from bench.graphql import ceiling as reached
from bench.graphql import load, measuring, policy, queries, servers
from bench.graphql.ceiling import ceiling, pgbench
from bench.search import messages, speed
from graph.database import connect

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.api.conftest import Api
    from tests.elasticsearch.server import Indices

from tests.api.conftest import api
from tests.conftest import LOUD
from tests.graph.factory import draft
from tests.text.spellings import MATTERS, NAMES

__all__ = ["api"]

MADE: Final = {"MADE": 40, "QUERIES": 5}
TINY: Final[Mapping[str, Mapping[Any, Mapping[str, object]]]] = {
    "asking": {messages: MADE},
    "belonging": {messages: MADE},
    "compressing": {compressing: {"SUBMISSIONS": 60, "ROUNDS": 1}},
    "finding": {finding: {"SUBMISSIONS": 60, "WRITES": 2, "APART": 0, "RATE": 20, "SECONDS": 1}},
    "graphql": {
        measuring: {"SUBMISSIONS": 600, "ROUNDS": 1, "WARMING": 1, "SAME": 2},
        policy: {"ROUNDS": 1, "SECONDS": 0.01},
        load: {"SECONDS": 1, "CONNECTIONS": 2},
        reached: {"SECONDS": 1, "CONNECTIONS": 1, "SETS": 2},
        queries: {"DRAWN": 3},
        servers: {"shutil": SimpleNamespace(which=lambda _: None)},  # no rival is installed over the network
    },
    "parsing": {parsing: {"SUBMISSIONS": 60, "PAPERS": 3}},
    "recognition": {recognition: {"LETTERS": 1}},
    "search": {messages: MADE, speed: {"SIZES": (30, 60), "QUERIES": 2}},
    "searching": {searching: {"SUBMISSIONS": 600, "QUERIES": 2, "TITLES": 100}},
    "writes": {writes: {"SINGLES": 2}},
    "year": {year: {"SUBMISSIONS": 60, "PART": 2}},
}
"""What makes each part small: constants of its modules, by part."""
ELSEWHERE: Final = frozenset({"attacks", "masking"})
"""Parts that run in `tests/attacks/test_fairness.py` and below."""
OUTSIDE: Final = {
    "graphql": ("wrk", load.missing),
    "recognition": ("recogniser (`make ocr`) or no Chinese font", recognition.lacking),
}
"""Programs that are not there everywhere, and how that is told."""
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


@pytest.fixture(scope="module")
def kept() -> Iterator[Path]:
    """Give the folder of the data that two parts ask, made once; not below pytest's own, as `data_folder` says."""
    with tempfile.TemporaryDirectory(prefix="casegraph-tests-bench-") as folder:
        yield Path(folder) / "data"


@pytest.mark.long
@pytest.mark.parametrize("part", sorted(BENCHMARKS.keys() - ELSEWHERE))
def test_each_part_runs(part: str, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: Any) -> None:
    """It tells figures, each of them a number, and of nothing twice."""
    if part in OUTSIDE and OUTSIDE[part][1]():
        pytest.skip(f"{LOUD}the bench `{part}`, since there is no {OUTSIDE[part][0]}")
    if part == "search":
        indices: Indices = request.getfixturevalue("elasticsearch")
        monkeypatch.setenv("CASEGRAPH_BENCH_ELASTICSEARCH_URL", indices.address)
    monkeypatch.setenv("CASEGRAPH_BENCH_DATA", str(kept))
    for module in (messages, year):  # not the real messages, which are not everywhere, and many
        monkeypatch.setattr(module, "REAL", tmp_path)
    for module, constants in TINY[part].items():
        for name, value in constants.items():
            monkeypatch.setattr(module, name, value)
    rows = BENCHMARKS[part]()
    assert rows
    assert len({row.name for row in rows}) == len(rows)
    assert all(math.isfinite(row.value) and math.isfinite(row.ratio or 0) for row in rows)


@pytest.mark.long
def test_ordinary_clients_are_asked_beside_many_subscriptions() -> None:
    """Every figure is a time and its ratio; it ends only once the others were told of what happens."""
    rows = sockets.measure(sockets.Size(sockets=2, subscriptions=2, queries=10, filled=25, rounds=1))
    assert [row.name for row in rows] == [
        f"attacks.sockets.{whom}.{when}.p95" for whom in ("others", "all") for when in ("quiet", "busy")
    ]
    assert all(row.value > 0 and row.ratio for row in rows)
