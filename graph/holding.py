"""Holds what people decide on, found and locked, until their transaction ends.

Each raises NotFoundError where something is not there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from graph.database import statements
from graph.errors import ConflictError, NotFoundError
from graph.locks import SQL as LOCKS
from graph.locks import hold, hold_mentions
from graph.records import CaseId
from wording import Wording

if TYPE_CHECKING:
    from uuid import UUID

    from graph.database import Connection, Row
    from graph.records import MentionId, SubmissionId

CASES = statements("casework")
PARTIES = statements("partywork")

BUSY: Final = Wording("Somebody else is changing the same cases or parties. Try again.")


async def held_groups(connection: Connection, *cases: CaseId) -> dict[UUID, Row]:
    """Return, held, all cases that belong with these; raise NotFoundError where one is not there."""

    async def look() -> dict[UUID, Row]:
        return {row["id"]: row for row in await connection.fetch(CASES.groups, cases)}

    found = await hold(connection, look, lambda rows: rows.keys(), LOCKS.hold_cases)
    for case in cases:
        if case not in found:
            raise NotFoundError("case", case)
    return found


async def held_submission(connection: Connection, submission: SubmissionId) -> Row:
    """Return the case and kind of a submission, held; raise NotFoundError where it is not there."""
    await connection.fetch(LOCKS.hold_submissions, [submission])
    row = await connection.fetchrow(CASES.submission, submission)
    if row is None:
        raise NotFoundError("submission", submission)
    return row


async def held_with_reasons(connection: Connection, submission: SubmissionId) -> Row:
    """Return a submission, held together with what was filed in its case for a reason: all in one go, before the case.

    The case is held, too; raise ConflictError where something more was filed in it meanwhile.
    """

    async def look() -> frozenset[UUID]:
        return frozenset(row["id"] for row in await connection.fetch(CASES.filings_told_of, submission))

    held = await hold(connection, look, lambda found: found, LOCKS.hold_filings)
    row = await connection.fetchrow(CASES.submission, submission)
    if row is None:
        raise NotFoundError("submission", submission)
    await held_groups(connection, CaseId(row["case_id"]))
    if not await look() <= held:
        raise ConflictError(BUSY)
    return row


async def held_parties(connection: Connection, one: MentionId, other: MentionId) -> dict[UUID, UUID]:
    """Return the parties of two mentions, held with all their mentions; raise NotFoundError where one is gone."""

    async def look() -> dict[UUID, UUID]:
        return {row["id"]: row["party"] for row in await connection.fetch(PARTIES.mentions, [one, other])}

    found = await hold(connection, look, lambda rows: frozenset(rows.values()), LOCKS.hold_parties)
    for mention in (one, other):
        if mention not in found:
            raise NotFoundError("mention", mention)
    await hold_mentions(connection, parties=set(found.values()))
    return found
