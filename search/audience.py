"""Who may see a submission, as tokens of its index document, and what a viewer's searches are restricted to. Pure.

The same policy as `graph.scope`, by the case that a submission is filed in. Hits are read again under the policy, so
this decides no more than what is counted.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from search.engine import AllOf, AnyOf, Exact, ExactField

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graph.scope import Scope

OPEN: Final = "open"
GUARDED: Final = "guarded"
"""An accusation's case."""
CUTS: Final = (2, 4, 6, 8, 9, 10, 12)
"""Digits at which a division's code is cut: whatever a viewer's prefix is, it is one of these."""
NOBODY: Final = "nobody"
"""What no document has."""


def tokens(*, accusation: bool, division: str | None, organs: Iterable[str], accused: Iterable[str]) -> tuple[str, ...]:
    """Return the tokens of a document: `organs` have a part in its case, `accused` are organs and keyed hashes."""
    return (
        GUARDED if accusation else OPEN,
        *(_within(division) if division else ()),
        *(f"organ:{organ}" for organ in organs),
        *(f"accused:{one}" for one in accused),
    )


@lru_cache(maxsize=4_096)
def _within(division: str) -> tuple[str, ...]:
    return tuple(f"division:{division[:digits]}" for digits in CUTS if digits <= len(division))


def audience(scope: Scope) -> AllOf:
    """Return what the documents that a viewer may see fit; empty where that are all."""
    must = []
    if not scope.everywhere:
        seen = [f"division:{prefix}" for prefix in scope.divisions] + [f"organ:{organ}" for organ in scope.organs]
        must.append(AnyOf(tuple(Exact(ExactField.SEEN, token) for token in seen or [NOBODY])))
    if not scope.accusations:
        must.append(AnyOf((Exact(ExactField.SEEN, OPEN),)))
    accused = [f"accused:{one}" for one in (*scope.staff, *scope.persons)]
    return AllOf(tuple(must), tuple(Exact(ExactField.SEEN, token) for token in accused))
