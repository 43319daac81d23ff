"""What happened, for whoever follows: the journal after a cursor, without positions, names or texts.

Positions have no holes and are seen in order, so a follower that comes back with the cursor it was given meets every
change once and misses none, however many write meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import orjson

from graph.database import statements
from graph.errors import InvalidError
from graph.journal import EntryKind
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

    from graph.database import Row
    from graph.identity import Vault

SCOPE: Final = "changes"
LARGEST_PAGE: Final = 1_000
LOOK: Final = 2_000
"""Entries that are looked through by one statement."""
LOOKED_THROUGH: Final = 20_000
"""Entries that are looked through for one page: it then ends, however few of them may be seen."""
SQL = statements("follow")
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
    EntryKind.REJECTION_DISMISSED: "Rejection",
    EntryKind.ACCUSED_NAMED: "Submission",
    EntryKind.SUBMISSION_CLASSIFIED: "Submission",
    EntryKind.SUBMISSION_CORRECTED: "Submission",
    EntryKind.PERSON_ERASED: "Submission",
    EntryKind.REVISION_REFUSED: "Submission",
    EntryKind.PAYLOAD_EXPIRED: "Submission",
    EntryKind.TEXTS_MASKED: "Submission",
    EntryKind.REJECTION_EXPIRED: "Rejection",
    EntryKind.SEARCH_SAVED: "SavedSearch",
    EntryKind.SEARCH_RENAMED: "SavedSearch",
    EntryKind.SEARCH_DELETED: "SavedSearch",
}
"""What an entry's subject is; of IDENTITY_REVEALED its state says it."""


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


class Reading(Protocol):
    """Reads for one viewer, what that viewer may see."""

    async def fetch(self, text: str, *values: object) -> Sequence[Row]: ...
    async def fetchval(self, text: str, *values: object) -> Any: ...


async def changes(reading: Reading, vault: Vault, viewer: str, after: str | None, first: int) -> ChangePage:
    """Return what happened after a cursor of this viewer's, from the beginning without one.

    A page can be short, or empty, and more follow: much was passed over that the viewer may not see. Raises
    InvalidError where the cursor is not one of the viewer's or the page is too large.
    """
    if not 0 <= first <= LARGEST_PAGE:
        raise InvalidError("first", Wording("A page holds 0 to {largest} changes.", largest=LARGEST_PAGE))
    reached = 0 if after is None else opened(vault, viewer, after)
    head = int(await reading.fetchval(SQL.head))
    rows: list[Row] = []
    last = min(head, reached + LOOKED_THROUGH)
    while reached < last and len(rows) <= first:
        rows += await reading.fetch(SQL.changes_told, reached, LOOK, first + 1 - len(rows))
        reached = min(reached + LOOK, head)
    kept = rows[:first]
    if len(rows) > first:
        reached = kept[-1]["position"] if kept else int(rows[0]["position"]) - 1
    more = len(rows) > first or reached < head
    return ChangePage(tuple(change_of(row) for row in kept), sealed_place(vault, viewer, Place(reached)), more)


async def cursor_of_now(reading: Reading, vault: Vault, viewer: str) -> str:
    """Return the viewer's cursor behind all that has happened."""
    return sealed_place(vault, viewer, Place(int(await reading.fetchval(SQL.head))))


@dataclass(frozen=True, slots=True)
class Place:
    """Behind a position; with `told`, inside it: behind so many of the nodes that the entry there tells of."""

    position: int
    told: int = 0


def sealed_place(vault: Vault, viewer: str, place: Place) -> str:
    """Return the viewer's cursor behind a place; behind a whole entry it is the one that `changes` gives."""
    return vault.seal_cursor(f"{SCOPE}/{viewer}", place.position.to_bytes(8) + place.told.to_bytes(4))


def opened_place(vault: Vault, viewer: str, cursor: str) -> Place:
    """Return the place that a cursor stands behind; raise InvalidError where it is not one of the viewer's."""
    found = vault.open_cursor(f"{SCOPE}/{viewer}", cursor)
    return Place(int.from_bytes(found[:8]), int.from_bytes(found[8:]))


def opened(vault: Vault, viewer: str, cursor: str) -> int:
    """Return the position that a cursor stands behind; raise InvalidError where it is not one of the viewer's."""
    place = opened_place(vault, viewer, cursor)
    # Inside an entry: `changes` tells it whole, once more rather than not at all.
    return place.position - 1 if place.told else place.position


def change_of(row: Row) -> Change:
    """Tell an entry to those outside. Pure."""
    kind = EntryKind(row["kind"])
    return Change(
        kind=kind,
        node_type=NODE_TYPES.get(kind) or str(row["state"]),
        node=row["subject"],
        at=row["at"],
        state=row["state"],
        fields=tuple(row["fields"]),
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
