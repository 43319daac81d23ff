"""Who was found to ask, and until when."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from graph.policy import Viewer

MOST_KEPT: Final = 10_000
"""Tokens whose checks are remembered: what a city's staff uses in a day."""
PROVEN_FOR: Final = 86_400.0
"""Seconds for which what can be checked nowhere, while the database is away, may still ask how the instance is. A night
and a day: nobody is read about there, and whoever keeps watch needs the figures until somebody comes."""


class By(StrEnum):
    """What somebody showed."""

    TOKEN = "token"  # noqa: S105  # no password
    KEY = "key"
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who asks, how that is known, and until when it holds (seconds since 1970)."""

    viewer: Viewer
    by: By
    until: float


class Remembered:
    """Who showed what, so that a signature is checked once and not with each request; the oldest use goes first.

    What was shown is kept as a digest alone. An entry holds until `checked_until`, which may be sooner than the sign-in
    itself ends.
    """

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._kept: OrderedDict[bytes, tuple[SignedIn, float]] = OrderedDict()

    def get(self, digest: bytes, now: float) -> SignedIn | None:
        """Return who showed this, None where it is not known or has to be checked again."""
        found = self._kept.get(digest)
        if found is None or found[1] <= now:
            return None
        self._kept.move_to_end(digest)
        return found[0]

    def proven(self, digest: bytes, now: float) -> SignedIn | None:
        """Return who showed this, though it should be checked again, for `PROVEN_FOR` longer; None where not known."""
        found = self._kept.get(digest)
        if found is None or min(found[0].until, found[1] + PROVEN_FOR) <= now:
            return None
        return found[0]

    def keep(self, digest: bytes, signed_in: SignedIn, checked_until: float) -> None:
        """Remember who showed this."""
        self._kept[digest] = (signed_in, checked_until)
        self._kept.move_to_end(digest)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def forget(self, digest: bytes) -> None:
        """Have this checked again, and count as never proven."""
        self._kept.pop(digest, None)
