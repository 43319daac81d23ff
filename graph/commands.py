"""What people decide about the graph: what belongs together, and what does not.

Each command is one transaction that ends in the journal. A decision is one edge; undoing it is one row, and gives the
graph that never had it. A person's decision outranks a machine's and binds every later run. Each asks the policy first:
ForbiddenError where the viewer's role may not do it, NotFoundError where something named is not seen.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from graph import corrections, journal
from graph.accusations import Accusations
from graph.barriers import accused_as, concerned, raise_barriers
from graph.casework import refresh_cases, regroup
from graph.corrections import Corrections
from graph.database import CONFLICTED, statements, transaction
from graph.errors import ConflictError
from graph.holding import BUSY, held_groups, held_parties, held_submission
from graph.ids import new_id
from graph.journal import Entry, EntryKind
from graph.organ_names import OrganNames
from graph.parts import settle_parts
from graph.partywork import recluster
from graph.policy import Action, require
from graph.records import CaseId, CaseRelation, CaseStatus, Correctable, EdgeId, MentionId, SubmissionId
from graph.seeing import SQL as SEEN
from graph.seeing import require_seen, sees
from graph.topics import Taxonomy
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping
    from datetime import datetime

    from graph.database import Connection, Pool
    from graph.gazetteer import Gazetteer
    from graph.policy import Viewer

ALERTS = statements("alerts")
CASES = statements("casework")
INTAKE = statements("intake")
PARTIES = statements("partywork")

MOVES = (CASES.move_submission, CASES.move_events, CASES.move_places, CASES.move_organs, CASES.move_accused)
"""A submission takes with it all that it brought."""

NOT_JOINED: Final = Wording(
    "These cases are not joined: they belong together already, or what belongs with one must not "
    "be passed to whom another concerns (Art. 30). Look at both; the other way around may be "
    "possible."
)
"""Said whatever keeps two cases from being joined that are seen themselves: what stands behind them may be hidden."""
NOT_FILED: Final = Wording(
    "The submission is not filed here: an organ that has a part in one may be accused in the "
    "other (Art. 30). File it under another case, or part it."
)
"""Said where an accusation would reach whom it accuses; neither the organ nor the accusation need be seen."""


class Commands:
    """Joins and parts cases, parties and submissions, corrects what these are, and names who is accused.

    `reason` is kept with the edge, never in the journal.
    """

    def __init__(self, *, pool: Pool, gazetteer: Gazetteer, taxonomy: Taxonomy | None = None) -> None:
        self._pool = pool
        self._gazetteer, self._taxonomy = gazetteer, taxonomy or Taxonomy()
        self._organs = OrganNames(gazetteer)
        self._accusations = Accusations(gazetteer, self._organs)
        self._corrections = Corrections(gazetteer, self._organs, self._accusations)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Connection]:
        try:
            async with transaction(self._pool) as connection:
                yield connection
        except CONFLICTED as error:
            raise ConflictError(BUSY) from error

    # Cases ---------------------------------------------------------------------------------------------------------

    async def join_cases(self, *, leading: CaseId, other: CaseId, reason: str, by: Viewer, now: datetime) -> EdgeId:
        """Let `leading`'s id answer for `other` and all that follows it; nothing is moved."""
        require(by, Action.JOIN)
        async with self._transaction() as connection:
            await require_seen(connection, by, "case", [leading, other])
            groups = await held_groups(connection, leading, other)
            target, origin = groups[leading]["leading"], groups[other]["leading"]
            if target == origin or not await sees(connection, by, "case", [target, origin]):
                raise ConflictError(NOT_JOINED)
            led = [one for one, row in groups.items() if row["leading"] == origin]
            if await connection.fetchval(SEEN.accused_with_a_part, [target], led):
                raise ConflictError(NOT_JOINED)
            edge = await connection.fetchval(
                CASES.relate, new_id(), CaseRelation.SAME_MATTER, origin, target, {"reason": reason}, by.name, now
            )
            await regroup(connection, groups.keys())
            settled = await settle_parts(connection, groups, self._organs)
            audiences = await concerned(connection, [CaseId(one) for one in groups]) if settled else frozenset()
            kind = EntryKind.CASES_JOINED
            await journal.append(connection, [Entry(kind=kind, subject=origin, object=target, actor=by.name, at=now)])
            await raise_barriers(connection, audiences)
            return EdgeId(edge)

    async def part_cases(self, *, case: CaseId, by: Viewer, now: datetime) -> EdgeId:
        """Undo the edge by which `case` follows another."""
        require(by, Action.JOIN)
        async with self._transaction() as connection:
            await require_seen(connection, by, "case", [case])
            groups = await held_groups(connection, case)
            edge = await connection.fetchrow(CASES.unrelate, case, by.name, now)
            if edge is None or not await sees(connection, by, "case", [edge["target"]]):
                raise ConflictError(Wording("This case follows no other."))
            await regroup(connection, groups.keys())
            await settle_parts(connection, groups, self._organs)
            entry = Entry(kind=EntryKind.CASES_PARTED, subject=case, object=edge["target"], actor=by.name, at=now)
            await journal.append(connection, [entry])
            return EdgeId(edge["id"])

    # Submissions ---------------------------------------------------------------------------------------------------

    async def file_submission(
        self, *, submission: SubmissionId, case: CaseId, reason: str, by: Viewer, now: datetime
    ) -> EdgeId:
        """File a submission under another case. The only one of its case cannot leave it: join the cases instead."""
        require(by, Action.FILE)
        async with self._transaction() as connection:
            await require_seen(connection, by, "submission", [submission])
            await require_seen(connection, by, "case", [case])
            before = await self._leave(connection, submission, case)
            edge = await self._move(connection, submission, before, case, reason=reason, by=by, now=now)
            if await connection.fetchval(SEEN.accused_with_a_part, [case], [case]):
                raise ConflictError(NOT_FILED)
            await self._settle(connection, EntryKind.SUBMISSION_FILED, submission, before, case, by=by, now=now)
            return edge

    async def part_submission(self, *, submission: SubmissionId, by: Viewer, now: datetime) -> CaseId:
        """Undo a submission's filing: it gets a case of its own, whose id is returned."""
        require(by, Action.FILE)
        async with self._transaction() as connection:
            await require_seen(connection, by, "submission", [submission])
            own = CaseId(new_id())
            before = await self._leave(connection, submission, None)
            await connection.execute(CASES.open_case, own, now)
            await self._move(connection, submission, before, own, reason="parted", by=by, now=now)
            await self._settle(connection, EntryKind.SUBMISSION_PARTED, submission, before, own, by=by, now=now)
            return own

    async def _leave(self, connection: Connection, submission: SubmissionId, case: CaseId | None) -> CaseId:
        """Hold a submission, the case it leaves and the one it goes to; return the one it leaves."""
        row = await held_submission(connection, submission)
        before = CaseId(row["case_id"])
        if case == before:
            raise ConflictError(Wording("The submission is filed under this case already."))
        groups = await held_groups(connection, *(one for one in (before, case) if one))
        if groups[before]["submission_count"] < 2:
            raise ConflictError(Wording("This is the only submission of its case. Join the cases instead."))
        return before

    @staticmethod
    async def _move(
        connection: Connection,
        submission: SubmissionId,
        before: CaseId,
        case: CaseId,
        *,
        reason: str,
        by: Viewer,
        now: datetime,
    ) -> EdgeId:
        await connection.execute(CASES.unfile, submission, before, by.name, now)
        edge = await connection.fetchval(CASES.file, new_id(), submission, case, {"reason": reason}, by.name, now)
        for statement in MOVES:
            await connection.execute(statement, submission, case)
        return EdgeId(edge)

    async def _settle(
        self,
        connection: Connection,
        kind: EntryKind,
        submission: SubmissionId,
        before: CaseId,
        case: CaseId,
        *,
        by: Viewer,
        now: datetime,
    ) -> None:
        """Derive both cases again and write the journal: what left, where it went, and whose status changed."""
        refreshed = await refresh_cases(connection, {before, case})
        await settle_parts(connection, {before, case}, self._organs)
        moved = dict(refreshed.statuses)
        entries = [Entry(kind=kind, subject=submission, object=before, actor=by.name, at=now)]
        if kind is EntryKind.SUBMISSION_PARTED:
            state = moved.pop(case, CaseStatus.REGISTERED)
            opened = EntryKind.CASE_OPENED
            entries.append(Entry(kind=opened, subject=case, object=submission, actor=by.name, at=now, state=state))
        else:
            entries.append(Entry(kind=kind, subject=submission, object=case, actor=by.name, at=now))
        entries += [
            Entry(kind=EntryKind.CASE_MOVED, subject=one, actor=by.name, at=now, state=status)
            for one, status in moved.items()
        ]
        audiences = await concerned(connection, {before, case})
        await journal.append(connection, entries)
        await raise_barriers(connection, audiences)

    # Accusations ---------------------------------------------------------------------------------------------------

    async def name_accused(
        self, *, submission: SubmissionId, organs: Iterable[str], reason: str, by: Viewer, now: datetime
    ) -> CaseId:
        """Say which organs an accusation accuses (`Accusations.name`)."""
        require(by, Action.NAME_ACCUSED)
        async with self._transaction() as connection:
            await require_seen(connection, by, "submission", [submission])
            return await self._accusations.name(connection, submission, organs, reason=reason, by=by, now=now)

    async def correct_submission(
        self,
        *,
        submission: SubmissionId,
        asked: Mapping[Correctable, str | None],
        reason: str,
        by: Viewer,
        now: datetime,
    ) -> CaseId:
        """Set what a submission is, is about, and where it belongs, or take that back (`Corrections.correct`)."""
        for action in {Action.CLASSIFY if name is Correctable.KIND else Action.CORRECT for name in asked}:
            require(by, action)
        wanted = corrections.read(asked, self._gazetteer, self._taxonomy)
        async with self._transaction() as connection:
            await require_seen(connection, by, "submission", [submission])
            return await self._corrections.correct(connection, submission, wanted, reason=reason, by=by, now=now)

    # Parties -------------------------------------------------------------------------------------------------------

    async def join_parties(self, *, one: MentionId, other: MentionId, reason: str, by: Viewer, now: datetime) -> EdgeId:
        """Say that two mentions are one party."""
        if one == other:
            raise ConflictError(Wording("A mention is the same party as itself already."))
        require(by, Action.JOIN)
        async with self._transaction() as connection:
            await require_seen(connection, by, "mention", [one, other])
            held = await held_parties(connection, one, other)
            low, high = sorted((one, other))
            edge = await connection.fetchval(PARTIES.join, new_id(), low, high, {"reason": reason}, by.name, now)
            await recluster(connection, set(held.values()))
            audiences = await accused_as(connection, low)
            kind = EntryKind.PARTIES_JOINED
            await journal.append(connection, [Entry(kind=kind, subject=low, object=high, actor=by.name, at=now)])
            await raise_barriers(connection, audiences)
            return EdgeId(edge)

    async def part_parties(self, *, one: MentionId, other: MentionId, by: Viewer, now: datetime) -> EdgeId:
        """Undo the edge between two mentions; from now on no run joins their parties again."""
        require(by, Action.JOIN)
        async with self._transaction() as connection:
            await require_seen(connection, by, "mention", [one, other])
            held = await held_parties(connection, one, other)
            low, high = sorted((one, other))
            edge = await connection.fetchval(PARTIES.part, low, high, by.name, now)
            if edge is None:
                raise ConflictError(
                    Wording("No edge joins these two mentions directly. Part the two that one does join.")
                )
            await recluster(connection, set(held.values()))
            kind = EntryKind.PARTIES_PARTED
            await journal.append(connection, [Entry(kind=kind, subject=low, object=high, actor=by.name, at=now)])
            return EdgeId(edge)
