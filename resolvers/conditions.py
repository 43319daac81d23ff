"""Conditions over a row, and the values of the API that they are made of. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from graph.divisions import prefix_of
from graph.gazetteer import gazetteer
from schema.errors import RequestError
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias
    from zoneinfo import ZoneInfo

    from graph.identity import Vault
    from graph.policy import Action

    Given: TypeAlias = Mapping[str, Any]
    """An input as GraphQL gives it: its fields by their names, None where one was left out."""

DIVISION_LEVELS: Final = (2, 4, 6)
TOPIC_LEVELS: Final = (1, 2)
"""Levels that are columns of their own, by digits and by names, with an index in the order of each list."""
CODE: Final = re.compile(r"\d{2,12}\Z", re.ASCII)
MONTH: Final = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})\Z", re.ASCII)
DECEMBER: Final = 12
LONGEST_NAME: Final = 40
"""Characters of a division's name with those of all that it lies in; none has more."""
LAST: Final = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition over `{row}`, in which `{0}`, `{1}` … stand for its values."""

    text: str
    values: tuple[object, ...] = ()
    needs: Action | None = None
    """What a viewer must be allowed to do to ask so."""


@dataclass(frozen=True, slots=True)
class Instance:
    """What values are read by that mean something else on each instance."""

    zone: ZoneInfo
    vault: Vault


# Values ---------------------------------------------------------------------------------------------------------------


def clean(name: str, text: str) -> str:
    """Return a text as it is; raise where it holds what no stored text can."""
    if "\0" in text or (not text.isprintable() and any("\ud800" <= one <= "\udfff" for one in text)):
        raise RequestError("INVALID_VALUE", Wording("{name} holds a NUL or half a character.", name=name))
    return text


def division_prefix(text: str) -> str:
    """Return a division's code without its trailing pairs of zeros, asked for by its code or name.

    Raises where that is none, or of several divisions.
    """
    prefix = prefix_of(text) if CODE.match(text) else division_named(text)
    if not prefix:
        message = Wording(
            "A division is asked for by its code of 2 to 12 digits or by its name; one that several have "
            "needs what it lies in before it, as in 南京市鼓楼区."
        )
        raise RequestError("INVALID_VALUE", message)
    return prefix


def division_named(text: str) -> str | None:
    """Return the code of the one division of a name, without its trailing pairs of zeros; None where there is none."""
    found = None if len(text) > LONGEST_NAME or text[:1].isdecimal() else gazetteer().by_whole_name(text)
    return None if found is None else found.prefix


def behind_all(prefix: str) -> str:
    """Return the text before which all stand that begin so, and behind which nothing does, by code point."""
    kept = prefix.rstrip(LAST)
    if not kept:
        return prefix + LAST
    # No text holds half a character.
    return kept[:-1] + chr(0xE000 if kept[-1] == "\ud7ff" else ord(kept[-1]) + 1)


def month_of(text: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return when a month begins and when the next one does; raise where it is none."""
    found = MONTH.match(text)
    try:
        year, month = (int(found["year"]), int(found["month"])) if found else (0, 0)
        following = (year + month // DECEMBER, month % DECEMBER + 1)
        begins, ends = (datetime(*one, 1, tzinfo=zone).astimezone(UTC) for one in ((year, month), following))
    except (ValueError, OverflowError):
        raise RequestError("INVALID_VALUE", Wording("A month is asked for as facets tell it: 2026-11.")) from None
    return begins, ends


def chosen_of(equals: object, any_of: list[Any] | None) -> tuple[str, ...] | None:
    """Return the values that a choice allows, None where it asks nothing."""
    if equals is None and any_of is None:
        return None
    allowed = None if any_of is None else {str(one) for one in any_of}
    if equals is not None:
        allowed = {str(equals)} if allowed is None else allowed & {str(equals)}
    return tuple(sorted(allowed or ()))
