"""A backup is a folder, and its manifest says what is in it.

manifest.json    versions, the tables' rows, the journal's end, and the SHA-256 of every other file
manifest.mac     a MAC over the manifest under a key of the master key
tables/          a file for each table
attachments/     sealed, as they are kept
erasures.log     the erasure list as it was
master.key       with `--with-key` alone
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import orjson

from graph import keycheck
from graph.copying import Dump, Table
from wording import WordedError, Wording

if TYPE_CHECKING:
    from pathlib import Path

    from graph.identity import Vault

MANIFEST: Final = "manifest.json"
MAC: Final = "manifest.mac"
TABLES: Final = "tables"
ATTACHMENTS: Final = "attachments"
ERASURES: Final = "erasures.log"
KEY: Final = "master.key"
FORM: Final = 1
"""The form of this folder; another one is refused."""
PURPOSE: Final = b"casegraph backup\0"
"""Keeps this MAC apart from every other digest under the same key."""


class BackupError(WordedError):
    """A backup cannot be written or brought back. The message says what is wrong and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup holds; `files` are paths within it and their SHA-256, `missing` attachments that were not there."""

    made_at: datetime
    server: str
    master_key: str
    dump: Dump
    erasures: int
    missing: tuple[str, ...]
    files: dict[str, str]


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of a backup but the manifest's own."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in (MANIFEST, MAC))
    return {path.relative_to(folder).as_posix(): sha256(path) for path in paths}


def write_manifest(folder: Path, manifest: Manifest, vault: Vault) -> None:
    """Write the manifest and its MAC."""
    said = orjson.dumps({"form": FORM, **asdict(manifest)}, option=orjson.OPT_INDENT_2)
    (folder / MANIFEST).write_bytes(said)
    (folder / MAC).write_text(vault.digest(PURPOSE + said).hex(), encoding="ascii")


def read_manifest(folder: Path) -> tuple[Manifest, bytes]:
    """Return what a manifest says, and its bytes; raise BackupError where it cannot be read or is of another form."""
    try:
        said = (folder / MANIFEST).read_bytes()
        values = orjson.loads(said)
        if values["form"] != FORM:
            raise BackupError(
                Wording(
                    "{folder} is a backup of another form. Restore it with the casegraph that wrote it.", folder=folder
                )
            )
        return _manifest(values), said
    except FileNotFoundError:
        raise BackupError(
            Wording(
                "{folder} is no backup: it has no {manifest}. Name the folder that `backup` wrote.",
                folder=folder,
                manifest=MANIFEST,
            )
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise BackupError(
            Wording("{folder} cannot be read. Take another copy of this backup.", folder=folder / MANIFEST)
        ) from error


def _manifest(values: dict[str, Any]) -> Manifest:
    held = values["dump"]
    return Manifest(
        made_at=datetime.fromisoformat(values["made_at"]), server=values["server"], master_key=values["master_key"],
        erasures=values["erasures"], missing=tuple(values["missing"]), files=values["files"],
        dump=Dump(
            migrations=tuple((number, name, checksum) for number, name, checksum in held["migrations"]),
            position=held["position"], head=held["head"], sequences=held["sequences"],
            tables={name: Table(tuple(one["columns"]), one["rows"]) for name, one in held["tables"].items()},
        ),
    )  # fmt: skip


def require_whole(folder: Path, manifest: Manifest) -> None:
    """Raise BackupError unless every file is as it was written."""
    for name, digest in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise BackupError(Wording("{path} is missing. Take another copy of this backup.", path=path))
        if sha256(path) != digest:
            raise BackupError(Wording("{path} is not as it was written. Take another copy of this backup.", path=path))


def require_ours(folder: Path, manifest: Manifest, said: bytes, vault: Vault) -> None:
    """Raise BackupError unless the holder of this master key wrote the manifest."""
    if manifest.master_key != vault.digest(keycheck.CHECKED).hex():
        raise BackupError(
            Wording(
                "{folder} was sealed by another master key than the one here, and nothing in it opens "
                "without its own. Put the copy of master.key from then into a new data folder, or set "
                "CASEGRAPH_MASTER_KEY.",
                folder=folder,
            )
        )
    kept = (folder / MAC).read_text(encoding="ascii", errors="replace") if (folder / MAC).is_file() else ""
    if kept != vault.digest(PURPOSE + said).hex():
        raise BackupError(
            Wording(
                "{folder} was changed since it was written: its manifest does not fit its seal. Take another "
                "copy of it.",
                folder=folder,
            )
        )
