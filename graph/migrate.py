"""Brings a database to the tables of this version: numbered SQL files, forward only, each in its own transaction.

The lock is polled: a session that blocks in `pg_advisory_lock` holds a snapshot, on which a `create index concurrently`
of whoever has the lock would wait for ever.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from graph.database import statements, though_away
from graph.errors import DatabaseStateError
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

    from graph.database import Connection

    Load = Callable[[Connection], Awaitable[object]]

FOLDER: Final = Path(__file__).parent / "migrations"
NAMED: Final = re.compile(r"(?P<number>\d{4})_[a-z0-9_]+\.sql\Z")
LOCK: Final = 0x6361736567726170
"""The advisory lock of whoever migrates: `casegrap` in ASCII, so that it collides with no small number."""
PATIENCE: Final = 600.0
"""Seconds to wait for another process that migrates; a large table may be rewritten meanwhile."""
PAUSE: Final = 0.1

SQL = statements("migrate")


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file."""

    number: int
    name: str
    text: str
    checksum: bytes


def read_migrations(folder: Path = FOLDER) -> list[Migration]:
    """Read the files of a folder in their order; raise DatabaseStateError where numbers are missing or doubled."""
    found = []
    for path in sorted(folder.glob("*.sql")):
        match = NAMED.match(path.name)
        if match is None:
            raise DatabaseStateError(
                Wording("{name} is not named like a migration (0001_what_it_does.sql). Rename it.", name=path.name)
            )
        content = path.read_bytes()
        found.append(Migration(int(match["number"]), path.stem, content.decode(), hashlib.sha256(content).digest()))
    if [migration.number for migration in found] != list(range(1, len(found) + 1)):
        raise DatabaseStateError(
            Wording("The migrations are not numbered 0001, 0002, … without holes. Renumber the new ones.")
        )
    return found


def pending_of(known: Sequence[Migration], applied: Mapping[int, bytes]) -> list[Migration]:
    """Return what is still to be applied; raise DatabaseStateError where the database went another way."""
    if applied and max(applied) > len(known):
        raise DatabaseStateError(
            Wording(
                "The database is newer than this version: it has migration {applied}, this version knows "
                "{count}. Run a newer casegraph, or restore an older backup.",
                applied=max(applied),
                count=len(known),
            )
        )
    for migration in known:
        if applied.get(migration.number, migration.checksum) != migration.checksum:
            raise DatabaseStateError(
                Wording(
                    "Migration {name} was edited after it was applied. Put its text back as it was, and write a "
                    "new migration for the change.",
                    name=migration.name,
                )
            )
    return [migration for migration in known if migration.number not in applied]


async def pending(connection: Connection, folder: Path = FOLDER) -> list[str]:
    """Return the names of the migrations this database still needs, without changing anything."""
    known = read_migrations(folder)
    there = await connection.fetchval(SQL.table_exists)
    return [migration.name for migration in pending_of(known, await _applied(connection) if there else {})]


async def require_current(connection: Connection) -> None:
    """Raise DatabaseStateError unless the database has exactly the tables of this version."""
    await _require_whole(connection)
    if names := await pending(connection):
        raise DatabaseStateError(
            Wording(
                "The database lacks {count} migration(s), first {names}. Run `python -m casegraph migrate`.",
                count=len(names),
                names=names[0],
            )
        )


async def _require_whole(connection: Connection) -> None:
    if await connection.fetchval(SQL.marker_exists) and await connection.fetchrow(SQL.marker):
        raise DatabaseStateError(
            Wording(
                "The database is half restored, and those who were erased since the backup are in it. Run "
                "`python -m casegraph restore` with the same backup again: it goes on where it ended."
            )
        )


async def migrate(connection: Connection, loads: Sequence[Load] = (), folder: Path = FOLDER) -> list[str]:
    """Apply what is pending, then call `loads`, each in a transaction; return the names of what was applied.

    `loads` bring vocabularies that come with this version (divisions); they must leave alone what is already there.
    """
    known = read_migrations(folder)
    async with _alone(connection):
        await connection.execute(SQL.make_table)
        await connection.execute(SQL.make_marker)
        await _require_whole(connection)
        todo = pending_of(known, await _applied(connection))
        await _apply(connection, todo)
        for load in loads:
            async with connection.transaction():
                await load(connection)
    return [migration.name for migration in todo]


async def _apply(connection: Connection, todo: Sequence[Migration]) -> None:
    for migration in todo:
        async with connection.transaction():
            await connection.execute(SQL.give_way)
            await connection.execute(migration.text)
            await connection.execute(SQL.remember, migration.number, migration.name, migration.checksum)


# A restore: it alone works on a database that is marked -----------------------------------------------------------


async def begin_restore(connection: Connection, manifest: bytes) -> bool:
    """Mark an empty database as being restored from a backup; return whether an earlier try copied its tables already.

    Raises DatabaseStateError where the database is not empty, or was half restored from another backup.
    """
    async with _alone(connection), connection.transaction():
        marker = None
        if await connection.fetchval(SQL.table_exists):
            await connection.execute(SQL.make_marker)
            marker = await connection.fetchrow(SQL.marker)
            if marker is None:
                raise DatabaseStateError(
                    Wording("The database is not empty. Restore into a new one, or into a new CASEGRAPH_DATA.")
                )
        await connection.execute(SQL.make_table)
        await connection.execute(SQL.make_marker)
        if marker is None:
            await connection.execute(SQL.set_marker, manifest)
            return False
        if marker["manifest"] != manifest:
            raise DatabaseStateError(
                Wording(
                    "The database is half restored from another backup. Go on with that one, or take a new database."
                )
            )
        return bool(marker["copied"])


async def migrate_restored(connection: Connection, last: int | None = None, folder: Path = FOLDER) -> None:
    """Apply the migrations up to number `last`, or all, to a database that is being restored."""
    todo = pending_of(read_migrations(folder), await _applied(connection))
    await _apply(connection, [migration for migration in todo if last is None or migration.number <= last])


async def mark_copied(connection: Connection) -> None:
    """Note, in the transaction that copied the tables, that they are there."""
    await connection.execute(SQL.mark_copied)


async def end_restore(connection: Connection) -> None:
    """Let the database be used."""
    await connection.execute(SQL.drop_marker)


async def _applied(connection: Connection) -> dict[int, bytes]:
    return {row["number"]: row["checksum"] for row in await connection.fetch(SQL.applied)}


@asynccontextmanager
async def _alone(connection: Connection) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(PATIENCE):
            while not await connection.fetchval(SQL.try_lock, LOCK):  # noqa: ASYNC110 - no event crosses processes
                await asyncio.sleep(PAUSE)
    except TimeoutError:
        raise DatabaseStateError(
            Wording(
                "Another process has been migrating this database for {patience:.0f} seconds. Look what it waits for.",
                patience=PATIENCE,
            )
        ) from None
    try:
        yield
    finally:
        with though_away():
            await connection.execute(SQL.unlock, LOCK)
