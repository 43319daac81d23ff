"""Keeps parties true after an edge between mentions was undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph.database import statements
from graph.parties import components

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from graph.database import Connection

SQL = statements("partywork")


async def recluster(connection: Connection, parties: Collection[UUID]) -> None:
    """Derive again who is in these parties from the edges that are accepted now; all their mentions are held."""
    members = {row["id"]: row["party"] for row in await connection.fetch(SQL.members, list(parties))}
    edges = await connection.fetch(SQL.accepted_edges, list(members))
    found = components(members, [(row["low"], row["high"]) for row in edges])
    moved = {mention: party for mention, party in found.items() if members[mention] != party}
    if moved:
        await connection.execute(SQL.move, list(moved), list(moved.values()))
