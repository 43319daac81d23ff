"""What an event of a submission says, and whether two records tell of the same one. Pure.

A source that sends a reply again may know more of it by then, or tell less. That is one reply; other words are another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from graph.sealing import show

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from graph.identity import Vault


class Words(NamedTuple):
    """A text as it may stand in clear, and what tells it from others of which only a hidden digit differs."""

    text: str
    numbers: tuple[bytes, ...]


def words_of(text: str, vault: Vault) -> Words:
    """Return a text as it is compared."""
    shown = show(vault, text)
    return Words(shown.texts[0], shown.hashes)


@dataclass(frozen=True, slots=True)
class Step:
    """An event as it stands in the tables."""

    kind: str
    at: datetime | None
    """None where no source said when."""
    organ: UUID | None
    words: Words
    satisfaction: str | None

    def says(self, other: Step) -> bool:
        """Tell whether this says all that another does, so that they are one event and the other is not needed."""
        return self.kind == other.kind and all(
            told is None or told == own
            for told, own in (
                (other.at, self.at),
                (other.organ, self.organ),
                (other.words if other.words.text else None, self.words),
                (other.satisfaction, self.satisfaction),
            )
        )
