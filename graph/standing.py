"""Loads what stands of submissions that more records have come for, and holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph.database import statements
from graph.locks import SQL as LOCKS
from graph.records import CaseId, MentionRole, PetitionKind, SubmissionId
from graph.sealing import open_texts
from graph.steps import Step, Words, words_of
from graph.subjects import Part, PartKind, Subject

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from graph.database import Connection, Row
    from graph.identity import Vault

SQL = statements("intake")

COLUMNS = ("received_at", "title", "body", "kind", "topic", "division", "details")

PARTS: Mapping[PartKind, tuple[str, Callable[[Row], object]]] = {
    PartKind.MENTION: (SQL.standing_mentions, lambda row: row["content_digest"]),
    PartKind.EVENT: (SQL.standing_events, lambda row: row["content_digest"]),
    PartKind.DOCUMENT: (SQL.standing_documents, lambda row: row["digest"]),
    PartKind.PLACE: (SQL.standing_places, lambda row: row["place"]),
    PartKind.ORGAN: (SQL.standing_organs, lambda row: (row["organ"], row["role"])),
    PartKind.ACCUSED: (
        SQL.standing_accused,
        lambda row: ("mention", row["mention"]) if row["mention"] else ("organ", row["organ"]),
    ),
}
"""How each kind of part is loaded, and the key by which `Subject` compares it."""


async def load_standing(connection: Connection, arriving: Mapping[bytes, bytes], vault: Vault) -> dict[bytes, Subject]:
    """Return the standing submissions of these keys, held; with their parts where what arrives is news."""
    await connection.fetch(LOCKS.hold_records, list(arriving))
    rows = await connection.fetch(SQL.standing, list(arriving))
    subjects = {row["record_key"]: _subject(row) for row in rows}
    news = {subject.id: key for key, subject in subjects.items() if arriving[key] != subject.digest}
    if news:
        digests = [arriving[key] for key in news.values()]
        for row in await connection.fetch(SQL.replayed, list(news), digests):
            subjects[news.pop(row["submission"])].replayed = True
    if news:
        await _load_parts(connection, {one: subjects[key] for one, key in news.items()}, vault)
    return subjects


def _subject(row: Row) -> Subject:
    return Subject(
        id=SubmissionId(row["id"]),
        case=CaseId(row["case_id"]),
        new=False,
        digest=row["content_digest"],
        count=row["revision_count"],
        receipt_code=row["receipt_code"],
        unnamed=row["unnamed"],
    )


async def _load_parts(connection: Connection, subjects: Mapping[SubmissionId, Subject], vault: Vault) -> None:
    ids = list(subjects)
    for row in await connection.fetch(SQL.standing_columns, ids):
        decided = row["decided"]
        subjects[row["id"]].decided = PetitionKind(decided) if decided else None
        subjects[row["id"]].columns = {name: row[name] for name in COLUMNS} | _as_received(row, vault)
    for kind, (statement, key) in PARTS.items():
        for row in await connection.fetch(statement, ids):
            subjects[row["submission"]].parts[kind].append(Part(row["id"], key(row), value=_value(kind, row, vault)))


def _value(kind: PartKind, row: Row, vault: Vault) -> object:
    """Return what later records are compared with besides the key."""
    match kind:
        case PartKind.MENTION:
            return MentionRole(row["role"])
        case PartKind.EVENT:
            body, numbers = row["body"], row["number_hashes"]
            words = words_of(body, vault) if numbers is None else Words(body, tuple(numbers))
            return Step(row["kind"], row["at"], row["organ"], words, row["satisfaction"])
        case _:
            return None


def _as_received(row: Row, vault: Vault) -> dict[str, object]:
    """Return title and body in full, nothing where they stand in full."""
    if row["sealed_text"] is None or row["key"] is None:
        return {}
    title, body = open_texts(vault.unwrap(row["key"]), row["sealed_text"], row["revision"])
    return {"title": title, "body": body}
