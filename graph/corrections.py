"""What people set of a submission, whatever its source says: its kind, topic, division and organ.

What is set stands above what is derived: no record takes it back, but one that accuses somebody anew. What the source
says is kept beside, and holds again once somebody takes back what was set. Where it belongs and whom it is sent to
decide who sees it, so nobody may say so who sees it by an organ's part alone, nor of an accusation who could be meant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from graph import journal
from graph.barriers import concerned, raise_barriers
from graph.casework import refresh_cases
from graph.database import statements
from graph.errors import ConflictError, InvalidError, InvalidFieldsError
from graph.holding import held_groups, held_submission, held_with_reasons
from graph.ids import new_id, organ_id
from graph.journal import Entry, EntryKind
from graph.organs import normalise_organ, seat_of
from graph.parts import settle_parts
from graph.policy import Action, ForbiddenError
from graph.records import CaseId, Correctable, PetitionKind
from graph.scope import UNNAMED, scope
from graph.seeing import sees
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from graph.accusations import Accusations
    from graph.database import Connection, Row
    from graph.gazetteer import Gazetteer
    from graph.organ_names import OrganNames
    from graph.policy import Viewer
    from graph.records import SubmissionId
    from graph.topics import Taxonomy

CASES = statements("casework")
INTAKE = statements("intake")

REACHING: Final = frozenset({Correctable.DIVISION, Correctable.ORGAN})
"""What decides who sees a submission that is no accusation."""
LONGEST_ORGAN: Final = 200
CONCERNED: Final = Wording(
    "You may not say of what kind this is: it may concern an organ of yours, or lies outside of "
    "your divisions (Art. 30). Somebody cleared for accusations may whom it cannot concern."
)
"""Said of whatever is seen, be it an accusation, have it been one or not."""
ACCUSING: Final = Wording(
    "You may not say where this accusation belongs or whom it is sent to: it may concern an "
    "organ of yours (Art. 30). Somebody cleared for accusations may whom it cannot concern."
)
BY_DIVISION: Final = Wording(
    "You may not say where this belongs or whom it is sent to: it does not lie in one of your "
    "divisions. Somebody in whose divisions it lies may."
)
NOT_NAMED: Final = Wording(
    "It is not known yet whom this accuses, and by its division it is kept from those who could "
    "be meant (Art. 30). Say by `nameAccused` which organs it accuses, then correct it."
)
SO_ALREADY: Final = Wording("The submission is so already.")
NOTHING_SET: Final = Wording("Nobody has set what you take back. Look at the submission's corrections.")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What shall be set of a submission, as the graph has it; null for what shall be as its source says again."""

    values: Mapping[Correctable, str | None]

    @property
    def fields(self) -> frozenset[Correctable]:
        """What is touched."""
        return frozenset(self.values)


def read(asked: Mapping[Correctable, str | None], gazetteer: Gazetteer, taxonomy: Taxonomy) -> Wanted:
    """Return what is asked for as the graph has it; raise InvalidFieldsError, which tells all that is wrong. Pure."""
    values: dict[Correctable, str | None] = {}
    faults = []
    for name, text in asked.items():
        try:
            values[name] = None if text is None else _read(name, text, gazetteer, taxonomy)
        except InvalidError as fault:
            faults.append(fault)
    if not asked:
        faults.append(
            InvalidError("submission", Wording("Say what shall be corrected: kind, topic, division or organ."))
        )
    if faults:
        raise InvalidFieldsError(faults)
    return Wanted(values)


def _read(name: Correctable, text: str, gazetteer: Gazetteer, taxonomy: Taxonomy) -> str:
    match name:
        case Correctable.KIND:
            return PetitionKind(text)
        case Correctable.TOPIC:
            found = taxonomy.resolve(text)
            if found is None:
                raise InvalidError(
                    "topic", Wording("There is no such topic, or several. Give its path, as `topics` has it.")
                )
            return found
        case Correctable.DIVISION:
            division = gazetteer.by_name(text)
            if division is None:
                raise InvalidError(
                    "division", Wording("There is no such division, or several. Give its GB/T 2260 code.")
                )
            return division.prefix
        case Correctable.ORGAN:
            organ = normalise_organ(text) if "\0" not in text and len(text) <= LONGEST_ORGAN else ""
            if not organ:
                raise InvalidError(
                    "organ",
                    Wording("This is no organ's name. Give one of 1 to {longest} characters.", longest=LONGEST_ORGAN),
                )
            return organ


