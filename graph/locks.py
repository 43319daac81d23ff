"""Locks that must be held before it is known what they are.

Rows are locked in the order: claims on submissions, link keys, parties, cases, vocabularies, the journal's head; within
each by key. So no two transactions wait for each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from collections.abc import Set as AbstractSet
    from uuid import UUID

    from graph.database import Connection

Found = TypeVar("Found")


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
