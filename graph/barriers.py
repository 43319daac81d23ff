"""Who gets no counts for a moment, because something was hidden from them that the search index still counts.

Hits are read again under the policy, counts and facets cannot be. So a change that narrows who may see something puts
its position in the journal down for the audiences concerned (`graph.scope.Scope.audiences`); until the index has passed
it, their searches leave counts and facets out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph.database import statements
from graph.scope import SCOPED, UNCLEARED
from graph.subjects import PartKind, Subject

if TYPE_CHECKING:
    from collections.abc import Collection

    from graph.database import Connection
    from graph.records import CaseId, MentionId

SQL = statements("casework")


def narrows(subject: Subject) -> bool:
    """Tell whether a revision hides what could be seen before: it accuses somebody, or an organ loses its part."""
    return bool(subject.fresh(PartKind.ACCUSED) or subject.dropped(PartKind.ORGAN))


async def concerned(connection: Connection, cases: Collection[CaseId]) -> frozenset[str]:
    """Return the audiences concerned where these cases are hidden from somebody."""
    if not cases:
        return frozenset()
    rows = await connection.fetch(SQL.concerned, list(cases))
    return frozenset({UNCLEARED, SCOPED, *(row["audience"] for row in rows)})


async def accused_as(connection: Connection, mention: MentionId) -> frozenset[str]:
    """Return the audiences of a mention's party, which was just joined, where anybody of it is accused: now all are."""
    return frozenset(row["audience"] for row in await connection.fetch(SQL.accused_as, mention))


async def raise_barriers(connection: Connection, audiences: Collection[str]) -> None:
    """Put down where the journal is now, which the caller has just written, for these audiences."""
    if audiences:
        await connection.execute(SQL.raise_barriers, sorted(audiences))