class Corrections:
    """Sets and takes back, in a transaction of the caller, who has asked the policy's table and whether it is seen.

    `reason` is kept with the decision, never in the journal.
    """

    def __init__(self, gazetteer: Gazetteer, organs: OrganNames, accusations: Accusations) -> None:
        self._gazetteer = gazetteer
        self._organs = organs
        self._accusations = accusations

    async def correct(
        self,
        connection: Connection,
        submission: SubmissionId,
        wanted: Wanted,
        *,
        reason: str,
        by: Viewer,
        now: datetime,
    ) -> CaseId:
        """Set what is wanted, and derive the case, its parts and who sees them again."""
        # Whoever says what it is may have to keep the reasons that people gave in its case.
        hold = held_with_reasons if Correctable.KIND in wanted.fields else held_submission
        case = CaseId((await hold(connection, submission))["case_id"])
        groups = await held_groups(connection, case)
        # Once its case is held: until then others may change what it is, and who sees it.
        row = await held_submission(connection, submission)
        _require(by, row, wanted)
        values, said = await self._changes(connection, submission, row, wanted, by)
        decided = ({"reason": reason}, by.name, now)
        await connection.execute(CASES.take_back, submission, list(values))
        await connection.execute(
            CASES.correct, submission, [new_id() for _ in values], list(values), list(values.values()),
            [said[name] for name in values], *decided,
        )  # fmt: skip
        standing = {name: value if value is not None else said[name] for name, value in values.items()}
        before, kind = PetitionKind(row["kind"]), PetitionKind(standing.get(Correctable.KIND) or row["kind"])
        topic, division = (standing.get(one, row[one.lower()]) for one in (Correctable.TOPIC, Correctable.DIVISION))
        await connection.execute(CASES.place, submission, topic, division)
        if Correctable.ORGAN in values:
            await self._send(connection, submission, values[Correctable.ORGAN], by, now)
        await self._accusations.turn(connection, submission, before, kind, decided)
        await settle_parts(connection, groups, self._organs)
        if kind is not PetitionKind.ACCUSATION:
            await connection.execute(CASES.know, submission)
        await refresh_cases(connection, {case})
        if before is PetitionKind.ACCUSATION is not kind:
            await self._accusations.keep_reasons(connection, submission, case)
        audiences = await concerned(connection, [CaseId(one) for one in groups])
        await journal.append(connection, _entries(submission, frozenset(values), by, now))
        await raise_barriers(connection, audiences)
        return case

    @staticmethod
    async def _changes(
        connection: Connection, submission: SubmissionId, row: Row, wanted: Wanted, by: Viewer
    ) -> tuple[dict[Correctable, str | None], dict[Correctable, str | None]]:
        """Return what changes, and what the source says of each; raise ConflictError where that is nothing."""
        held = {Correctable(one["field"]): one for one in await connection.fetch(CASES.corrections, submission)}
        stands: dict[Correctable, str | None] = {
            Correctable.KIND: row["kind"], Correctable.TOPIC: row["topic"], Correctable.DIVISION: row["division"],
            Correctable.ORGAN: held[Correctable.ORGAN]["value"] if Correctable.ORGAN in held else None,
        }  # fmt: skip
        said = stands | {Correctable.ORGAN: await connection.fetchval(CASES.organs_said, submission)}
        said |= {name: one["said"] for name, one in held.items()}
        for name, value in wanted.values.items():
            # What somebody does not know to be set is not there for them: of a kind whoever was accused.
            if value is None and not (name in held and await sees(connection, by, "correction", [held[name]["id"]])):
                raise ConflictError(NOTHING_SET)
        values = {name: value for name, value in wanted.values.items() if value is None or value != stands[name]}
        if not values:
            raise ConflictError(SO_ALREADY)
        return values, said

    async def _send(
        self, connection: Connection, submission: SubmissionId, organ: str | None, by: Viewer, now: datetime
    ) -> None:
        """Give an organ its part, which is settled with the others; none where what the source says holds again."""
        await connection.execute(CASES.recall_organ, submission)
        if organ is not None:
            key = organ_id(organ)
            await connection.execute(INTAKE.add_organs, [key], [organ], [seat_of(organ, self._gazetteer)])
            await connection.execute(CASES.send_to_organ, submission, new_id(), key, by.name, now)


def _require(by: Viewer, row: Row, wanted: Wanted) -> None:
    """Raise unless a viewer who sees a submission may change what is wanted of it."""
    sight, number = scope(by), row["scope"]
    if Correctable.KIND in wanted.fields and not sight.decides(number):
        raise ForbiddenError(Action.CLASSIFY, CONCERNED)
    if not wanted.fields & REACHING:
        return
    if not sight.holds(number):
        raise ForbiddenError(Action.CORRECT, BY_DIVISION)
    if number < 0 and not sight.decides(number):
        raise ForbiddenError(Action.CORRECT, ACCUSING)
    if number < -UNNAMED:
        raise ConflictError(NOT_NAMED)


def _entries(submission: SubmissionId, fields: frozenset[Correctable], by: Viewer, now: datetime) -> list[Entry]:
    """Return what is told: of the kind apart, which not everybody may know of who sees the submission."""
    entries = []
    if Correctable.KIND in fields:
        entries.append(Entry(kind=EntryKind.SUBMISSION_CLASSIFIED, subject=submission, actor=by.name, at=now))
    if others := tuple(sorted(name.value.lower() for name in fields - {Correctable.KIND})):
        kind = EntryKind.SUBMISSION_CORRECTED
        entries.append(Entry(kind=kind, subject=submission, actor=by.name, at=now, fields=others))
    return entries
