"""What happened, for whoever follows: the journal after a cursor, without positions, names or texts.

Positions have no holes and are seen in order, so a follower that comes back with the cursor it was given meets every
change once and misses none, however many write meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import orjson

from graph import journal
from graph.errors import InvalidError
from graph.journal import EntryKind
from graph.records import Position

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from uuid import UUID

    from graph.database import Connection
    from graph.identity import Vault
    from graph.journal import Recorded

SCOPE: Final = "changes"
LARGEST_PAGE: Final = 1_000
NODE_TYPES: Final = {
    EntryKind.SUBMISSION_RECEIVED: "Submission",
    EntryKind.SUBMISSION_REVISED: "Submission",
    EntryKind.SUBMISSION_FILED: "Submission",
    EntryKind.SUBMISSION_PARTED: "Submission",
    EntryKind.CASE_OPENED: "Case",
    EntryKind.CASE_MOVED: "Case",
    EntryKind.CASES_JOINED: "Case",
    EntryKind.CASES_PARTED: "Case",
    EntryKind.PARTIES_JOINED: "Mention",
    EntryKind.PARTIES_PROPOSED: "Mention",
    EntryKind.PARTIES_PARTED: "Mention",
    EntryKind.EVENT_RECORDED: "Event",
    EntryKind.RECORD_REJECTED: "Rejection",
    EntryKind.REJECTION_RESOLVED: "Rejection",
    EntryKind.PERSON_ERASED: "Submission",
    EntryKind.REVISION_REFUSED: "Submission",
    EntryKind.PAYLOAD_EXPIRED: "Submission",
    EntryKind.REJECTION_EXPIRED: "Rejection",
}
"""What an entry's subject is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that happened to one node."""

    kind: EntryKind
    node_type: str
    node: UUID
    at: datetime
    state: str | None
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Changes in order, where to go on, and whether more have happened already."""

    changes: tuple[Change, ...]
    cursor: str
    more: bool


async def changes(connection: Connection, vault: Vault, after: str | None, first: int) -> ChangePage:
    """Return what happened after a cursor, from the beginning without one.

    Raises InvalidError where the cursor is not one of ours or the page is too large.
    """
    if not 0 <= first <= LARGEST_PAGE:
        raise InvalidError("first", f"A page holds 0 to {LARGEST_PAGE} changes.")
    position = Position(0) if after is None else opened(vault, after)
    entries = await journal.read(connection, position, first + 1)
    kept = entries[:first]
    last = kept[-1].position if kept else position
    return ChangePage(tuple(change_of(entry) for entry in kept), sealed(vault, last), len(entries) > first)


def sealed(vault: Vault, position: Position) -> str:
    """Return the cursor behind a position."""
    return vault.seal_cursor(SCOPE, position.to_bytes(8))


@dataclass(frozen=True, slots=True)
class Place:
    """Behind a position; with `told`, inside it: behind so many of the nodes that the entry there tells of."""

    position: int
    told: int = 0


def sealed_place(vault: Vault, place: Place) -> str:
    """Return the cursor behind a place; behind a whole entry it is the one that `changes` gives."""
    inside = place.told.to_bytes(4) if place.told else b""
    return vault.seal_cursor(SCOPE, place.position.to_bytes(8) + inside)


def opened_place(vault: Vault, cursor: str) -> Place:
    """Return the place that a cursor stands behind; raise InvalidError where it is not one of ours."""
    found = vault.open_cursor(SCOPE, cursor)
    return Place(int.from_bytes(found[:8]), int.from_bytes(found[8:]))


def opened(vault: Vault, cursor: str) -> Position:
    """Return the position that a cursor stands behind; raise InvalidError where it is not one of ours."""
    place = opened_place(vault, cursor)
    # Inside an entry: `changes` tells it whole, once more rather than not at all.
    return Position(place.position - 1 if place.told else place.position)


def change_of(entry: Recorded) -> Change:
    """Tell an entry to those outside. Pure."""
    return Change(
        kind=entry.kind,
        node_type=NODE_TYPES[entry.kind],
        node=entry.subject,
        at=entry.at,
        state=entry.state,
        fields=entry.fields,
    )


def lines(page: ChangePage, id_of: Callable[[str, UUID], str]) -> Iterator[bytes]:
    """Write a page as NDJSON: a line for each change, then one with the cursor. `id_of` makes ids for outside."""
    for change in page.changes:
        told = {
            "kind": change.kind,
            "nodeType": change.node_type,
            "id": id_of(change.node_type, change.node),
            "at": change.at,
            "state": change.state,
            "fields": change.fields,
        }
        yield orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE)
    yield orjson.dumps({"cursor": page.cursor, "more": page.more}, option=orjson.OPT_APPEND_NEWLINE)
