"""Rows on their way into the tables: what one transaction of intake writes, table by table. Pure but for `flush`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from graph.database import Connection

Columns = tuple[str, ...]

_DECISION: Final = ("state", "score", "evidence", "decided_by", "decided_at")

COPIED: Final[dict[str, Columns]] = {
    "case": (
        "id", "leading", "opened_at", "status", "kind", "topic", "division", "title", "channels",
        "submission_count", "first_received_at", "last_received_at", "last_answered_at", "last_activity_at", "unnamed",
    ),
    "submission_revision": (
        "id", "submission", "number", "at", "title", "body", "details", "content_digest", "position", "payload", "key",
        "scope", "sealed_text", "number_hashes", "confidence",
    ),
    "document": (
        "id", "submission", "revision", "name", "media_type", "size", "digest", "file", "body", "key", "scope",
        "sealed", "number_hashes", "confidence",
    ),
    "mention": (
        "id", "submission", "since", "until", "role", "kind", "name_masked", "identity_masked", "phone_masked",
        "address_masked", "account_masked", "email_masked", "name_hash", "identity_hash", "phone_hash",
        "account_hash", "content_digest", "sealed", "key", "party", "scope", "accusing",
    ),
    "event": (
        "id", "submission", "case_id", "kind", "at", "at_given", "organ", "body", "satisfaction", "since", "until",
        "content_digest", "scope", "sealed", "key", "number_hashes", "told",
    ),
    "filing": ("id", "submission", "case_id", *_DECISION),
    "same_party": ("id", "low", "high", *_DECISION),
    "case_place": ("id", "case_id", "place", "submission", *_DECISION, "scope"),
    "case_organ": ("id", "case_id", "organ", "role", "submission", *_DECISION, "scope"),
    "case_accused": ("id", "case_id", "mention", "organ", "submission", *_DECISION),
}  # fmt: skip
"""Tables and their columns, in the order in which foreign keys allow them to be filled."""


@dataclass(slots=True)
class Writes:
    """The rows that a transaction will copy."""

    rows: dict[str, list[tuple[object, ...]]] = field(default_factory=lambda: {table: [] for table in COPIED})

    def add(self, table: str, *values: object) -> None:
        """Add one row; its values stand in the order of `COPIED`."""
        self.rows[table].append(values)

    async def flush(self, connection: Connection) -> None:
        """Copy all rows in, tables with none left out."""
        for table, columns in COPIED.items():
            if self.rows[table]:
                await connection.copy_records_to_table(table, records=self.rows[table], columns=columns)
