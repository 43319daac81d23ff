"""Whom an accusation accuses, as far as that can be told from what it says. Pure.

Until everybody accused is known, nobody can tell from whom it must be kept (Art. 30): it is unnamed, and kept from all
who could be meant (`graph/scope.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from graph.organs import normalise_organ
from graph.records import MentionRole, PartyKind, PetitionKind

if TYPE_CHECKING:
    from graph.drafts import Prepared


class Accused(NamedTuple):
    """The organs that a submission accuses, by their names in one spelling."""

    organs: tuple[str, ...] = ()
    complete: bool = True
    """Whether these are all that it accuses; of what is no accusation, nobody is."""


def accused(prepared: Prepared) -> Accused:
    """Return the organisations among an accusation's respondents.

    A person may be of any organ, and an accusation without respondents names them in its text alone.
    """
    if prepared.draft.kind is not PetitionKind.ACCUSATION:
        return Accused()
    respondents = [one.draft for one in prepared.mentions if one.draft.role is MentionRole.RESPONDENT]
    named = [
        normalise_organ(one.name) if one.kind is PartyKind.ORGANISATION and one.name else "" for one in respondents
    ]
    return Accused(tuple(sorted({name for name in named if name})), complete=bool(named) and all(named))
