"""Which of the organs that submissions name have a part in their cases.

None does in a case that accuses it, nor in one that such a case leads (Art. 30), none where it is not known yet who is
accused, and none that a source named where a person sent the submission to another. That is derived again whenever any
of this changes, so that undoing it gives the parts back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph.accused import names_of
from graph.database import statements
from graph.ids import organ_id
from graph.records import EdgeState

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from graph.database import Connection, Row
    from graph.organ_names import OrganNames

SQL = statements("casework")


def settled(part: Row, names: OrganNames) -> EdgeState:
    """Return the state of a part, a row of the statement `parts`, however its organ is spelled. Pure."""
    accused = part["accused"]
    if accused and any(organ_id(one) in accused for one in names_of(part["name"], names, part["division"])):
        return EdgeState.REJECTED
    if part["overruled"]:
        return EdgeState.REJECTED
    return EdgeState.PROPOSED if part["unnamed"] else EdgeState.ACCEPTED


async def settle_parts(connection: Connection, cases: Collection[UUID], names: OrganNames) -> bool:
    """Derive the parts in these cases again, and in those that they lead; tell whether any changed."""
    if not cases:
        return False
    found = ((row, settled(row, names)) for row in await connection.fetch(SQL.parts, list(cases)))
    changed = {row["id"]: state for row, state in found if row["state"] != state}
    if changed:
        await connection.execute(SQL.settle_parts, list(changed), list(changed.values()))
    return bool(changed)
