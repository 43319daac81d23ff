"""The one order in which every write locks what it changes, so that no two transactions wait for each other.

1. Records: keys that intake claims (rows of `submission` that are new), by key; then submissions that stand, by key.
2. Rejections that end, by source, position and digest; then those that are refused, in the same order. Two that
   end what the other refuses wait for each other, and one of them is tried again.
3. Link keys, by key; then parties, by id.
4. Cases, by id.
5. Vocabularies: places and organs that a source names for the first time, then those that become known.
6. Mentions, by id, all in one go; then the edges between mentions, by id.
7. How far a source has been read; the journal's head; barriers.

Every other row is changed only by whoever holds what it belongs to: what hangs on a case (its submissions' own rows,
revisions, documents, events, parts) by who holds the case; a submission's filings by who holds it. So a lock that is
taken before cases must not be on a row that who holds a case may write: a submission is held by its filings, a party by
a row of `link_key`. Mentions alone have two owners, their party and their case, which is why they are locked once both
are held. What passes over rows that are locked (`skip locked`) waits for nobody, and stands in no order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from graph.database import statements

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection
    from collections.abc import Set as AbstractSet
    from uuid import UUID

    from graph.database import Connection

Found = TypeVar("Found")

SQL = statements("locks")


async def hold(
    connection: Connection,
    look: Callable[[], Awaitable[Found]],
    keys: Callable[[Found], AbstractSet[UUID]],
    statement: str,
) -> Found:
    """Return what `look` finds once the rows of all its `keys` are locked and it still finds no others.

    Where others appeared while waiting, the locks are let go (with a savepoint) and taken again in order: taking the
    new ones on top could make two transactions wait for each other.
    """
    found = await look()
    while wanted := keys(found):
        savepoint = connection.transaction()
        await savepoint.start()
        await connection.fetch(statement, sorted(wanted))
        again = await look()
        if keys(again) <= wanted:
            await savepoint.commit()
            return again
        await savepoint.rollback()
        found = again
    return found


async def hold_mentions(
    connection: Connection,
    *,
    mentions: Collection[UUID] = (),
    parties: Collection[UUID] = (),
    cases: Collection[UUID] = (),
) -> None:
    """Lock all mentions that will be written: these, those of these parties, and those to get the scope of their case.

    The caller holds the parties and cases, and asks once, when it knows all of them.
    """
    if mentions or parties or cases:
        await connection.fetch(SQL.hold_mentions, list(mentions), list(parties), list(cases))
