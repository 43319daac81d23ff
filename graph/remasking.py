"""Masks what was taken in before numbers were masked, or under an older rule, anew from what is sealed beside it.

Runs after the migrations, with the vault at hand. What is sealed is opened first: a mask put over an older one would
lose what stands behind it. Each batch is a transaction of its own, which keeps how far it came and ends in the journal
where it changed anything. So a run that was killed goes on where it was, one that finds nothing costs nothing, and the
index follows.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import orjson

from graph import journal
from graph.database import statements
from graph.drafts import record_key
from graph.errors import DatabaseStateError
from graph.ids import organ_id
from graph.journal import Entry, EntryKind
from graph.organs import normalise_organ
from graph.records import MentionDraft, MentionRole, PartyKind
from graph.sealing import open_texts, show, shown_id
from graph.text.numbers import RULE, found, masked
from graph.writing import shown_mention
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence
    from datetime import datetime

    from graph.database import Connection, Row
    from graph.identity import Vault

BATCH: Final = 500
"""Rows of one transaction: some megabytes of text, under a second's work."""
ACTOR: Final = "masking"

SQL = statements("remasking")


@dataclass(frozen=True, slots=True)
class Step:
    """One kind of rows, in the order of their ids."""

    name: str
    rows: str
    """The statement that gives those behind an id, as many as are asked for."""
    mask: Callable[[Connection, Vault, Sequence[Row]], Awaitable[Collection[UUID]]]
    """Masks them, and returns submissions of which something changed that everybody sees."""
    columns: tuple[str, ...]
    """What is masked, as `docs/clear.md` lists it."""


@dataclass(frozen=True, slots=True)
class Plain:
    """Texts that nothing is sealed beside."""

    rows: str
    mask: str
    columns: tuple[str, ...]


async def mask_standing(connection: Connection, vault: Vault, now: datetime, batch: int = BATCH) -> int:
    """Mask what stands by no rule or an older one; return how many rows were looked at. No transaction is open."""
    if not await _missing(connection):
        return 0
    count = 0
    for step in STEPS:
        while looked := await _batch(connection, vault, step, now, batch):
            count += looked
    for name, texts in PLAIN.items():
        async with connection.transaction():
            await _plain(connection, texts)
            await connection.fetchrow(SQL.begin, name, RULE)
            await connection.execute(SQL.reach, name, None, True)
    return count


async def require_masked(connection: Connection) -> None:
    """Raise DatabaseStateError where texts stand by an older rule: a `migrate` was broken off."""
    if await _missing(connection):
        raise DatabaseStateError(
            Wording(
                "Texts stand here that are not masked by this version's rule yet: a migration was broken "
                "off. Run `python -m casegraph migrate`."
            )
        )


async def _missing(connection: Connection) -> set[str]:
    done = {row["name"] for row in await connection.fetch(SQL.done, RULE)}
    return {step.name for step in STEPS}.union(PLAIN) - done


async def _batch(connection: Connection, vault: Vault, step: Step, now: datetime, batch: int) -> int:
    """Look at the next rows of a step; return how many that were."""
    async with connection.transaction():
        progress = await connection.fetchrow(SQL.begin, step.name, RULE)
        if progress is None or progress["done"]:
            return 0
        rows = await connection.fetch(step.rows, progress["reached"] or UUID(int=0), batch)
        changed = await step.mask(connection, vault, rows)
        reached = rows[-1]["id"] if rows else progress["reached"]
        await connection.execute(SQL.reach, step.name, reached, len(rows) < batch)
        if changed:
            await journal.append(connection, [
                Entry(kind=EntryKind.TEXTS_MASKED, subject=one, actor=ACTOR, at=now) for one in sorted(set(changed))
            ])  # fmt: skip
    return len(rows)


