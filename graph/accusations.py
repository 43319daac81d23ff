"""What people say of accusations: what is one, and whom it accuses (Art. 30)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph import journal
from graph.accused import names_of
from graph.barriers import concerned, raise_barriers
from graph.casework import refresh_cases
from graph.database import statements
from graph.errors import ConflictError
from graph.holding import held_groups, held_submission
from graph.ids import new_id, organ_id
from graph.journal import Entry, EntryKind
from graph.locks import SQL as LOCKS
from graph.organs import seat_of
from graph.parts import settle_parts
from graph.records import CaseId, PetitionKind
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from graph.database import Connection
    from graph.gazetteer import Gazetteer
    from graph.organ_names import OrganNames
    from graph.policy import Viewer
    from graph.records import SubmissionId

ALERTS = statements("alerts")
CASES = statements("casework")
INTAKE = statements("intake")


class Accusations:
    """Says of submissions whom they accuse and what they are, in a transaction of the caller, who has asked the policy.

    `reason` is kept with the edge, never in the journal.
    """

    def __init__(self, gazetteer: Gazetteer, organs: OrganNames) -> None:
        self._gazetteer = gazetteer
        self._organs = organs

    async def name(
        self,
        connection: Connection,
        submission: SubmissionId,
        organs: Iterable[str],
        *,
        reason: str,
        by: Viewer,
        now: datetime,
    ) -> CaseId:
        """Say which organs an accusation accuses, all of them; none where nobody accused belongs to one.

        From now on it is seen, and goes to organs, as other accusations do. Whom somebody named is not taken back.
        """
        named = {organ_id(one): one for name in organs for one in names_of(name, self._organs)}
        row = await held_submission(connection, submission)
        if row["kind"] != PetitionKind.ACCUSATION:
            raise ConflictError(Wording("This submission is no accusation, so it accuses nobody."))
        case = CaseId(row["case_id"])
        groups = await held_groups(connection, case)
        seats = [seat_of(name, self._gazetteer) for name in named.values()]
        await connection.execute(INTAKE.add_organs, list(named), list(named.values()), seats)
        ids = [new_id() for _ in named]
        await connection.execute(
            CASES.accuse, ids, list(named), submission, case, {"reason": reason}, by.name, now
        )  # fmt: skip
        await connection.execute(CASES.accused_is_named, submission)
        await refresh_cases(connection, {case})
        await settle_parts(connection, groups, self._organs)
        audiences = await concerned(connection, [CaseId(one) for one in groups])
        kind = EntryKind.ACCUSED_NAMED
        await journal.append(connection, [Entry(kind=kind, subject=submission, actor=by.name, at=now)])
        await raise_barriers(connection, audiences)
        return case

    async def turn(
        self,
        connection: Connection,
        submission: SubmissionId,
        before: PetitionKind,
        kind: PetitionKind,
        decided: tuple[object, str, datetime],
    ) -> None:
        """Make a submission of one kind one of another, since somebody entitled said so; the caller derives its case.

        What is an accusation no more accuses nobody and goes to organs as others do; what was said while it was one
        stays with those who could see it. What becomes one waits for somebody to name whom it accuses.
        """
        if kind is before:
            return
        await connection.execute(CASES.classify, submission, kind)
        if kind is PetitionKind.ACCUSATION:
            await connection.execute(CASES.accuse_again, submission, *decided)
        elif before is PetitionKind.ACCUSATION:
            await self._release(connection, submission)

    @staticmethod
    async def keep_reasons(connection: Connection, submission: SubmissionId, case: CaseId) -> None:
        """Keep the reasons that people gave, which may tell of what it was, from those who see it now."""
        await connection.fetch(LOCKS.hold_links_of, submission)
        await connection.execute(CASES.keep_reasons, submission, case)

    @staticmethod
    async def _release(connection: Connection, submission: SubmissionId) -> None:
        """Let an accusation accuse nobody, and keep what it brought from those who see it from now on."""
        await connection.execute(CASES.accuse_nobody, submission)
        await connection.execute(CASES.withhold_documents, submission)
        await connection.execute(CASES.withhold_events, submission)
        await connection.execute(ALERTS.hold_reader)  # none is raised meanwhile by what it said
        await connection.execute(CASES.forget_alerts, submission)
