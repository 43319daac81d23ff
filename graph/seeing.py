"""Whether a viewer sees what a command names, asked inside the command's transaction.

Under the reading role, so that row-level security answers, and with the policy around each statement's table besides.
What is not seen is answered as what is not there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from graph.database import statements
from graph.errors import NotFoundError
from graph.guard import Guard, fixed
from graph.scope import SET, scope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from graph.database import Connection
    from graph.policy import Viewer

SQL = statements("seeing")
SET_VIEWER: Final = f"select {SET}"
"""Says who reads until the transaction ends; its parameters are `Scope.settings`."""
STATEMENTS: Final[Mapping[str, str]] = {
    "case": SQL.cases,
    "submission": SQL.submissions,
    "mention": SQL.mentions,
    "revision": SQL.revisions,
    "event": SQL.events,
    "document": SQL.documents,
    "correction": SQL.corrections,
}


async def sees(connection: Connection, viewer: Viewer, what: str, ids: Sequence[UUID]) -> bool:
    """Tell whether a viewer sees all of these nodes of one kind (a key of `STATEMENTS`)."""
    seen = scope(viewer)
    await connection.execute(SQL.become_reader)
    try:
        await connection.execute(SET_VIEWER, *seen.settings)
        rows = await connection.fetch(Guard(seen.shape, parameters=False).around(fixed(STATEMENTS[what])), list(ids))
    finally:
        await connection.execute(SQL.become_owner)
    return {row["id"] for row in rows} >= set(ids)


async def require_seen(connection: Connection, viewer: Viewer, what: str, ids: Sequence[UUID]) -> None:
    """Raise NotFoundError, which names the first, unless a viewer sees all of these."""
    for one in ids:
        if not await sees(connection, viewer, what, [one]):
            raise NotFoundError(what, one)
