"""From the API's filters to conditions. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from graph.divisions import prefix_of
from graph.reads import (
    ANY,
    CHANNELS,
    EQUAL,
    FROM,
    ORGAN,
    PARTY_CURRENT,
    PARTY_ROLE,
    PLACE,
    RESOLVED,
    UNTIL,
    Condition,
    code_within,
    topic_within,
)
from graph.records import OrganRole
from schema.errors import RequestError
from schema.ids import key_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schema import inputs

CODE: Final = re.compile(r"\d{2,12}\Z", re.ASCII)
Choice = "inputs.ChannelFilter | inputs.KindFilter | inputs.StatusFilter"


def clean(name: str, text: str) -> str:
    """Return a text as it is; raise where it holds what no stored text can."""
    if "\0" in text or (not text.isprintable() and any("\ud800" <= one <= "\udfff" for one in text)):
        raise RequestError("INVALID_VALUE", f"{name} holds a NUL or half a character.", argument=name)
    return text


def division_prefix(text: str) -> str:
    """Return a GB/T 2260 code without its trailing pairs of zeros; raise where it is none."""
    prefix = prefix_of(text) if CODE.match(text) else ""
    if not prefix:
        raise RequestError(
            "INVALID_VALUE", "A division is asked for by its code of 2 to 12 digits.", argument="division"
        )
    return prefix


def chosen_of(chosen: inputs.ChannelFilter | inputs.KindFilter | inputs.StatusFilter | None) -> tuple[str, ...] | None:
    """Return the values that a choice allows, None where it asks nothing."""
    if chosen is None or (chosen.equals is None and chosen.any_of is None):
        return None
    allowed = None if chosen.any_of is None else {str(one) for one in chosen.any_of}
    if chosen.equals is not None:
        allowed = {str(chosen.equals)} if allowed is None else allowed & {str(chosen.equals)}
    return tuple(sorted(allowed or ()))


def _choices(
    name: str, chosen: inputs.ChannelFilter | inputs.KindFilter | inputs.StatusFilter | None
) -> Iterator[Condition]:
    values = chosen_of(chosen)
    if values is not None:
        yield Condition(ANY[name], (list(values),))


def _topic(chosen: inputs.TopicFilter | None) -> Iterator[Condition]:
    if chosen and chosen.equals is not None:
        yield Condition(EQUAL["topic"], (clean("topic", chosen.equals),))
    if chosen and chosen.within is not None:
        yield topic_within(clean("topic", chosen.within))


def _code(column: str, chosen: inputs.DivisionFilter | None) -> Iterator[Condition]:
    if chosen and chosen.equals is not None:
        exact = division_prefix(chosen.equals)
        yield Condition(EQUAL[column], (exact if column == "division" else exact.ljust(6, "0"),))
    if chosen and chosen.within is not None:
        yield code_within(column, division_prefix(chosen.within))


def _instants(column: str, chosen: inputs.InstantFilter | None) -> Iterator[Condition]:
    if chosen and chosen.from_ is not None:
        yield Condition(FROM[column], (chosen.from_,))
    if chosen and chosen.until is not None:
        yield Condition(UNTIL[column], (chosen.until,))


def _equal(column: str, value: str | None) -> Iterator[Condition]:
    if value is not None:
        yield Condition(EQUAL[column], (clean(column, value),))


def case_conditions(chosen: inputs.CaseFilter | None) -> Sequence[Condition]:
    """Return what cases must be."""
    if chosen is None:
        return ()
    channels = chosen_of(chosen.channel)
    wanted = [
        *_choices("status", chosen.status),
        *_choices("kind", chosen.kind),
        *([] if channels is None else [Condition(CHANNELS, (list(channels),))]),
        *_topic(chosen.topic),
        *_code("division", chosen.division),
        *_instants("opened_at", chosen.opened_at),
        *_instants("last_activity_at", chosen.last_activity_at),
    ]
    if chosen.place is not None:
        wanted.append(Condition(PLACE, (key_of("Place", chosen.place),)))
    if chosen.organ is not None:
        roles = [chosen.organ_role] if chosen.organ_role else list(OrganRole)
        wanted.append(Condition(ORGAN, (key_of("Organ", chosen.organ), roles)))
    elif chosen.organ_role is not None:
        raise RequestError("INVALID_VALUE", "`organRole` needs `organ`.", argument="organRole")
    return wanted


def submission_conditions(chosen: inputs.SubmissionFilter | None) -> Sequence[Condition]:
    """Return what submissions must be."""
    if chosen is None:
        return ()
    return [
        *_choices("channel", chosen.channel),
        *_choices("kind", chosen.kind),
        *_topic(chosen.topic),
        *_code("division", chosen.division),
        *_instants("received_at", chosen.received_at),
        *_equal("source", chosen.source),
        *_equal("external_id", chosen.external_id),
        *_equal("receipt_code", chosen.receipt_code),
    ]


def party_conditions(chosen: inputs.PartyFilter | None) -> Sequence[Condition]:
    """Return what parties must be; one that nothing names any longer is left out."""
    wanted = [Condition(PARTY_CURRENT, ())]
    if chosen and chosen.kind is not None:
        wanted += _equal("kind", chosen.kind)
    if chosen and chosen.role is not None:
        wanted.append(Condition(PARTY_ROLE, (chosen.role,)))
    return wanted


def place_conditions(chosen: inputs.PlaceFilter | None) -> Sequence[Condition]:
    """Return what places must be."""
    if chosen is None:
        return ()
    wanted = [*_equal("level", chosen.level), *_code("code", chosen.code), *_equal("source", chosen.source)]
    if chosen.parent is not None:
        wanted.append(Condition(EQUAL["parent"], (key_of("Place", chosen.parent),)))
    return wanted


def rejection_conditions(chosen: inputs.RejectionFilter | None) -> Sequence[Condition]:
    """Return what rejections must be; only open ones unless asked."""
    resolved = bool(chosen and chosen.resolved)
    wanted = [Condition(RESOLVED, (resolved,))]
    if chosen:
        wanted += [*_choices("channel", chosen.channel), *_equal("source", chosen.source)]
    return wanted
