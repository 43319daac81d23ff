"""Masks the texts that were taken in before numbers in them were, and seals them as they were.

Runs after the migrations, with the vault at hand. Each batch is a transaction of its own and marks its rows, so a run
that was killed goes on where it was, and one that finds nothing costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graph.database import statements
from graph.drafts import record_key
from graph.errors import DatabaseStateError
from graph.sealing import show, shown_id
from graph.text.numbers import masked

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from graph.database import Connection, Row
    from graph.identity import Vault

BATCH: Final = 500
"""Rows of one transaction: some megabytes of text, under a second's work."""

PLAIN: Final = ("rejection", "reveal", "erasure")
"""Small tables of one text that nothing is sealed beside; they are looked through anew each time."""

SQL = statements("remasking")


async def mask_standing(connection: Connection, vault: Vault, batch: int = BATCH) -> int:
    """Mask what stands unmasked, and return how many rows were looked at. The caller has no transaction open."""
    count = 0
    for mask in (_keys, _revisions, _documents, _events):
        count += await _until_done(connection, vault, batch, mask)
    async with connection.transaction():
        for table in PLAIN:
            await _plain(connection, table)
    return count


async def require_masked(connection: Connection) -> None:
    """Raise DatabaseStateError where texts still stand unmasked: a `migrate` was broken off."""
    if await connection.fetchval(SQL.unmasked):
        raise DatabaseStateError(
            "Texts stand here that are not masked yet: a migration was broken off. Run `python -m casegraph migrate`."
        )


async def _until_done(
    connection: Connection, vault: Vault, batch: int, mask: Callable[[Connection, Vault, int], Awaitable[int]]
) -> int:
    count = 0
    while True:
        async with connection.transaction():
            looked = await mask(connection, vault, batch)
        count += looked
        if looked < batch:
            return count


async def _keys(connection: Connection, vault: Vault, batch: int) -> int:
    """Give submissions their keyed hash, and mask the id that it is made of."""
    rows = await connection.fetch(SQL.unkeyed_submissions, batch)
    await connection.executemany(SQL.key_submission, [
        (row["id"], record_key(vault, row["source"], row["external_id"]), shown_id(row["external_id"])) for row in rows
    ])  # fmt: skip
    return len(rows)


async def _revisions(connection: Connection, vault: Vault, batch: int) -> int:
    rows = await connection.fetch(SQL.unmasked_revisions, batch)
    await connection.executemany(SQL.mask_revision, [_revision(row, vault) for row in rows])
    titles = await connection.fetch(SQL.titles, list({row["submission"] for row in rows}))
    changed = [(row["id"], shown) for row in titles if (shown := masked(row["title"])) != row["title"]]
    await connection.executemany(SQL.mask_title, changed)
    return len(rows)


def _revision(row: Row, vault: Vault) -> tuple[object, ...]:
    shown = show(vault, row["title"], row["body"])
    # Without a key the row was erased: nothing of it may be sealed again.
    sealed = shown.seal(vault.unwrap(row["key"]), row["id"]) if row["key"] and shown.original else None
    details: dict[str, Any] = {
        name: masked(value) if isinstance(value, str) else value for name, value in row["details"].items()
    }
    return row["id"], *shown.texts, details, masked(row["position"]), sealed, shown.hashes


async def _documents(connection: Connection, vault: Vault, batch: int) -> int:
    rows = await connection.fetch(SQL.unmasked_documents, batch)
    await connection.executemany(SQL.mask_document, [_document(row, vault) for row in rows])
    return len(rows)


def _document(row: Row, vault: Vault) -> tuple[object, ...]:
    shown = show(vault, row["name"], row["body"])
    sealed = shown.seal(vault.unwrap(row["key"]), row["id"]) if row["key"] and shown.original else None
    return row["id"], *shown.texts, sealed, shown.hashes


async def _events(connection: Connection, vault: Vault, batch: int) -> int:
    rows = await connection.fetch(SQL.unmasked_events, batch)
    await connection.executemany(SQL.mask_event, [_event(row, vault) for row in rows])
    return len(rows)


def _event(row: Row, vault: Vault) -> tuple[object, ...]:
    shown = show(vault, row["body"])
    key = None if shown.original is None else vault.new_key()
    return row["id"], *shown.texts, key and shown.seal(key, row["id"]), key and key.wrapped, shown.hashes


async def _plain(connection: Connection, table: str) -> None:
    rows = await connection.fetch(getattr(SQL, f"{table}_plain"))
    changed = [(row["id"], shown) for row in rows if (shown := masked(row["said"])) != row["said"]]
    await connection.executemany(getattr(SQL, f"{table}_mask"), changed)
