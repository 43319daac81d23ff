"""What happened, in order: the gapless, hash-chained journal that every write ends in.

`append` is the last thing a transaction does. It locks the head row, copies its entries, moves the head and returns;
the caller commits. So positions have no holes and are seen in order, and a reader's cursor is one integer.

An entry's link is SHA-256 over the link before it, its position and the SHA-256 of its own contents; the row keeps the
link before it, the head keeps the last. Entries hold ids, states and keyed digests, never a name, number or text.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import UUID

import orjson

from graph.database import statements
from graph.errors import DatabaseStateError
from graph.records import Position
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from graph.database import Connection, Row

CHANNEL: Final = "journal"
"""The notification that each commit with entries sends; its payload is the last position."""
PARTITION_ENTRIES: Final = 10_000_000
PARTITIONS_AHEAD: Final = 2
COLUMNS: Final = (
    "position", "kind", "subject", "object", "actor", "at", "state", "fields", "revisions", "digest", "previous",
)  # fmt: skip

SQL = statements("journal")
logger = logging.getLogger("casegraph.journal")


class EntryKind(StrEnum):
    """What happened."""

    SUBMISSION_RECEIVED = "SUBMISSION_RECEIVED"
    SUBMISSION_REVISED = "SUBMISSION_REVISED"
    SUBMISSION_FILED = "SUBMISSION_FILED"
    SUBMISSION_PARTED = "SUBMISSION_PARTED"
    CASE_OPENED = "CASE_OPENED"
    CASE_MOVED = "CASE_MOVED"
    CASES_JOINED = "CASES_JOINED"
    CASES_PARTED = "CASES_PARTED"
    PARTIES_JOINED = "PARTIES_JOINED"
    PARTIES_PROPOSED = "PARTIES_PROPOSED"
    PARTIES_PARTED = "PARTIES_PARTED"
    EVENT_RECORDED = "EVENT_RECORDED"
    RECORD_REJECTED = "RECORD_REJECTED"
    REJECTION_RESOLVED = "REJECTION_RESOLVED"
    REJECTION_DISMISSED = "REJECTION_DISMISSED"
    IDENTITY_REVEALED = "IDENTITY_REVEALED"
    ACCUSED_NAMED = "ACCUSED_NAMED"
    SUBMISSION_CLASSIFIED = "SUBMISSION_CLASSIFIED"
    SUBMISSION_CORRECTED = "SUBMISSION_CORRECTED"
    PERSON_ERASED = "PERSON_ERASED"
    REVISION_REFUSED = "REVISION_REFUSED"
    PAYLOAD_EXPIRED = "PAYLOAD_EXPIRED"
    TEXTS_MASKED = "TEXTS_MASKED"
    REJECTION_EXPIRED = "REJECTION_EXPIRED"
    SEARCH_SAVED = "SEARCH_SAVED"
    SEARCH_RENAMED = "SEARCH_RENAMED"
    SEARCH_DELETED = "SEARCH_DELETED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened to `subject` (and `object`), not yet in the journal."""

    kind: EntryKind
    subject: UUID
    object: UUID | None = None
    actor: str
    at: datetime
    state: str | None = None
    fields: tuple[str, ...] = ()
    revisions: tuple[UUID, ...] = ()
    digest: bytes | None = None
    """Keyed digest of what was written, under the subject's own key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded(Entry):
    """An entry in its place."""

    position: Position
    previous: bytes = field(repr=False)


class Reached(NamedTuple):
    """How far a follower has come: behind the entry at `position`, whose link tells this journal from any other."""

    position: Position
    link: bytes


NOTHING: Final = Reached(Position(0), b"")
"""Where every journal begins."""


@dataclass(frozen=True, slots=True)
class Verification:
    """How far the chain holds: `broken_at` is the first position that does not follow from the one before."""

    entries: int
    broken_at: Position | None


def contents(entry: Entry) -> bytes:
    """Return the SHA-256 of all that an entry says."""
    moment = int(entry.at.timestamp() * 1_000_000)
    said = (
        entry.kind, entry.subject, entry.object, entry.actor, moment, entry.state, entry.fields, entry.revisions,
        entry.digest.hex() if entry.digest else None,
    )  # fmt: skip
    # `default` is for ids that come from PostgreSQL, whose class orjson does not know.
    return hashlib.sha256(orjson.dumps(said, default=str)).digest()


def link(previous: bytes, position: int, said: bytes) -> bytes:
    """Return the link of the entry at `position` whose contents hash to `said`."""
    return hashlib.sha256(previous + position.to_bytes(8) + said).digest()


async def _head(connection: Connection, statement: str) -> Row:
    head = await connection.fetchrow(statement)
    if head is None:
        raise DatabaseStateError(Wording("The journal has no head. Run `python -m casegraph migrate`."))
    return head


async def append(connection: Connection, entries: Sequence[Entry]) -> Position:
    """Write entries at the end and return the last position. Must be the last write before commit."""
    said = [contents(entry) for entry in entries]
    head = await _head(connection, SQL.lock_head)
    position, previous = head["position"], head["hash"]
    rows = []
    for entry, digest in zip(entries, said, strict=True):
        position += 1
        rows.append((
            position, entry.kind, entry.subject, entry.object, entry.actor, entry.at, entry.state,
            entry.fields, entry.revisions, entry.digest, previous,
        ))  # fmt: skip
        previous = link(previous, position, digest)
    await connection.copy_records_to_table("journal", records=rows, columns=COLUMNS)
    await connection.execute(SQL.move_head, position, previous)
    return Position(position)


def _recorded(row: Row) -> Recorded:
    return Recorded(
        position=row["position"], kind=EntryKind(row["kind"]), subject=row["subject"], object=row["object"],
        actor=row["actor"], at=row["at"], state=row["state"], fields=tuple(row["fields"]),
        revisions=tuple(row["revisions"]), digest=row["digest"], previous=row["previous"],
    )  # fmt: skip


async def read(connection: Connection, after: Position, limit: int) -> list[Recorded]:
    """Return up to `limit` entries after a position, in order."""
    return [_recorded(row) for row in await connection.fetch(SQL.read, after, limit)]


async def position(connection: Connection) -> Position:
    """Return the position of the last entry, 0 where there is none."""
    return Position(await connection.fetchval(SQL.position))


async def end(connection: Connection) -> Reached:
    """Return the end of the journal."""
    head = await _head(connection, SQL.head)
    return Reached(Position(head["position"]), head["hash"])


async def holds(connection: Connection, reached: Reached) -> bool:
    """Tell whether the journal has what a follower has read: one that was restored, or of another database, has not."""
    return bool(await connection.fetchval(SQL.holds, reached.position, reached.link))


async def verify(connection: Connection, batch: int = 10_000) -> Verification:
    """Recompute the chain from the first entry to the head."""
    head = await _head(connection, SQL.head)
    expected, count = b"", 0
    async for entry in _all(connection, batch):
        if entry.position > head["position"]:
            break
        count += 1
        if entry.position != count or entry.previous != expected:
            return Verification(count, Position(count))
        expected = link(entry.previous, entry.position, contents(entry))
    if count != head["position"] or expected != head["hash"]:
        return Verification(count, Position(count))
    return Verification(count, None)


async def _all(connection: Connection, batch: int) -> AsyncIterator[Recorded]:
    last = Position(0)
    while entries := await read(connection, last, batch):
        for entry in entries:
            yield entry
        last = entries[-1].position


async def ensure_partitions(connection: Connection) -> list[str]:
    """Make the partitions that the next entries will need, well ahead of them; return those made."""
    current = await position(connection) // PARTITION_ENTRIES
    wanted = [f"journal_p{number}" for number in range(current, current + PARTITIONS_AHEAD + 1)]
    there = {row["name"] for row in await connection.fetch(SQL.partitions)}
    missing = [name for name in wanted if name not in there]
    for name in missing:
        start = int(name.removeprefix("journal_p")) * PARTITION_ENTRIES
        # Built from integers alone; PostgreSQL takes no parameters in a partition's bounds.
        await connection.execute(
            f"create table if not exists {name} partition of journal"
            f" for values from ({start}) to ({start + PARTITION_ENTRIES})"
        )
    return missing


async def reader_reached(connection: Connection, name: str) -> Reached:
    """Return how far the reader of this name has come; one that has not begun, or read another journal, begins."""
    row = await connection.fetchrow(SQL.reader_reached, name)
    if row is None or row["position"] == 0:
        return NOTHING
    if not row["known"]:
        logger.warning("The reader %s has read another journal than is here now. It begins anew.", name)
        return NOTHING
    return Reached(Position(row["position"]), row["link"])


async def move_reader(connection: Connection, name: str, reached: Position) -> None:
    """Remember how far a reader has come in this journal."""
    await connection.execute(SQL.move_reader, name, reached)
