"""What a saved search is and asks: the very search that was saved, of new submissions alone. Pure.

An alert means what the search means: same parser, same compiler, same engine, always what holds all that is asked and
never what holds some of it (`Compiled.loose`).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from graph.errors import InvalidError
from graph.records import CaseStatus, Channel, PetitionKind, Position, SavedSearchId
from graph.times import instant_of, rfc3339
from search.compile import compile_query
from search.engine import Lookup
from search.personal import personal
from search.query import parse
from search.records import SearchFilter, SearchOrder
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from graph.records import SubmissionId

ENTRIES: Final = 2_000
"""Entries of the journal that are matched at once."""


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A search as it was saved; what happened up to `since` is not told."""

    id: SavedSearchId
    text: str
    filter: SearchFilter
    since: Position


@dataclass(frozen=True, slots=True)
class Stretch:
    """The next entries to be matched, behind `after` up to `until`, and the searches that they are matched with."""

    after: Position
    until: Position
    searches: tuple[SavedSearch, ...]

    @property
    def length(self) -> int:
        """How many entries it has."""
        return self.until - self.after


def next_stretch(reached: Position, held: Position, searches: Sequence[SavedSearch]) -> Stretch:
    """Return what comes next of what an index holds.

    It ends where another search begins, so each of its entries concerns each of its searches. Without searches there is
    nothing to be matched, however far it is.
    """
    begun = tuple(one for one in searches if one.since <= reached)
    until = min([held, *(one.since for one in searches if one.since > reached)])
    return Stretch(reached, Position(min(until, reached + ENTRIES) if begun else until), begun)


def require_matter(field: str, text: str) -> None:
    """Raise InvalidError for a query, or a name of one, that finds a person."""
    if what := personal(text):
        told = Wording(
            "A saved search is about a matter. Leave out what finds a person, {what}: nobody is watched by this system"
            " (Art. 30; 个保法 Art. 6).",
            what=what,
        )
        raise InvalidError(field, told)


def lookup_of(text: str, chosen: SearchFilter) -> Lookup:
    """Return what is asked, strictly; raise QuerySyntaxError where a query cannot be understood."""
    return Lookup(match=compile_query(parse(text)).match, filter=chosen, order=SearchOrder.NEWEST)


def among(lookup: Lookup, submissions: Sequence[SubmissionId]) -> Lookup:
    """Return the same, asked of these submissions alone."""
    chosen = replace(lookup.filter, submissions=tuple(map(str, submissions)))
    return replace(lookup, filter=chosen, limit=len(submissions))


# Filters, as the API's own input has them: what is kept can be given back to `search` ---------------------------------

SEVERAL: Final = {"channel": "channels", "kind": "kinds", "status": "statuses"}


def filter_given(chosen: SearchFilter) -> dict[str, Any]:
    """Return a filter as the API takes it."""
    several = {name: [str(one) for one in getattr(chosen, field)] for name, field in SEVERAL.items()}
    given: dict[str, Any] = {name: {"anyOf": values} for name, values in several.items() if values}
    given |= {name: value for name in ("topic", "division") if (value := getattr(chosen, name)) is not None}
    if chosen.organs:
        given["organs"] = [_organ_given(one) for one in chosen.organs]
    bounds = {"from": chosen.received_from, "until": chosen.received_until}
    if received := {name: rfc3339(value) for name, value in bounds.items() if value is not None}:
        given["receivedAt"] = received
    return given


def filter_kept(given: Mapping[str, Any]) -> SearchFilter:
    """Return a filter as it was kept."""
    received = given.get("receivedAt", {})
    return SearchFilter(
        channels=tuple(map(Channel, _values(given, "channel"))),
        kinds=tuple(map(PetitionKind, _values(given, "kind"))),
        statuses=tuple(map(CaseStatus, _values(given, "status"))),
        topic=given.get("topic"),
        division=given.get("division"),
        organs=tuple(map(_organ_kept, given.get("organs", ()))),
        received_from=_instant(received.get("from")),
        received_until=_instant(received.get("until")),
    )


def _values(given: Mapping[str, Any], name: str) -> Iterable[str]:
    found: list[str] = given.get(name, {}).get("anyOf", [])
    return found


def _organ_given(key: str) -> str:
    """Return the id by which the API knows an organ."""
    return base64.b64encode(f"Organ:{key}".encode()).decode()


def _organ_kept(given: str) -> str:
    return base64.b64decode(given).decode().removeprefix("Organ:")


def _instant(text: str | None) -> datetime | None:
    return None if text is None else instant_of(text)
