"""What a case says of itself, derived from the submissions and events filed in it. Pure.

Intake, filing, parting and joining all come here, so a case that lost a submission equals one that never had it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from graph.lifecycle import status_after
from graph.records import CaseStatus, Channel, EventKind, PetitionKind

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionFacts:
    """What a case takes from one of its submissions."""

    id: UUID
    channel: Channel
    received_at: datetime
    registered_at: datetime
    kind: PetitionKind
    topic: str | None
    division: str | None
    title: str
    unnamed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFacts:
    """What a case takes from one of its events."""

    kind: EventKind
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """The derived columns of a case, in their order in the table."""

    opened_at: datetime
    status: CaseStatus
    kind: PetitionKind
    topic: str | None
    division: str | None
    title: str
    channels: tuple[Channel, ...]
    submission_count: int
    first_received_at: datetime
    last_received_at: datetime
    last_answered_at: datetime | None
    last_activity_at: datetime
    unnamed: bool

    def row(self) -> tuple[object, ...]:
        """Return the values as columns; arrays as lists."""
        return (
            self.opened_at, self.status, self.kind, self.topic, self.division, self.title, list(self.channels),
            self.submission_count, self.first_received_at, self.last_received_at, self.last_answered_at,
            self.last_activity_at, self.unnamed,
        )  # fmt: skip


FACT_COLUMNS = (
    "opened_at", "status", "kind", "topic", "division", "title", "channels",
    "submission_count", "first_received_at", "last_received_at", "last_answered_at", "last_activity_at", "unnamed",
)  # fmt: skip


def derive(submissions: Sequence[SubmissionFacts], events: Sequence[EventFacts]) -> CaseFacts:
    """Derive a case from what is filed in it; there is always at least one submission.

    The earliest submission names the case; one accusation among them makes it an accusation, since its protection
    (Art. 30) must cover the whole. So it is with one of which not everybody accused is known.
    """
    ordered = sorted(submissions, key=lambda one: (one.received_at, one.id))
    first = ordered[0]
    accused = any(one.kind is PetitionKind.ACCUSATION for one in ordered)
    moments = [one.received_at for one in ordered] + [event.at for event in events]
    return CaseFacts(
        opened_at=min(one.registered_at for one in ordered),
        status=status_after(event.kind for event in sorted(events, key=lambda event: event.at)),
        kind=PetitionKind.ACCUSATION if accused else first.kind,
        topic=next((one.topic for one in ordered if one.topic), None),
        division=next((one.division for one in ordered if one.division), None),
        title=first.title,
        channels=tuple(sorted({one.channel for one in ordered})),
        submission_count=len(ordered),
        first_received_at=first.received_at,
        last_received_at=ordered[-1].received_at,
        last_answered_at=max((event.at for event in events if event.kind is EventKind.REPLIED), default=None),
        last_activity_at=max(moments),
        unnamed=any(one.unnamed for one in ordered),
    )
