"""Copies whole tables out of a database and into another: PostgreSQL's binary COPY, a file for each table.

`pg_dump` of the embedded programs speaks no TLS, and its snapshot is its own: so this is ours. Whoever dumps opens one
repeatable-read transaction, in which all tables, their counts and the journal's head are of one moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Final

from graph import journal
from graph.database import statements

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from graph.database import Connection

SQL: Final = statements("copying")
JOURNAL: Final = statements("journal")


@dataclass(frozen=True, slots=True)
class Table:
    """The columns that were copied, and how many rows."""

    columns: tuple[str, ...]
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dump:
    """What a dump holds: migrations as (number, name, checksum), the journal's end, tables and sequences."""

    migrations: tuple[tuple[int, str, str], ...]
    position: int
    head: str
    tables: Mapping[str, Table]
    sequences: Mapping[str, int]


def file_of(folder: Path, table: str) -> Path:
    """Return the file of a table."""
    return folder / f"{table}.copy"


async def dump(connection: Connection, folder: Path) -> Dump:
    """Write every table into a folder that is there. The caller has the transaction."""
    head = await connection.fetchrow(JOURNAL.head)
    tables = {}
    for row in await connection.fetch(SQL.tables):
        said = await connection.copy_from_query(row["reading"], output=file_of(folder, row["name"]), format="binary")
        tables[row["name"]] = Table(tuple(row["columns"]), _count(said))
    return Dump(
        migrations=tuple(tuple(row.values()) for row in await connection.fetch(SQL.migrations)),
        position=head["position"] if head else 0,
        head=head["hash"].hex() if head else "",
        tables=tables,
        # After the tables: a sequence moves outside of transactions, and must not stand before what they hold.
        sequences={row["name"]: row["last"] for row in await connection.fetch(SQL.sequences)},
    )


def _count(said: str) -> int:
    """Return the rows of PostgreSQL's `COPY 17`."""
    return int(said.rpartition(" ")[2])


async def load(connection: Connection, folder: Path, held: Dump) -> list[str]:
    """Fill the tables from a folder, in place of what the migrations put there; return what is not as it was dumped.

    The caller has the transaction, in which the dump's own migrations were applied.
    """
    await connection.execute(await connection.fetchval(SQL.emptying))
    wrong = []
    referring = [(row["table"], row["needs"]) for row in await connection.fetch(SQL.referring)]
    for name in _ordered(list(held.tables), referring):
        table = held.tables[name]
        said = await connection.copy_to_table(
            name, source=file_of(folder, name), columns=table.columns, format="binary"
        )
        if _count(said) != table.rows:
            wrong.append(f"{name} has {_count(said):,} rows and should have {table.rows:,}")
        if name == "journal_head":
            # The journal comes after its head (see `_ordered`), into partitions as far as that.
            await journal.ensure_partitions(connection)
    for name, last in held.sequences.items():
        if last:
            await connection.execute(SQL.set_sequence, name, last)
    return wrong + await _journal_wrong(connection, held)


async def _journal_wrong(connection: Connection, held: Dump) -> list[str]:
    found = await journal.verify(connection)
    if found.broken_at is not None:
        return [f"the journal is broken at position {found.broken_at:,}"]
    head = await connection.fetchrow(JOURNAL.head)
    if head is None or (head["position"], head["hash"].hex()) != (held.position, held.head):
        return ["the journal does not end as it did"]
    return []


def _ordered(names: Sequence[str], referring: Sequence[tuple[str, str]]) -> list[str]:
    """Return tables so that each comes after those that it refers to, and the journal after its head. Pure."""
    needs: dict[str, set[str]] = {name: set() for name in names}
    for name, needed in referring:
        if name in needs and needed in needs:
            needs[name].add(needed)
    if "journal" in needs and "journal_head" in needs:
        needs["journal"].add("journal_head")
    return list(TopologicalSorter(needs).static_order())
