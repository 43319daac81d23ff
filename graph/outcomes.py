"""What intake is asked to do in one transaction, and what becomes of each record. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from graph.drafts import refuse
from graph.policy import Authority
from graph.records import CaseId, Refusal, RejectionId, RejectionReason, SubmissionId, UnreadField
from graph.subjects import Arrival
from wording import Wording


class Change(StrEnum):
    """What taking a record in did."""

    NEW = "NEW"
    REVISED = "REVISED"
    UNCHANGED = "UNCHANGED"
    REJECTED = "REJECTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one reading; `rejection`, `reason` and `message` only of a rejected one, of so many `records`."""

    position: str
    change: Change
    submission: SubmissionId | None = None
    case: CaseId | None = None
    receipt_code: str | None = None
    external_id: str | None = None
    """Its id in its source as that gave it, to be told to whoever sent it and to nobody else."""
    rejection: RejectionId | None = None
    reason: RejectionReason | None = None
    message: str | None = None
    records: int = 1
    unread: tuple[UnreadField, ...] = ()
    """What it brought that stands in the record as received alone; of what was rejected, its message tells."""

    def filed_under(self, case: CaseId) -> Outcome:
        """Return the same outcome with the case that linking chose."""
        return replace(self, case=case)


@dataclass(frozen=True, slots=True)
class SourceCursor:
    """How far a source has been read, committed together with what was read."""

    source: str
    value: str


@dataclass(frozen=True, slots=True)
class Order:
    """What one transaction is asked to do."""

    arrivals: tuple[Arrival, ...]
    refusals: tuple[tuple[int, Refusal], ...]
    actor: str
    now: datetime
    cursor: SourceCursor | None
    authority: Authority | None = None
    """By what right; None for commands of this machine."""

    @property
    def sources(self) -> frozenset[str]:
        """The sources of all that is to be written."""
        arrived = {arrival.prepared.draft.source for arrival in self.arrivals}
        return frozenset(arrived | {refusal.source for _, refusal in self.refusals})

    def halves(self) -> tuple[Order, Order]:
        """Split the records; the refusals go first, the cursor last."""
        middle = len(self.arrivals) // 2
        return (
            replace(self, arrivals=self.arrivals[:middle], cursor=None),
            replace(self, arrivals=self.arrivals[middle:], refusals=()),
        )

    def refused(self, code: str) -> Order:
        """Turn down the one record that is left, for which PostgreSQL gave this SQLSTATE."""
        arrival = self.arrivals[0]
        message = Wording(
            "PostgreSQL could not store this record (SQLSTATE {code}). Look for what is unlike the others in it.",
            code=code,
        )
        refusal = refuse(arrival.prepared.draft, RejectionReason.DATABASE, message)
        return replace(self, arrivals=(), refusals=(*self.refusals, (arrival.place, refusal)))
