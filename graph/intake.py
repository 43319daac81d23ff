"""Takes in what sources send: each batch is one transaction that claims, links, files, writes and ends in the journal.

The same `(source, external_id)` with content that it had before is a no-op, with new content a revision: reading an
older export again takes nothing back. What cannot be taken in is kept as a rejection. A batch that fails is halved
until the bad record stands alone.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from graph import journal
from graph.database import BAD_RECORD, CONFLICTED, statements, transaction
from graph.drafts import Prepared, Preparer
from graph.errors import NotFoundError
from graph.journal import Entry, EntryKind
from graph.linking import ExactLinker, Linker
from graph.outcomes import Change, Order, Outcome, SourceCursor
from graph.positions import rest_of
from graph.records import Channel, Reading, Refusal, RejectionId, RejectionReason, RejectionState, SubmissionId
from graph.subjects import Arrival, cut
from graph.text.numbers import masked
from graph.transaction import Tools, Transaction, place_hash
from graph.vocabulary import Vocabulary
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from graph.attachments import Attachments
    from graph.belonging import Homes
    from graph.database import Pool, Row
    from graph.identity import Vault
    from graph.policy import Authority
    from graph.topics import Taxonomy

__all__ = ["BATCH", "Change", "Intake", "Outcome", "SourceCursor"]

BATCH: Final = 300
"""Readings a transaction takes at most: larger batches make single writes wait (measured: p99 from 11 to 79 ms)."""
ATTEMPTS: Final = 5
"""How often a transaction that PostgreSQL gave up in favour of another is tried."""

SQL = statements("intake")


class Intake:
    """The one way into the graph."""

    def __init__(
        self,
        *,
        pool: Pool,
        vault: Vault,
        attachments: Attachments,
        homes: Homes,
        taxonomy: Taxonomy,
        linker: Linker | None = None,
    ) -> None:
        self._pool = pool
        self._vault = vault
        self._preparer = Preparer(vault, homes, taxonomy)
        self.vocabulary = Vocabulary(pool=pool, gazetteer=homes.own, taxonomy=taxonomy, names=self._preparer.names)
        self._tools = Tools(vault, attachments, homes.own, self._preparer.names, linker or ExactLinker())

    async def take_in(
        self,
        readings: Sequence[Reading],
        *,
        actor: str,
        now: datetime,
        cursor: SourceCursor | None = None,
        authority: Authority | None = None,
    ) -> list[Outcome]:
        """Take readings in, in transactions of at most `BATCH`, and return one outcome each, in their order.

        Raises ForbiddenError where `authority` does not allow it, InvalidError where it is of no avail for a key.
        """
        # A push of many megabytes takes seconds, in which nobody else would be answered.
        arrivals, refusals = await asyncio.to_thread(self._prepare, readings, now)
        outcomes: dict[int, Outcome] = {}
        *batches, last = list(cut(arrivals, BATCH)) or [[]]
        for batch in batches:
            outcomes |= await self._carry_out(Order(tuple(batch), (), actor, now, None, authority))
        # The cursor goes with the last of its records: until all are in, the source is read again from where it was.
        outcomes |= await self._carry_out(Order(tuple(last), tuple(refusals), actor, now, cursor, authority))
        return [outcomes[place] for place in range(len(readings))]

    def _prepare(self, readings: Sequence[Reading], now: datetime) -> tuple[list[Arrival], list[tuple[int, Refusal]]]:
        arrivals, refusals = [], []
        for place, reading in enumerate(readings):
            prepared = reading if isinstance(reading, Refusal) else self._preparer.prepare(reading, now)
            if isinstance(prepared, Prepared):
                arrivals.append(Arrival(place, prepared))
            else:
                refusals.append((place, prepared))
        return arrivals, refusals

    async def _carry_out(self, order: Order) -> dict[int, Outcome]:
        for _ in range(ATTEMPTS - 1):
            try:
                return await self._attempt(order)
            except CONFLICTED:
                continue
        return await self._attempt(order)

    async def _attempt(self, order: Order) -> dict[int, Outcome]:
        try:
            async with transaction(self._pool) as connection:
                return await Transaction(connection, self._tools, order).run()
        except BAD_RECORD as error:
            if not order.arrivals:
                raise
            code = error.sqlstate or "unknown"
        if len(order.arrivals) == 1:
            return await self._carry_out(order.refused(code))
        first, second = order.halves()
        return await self._carry_out(first) | await self._carry_out(second)

    async def cursor(self, source: str) -> str | None:
        """Return how far a source has been read, None where it has not."""
        found: str | None = await self._pool.fetchval(SQL.cursor, source)
        return found

    async def rejections(self, state: RejectionState, limit: int) -> list[tuple[RejectionId, Refusal]]:
        """Return the latest rejections in a state, without what was refused."""
        rows = await self._pool.fetch(SQL.rejections, state, limit)
        return [(RejectionId(row["id"]), _refusal(row, b"")) for row in rows]

    async def kept(self, rejection: RejectionId) -> Refusal:
        """Return what was turned down, opened, so that it can be read again.

        Raises NotFoundError where there is none, or where it is not open or was erased.
        """
        row = await self._pool.fetchrow(SQL.kept, rejection)
        if row is None:
            raise NotFoundError(Wording("open rejection"), rejection)
        return _refusal(row, self._vault.unwrap(row["key"]).open(row["payload"], rejection.bytes))

    async def resolve(
        self,
        rejection: RejectionId,
        submission: SubmissionId | None,
        *,
        actor: str,
        now: datetime,
        authority: Authority | None = None,
    ) -> None:
        """Close a rejection whose record has been taken in after all, or is told of by others now.

        Raises ForbiddenError as `take_in` does.
        """
        if authority:
            authority.require(())
        async with transaction(self._pool) as connection:
            await Transaction.resolve(connection, rejection, submission, actor=actor, now=now)

    async def dismiss(
        self, rejection: RejectionId, reason: str, *, actor: str, now: datetime, authority: Authority | None = None
    ) -> None:
        """Close a rejection whose record need not be taken in; the reason is kept with it, numbers masked.

        Raises NotFoundError where it is not open, ForbiddenError as `take_in` does.
        """
        if authority:
            authority.require(())
        async with transaction(self._pool) as connection:
            if not await connection.fetchval(SQL.dismiss, rejection, now, actor, masked(reason)):
                raise NotFoundError(Wording("open rejection"), rejection)
            kind = EntryKind.REJECTION_DISMISSED
            await journal.append(connection, [Entry(kind=kind, subject=rejection, actor=actor, at=now)])

    async def settle_files(self, files: Collection[tuple[str, Channel, str]], *, actor: str, now: datetime) -> None:
        """Close what was refused of files as a whole that were read to their ends now, with nothing of them refused.

        Each is named by its source, its channel and its name.
        """
        if not files:
            return
        places = [
            place_hash(self._vault, source, channel, place)
            for source, channel, name in files
            for place in (name, rest_of(name))
        ]
        async with transaction(self._pool) as connection:
            settled = await connection.fetch(SQL.settle_files, places, now)
            kind = EntryKind.REJECTION_RESOLVED
            entries = [Entry(kind=kind, subject=row["id"], actor=actor, at=now) for row in settled]
            if entries:
                await journal.append(connection, entries)


def _refusal(row: Row, payload: bytes) -> Refusal:
    return Refusal(
        channel=Channel(row["channel"]), source=row["source"], position=row["position"],
        reason=RejectionReason(row["reason"]), message=row["message"], payload=payload,
        holder=row["holder"], records=row["records"],
    )  # fmt: skip
