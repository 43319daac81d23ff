"""The whole graph in memory, and its nodes by id: what the reference answers from."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from graph.times import instant_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from graph.database import Connection

Row = dict[str, Any]
Node = dict[str, Any]
"""What a type of the schema is made of; `__typename` says which one, the other names are the fields' in snake case."""

TABLES = (
    "case", "submission", "submission_revision", "document", "mention", "place", "organ", "event", "rejection",
    "journal", "reveal", "filing", "same_party", "case_relation", "case_place", "case_organ", "case_accused",
    "saved_search", "alert",
)  # fmt: skip
STANDING = ("ACCEPTED", "PROPOSED")
"""The states of ties that are told, the better first."""
DETAILS = {
    "LETTER": ("LetterDetails", ("postmarked_on", "signatories", "enclosures")),
    "VISIT": ("VisitDetails", ("head_count", "reception_place", "received_by", "leader_reception", "skip_level")),
    "HOTLINE": ("HotlineDetails", ("ticket_type", "urgency", "due_at")),
    "WEB": ("WebDetails", ("platform", "likes", "dislikes")),
}

READ: dict[str, Callable[[str], Any]] = {"postmarked_on": date.fromisoformat, "due_at": instant_of}
"""What is no text though JSON holds it as one."""


@dataclass(frozen=True)
class Graph:
    """All rows of each table, in the order of their first column."""

    tables: dict[str, list[Row]]
    by_id: dict[str, dict[UUID, Row]] = field(init=False)

    def __post_init__(self) -> None:
        tables = {name: rows for name, rows in self.tables.items() if name != "journal"}
        object.__setattr__(self, "by_id", {name: {row["id"]: row for row in rows} for name, rows in tables.items()})

    def __getitem__(self, table: str) -> list[Row]:
        return self.tables[table]

    def row(self, table: str, key: UUID) -> Row | None:
        """Return a row by its id."""
        return self.by_id[table].get(key)

    def leading(self, case: UUID) -> UUID:
        """Return the case that answers for one."""
        lead: UUID = self.by_id["case"][case]["leading"]
        return lead


async def load(connection: Connection) -> Graph:
    """Read every table in one snapshot."""
    tables = {}
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        for name in TABLES:
            rows = [_plain(row.items()) for row in await connection.fetch(f'table "{name}"')]
            tables[name] = sorted(rows, key=lambda row: next(iter(row.values())))
    return Graph(tables)


def _plain(items: Iterable[tuple[str, Any]]) -> Row:
    """Return a row whose ids are Python's own, since the driver's class compares in its own way."""
    return {name: UUID(bytes=value.bytes) if isinstance(value, UUID) else value for name, value in items}


# Nodes ---------------------------------------------------------------------------------------------------------


def case_of(graph: Graph, key: UUID) -> Node | None:
    """Return the case that answers for an id."""
    row = graph.row("case", key)
    return None if row is None else {"__typename": "Case", **graph.by_id["case"][row["leading"]]}


def submission_of(graph: Graph, key: UUID) -> Node | None:
    """Return a submission with what its latest revision says."""
    row = graph.row("submission", key)
    if row is None:
        return None
    said = graph.by_id["submission_revision"][row["revision"]]
    details = details_of(row["channel"], said["details"])
    texts = {"title": said["title"], "text": said["body"], "text_source": source_of(said)}
    return {"__typename": "Submission", **row, **texts, "details": details}


def revision_of(graph: Graph, key: UUID) -> Node | None:
    """Return a revision; its details are those of its submission's channel."""
    row = graph.row("submission_revision", key)
    if row is None:
        return None
    channel = graph.by_id["submission"][row["submission"]]["channel"]
    texts = {"text": row["body"], "text_source": source_of(row)}
    return {"__typename": "Revision", **row, **texts, "details": details_of(channel, row["details"])}


def document_of(graph: Graph, key: UUID) -> Node | None:
    """Return an attachment."""
    row = graph.row("document", key)
    return row and {"__typename": "Document", **row, "text": row["body"], "text_source": source_of(row)}


def source_of(row: Row) -> Node:
    """Return where a row's text comes from."""
    kind = "NONE" if row["body"] == "" else "WRITTEN"
    return {
        "__typename": "TextSource",
        "kind": kind if row["confidence"] is None else "RECOGNISED",
        "confidence": row["confidence"],
    }


def details_of(channel: str, said: dict[str, Any]) -> Node:
    """Return what only a channel has; what is not said is null."""
    kind, names = DETAILS[channel]
    told = {name: said.get(name) for name in names}
    return {"__typename": kind, **told, **{name: read(said[name]) for name, read in READ.items() if said.get(name)}}


def mention_of(graph: Graph, key: UUID) -> Node | None:
    """Return a mention in its masked form."""
    row = graph.row("mention", key)
    if row is None:
        return None
    masked = {name: row[f"{name}_masked"] for name in ("name", "phone", "address", "account", "email")}
    return {
        "__typename": "Mention", **row, **masked,
        "identity_number": row["identity_masked"], "current": row["until"] is None,
    }  # fmt: skip


def party_of(graph: Graph, key: UUID) -> Node | None:
    """Return the party that a mention is of now, whether it still is the mention that stands for it or not."""
    asked = graph.row("mention", key)
    if asked is None:
        return None
    ever = [one for one in graph["mention"] if one["party"] == asked["party"]]
    now = [one for one in ever if one["until"] is None]
    return {
        "__typename": "Party",
        "id": asked["party"],
        "kind": min(ever, key=lambda one: one["id"])["kind"],
        "names": sorted({one["name_masked"] for one in ever} - {None}),
        "phones": sorted({one["phone_masked"] for one in ever} - {None}),
        "mention_count": len(now),
        "submission_count": len({one["submission"] for one in now}),
    }


def _as_it_stands(kind: str, table: str, **renamed: str) -> Any:
    def find(graph: Graph, key: UUID) -> Node | None:
        row = graph.row(table, key)
        names = {new: row[old] for new, old in renamed.items()} if row else {}
        return {"__typename": kind, **row, **names} if row else None

    return find


NODES = {
    "Case": case_of,
    "Submission": submission_of,
    "Revision": revision_of,
    "Document": document_of,
    "Mention": mention_of,
    "Party": party_of,
    "Place": _as_it_stands("Place", "place"),
    "Organ": _as_it_stands("Organ", "organ"),
    "Event": _as_it_stands("Event", "event", text="body"),
    "Rejection": _as_it_stands("Rejection", "rejection"),
    "SavedSearch": _as_it_stands("SavedSearch", "saved_search"),
}


def find(graph: Graph, kind: str, key: UUID | None) -> Node | None:
    """Return a node by its key."""
    found: Node | None = None if key is None else NODES[kind](graph, key)
    return found


def link_of(row: Row) -> Node:
    """Return what a tie rests on."""
    told = {name: row[name] for name in ("state", "evidence", "decided_by", "decided_at")}
    return {**told, "score": None if row["score"] is None else shortest(row["score"])}


def shortest(score: float) -> float:
    """Return a number that is kept in single precision by as few digits as tell it: 0.7, not 0.699999988079071."""
    single = struct.pack("f", score)
    written = (float(f"{score:.{digits}g}") for digits in range(1, 10))
    return next(one for one in written if struct.pack("f", one) == single)


def best_first(row: Row) -> tuple[Any, ...]:
    """Order ties of the same two things: accepted ones first, then those decided first."""
    return STANDING.index(row["state"]), row["decided_at"], row["id"]
