"""What a follower of the journal fails at: set aside with its reason, so that all else goes on, and tried again later.

It is tried again when the journal tells of it anew, when its follower starts, and by `casegraph set-aside retry`.
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from graph.database import is_passing, state_of, statements
from graph.errors import GraphError
from graph.files import is_of_files

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from graph.database import Connection
    from graph.records import Position

SQL = statements("followers")
OURS: Final = Path(__file__).parent.parent
LONGEST_REASON: Final = 500


@dataclass(frozen=True, slots=True)
class Aside:
    """A subject that was set aside, and up to where the journal had been read then."""

    subject: UUID
    position: Position
    again: bool
    """Whether somebody asked for it to be tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What was set aside, for who runs the instance."""

    reader: str
    subject: UUID
    reason: str
    tries: int
    first_at: datetime
    last_at: datetime


def reason_of(error: BaseException) -> str:
    """Say why something failed, and where, without a word of what was read: messages of others quote it."""
    if isinstance(error, GraphError):
        return str(error)[:LONGEST_REASON]
    if isinstance(error, OSError) and is_of_files(error):
        return f"A file cannot be kept or read ({error.strerror}). Look at the disk, and at the rights of its folders."
    if is_passing(error):
        return f"PostgreSQL does not answer, or gave it up ({type(error).__qualname__})."
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_ours(frame.filename)]
    where = f" in {Path(frames[-1].filename).relative_to(OURS)}, line {frames[-1].lineno}" if frames else ""
    state = state_of(error)
    return f"{type(error).__qualname__}{f' {state}' if state else ''}{where}"[:LONGEST_REASON]


def _is_ours(file: str) -> bool:
    return Path(file).is_relative_to(OURS) and ".venv" not in file


def is_of_the_subject(error: BaseException) -> bool:
    """Tell whether a subject may be at fault: not where the database, a disk, or memory fails for the moment."""
    passing = is_passing(error) or is_of_files(error) or isinstance(error, MemoryError)
    return isinstance(error, Exception) and not passing


async def put(connection: Connection, reader: str, failed: Mapping[UUID, str], position: Position) -> None:
    """Set subjects aside, each with its reason; one that was set aside before keeps its position."""
    await connection.execute(SQL.set_aside, reader, list(failed), position, list(failed.values()))


async def take_back(connection: Connection, reader: str, subjects: Collection[UUID]) -> None:
    """Forget subjects that went well, or are not there any more."""
    await connection.execute(SQL.take_back, reader, list(subjects))


async def aside(connection: Connection, reader: str) -> list[Aside]:
    """Return what a reader set aside, the oldest first."""
    return [Aside(**row) for row in await connection.fetch(SQL.aside, reader)]


async def listed(connection: Connection, limit: int) -> list[Listed]:
    """Return what was set aside by all, the oldest first."""
    return [Listed(**row) for row in await connection.fetch(SQL.listed, limit)]


async def ask_again(connection: Connection, subjects: Sequence[UUID] | None) -> int:
    """Have these, or all, tried again by whoever follows, and return how many there are."""
    return int(await connection.fetchval(SQL.ask_again, subjects))


async def counts(connection: Connection) -> dict[str, int]:
    """Return how many each reader set aside."""
    return {row["reader"]: row["count"] for row in await connection.fetch(SQL.counts)}