# Rows with what is sealed beside ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, repr=False)
class _Anew:
    """Texts of a row by the rule of today, and what is sealed and hashed beside them."""

    texts: tuple[str, ...]
    key: bytes | None
    sealed: bytes | None
    hashes: tuple[bytes, ...]
    changed: bool

    @classmethod
    def of(cls, vault: Vault, row: Row, *names: str) -> _Anew:
        """Mask the texts of some columns, from what is sealed beside them if anything is."""
        stood = tuple(row[name] for name in names)
        key = vault.unwrap(row["key"]) if row["key"] else None
        original = open_texts(key, row["sealed"], row["id"]) if key and row["sealed"] else stood
        shown, before = show(vault, *original), row["number_hashes"]
        if row["digest"] == b"":
            # Somebody was erased from it: nothing of it may be sealed again, and hashes of others' numbers stay.
            hashes = tuple(dict.fromkeys([*(before or ()), *shown.hashes]))
            return cls(shown.texts, row["key"], row["sealed"], hashes, _differ(stood, shown.texts, before, hashes))
        changed = _differ(stood, shown.texts, before, shown.hashes)
        if key is None and shown.original is None:
            return cls(shown.texts, None, None, shown.hashes, changed)
        key = key or vault.new_key()
        return cls(shown.texts, key.wrapped, shown.seal(key, row["id"]), shown.hashes, changed)


def _differ(
    stood: tuple[str, ...], shown: tuple[str, ...], before: Collection[bytes] | None, hashes: Collection[bytes]
) -> bool:
    return stood != shown or before is None or set(before) != set(hashes)


async def _submissions(connection: Connection, vault: Vault, rows: Sequence[Row]) -> Collection[UUID]:
    """Give submissions their keyed hash, which is made of the id as it came, and mask the id."""
    changed = [
        (row["id"], row["record_key"] or record_key(vault, row["source"], row["external_id"]), shown)
        for row in rows
        if (shown := shown_id(row["external_id"])) != row["external_id"] or row["record_key"] is None
    ]
    await connection.executemany(SQL.mask_submission, changed)
    return [row[0] for row in changed]


async def _revisions(connection: Connection, vault: Vault, rows: Sequence[Row]) -> Collection[UUID]:
    written, changed = [], []
    for row in rows:
        anew = _Anew.of(vault, row, "title", "body")
        beside = _shown_details(row["details"]), masked(row["position"])
        if anew.changed or beside != (row["details"], row["position"]):
            written.append((row["id"], *anew.texts, *beside, anew.key, anew.sealed, anew.hashes))
            changed.append(row["submission"])
    await connection.executemany(SQL.mask_revision, written)
    await connection.execute(SQL.retitle, changed)
    return changed


def _shown_details(details: dict[str, Any]) -> dict[str, Any]:
    return {name: masked(value) if isinstance(value, str) else value for name, value in details.items()}


async def _documents(connection: Connection, vault: Vault, rows: Sequence[Row]) -> Collection[UUID]:
    written, changed = [], []
    for row in rows:
        anew, media_type = _Anew.of(vault, row, "name", "body"), masked(row["media_type"])
        if anew.changed or media_type != row["media_type"]:
            written.append((row["id"], *anew.texts, media_type, anew.key, anew.sealed, anew.hashes))
            changed.append(row["submission"])
    await connection.executemany(SQL.mask_document, written)
    return changed


async def _events(connection: Connection, vault: Vault, rows: Sequence[Row]) -> Collection[UUID]:
    written, changed = [], []
    for row in rows:
        anew = _Anew.of(vault, row, "body")
        if anew.changed:
            # A key of its own only where there is something to seal.
            written.append((row["id"], *anew.texts, anew.sealed and anew.key, anew.sealed, anew.hashes))
            changed.append(row["submission"])
    await connection.executemany(SQL.mask_event, written)
    return changed


async def _mentions(connection: Connection, vault: Vault, rows: Sequence[Row]) -> Collection[UUID]:
    written, changed = [], []
    for row in rows:
        said = orjson.loads(vault.unwrap(row["key"]).open(row["sealed"], row["id"].bytes))
        kinds = {"role": MentionRole(said["role"]), "kind": PartyKind(said["kind"])}
        shown = shown_mention(MentionDraft(**said | kinds))
        if shown != tuple(row[name] for name in MENTION_COLUMNS):
            written.append((row["id"], *shown))
            changed.append(row["submission"])
    await connection.executemany(SQL.mask_mention, written)
    return changed


