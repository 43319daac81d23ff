"""The erasure list: outside of the database, so that a backup restored does not bring back who was erased since.

A file of JSON lines that only grows. Each line holds ids and keyed hashes, nothing of a person, and ends in a MAC over
itself and the MAC before it under a key of the master key: lines can be neither changed nor taken out of the middle. A
line is on disk before the erasure commits, so there may be lines that were not carried out, and never the reverse.
"""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple
from uuid import UUID

import orjson

from graph.errors import GraphError
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from graph.identity import Vault

PURPOSE: Final = b"casegraph erasure list\0"
"""Keeps these MACs apart from every other digest under the same key."""
PIECE: Final = 1 << 16


class ErasureListError(GraphError):
    """The erasure list is not as it was written. Put back the copy that is kept elsewhere."""


class SubjectKind(StrEnum):
    """What was named for erasure."""

    MENTION = "MENTION"
    PARTY = "PARTY"
    SUBMISSION = "SUBMISSION"


class BuriedRecord(NamedTuple):
    """A record that its source may send again in vain; `key` is `record_key` of it."""

    submission: UUID
    source: str
    key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """One erasure as the list has it: enough to do it again in another copy of the database."""

    id: UUID
    kind: SubjectKind
    subject: UUID
    actor: str
    at: datetime
    mentions: tuple[UUID, ...]
    records: tuple[BuriedRecord, ...]


def _line(vault: Vault, erasure: Erasure, previous: str) -> bytes:
    said = orjson.dumps({
        "id": erasure.id, "kind": erasure.kind, "subject": erasure.subject, "actor": erasure.actor, "at": erasure.at,
        "mentions": erasure.mentions,
        "records": [(one.submission, one.source, one.key.hex()) for one in erasure.records],
        "previous": previous,
    }, default=str)  # fmt: skip
    return said[:-1] + b',"mac":"' + _mac(vault, said).encode() + b'"}\n'


def _mac(vault: Vault, said: bytes) -> str:
    return vault.digest(PURPOSE + said).hex()


def _opened(vault: Vault, line: bytes, number: int) -> tuple[Erasure, str, str]:
    """Return what a line says, the MAC before it and its own; raise ErasureListError where they do not fit."""
    said, _, tail = line.rstrip(b"\n").rpartition(b',"mac":"')
    mac = tail.removesuffix(b'"}').decode("ascii", "replace")
    if _mac(vault, said + b"}") != mac:
        raise ErasureListError(
            Wording(
                "Line {number} of the erasure list was changed, or belongs to another master key. Put back "
                "the copy that is kept elsewhere.",
                number=number,
            )
        )
    values = orjson.loads(said + b"}")
    erasure = Erasure(
        id=UUID(values["id"]), kind=SubjectKind(values["kind"]), subject=UUID(values["subject"]),
        actor=values["actor"], at=datetime.fromisoformat(values["at"]),
        mentions=tuple(UUID(one) for one in values["mentions"]),
        records=tuple(BuriedRecord(UUID(one), source, bytes.fromhex(key)) for one, source, key in values["records"]),
    )  # fmt: skip
    return erasure, values["previous"], mac


def read(path: Path, vault: Vault) -> list[Erasure]:
    """Return all erasures of a list, in order; none where there is no file. Raises ErasureListError.

    A last line without its end was being written by a process that was killed: its erasure never happened.
    """
    if not path.exists():
        return []
    found, last = [], ""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                break
            erasure, previous, mac = _opened(vault, line, number)
            if previous != last:
                raise ErasureListError(
                    Wording(
                        "Before line {number} of the erasure list a line is missing. Put back the copy that is kept "
                        "elsewhere.",
                        number=number,
                    )
                )
            found.append(erasure)
            last = mac
    return found


def append(path: Path, vault: Vault, erasures: Iterable[Erasure]) -> None:
    """Add lines at the end, and return once they are on disk. Raises ErasureListError where the last one is damaged."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(handle, "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        end, last = _last_line(file)
        previous = _opened(vault, last, 0)[2] if last else ""
        file.seek(end)
        file.truncate()
        for erasure in erasures:
            line = _line(vault, erasure, previous)
            file.write(line)
            previous = _opened(vault, line, 0)[2]
        file.flush()
        os.fsync(file.fileno())
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _last_line(file: BinaryIO) -> tuple[int, bytes]:
    """Return where the last whole line ends, and that line; read backwards, since lists grow for years."""
    at, tail = file.seek(0, os.SEEK_END), b""
    end = at
    while at > 0 and tail.rstrip(b"\n").count(b"\n") < 2:
        size = min(PIECE, at)
        at -= size
        file.seek(at)
        tail = file.read(size) + tail
    whole = tail[: tail.rfind(b"\n") + 1]
    return end - len(tail) + len(whole), whole[whole[:-1].rfind(b"\n") + 1 :]


def longest(lists: Iterable[list[Erasure]]) -> list[Erasure]:
    """Return the list that all others are the beginning of; raise ErasureListError where two went different ways."""
    ordered = sorted(lists, key=len)
    if not ordered:
        return []
    newest = ordered[-1]
    for other in ordered[:-1]:
        if [one.id for one in other] != [one.id for one in newest[: len(other)]]:
            raise ErasureListError(
                Wording(
                    "The erasure lists went different ways: neither is the beginning of the other. Find out "
                    "which copy of this instance each belongs to, and name the right one with --erasures."
                )
            )
    return newest
