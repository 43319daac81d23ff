"""Carries the retention rules out: in batches, each a transaction of its own that ends in the journal.

What is due is looked up anew for each batch, so whoever is killed goes on where the last batch ended. A person's time
being over is an erasure like any other (`graph.erasure`), and stands in the erasure list.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from graph import journal
from graph.database import statements, transaction
from graph.erasure_list import SubjectKind
from graph.journal import Entry, EntryKind
from graph.retention import Kept

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from datetime import datetime

    from graph.attachments import Attachments
    from graph.database import Pool
    from graph.erasure import Eraser
    from graph.retention import Rule

SQL: Final = statements("retention")
UPLOADS: Final = statements("uploads")
STANDING: Final = statements("standing")

BATCH: Final = 200
"""Rows of one transaction: whoever writes besides waits for one of them at most."""
ACTOR: Final = "retention"
EXPIRED: Final = {
    Kept.PAYLOADS: (SQL.expire_payloads, EntryKind.PAYLOAD_EXPIRED),
    Kept.REJECTIONS: (SQL.expire_rejections, EntryKind.REJECTION_EXPIRED),
}
COUNTED: Final = {
    Kept.IDENTITIES: SQL.count_identities,
    Kept.PAYLOADS: SQL.count_payloads,
    Kept.REJECTIONS: SQL.count_rejections,
    Kept.UPLOADS: SQL.count_uploads,
}


class Expiry:
    """Counts what is due, and destroys it."""

    def __init__(self, *, pool: Pool, eraser: Eraser, attachments: Attachments, rules: Mapping[Kept, Rule]) -> None:
        self._pool = pool
        self._eraser = eraser
        self._attachments = attachments
        self._rules = rules

    async def due(self, now: datetime) -> dict[Kept, int]:
        """Return how many of each kind are due; changes nothing."""
        found = {}
        for kind, rule in self._rules.items():
            before = rule.due_before(now)
            if before is None:
                found[kind] = 0
            elif kind is Kept.FILES:
                found[kind] = len(await self._orphans(before))
            else:
                found[kind] = await self._pool.fetchval(COUNTED[kind], before)
        return found

    async def carry_out(self, now: datetime) -> AsyncIterator[tuple[Kept, int]]:
        """Destroy what is due, and tell after each batch how many of what that were."""
        for kind, rule in self._rules.items():
            before = rule.due_before(now)
            while before is not None and (gone := await self._batch(kind, before, now)):
                yield kind, gone

    async def _batch(self, kind: Kept, before: datetime, now: datetime) -> int:
        match kind:
            case Kept.IDENTITIES:
                return await self._identities(before, now)
            case Kept.PAYLOADS | Kept.REJECTIONS:
                return await self._expire(kind, before, now)
            case Kept.UPLOADS:
                files = [row["file"] for row in await self._pool.fetch(UPLOADS.drop_uploads, before)]
                return await self._remove(files)
            case Kept.FILES:
                return await self._remove(await self._orphans(before))
            case Kept.REVEALS:
                return 0

    async def _identities(self, before: datetime, now: datetime) -> int:
        due = [row["id"] for row in await self._pool.fetch(SQL.due_identities, before, BATCH)]
        for submission in due:
            await self._eraser.erase(SubjectKind.SUBMISSION, submission, reason=ACTOR, actor=ACTOR, now=now)
        return len(due)

    async def _expire(self, kind: Kept, before: datetime, now: datetime) -> int:
        statement, told = EXPIRED[kind]
        async with transaction(self._pool) as connection:
            expired = [row[0] for row in await connection.fetch(statement, before, BATCH)]
            entries = [Entry(kind=told, subject=one, actor=ACTOR, at=now) for one in sorted(expired)]
            if entries:
                await journal.append(connection, entries)
        return len(expired)

    async def _orphans(self, before: datetime) -> list[str]:
        """Return the files that no row names, unless they are new: their row may be about to be written."""
        there = await asyncio.to_thread(lambda: set(self._attachments.names_before(before)))
        named = {row["file"] for row in await self._pool.fetch(STANDING.attachment_files)}
        return sorted(there - named)

    async def _remove(self, files: list[str]) -> int:
        for file in files:
            await asyncio.to_thread(self._attachments.remove, file)
        return len(files)
