"""What may happen to a case: one table of transitions, and nothing else decides a status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from graph.records import CaseStatus, EventKind

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Transition:
    """From `source`, an event of this kind leads to `target`; `rule` is the article that says so."""

    source: CaseStatus
    event: EventKind
    target: CaseStatus
    rule: str


TRANSITIONS: Final = (
    Transition(CaseStatus.REGISTERED, EventKind.REPLIED, CaseStatus.ANSWERED, "信访工作条例 Art. 21, 23"),
    Transition(CaseStatus.REGISTERED, EventKind.CALLED_BACK, CaseStatus.ANSWERED, "GB/T 33358-2016: 回访 follows 答复"),
    Transition(
        CaseStatus.REGISTERED, EventKind.RATED, CaseStatus.ANSWERED, "信访工作条例 Art. 21: only an answer is rated"
    ),
)

_NEXT: Final = {(transition.source, transition.event): transition.target for transition in TRANSITIONS}


def status_after(events: Iterable[EventKind]) -> CaseStatus:
    """Return where a case stands after its events in order; one that the table does not name changes nothing."""
    status = CaseStatus.REGISTERED
    for event in events:
        status = _NEXT.get((status, event), status)
    return status
