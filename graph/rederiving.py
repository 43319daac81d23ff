"""Brings what stands to where it belongs by the homes of today: its division, and the places that it names.

Homes are set, or set otherwise, after much was taken in, and records that come again with nothing new change nothing.
What people set stands above what is derived, so for those submissions only what is kept beside it changes. Each batch
is a transaction of its own, and doing it once more changes nothing, so a run that was killed is simply run again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

from graph import journal
from graph.barriers import concerned, raise_barriers
from graph.belonging import Belonging, places_named
from graph.casework import refresh_cases
from graph.database import CONFLICTED, statements, transaction
from graph.holding import held_groups
from graph.ids import new_id
from graph.journal import Entry, EntryKind
from graph.locks import SQL as LOCKS
from graph.organ_names import OrganNames
from graph.parts import settle_parts
from graph.records import CaseId, Channel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from graph.belonging import Homes, Said
    from graph.database import Connection, Pool, Row
    from graph.identity import Vault

BATCH: Final = 200
"""Submissions of one transaction: records are opened in it, and whoever writes to one of their cases waits."""
ACTOR: Final = "rederive"
TRIES: Final = 5

SQL = statements("rederiving")


@dataclass(frozen=True, slots=True)
class Stored:
    """What is kept of a submission's present revision. `payload` is the record as received, empty where it is gone."""

    channel: Channel
    source: str
    title: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class _Change:
    """What becomes another of one submission."""

    row: Row
    division: str | None
    gone: tuple[str, ...]
    named: tuple[str, ...]

    @property
    def moved(self) -> bool:
        """Tell whether it belongs elsewhere than was thought."""
        row = self.row
        return bool(self.division != (row["said"] if row["correction"] else row["division"]))

    @property
    def fields(self) -> tuple[str, ...]:
        """What the journal tells of it."""
        return ("division",) * self.moved + ("case_place",) * bool(self.gone or self.named)


class Rederiving:
    """Derives divisions and places again. `read` tells what a record says of it, None where it cannot be read."""

    def __init__(self, pool: Pool, vault: Vault, homes: Homes, read: Callable[[Stored], Said | None]) -> None:
        self._pool = pool
        self._vault = vault
        self._homes = homes
        self._names = OrganNames(homes.own)
        self._read = read

    async def next(self, after: UUID | None = None) -> list[UUID]:
        """Return the submissions of the next batch, in the order in which they came in."""
        return [row["id"] for row in await self._pool.fetch(SQL.next, after or UUID(int=0), BATCH)]

    async def rederive(self, submissions: Sequence[UUID], now: datetime) -> int:
        """Derive these again; return how many of them changed."""
        for _ in range(TRIES - 1):
            try:
                return await self._attempt(submissions, now)
            except CONFLICTED:
                continue
        return await self._attempt(submissions, now)

    async def _attempt(self, submissions: Sequence[UUID], now: datetime) -> int:
        async with transaction(self._pool) as connection:
            await connection.fetch(LOCKS.hold_submissions, list(submissions))
            rows = await connection.fetch(SQL.stored, list(submissions))
            changes = [change for row in rows if (change := self._change(row)).fields]
            if changes:
                await self._write(connection, changes, now)
            return len(changes)

    def _change(self, row: Row) -> _Change:
        belongs = self._belongs(row)
        places = places_named(belongs, f"{row['title']}\n{row['body']}", self._homes.of(row["source"]))
        gone = tuple(code for code in row["places"] if code not in places)
        return _Change(row, belongs.division, gone, tuple(code for code in places if code not in row["places"]))

    def _belongs(self, row: Row) -> Belonging:
        """Return where a submission belongs; by where it was said to, where its record tells no more."""
        payload = self._vault.unwrap(row["key"]).open(row["payload"], row["revision"].bytes) if row["payload"] else b""
        said = self._read(Stored(Channel(row["channel"]), row["source"], row["title"], payload))
        if said is not None:
            return self._homes.belonging(row["source"], said)
        home = self._homes.of(row["source"])
        before = row["said"] if row["correction"] else row["division"]
        return Belonging(before if before and before.startswith(home.home) else home.home or before)

    async def _write(self, connection: Connection, changes: Sequence[_Change], now: datetime) -> None:
        cases = {CaseId(one.row["case_id"]) for one in changes}
        groups = await held_groups(connection, *cases)
        moved = [one for one in changes if one.moved]
        for statement, some in (
            (SQL.belong, [one for one in moved if not one.row["correction"]]),
            (SQL.say_division, [one for one in moved if one.row["correction"]]),
        ):
            await connection.execute(statement, [one.row["id"] for one in some], [one.division for one in some])
        gone = [(one.row["id"], code) for one in changes for code in one.gone]
        await connection.execute(SQL.retire_places, [one for one, _ in gone], [code for _, code in gone])
        named = [(new_id(), one.row["id"], code) for one in changes for code in one.named]
        columns = [[one[at] for one in named] for at in range(3)]
        await connection.execute(SQL.name_places, *columns, ACTOR, now)
        await refresh_cases(connection, cases)
        await settle_parts(connection, groups, self._names)
        audiences = await concerned(connection, [CaseId(one) for one in groups])
        await journal.append(connection, [
            Entry(
                kind=EntryKind.SUBMISSION_CORRECTED, subject=one.row["id"], actor=ACTOR, at=now, fields=one.fields
            )
            for one in changes
        ])  # fmt: skip
        await raise_barriers(connection, audiences)
