"""What an event of a submission says, and whether two records tell of the same one. Pure.

A source that sends a reply again may know more of it by then, or tell less. That is one reply; other words are another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class Step:
    """An event as it stands in the tables."""

    kind: str
    at: datetime | None
    """None where no source said when."""
    organ: UUID | None
    body: str
    """As it may stand in clear."""
    satisfaction: str | None

    def says(self, other: Step) -> bool:
        """Tell whether this says all that another does, so that they are one event and the other is not needed."""
        return self.kind == other.kind and all(
            told is None or told == own
            for told, own in (
                (other.at, self.at),
                (other.organ, self.organ),
                (other.body or None, self.body),
                (other.satisfaction, self.satisfaction),
            )
        )
