"""Who may see a submission, as tokens of its index document, and what a viewer's searches are restricted to. Pure.

The same policy as `graph.scope`, by the case that a submission is filed in. Hits are read again under the policy, so
this decides no more than what is counted.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from graph.scope import Unnamed
from search.engine import AllOf, AnyOf, Exact, ExactField

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graph.scope import Scope

OPEN: Final = "open"
GUARDED: Final = "guarded"
"""An accusation's case."""
UNNAMED: Final = "unnamed"
"""The same, where not everybody accused is known: it has no token of an organ, but of whom it may concern."""
CUTS: Final = (2, 4, 6, 8, 9, 10, 12)
"""Digits at which a division's code is cut: whatever a viewer's prefix is, it is one of these."""
NOBODY: Final = "nobody"
"""What no document has."""


def tokens(
    *, accusation: bool, unnamed: bool, division: str | None, organs: Iterable[str], accused: Iterable[str]
) -> tuple[str, ...]:
    """Return the tokens of a document: `organs` have a part in its case, `accused` are organs and keyed hashes."""
    within = _within(division) if division else ()
    ties = [f"accused:{one}" for one in accused]
    if unnamed:
        concerned = (one.replace("division:", "concerns:") for one in within)
        return (UNNAMED, *within, *concerned, f"holds:{division or ''}", *ties)
    return (GUARDED if accusation else OPEN, *within, *(f"organ:{organ}" for organ in organs), *ties)


@lru_cache(maxsize=4_096)
def _within(division: str) -> tuple[str, ...]:
    return tuple(f"division:{division[:digits]}" for digits in CUTS if digits <= len(division))


def within(division: str) -> AnyOf:
    """Return what lies in a division: a submission that belongs there, or whose case does."""
    return AnyOf((Exact(ExactField.DIVISION, division), Exact(ExactField.SEEN, f"division:{division}")))


def audience(scope: Scope) -> AllOf:
    """Return what the documents that a viewer may see fit; empty where that are all."""
    must = []
    if not scope.everywhere:
        seen = [f"division:{prefix}" for prefix in scope.divisions] + [f"organ:{organ}" for organ in scope.organs]
        must.append(AnyOf(tuple(Exact(ExactField.SEEN, token) for token in seen or [NOBODY])))
    if not scope.accusations:
        must.append(AnyOf((Exact(ExactField.SEEN, OPEN),)))
    unless = [f"accused:{one}" for one in (*scope.staff, *scope.persons)] + _kept_away(scope)
    return AllOf(tuple(must), tuple(Exact(ExactField.SEEN, token) for token in unless))


def _kept_away(scope: Scope) -> list[str]:
    """Return the tokens of unnamed accusations that a viewer does not see, who sees others."""
    if not scope.accusations or scope.unnamed is Unnamed.ALL:
        return []
    if scope.unnamed is Unnamed.NONE:
        return [UNNAMED]
    seats = scope.seats or ()
    holding = {f"holds:{seat[:digits]}" for seat in seats for digits in (0, *CUTS) if digits < len(seat)}
    return sorted({f"concerns:{seat}" for seat in seats} | holding)
