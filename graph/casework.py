"""Keeps what a case says of itself true after what is filed in it changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from graph.cases import FACT_COLUMNS, EventFacts, SubmissionFacts, derive
from graph.database import statements
from graph.locks import hold_mentions
from graph.records import CaseId, CaseStatus, Channel, EventKind, PetitionKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from uuid import UUID

    from graph.database import Connection, Row

SQL = statements("casework")


def submission_facts(row: Row) -> SubmissionFacts:
    """Return the facts of one row of the statement `submission_facts`."""
    return SubmissionFacts(
        id=row["id"], channel=Channel(row["channel"]), received_at=row["received_at"],
        registered_at=row["registered_at"], kind=PetitionKind(row["kind"]), topic=row["topic"],
        division=row["division"], title=row["title"], unnamed=row["unnamed"],
    )  # fmt: skip


def event_facts(row: Row) -> EventFacts:
    """Return the facts of one row of the statement `event_facts`."""
    return EventFacts(kind=EventKind(row["kind"]), at=row["at"])


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What changed: the new status of cases that moved on, and the cases whose scope is another."""

    statuses: dict[CaseId, CaseStatus] = field(default_factory=dict)
    rescoped: frozenset[CaseId] = frozenset()


async def refresh_cases(
    connection: Connection,
    cases: Collection[CaseId],
    *,
    mentions: Collection[UUID] = (),
    parties: Collection[UUID] = (),
) -> Refreshed:
    """Derive these cases again, which the caller holds, and give all that hangs on them their scope.

    Further mentions that the caller will write, or whose parties, are locked along with those of the cases.
    """
    renewed = await _renew(connection, cases) if cases else []
    await hold_mentions(connection, mentions=mentions, parties=parties, cases=cases)
    if cases:
        await connection.execute(SQL.rescope, list(cases))
    return Refreshed(
        {CaseId(row["id"]): CaseStatus(row["now"]) for row in renewed if row["before"] != row["now"]},
        frozenset(CaseId(row["id"]) for row in renewed if row["rescoped"]),
    )


async def _renew(connection: Connection, cases: Collection[CaseId]) -> list[Row]:
    submissions = _by_case(await connection.fetch(SQL.submission_facts, list(cases)))
    events = _by_case(await connection.fetch(SQL.event_facts, list(cases)))
    rows = []
    for case, filed in submissions.items():
        facts = derive(
            [submission_facts(row) for row in filed], [event_facts(row) for row in events.get(case, ())]
        )  # fmt: skip
        values = dict(zip(FACT_COLUMNS, facts.row(), strict=True))
        # An array of arrays cannot be taken apart by unnest, so channels travel as one text each.
        rows.append((case, *(values | {"channels": ",".join(facts.channels)}).values()))
    columns = [list(column) for column in zip(*rows, strict=True)]
    return await connection.fetch(SQL.renew_cases, *columns)


def _by_case(rows: Iterable[Row]) -> dict[CaseId, list[Row]]:
    gathered: dict[CaseId, list[Row]] = {}
    for row in rows:
        gathered.setdefault(CaseId(row["case_id"]), []).append(row)
    return gathered


def leaders(cases: Iterable[CaseId], follows: Mapping[CaseId, CaseId]) -> dict[CaseId, CaseId]:
    """Return the leading case of each: the end of its chain of accepted SAME_MATTER edges. Pure."""
    found: dict[CaseId, CaseId] = {}
    for case in cases:
        leading = case
        while leading in follows:
            leading = follows[leading]
        found[case] = leading
    return found


async def regroup(connection: Connection, cases: Collection[UUID]) -> None:
    """Derive again which case leads each of these, which the caller holds."""
    edges = await connection.fetch(SQL.follows, list(cases))
    led = leaders([CaseId(case) for case in cases], {CaseId(row["origin"]): CaseId(row["target"]) for row in edges})
    await connection.execute(SQL.lead, list(led), list(led.values()))
