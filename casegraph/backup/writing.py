"""Writes a backup while the instance is used: tables of one moment, the attachments they name, the erasure list."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from casegraph.backup.manifest import (
    ATTACHMENTS,
    ERASURES,
    KEY,
    TABLES,
    BackupError,
    Manifest,
    hashes,
    write_manifest,
)
from graph import erasure_list, keycheck
from graph.attachments import Attachments
from graph.copying import dump
from graph.database import connected, statements
from graph.errors import NotFoundError
from graph.migrate import require_current
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from graph.identity import Vault

STANDING: Final = statements("standing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is copied: where it is, and the master key where it is to be copied as well."""

    url: str
    vault: Vault
    attachments: Path
    erasures: Path
    key: bytes | None


async def back_up(kept: Kept, folder: Path, now: datetime) -> Manifest:
    """Write a backup into a folder that is not there yet: whole, or not at all.

    Raises BackupError where the folder is there, and DatabaseStateError, MasterKeyError, ErasureListError.
    """
    with _whole(folder) as partial:
        manifest = await _write(kept, partial, now)
        await asyncio.to_thread(_sync, partial)
    return manifest


async def _write(kept: Kept, partial: Path, now: datetime) -> Manifest:
    (partial / TABLES).mkdir()
    async with connected(kept.url) as connection:
        await require_current(connection)
        await keycheck.require(connection, kept.vault)
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            held = await dump(connection, partial / TABLES)
            files = [row["file"] for row in await connection.fetch(STANDING.attachment_files)]
        server = await connection.fetchval("show server_version")
    missing = await asyncio.to_thread(_copy_attachments, kept.attachments, partial / ATTACHMENTS, files)
    # After the tables: the list may tell of more erasures than they show, never of fewer.
    erasures = await asyncio.to_thread(_copy_list, kept, partial / ERASURES)
    if kept.key is not None:
        _write_key(partial / KEY, kept.key)
    manifest = Manifest(
        made_at=now, server=server, master_key=kept.vault.digest(keycheck.CHECKED).hex(), dump=held,
        erasures=erasures, missing=tuple(missing), files=await asyncio.to_thread(hashes, partial),
    )  # fmt: skip
    write_manifest(partial, manifest, kept.vault)
    return manifest


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """Give a folder to write into, which takes its place at the end; where anything fails it goes."""
    if folder.exists():
        raise BackupError(Wording("{folder} is there already. Name a folder that is not.", folder=folder))
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".partial", dir=folder.parent))
    try:
        yield partial
        partial.rename(folder)
        _sync_folder(folder.parent)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def _copy_attachments(source: Path, target: Path, files: Sequence[str]) -> list[str]:
    """Copy sealed files; return those that are not there: lost, or erased since the tables were copied."""
    target.mkdir()
    kept, missing = Attachments(source), []
    for name in sorted(set(files)):
        try:
            sealed = kept.get(name)
        except NotFoundError:
            missing.append(name)
            continue
        (target / name[:2]).mkdir(exist_ok=True)
        (target / name[:2] / name).write_bytes(sealed)
    return missing


def _copy_list(kept: Kept, target: Path) -> int:
    listed = erasure_list.read(kept.erasures, kept.vault)
    if kept.erasures.exists():
        shutil.copyfile(kept.erasures, target)
    return len(listed)


def _write_key(path: Path, key: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(key)


def _sync(folder: Path) -> None:
    """Have every file and folder on the disk before the backup takes its name."""
    for path in folder.rglob("*"):
        _sync_folder(path)
    _sync_folder(folder)


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
