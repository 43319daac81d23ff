"""What people decide about the graph: what belongs together, and what does not.

Each command is one transaction that ends in the journal. A decision is one edge; undoing it is one row, and gives the
graph that never had it. A person's decision outranks a machine's and binds every later run. Each asks the policy first:
ForbiddenError where the viewer's role may not do it, NotFoundError where something named is not seen.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from graph import journal
from graph.accused import names_of
from graph.barriers import accused_as, concerned, raise_barriers
from graph.casework import refresh_cases, regroup
from graph.database import CONFLICTED, statements, transaction
from graph.errors import ConflictError, NotFoundError
from graph.ids import new_id, organ_id
from graph.journal import Entry, EntryKind
from graph.locks import SQL as LOCKS
from graph.locks import hold, hold_mentions
from graph.organ_names import OrganNames
from graph.organs import seat_of
from graph.parts import settle_parts
from graph.partywork import recluster
from graph.policy import Action, ForbiddenError, require
from graph.records import CaseId, CaseRelation, CaseStatus, EdgeId, MentionId, PetitionKind, SubmissionId
from graph.scope import scope
from graph.seeing import SQL as SEEN
from graph.seeing import require_seen, sees

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Iterable
    from datetime import datetime
    from uuid import UUID

    from graph.database import Connection, Pool, Row
    from graph.gazetteer import Gazetteer
    from graph.policy import Viewer

ALERTS = statements("alerts")
CASES = statements("casework")
INTAKE = statements("intake")
PARTIES = statements("partywork")

MOVES = (CASES.move_submission, CASES.move_events, CASES.move_places, CASES.move_organs, CASES.move_accused)
"""A submission takes with it all that it brought."""

NOT_JOINED: Final = (
    "These cases are not joined: they belong together already, or what belongs with one must not be passed to whom"
    " another concerns (Art. 30). Look at both; the other way around may be possible."
)
"""Said whatever keeps two cases from being joined that are seen themselves: what stands behind them may be hidden."""
NOT_FILED: Final = (
    "The submission is not filed here: an organ that has a part in one may be accused in the other (Art. 30). File it"
    " under another case, or part it."
)
"""Said where an accusation would reach whom it accuses; neither the organ nor the accusation need be seen."""
CONCERNED: Final = (
    "You may not say of what kind this is: it may concern an organ of yours, or lies outside of your divisions"
    " (Art. 30). Somebody cleared for accusations may whom it cannot concern."
)
"""Said of whatever is seen, be it an accusation, have it been one or not."""


class Commands:
    """Joins and parts cases, parties and submissions, and names who is accused.

    `reason` is kept with the edge, never in the journal.
    """

    def __init__(self, *, pool: Pool, gazetteer: Gazetteer) -> None:
        self._pool = pool
        self._gazetteer = gazetteer
        self._organs = OrganNames(gazetteer)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Connection]:
        try:
            async with transaction(self._pool) as connection:
                yield connection
        except CONFLICTED as error:
            raise ConflictError("Somebody else is changing the same cases or parties. Try again.") from error

    # Cases ---------------------------------------------------------------------------------------------------------

    async def join_cases(self, *, leading: CaseId, other: CaseId, reason: str, by: Viewer, now: datetime) -> EdgeId:
        """Let `leading`'s id answer for `other` and all that follows it; nothing is moved."""
        require(by, Action.JOIN)
        async with self._transaction() as connection:
            await require_seen(connection, by, "case", [leading, other])
            groups = await self._held_groups(connection, leading, other)
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
            groups = await self._held_groups(connection, case)
            edge = await connection.fetchrow(CASES.unrelate, case, by.name, now)
            if edge is None or not await sees(connection, by, "case", [edge["target"]]):
                raise ConflictError("This case follows no other.")
            await regroup(connection, groups.keys())
            await settle_parts(connection, groups, self._organs)
            entry = Entry(kind=EntryKind.CASES_PARTED, subject=case, object=edge["target"], actor=by.name, at=now)
            await journal.append(connection, [entry])
            return EdgeId(edge["id"])

    @staticmethod
    async def _held_groups(connection: Connection, *cases: CaseId) -> dict[UUID, Row]:
        """Return, held, all cases that belong with these; raise NotFoundError where one is not there."""

        async def look() -> dict[UUID, Row]:
            return {row["id"]: row for row in await connection.fetch(CASES.groups, cases)}

        found = await hold(connection, look, lambda rows: rows.keys(), LOCKS.hold_cases)
        for case in cases:
            if case not in found:
                raise NotFoundError("case", case)
        return found

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
        row = await self._held_submission(connection, submission)
        before = CaseId(row["case_id"])
        if case == before:
            raise ConflictError("The submission is filed under this case already.")
        groups = await self._held_groups(connection, *(one for one in (before, case) if one))
        if groups[before]["submission_count"] < 2:
            raise ConflictError("This is the only submission of its case. Join the cases instead.")
        return before

    @staticmethod
    async def _held_submission(connection: Connection, submission: SubmissionId) -> Row:
        """Return the case and kind of a submission, held; raise NotFoundError where it is not there."""
        await connection.fetch(LOCKS.hold_submissions, [submission])
        row = await connection.fetchrow(CASES.submission, submission)
        if row is None:
            raise NotFoundError("submission", submission)
        return row

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
        """Say which organs an accusation accuses, all of them; none where nobody accused belongs to one.

        From now on it is seen, and goes to organs, as other accusations do. Whom somebody named is not taken back.
        """
        require(by, Action.NAME_ACCUSED)
        named = {organ_id(one): one for name in organs for one in names_of(name, self._organs)}
        async with self._transaction() as connection:
            await require_seen(connection, by, "submission", [submission])
            row = await self._held_submission(connection, submission)
            if row["kind"] != PetitionKind.ACCUSATION:
                raise ConflictError("This submission is no accusation, so it accuses nobody.")
            case = CaseId(row["case_id"])
            groups = await self._held_groups(connection, case)
            seats = [seat_of(name, self._gazetteer) for name in named.values()]
            await connection.execute(INTAKE.add_organs, list(named), list(named.values()), seats)
            ids = [new_id() for _ in named]
            await connection.execute(
                CASES.accuse, ids, list(named), submission, case, {"reason": reason}, by.name, now
            )  # fmt: skip
            await connection.execute(CASES.accused_is_named, submission)
            await self._rederive(connection, groups, case)
            await self._note(connection, EntryKind.ACCUSED_NAMED, submission, groups, by=by, now=now)
            return case

    async def classify_submission(
        self, *, submission: SubmissionId, kind: PetitionKind, reason: str, by: Viewer, now: datetime
    ) -> CaseId:
        """Say of what kind a submission is, which its source's records take back only by accusing somebody anew.

        What is an accusation no more accuses nobody and goes to organs as others do; what was said while it was one
        stays with those who could see it. What becomes one waits for somebody to name whom it accuses.
        """
        require(by, Action.CLASSIFY)
        async with self._transaction() as connection:
            await require_seen(connection, by, "submission", [submission])
            case = CaseId((await self._held_submission(connection, submission))["case_id"])
            groups = await self._held_groups(connection, case)
            # Once its case is held: until then others may change what it is, and who sees it.
            row = await self._held_submission(connection, submission)
            if not scope(by).decides(row["scope"]):
                raise ForbiddenError(Action.CLASSIFY, CONCERNED)
            if row["kind"] == kind:
                raise ConflictError("The submission is of this kind already.")
            decided = ({"reason": reason}, by.name, now)
            await connection.execute(CASES.classify, submission, kind)
            await connection.execute(CASES.keep_classification, new_id(), submission, kind, *decided)
            if kind is PetitionKind.ACCUSATION:
                await connection.execute(CASES.accuse_again, submission, *decided)
            elif row["kind"] == PetitionKind.ACCUSATION:
                await self._release(connection, submission)
            await self._rederive(connection, groups, case)
            if row["kind"] == PetitionKind.ACCUSATION:
                await connection.fetch(LOCKS.hold_links_of, submission)
                await connection.execute(CASES.keep_reasons, submission, case)
            if kind is not PetitionKind.ACCUSATION:
                await connection.execute(CASES.know, submission)
            await self._note(connection, EntryKind.SUBMISSION_CLASSIFIED, submission, groups, by=by, now=now)
            return case

    @staticmethod
    async def _release(connection: Connection, submission: SubmissionId) -> None:
        """Let an accusation accuse nobody, and keep what it brought from those who see it from now on."""
        await connection.execute(CASES.accuse_nobody, submission)
        await connection.execute(CASES.withhold_documents, submission)
        await connection.execute(ALERTS.hold_reader)  # none is raised meanwhile by what it said
        await connection.execute(CASES.forget_alerts, submission)

    async def _rederive(self, connection: Connection, groups: Collection[UUID], case: CaseId) -> None:
        """Derive what follows from whom a case accuses: what it is, and the parts in it and in those joined to it."""
        await refresh_cases(connection, {case})
        await settle_parts(connection, groups, self._organs)

    @staticmethod
    async def _note(
        connection: Connection,
        kind: EntryKind,
        submission: SubmissionId,
        groups: Collection[UUID],
        *,
        by: Viewer,
        now: datetime,
    ) -> None:
        """Write that somebody decided whom a submission accuses, if anybody, and withhold counts from the concerned."""
        audiences = await concerned(connection, [CaseId(one) for one in groups])
        await journal.append(connection, [Entry(kind=kind, subject=submission, actor=by.name, at=now)])
        await raise_barriers(connection, audiences)

    # Parties -------------------------------------------------------------------------------------------------------

    async def join_parties(self, *, one: MentionId, other: MentionId, reason: str, by: Viewer, now: datetime) -> EdgeId:
        """Say that two mentions are one party."""
        if one == other:
            raise ConflictError("A mention is the same party as itself already.")
        require(by, Action.JOIN)
        async with self._transaction() as connection:
            await require_seen(connection, by, "mention", [one, other])
            held = await self._held_parties(connection, one, other)
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
            held = await self._held_parties(connection, one, other)
            low, high = sorted((one, other))
            edge = await connection.fetchval(PARTIES.part, low, high, by.name, now)
            if edge is None:
                raise ConflictError("No edge joins these two mentions directly. Part the two that one does join.")
            await recluster(connection, set(held.values()))
            kind = EntryKind.PARTIES_PARTED
            await journal.append(connection, [Entry(kind=kind, subject=low, object=high, actor=by.name, at=now)])
            return EdgeId(edge)

    @staticmethod
    async def _held_parties(connection: Connection, one: MentionId, other: MentionId) -> dict[UUID, UUID]:
        """Return the parties of two mentions, held with all their mentions; raise NotFoundError where one is gone."""

        async def look() -> dict[UUID, UUID]:
            return {row["id"]: row["party"] for row in await connection.fetch(PARTIES.mentions, [one, other])}

        found = await hold(connection, look, lambda rows: frozenset(rows.values()), LOCKS.hold_parties)
        for mention in (one, other):
            if mention not in found:
                raise NotFoundError("mention", mention)
        await hold_mentions(connection, parties=set(found.values()))
        return found