async def _uploads(connection: Connection, vault: Vault, rows: Sequence[Row]) -> Collection[UUID]:
    written = []
    for row in rows:
        key = vault.unwrap(row["key"])
        shown = show(vault, *(open_texts(key, row["sealed"], row["id"]) if row["sealed"] else (row["name"],)))
        written.append((row["id"], *shown.texts, masked(row["media_type"]), shown.seal(key, row["id"])))
    await connection.executemany(SQL.mask_upload, written)
    return ()


async def _organs(connection: Connection, _: Vault, rows: Sequence[Row]) -> Collection[UUID]:
    """Cut numbers out of organs' names: each is another organ then, in whatever named the old one."""
    changed: list[UUID] = []
    for row in rows:
        if not found(row["name"]):
            continue
        old, name = row["id"], normalise_organ(row["name"]) or masked(row["name"])
        new = organ_id(name)
        changed += [one["id"] for one in await connection.fetch(SQL.submissions_of_organ, old)]
        await connection.execute(SQL.rename_organ, old, new, name)
        for statement in RENAMES:
            await connection.execute(statement, old, new)
        await connection.execute(SQL.rename_in_corrections, row["name"], name)
        await connection.execute(SQL.merge_parts, new)
        await connection.execute(SQL.merge_accusations, new)
        await connection.execute(SQL.rename_in_searches, _told(old), _told(new))
    return changed


def _told(organ: UUID) -> str:
    return base64.b64encode(f"Organ:{organ}".encode()).decode()


# Texts that nothing is sealed beside ------------------------------------------------------------------------------


async def _plain(connection: Connection, texts: Plain) -> None:
    rows = await connection.fetch(texts.rows)
    changed = [(row["id"], *shown) for row in rows if (shown := list(map(masked, row["said"]))) != row["said"]]
    await connection.executemany(texts.mask, changed)


MENTION_COLUMNS: Final = (
    "name_masked", "identity_masked", "phone_masked", "address_masked", "account_masked", "email_masked",
)  # fmt: skip
RENAMES: Final = (
    SQL.rename_in_cases, SQL.rename_in_accusations, SQL.rename_in_events, SQL.rename_in_revisions, SQL.rename_in_keys,
    SQL.rename_in_barriers,
)  # fmt: skip
STEPS: Final = (
    Step("submission", SQL.submissions, _submissions, ("submission.external_id",)),
    Step(
        "submission_revision", SQL.revisions, _revisions,
        (*(f"submission_revision.{name}" for name in ("title", "body", "details", "position")), "case.title"),
    ),
    Step("document", SQL.documents, _documents, ("document.name", "document.media_type", "document.body")),
    Step("event", SQL.events, _events, ("event.body",)),
    Step("mention", SQL.mentions, _mentions, tuple(f"mention.{name}" for name in MENTION_COLUMNS)),
    Step("upload", SQL.uploads, _uploads, ("upload.name", "upload.media_type")),
    Step("organ", SQL.organs, _organs, ("organ.name",)),
)  # fmt: skip
"""Organs come last: what names one is looked at before its id changes."""
PLAIN: Final = {
    "api_key": Plain(SQL.api_key_texts, SQL.mask_api_key, ("api_key.name",)),
    "rejection": Plain(
        SQL.rejection_texts, SQL.mask_rejection, ("rejection.position", "rejection.message", "rejection.dismissal")
    ),
    "reveal": Plain(SQL.reveal_texts, SQL.mask_reveal, ("reveal.reason",)),
    "erasure": Plain(SQL.erasure_texts, SQL.mask_erasure, ("erasure.reason",)),
    "evidence": Plain(SQL.evidence_texts, SQL.mask_evidence, (
        *(
            f"{table}.evidence"
            for table in (
                "filing", "same_party", "case_relation", "case_place", "case_organ", "case_accused", "correction",
            )
        ),
        "correction.reason",
    )),
}  # fmt: skip
"""Few, of a text or two; nothing tells which were looked at, so all are, once for each rule."""
