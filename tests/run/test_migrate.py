"""Migrations go forward only, once each, and refuse a database that went another way."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from graph.database import DatabaseError, connect
from graph.errors import DatabaseStateError
from graph.ids import new_id
from graph.migrate import FOLDER, LOCK, migrate, pending, read_migrations, require_current
from tests.graph.factory import NOW

pytestmark = pytest.mark.both_ways


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two migrations that a test may change."""
    (tmp_path / "0001_first.sql").write_text("create table first (id integer);")
    (tmp_path / "0002_second.sql").write_text("create table second (id integer);")
    return tmp_path


async def test_applies_what_is_pending_in_order_and_only_once(empty_database_url: str, folder: Path) -> None:
    """The first run applies all, the second none, and a file added later is applied alone."""
    connection = await connect(empty_database_url)
    assert await pending(connection, folder) == ["0001_first", "0002_second"]
    assert await migrate(connection, folder=folder) == ["0001_first", "0002_second"]
    assert await migrate(connection, folder=folder) == []
    (folder / "0003_third.sql").write_text("create table third as select * from second;")
    assert await migrate(connection, folder=folder) == ["0003_third"]
    assert await pending(connection, folder) == []
    await connection.close()


async def test_a_migration_that_fails_leaves_nothing_of_itself(empty_database_url: str, folder: Path) -> None:
    """What went before it stays; the lock is free again."""
    (folder / "0002_second.sql").write_text("create table half (id integer); select 1 / 0;")
    connection = await connect(empty_database_url)
    with pytest.raises(DatabaseError):
        await migrate(connection, folder=folder)
    assert await pending(connection, folder) == ["0002_second"]
    assert await connection.fetchval("select to_regclass('half')") is None
    assert await connection.fetchval("select pg_try_advisory_lock($1)", LOCK)
    await connection.close()


async def test_refuses_an_edited_migration(empty_database_url: str, folder: Path) -> None:
    """A file that changed after it was applied would leave databases that differ."""
    connection = await connect(empty_database_url)
    await migrate(connection, folder=folder)
    (folder / "0001_first.sql").write_text("create table first (id bigint);")
    with pytest.raises(DatabaseStateError, match="0001_first was edited after it was applied"):
        await migrate(connection, folder=folder)
    await connection.close()


async def test_refuses_a_database_that_is_newer(empty_database_url: str, folder: Path) -> None:
    """An older version would write into tables it does not know."""
    connection = await connect(empty_database_url)
    await migrate(connection, folder=folder)
    (folder / "0002_second.sql").unlink()
    with pytest.raises(DatabaseStateError, match="newer than this version"):
        await pending(connection, folder)
    await connection.close()


async def test_says_what_to_run_when_something_is_pending(empty_database_url: str) -> None:
    """An empty database is told from a current one without being changed."""
    connection = await connect(empty_database_url)
    with pytest.raises(DatabaseStateError, match="python -m casegraph migrate"):
        await require_current(connection)
    assert await connection.fetchval("select to_regclass('migration')") is None
    await connection.close()


async def test_two_processes_may_migrate_at_once(empty_database_url: str, folder: Path) -> None:
    """One waits for the other and then finds nothing to do."""
    one, two = await connect(empty_database_url), await connect(empty_database_url)
    done = await asyncio.gather(migrate(one, folder=folder), migrate(two, folder=folder))
    assert sorted(done, key=len) == [[], ["0001_first", "0002_second"]]
    await one.close()
    await two.close()


async def test_loads_vocabularies_after_the_tables(empty_database_url: str, folder: Path) -> None:
    """A vocabulary finds its tables, is loaded at every run, and not kept when it fails."""
    connection = await connect(empty_database_url)

    async def load(given: object) -> None:
        await connection.execute("insert into second values (1)")
        assert given is connection

    await migrate(connection, [load], folder)
    await migrate(connection, [load], folder)
    assert await connection.fetchval("select count(*) from second") == 2
    await connection.close()


@pytest.mark.parametrize("names", [["0002_only.sql"], ["0001_a.sql", "0001_b.sql"], ["0001_a.sql", "second.sql"]])
def test_refuses_files_that_are_misnumbered(tmp_path: Path, transport: str, names: list[str]) -> None:
    """A hole, a double or a file without a number is a mistake of whoever wrote it."""
    assert transport in {"socket", "tcp"}
    for name in names:
        (tmp_path / name).write_text("select 1;")
    with pytest.raises(DatabaseStateError):
        read_migrations(tmp_path)


async def test_the_real_migrations_are_applied_in_every_test_database(database_url: str) -> None:
    """A cloned template is current."""
    connection = await connect(database_url)
    await require_current(connection)
    await connection.close()


async def test_what_people_decided_before_is_kept(empty_database_url: str, tmp_path: Path) -> None:
    """Of what kind a submission is, by whom and why; of what it had accused, its source is taken to have said so."""
    older = tmp_path / "migrations"
    older.mkdir()
    for path in FOLDER.glob("*.sql"):
        if path.name < "0022":
            shutil.copy(path, older)
    connection = await connect(empty_database_url)
    await migrate(connection, folder=older)
    accused, asked = new_id(), new_id()
    for submission, kind, state in (
        (accused, "APPEAL", "ACCEPTED"), (accused, "SUGGESTION", "RETIRED"), (asked, "SUGGESTION", "ACCEPTED"),
    ):  # fmt: skip
        await connection.execute(
            "insert into classification values ($1, $2, $3, $4, $5, 'officer', $6)",
            new_id(), submission, kind, state, {"reason": "核实", "former": {"x": "举报"}}, NOW,
        )  # fmt: skip
    await connection.execute(
        """insert into case_accused (id, case_id, organ, submission, state, evidence, decided_by, decided_at)
        values ($1, $1, $1, $2, 'RETIRED', '{}', 'test', $3)""",
        new_id(), accused, NOW,
    )  # fmt: skip
    await migrate(connection)
    rows = await connection.fetch("select * from correction where state = 'ACCEPTED'")
    assert {row["submission"]: (row["field"], row["value"], row["said"], row["reason"]) for row in rows} == {
        accused: ("KIND", "APPEAL", "ACCUSATION", "核实"), asked: ("KIND", "SUGGESTION", "APPEAL", "核实"),
    }  # fmt: skip
    assert {row["decided_by"] for row in rows} == {"officer"}
    await connection.close()
