"""Whom an accusation accuses, as far as that can be told from what it says. Pure.

Until everybody accused is known, nobody can tell from whom it must be kept (Art. 30): it is unnamed, and kept from all
who could be meant (`graph/scope.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from graph.organs import normalise_organ
from graph.records import MentionRole, PartyKind, PetitionKind

if TYPE_CHECKING:
    from graph.organ_names import OrganNames
    from graph.records import Draft


class Accused(NamedTuple):
    """The organs that a submission accuses: by their names in one spelling, and by their keys (`names_of`)."""

    organs: tuple[str, ...] = ()
    complete: bool = True
    """Whether these are all that it accuses; of what is no accusation, nobody is."""


def names_of(organ: str, names: OrganNames, near: str | None = None) -> tuple[str, ...]:
    """Return all by which an organ is known: its name in one spelling, and the keys of the organs that it names.

    Two spellings of one organ have a key in common. Whose staff somebody is and who is accused are both known so.
    """
    spelled = normalise_organ(organ)
    return tuple(dict.fromkeys(one for one in (spelled, *names.keys(organ, near)) if one))


def accused_by(draft: Draft, names: OrganNames, near: str | None) -> Accused:
    """Return the organs of an accusation's respondents, be they organisations or persons at one.

    A person of whom no organ is named may be of any; without respondents an accusation names them in its text alone.
    """
    if draft.kind is not PetitionKind.ACCUSATION:
        return Accused()
    found: dict[str, None] = {}
    respondents = [one for one in draft.mentions if one.role is MentionRole.RESPONDENT]
    for one in respondents:
        organisation = one.kind is PartyKind.ORGANISATION
        found |= dict.fromkeys(names_of(one.name or "", names, near)[0 if organisation else 1 :])
    complete = bool(respondents) and all(_understood(one.name or "", one.kind, names, near) for one in respondents)
    return Accused(tuple(sorted(found)), complete=complete)


def _understood(name: str, kind: PartyKind, names: OrganNames, near: str | None) -> bool:
    """Tell whether a respondent is known to be of the organs that it names and of no other."""
    named = names.named_by(name, near)
    return named.complete and (kind is PartyKind.ORGANISATION or bool(named.organs))
