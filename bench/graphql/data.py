"""The data that all servers answer from: a city's year, made and taken in once."""

from __future__ import annotations

import os
import tempfile
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.year import items_of
from casegraph.commands.ingest import find_all, ingest, plan_of
from casegraph.demo.year import make_year
from casegraph.opening import open_database, open_vault, prepare_database
from casegraph.running import rarely_collect
from casegraph.services import for_child, open_services
from casegraph.settings import Settings
from casegraph.workers import worker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

FOLDER: Final = "CASEGRAPH_BENCH_DATA"
"""Names a data folder to measure on. Where it holds no data yet they are made there, for runs to come."""
RELATE: Final = """
    insert into case_relation (id, relation, origin, target, state, score, evidence, decided_by, decided_at)
    select uuidv7(), 'RELATED', id, other, 'ACCEPTED', null, '{"reason": "bench"}', 'bench', now()
    from (select id, number, lag(id) over (order by number) as other from "case") one
    where number % 3 = 0 and other is not null
"""
"""A year as it is taken in relates no cases; persons do. So every third is related to the one before it."""


@contextmanager
def folder() -> Iterator[Path]:
    """Give the data folder that the environment names, or one that is removed at the end."""
    if named := os.environ.get(FOLDER):
        yield Path(named).absolute()
        return
    with tempfile.TemporaryDirectory(prefix="casegraph-bench-") as made:
        yield Path(made)


@asynccontextmanager
async def database(data: Path, submissions: int) -> AsyncIterator[str]:
    """Give the address of a data folder's database with so many submissions in it."""
    settings = Settings(data=data, log_level="WARNING")
    if not (data / "index").exists():
        await _fill(settings, submissions)
    async with open_database(settings) as url:
        await prepare_database(url, open_vault(settings))  # it may have been made by an earlier version
        yield url


async def _fill(settings: Settings, submissions: int) -> None:
    rarely_collect()
    with tempfile.TemporaryDirectory(prefix="casegraph-bench-year-") as name:
        year = Path(name)
        make_year(year, submissions=submissions)
        async with open_services(settings) as services, worker(for_child(services)) as beside:
            await ingest(services, plan_of(settings, items_of(year)))
            await find_all(services, beside)
            await services.pool.execute(RELATE)
            await services.pool.execute("vacuum analyze")
