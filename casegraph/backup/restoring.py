"""Brings a backup back into an empty instance, and erases again whoever was erased since, before anything may serve.

The database is marked from the first step to the last; whatever else would use it refuses meanwhile. A restore that was
killed is run again and goes on: what is copied is copied over, the tables are one transaction, erasures are done once.
"""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from casegraph.backup.manifest import (
    ATTACHMENTS,
    ERASURES,
    TABLES,
    BackupError,
    Manifest,
    read_manifest,
    require_ours,
    require_whole,
)
from graph import erasure_list
from graph.attachments import Attachments
from graph.copying import load
from graph.database import connected, pooled
from graph.erasure import SQL
from graph.migrate import begin_restore, end_restore, mark_copied, migrate_restored, read_migrations
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from graph.database import Connection, Pool
    from graph.erasure import Eraser
    from graph.identity import Vault

CONNECTIONS: Final = 2
BEGUN: Final = ".restoring"
"""A file that says that what is among the attachments came from a restore that was not finished."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a backup is brought back to."""

    vault: Vault
    attachments: Path
    index: Path
    erasures: Path
    eraser: Callable[[Pool], Eraser]
    """Makes what erases in the database of a pool."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What was brought back: the journal's last position, and how many erasures were carried out again."""

    manifest: Manifest
    erasures: int


@dataclass(frozen=True, slots=True)
class Checked:
    """A backup that is whole, ours and of a version that we know, and the newest erasure list."""

    folder: Path
    manifest: Manifest
    digest: bytes
    erasures: Path | None


def check(folder: Path, target: Target, named: Path | None) -> Checked:
    """Check everything that can be checked before anything is changed. Raises BackupError and ErasureListError."""
    manifest, said = read_manifest(folder)
    require_ours(folder, manifest, said, target.vault)
    require_whole(folder, manifest)
    known = [(one.number, one.name, one.checksum.hex()) for one in read_migrations()]
    if list(manifest.dump.migrations) != known[: len(manifest.dump.migrations)]:
        raise BackupError(
            Wording(
                "{folder} was written by another version than this one. Restore it with that, or a newer one.",
                folder=folder,
            )
        )
    return Checked(folder, manifest, hashlib.sha256(said).digest(), _newest(folder, target, named))


def _newest(folder: Path, target: Target, named: Path | None) -> Path | None:
    """Return the list that all others are the beginning of, None where there is none."""
    if named is not None and not named.is_file():
        raise BackupError(
            Wording("There is no erasure list at {named}. Name the file that CASEGRAPH_ERASURES named.", named=named)
        )
    paths = [path for path in (folder / ERASURES, target.erasures, named) if path is not None and path.is_file()]
    lists = [(path, erasure_list.read(path, target.vault)) for path in paths]
    newest = erasure_list.longest([listed for _, listed in lists])
    return next((path for path, listed in lists if len(listed) == len(newest)), None)


async def restore(url: str, checked: Checked, target: Target, now: datetime) -> Restored:
    """Bring a backup back into an empty database and folder, or go on with it. The caller opened the database.

    Raises DatabaseStateError and BackupError where they are not empty, BackupError where the tables are not as before.
    """
    async with connected(url) as connection:
        copied = await _begin(connection, checked, target)
        if not copied:
            await asyncio.to_thread(_copy_attachments, checked.folder / ATTACHMENTS, target.attachments)
            await _copy_tables(connection, checked)
        await migrate_restored(connection)
        await asyncio.to_thread(_keep_list, checked.erasures, target.erasures)
        erased = await _erase_again(url, target, now)
        await end_restore(connection)
    return Restored(checked.manifest, erased)


async def _begin(connection: Connection, checked: Checked, target: Target) -> bool:
    """Mark the database, unless a folder beside it holds what does not belong to it."""
    async with connection.transaction():
        copied = await begin_restore(connection, checked.digest)
        begun = target.attachments / BEGUN
        if not begun.exists():
            _require_empty(target.attachments)
            _require_empty(target.index)
            target.attachments.mkdir(parents=True, exist_ok=True, mode=0o700)
            begun.touch()
    return copied


def _require_empty(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise BackupError(Wording("{folder} is not empty. Restore into a new CASEGRAPH_DATA.", folder=folder))


def _copy_attachments(source: Path, target: Path) -> None:
    kept = Attachments(target)
    for path in sorted(source.glob("*/*")):
        kept.put(path.name, path.read_bytes())


async def _copy_tables(connection: Connection, checked: Checked) -> None:
    async with connection.transaction():
        await migrate_restored(connection, len(checked.manifest.dump.migrations))
        if wrong := await load(connection, checked.folder / TABLES, checked.manifest.dump):
            raise BackupError(
                Wording(
                    "{folder} does not hold what it should: {wrong}. Take another backup.",
                    folder=checked.folder,
                    wrong=wrong[0],
                )
            )
        await mark_copied(connection)


def _keep_list(newest: Path | None, target: Path) -> None:
    """Put the newest erasure list where it is kept, whole or not at all."""
    if newest is None or newest == target:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.partial")
    shutil.copyfile(newest, partial)
    partial.chmod(0o600)
    partial.replace(target)


async def _erase_again(url: str, target: Target, now: datetime) -> int:
    """Carry out all erasures that the tables do not show, and write the tables anew so that no page keeps them."""
    async with pooled(url, largest=CONNECTIONS) as pool:
        eraser = target.eraser(pool)
        unfinished: Sequence[erasure_list.Erasure] = await eraser.unfinished()
        for erasure in unfinished:
            await eraser.replay(erasure, now)
        if unfinished:
            await pool.execute(SQL.vacuum_full)
    (target.attachments / BEGUN).unlink(missing_ok=True)
    return len(unfinished)
