"""Takes persons out of the graph: their values, hashes and keys, the records as received, the texts that name them.

What stays is the history: who handled what and when, the journal with its chain, the edges. One erasure is one
transaction, and before it commits a line of the erasure list (`graph.erasure_list`) is on disk. What is left to do
after it (files, dead rows, the index) can be done again at any time: `casegraph/keeping.py`.

Source: 个人信息保护法 (Personal Information Protection Law) Art. 47: what is no longer needed is erased.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import orjson

from graph import erasure_list, journal
from graph.casework import refresh_cases
from graph.database import CONFLICTED, statements, transaction
from graph.erasure_list import BuriedRecord, Erasure, SubjectKind
from graph.errors import ConflictError, NotFoundError
from graph.ids import new_id
from graph.journal import Entry, EntryKind
from graph.linking import NewMention
from graph.locks import SQL as LOCKS
from graph.occurrences import REPLACEMENT, Occurrences
from graph.records import CaseId, CaseStatus, MentionDraft, MentionRole, PartyKind
from graph.subjects import PETITIONING
from graph.text.numbers import masked
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from graph.attachments import Attachments
    from graph.database import Connection, Pool, Row
    from graph.identity import Vault

SQL: Final = statements("erasure")

REPLAYED: Final = "carried out from the erasure list"
"""The reason kept where an erasure is done again: the list does not hold the one that was given."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure took: how many mentions, in how many submissions, and the files that have to go."""

    mentions: int
    submissions: int
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Scope:
    """Whom an erasure is about, held: rows of `persons` and of `submissions`."""

    persons: Sequence[Row]
    submissions: Sequence[Row]

    @property
    def mentions(self) -> list[UUID]:
        return [person["id"] for person in self.persons]

    @property
    def ids(self) -> list[UUID]:
        return [submission["id"] for submission in self.submissions]

    @property
    def cases(self) -> list[UUID]:
        return sorted({submission["case_id"] for submission in self.submissions})

    @property
    def parties(self) -> list[UUID]:
        return sorted({person["party"] for person in self.persons})

    @property
    def left(self) -> bool:
        """Tell whether anything is there to be erased."""
        return any(person["key"] is not None for person in self.persons) or any(
            submission["content_digest"] for submission in self.submissions
        )


class Eraser:
    """Erases what is named, and does again what the erasure list tells of."""

    def __init__(self, *, pool: Pool, vault: Vault, attachments: Attachments, erasures: Path) -> None:
        self._pool = pool
        self._vault = vault
        self._attachments = attachments
        self._erasures = erasures

    async def erase(self, kind: SubjectKind, subject: UUID, *, reason: str, actor: str, now: datetime) -> Erased:
        """Erase a person from one submission, a person everywhere, or all persons of a submission.

        What was erased before is left as it is. Raises NotFoundError, ConflictError (try again), MasterKeyError, and
        ErasureListError or OSError where the list cannot be written: then nothing is erased.
        """

        async def look(connection: Connection) -> tuple[list[UUID], list[UUID]]:
            return await _named(connection, kind, subject)

        async with self._transaction() as connection:
            scope = await self._held(connection, look)
            if not scope.left:
                return Erased(0, 0, ())
            erasure = Erasure(
                id=new_id(), kind=kind, subject=subject, actor=actor, at=now, mentions=tuple(scope.mentions),
                records=tuple(
                    BuriedRecord(row["id"], row["source"], row["record_key"])
                    for row in scope.submissions
                ),
            )  # fmt: skip
            erased, moved = await self._wipe(connection, scope, erasure, reason)
            await asyncio.to_thread(erasure_list.append, self._erasures, self._vault, [erasure])
            await self._journal(connection, scope, moved, actor, now)
        return await self._without_files(erased)

    async def replay(self, erasure: Erasure, now: datetime) -> Erased:
        """Carry out an erasure of the list in this database, as far as it has what was erased."""

        async def look(_: Connection) -> tuple[list[UUID], list[UUID]]:
            return list(erasure.mentions), [record.submission for record in erasure.records]

        async with self._transaction() as connection:
            scope = await self._held(connection, look)
            erased, moved = await self._wipe(connection, scope, erasure, REPLAYED)
            if scope.left:
                await self._journal(connection, scope, moved, erasure.actor, now)
        return await self._without_files(erased)

    async def unfinished(self) -> list[Erasure]:
        """Return the erasures of the list that this database has not carried out. Raises ErasureListError."""
        listed = await asyncio.to_thread(erasure_list.read, self._erasures, self._vault)
        done = {row["id"] for row in await self._pool.fetch(SQL.erased)}
        return [erasure for erasure in listed if erasure.id not in done]

    # Whom it is about ------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Connection]:
        try:
            async with transaction(self._pool) as connection:
                yield connection
        except CONFLICTED as error:
            raise ConflictError(Wording("Somebody else is changing the same submissions. Try again.")) from error

    async def _held(
        self, connection: Connection, look: Callable[[Connection], Awaitable[tuple[list[UUID], list[UUID]]]]
    ) -> _Scope:
        """Return whom it is about, with everything locked in the order of `graph.locks`.

        Where more was found once it was locked, the locks are let go and taken again in order.
        """
        while True:
            mentions, also = await look(connection)
            persons = await connection.fetch(SQL.persons, mentions)
            savepoint = connection.transaction()
            await savepoint.start()
            scope = await self._lock(connection, persons, also)
            mentions, also = await look(connection)
            again = await connection.fetch(SQL.persons, mentions)
            found = _Scope(again, scope.submissions)
            if {*found.mentions, *found.parties} <= {*scope.mentions, *scope.parties}:
                await savepoint.commit()
                # What they were linked by goes with them; who waits for such a row makes it anew.
                await connection.execute(SQL.drop_keys, _link_keys(scope.persons), scope.parties)
                return found
            await savepoint.rollback()

    @staticmethod
    async def _lock(connection: Connection, persons: Sequence[Row], also: Sequence[UUID]) -> _Scope:
        wanted = sorted({person["submission"] for person in persons} | set(also))
        await connection.fetch(LOCKS.hold_submissions, wanted)
        scope = _Scope(persons, await connection.fetch(SQL.submissions, wanted))
        await connection.execute(LOCKS.hold_keys, _link_keys(persons))
        await connection.fetch(LOCKS.hold_parties, scope.parties)
        await connection.fetch(LOCKS.hold_cases, scope.cases)
        return scope

    # What is wiped ---------------------------------------------------------------------------------------------------

    async def _wipe(
        self, connection: Connection, scope: _Scope, erasure: Erasure, reason: str
    ) -> tuple[Erased, Mapping[CaseId, CaseStatus]]:
        """Wipe, and derive the cases again, whose titles may have named somebody; return the status of those moved."""
        sought = Occurrences.of(self._opened(scope.persons))
        await _wipe_texts(connection, scope, sought)
        files = await _wipe_documents(connection, scope, sought, all_files=erasure.kind is SubjectKind.SUBMISSION)
        refreshed = await refresh_cases(connection, [CaseId(case) for case in scope.cases], mentions=scope.mentions)
        await connection.execute(SQL.wipe_mentions, scope.mentions)
        await _wipe_evidence(connection, scope, sought)
        await connection.execute(
            SQL.bury, [record.key for record in erasure.records], [record.submission for record in erasure.records]
        )
        await connection.execute(
            SQL.remember, erasure.id, erasure.kind, erasure.subject, erasure.actor, masked(reason), erasure.at
        )
        return Erased(len(scope.persons), len(scope.submissions), files), refreshed.statuses

    def _opened(self, persons: Iterable[Row]) -> list[MentionDraft]:
        """Return what was said of these persons, of those who are not erased yet."""
        found = []
        for person in persons:
            if person["key"] is None or person["sealed"] is None:
                continue
            said = orjson.loads(self._vault.unwrap(person["key"]).open(person["sealed"], person["id"].bytes))
            kinds = {"role": MentionRole(said["role"]), "kind": PartyKind(said["kind"])}
            found.append(MentionDraft(**said | kinds))
        return found

    @staticmethod
    async def _journal(
        connection: Connection, scope: _Scope, moved: Mapping[CaseId, CaseStatus], actor: str, now: datetime
    ) -> None:
        erased: list[tuple[UUID, UUID | None]] = [(person["submission"], person["id"]) for person in scope.persons]
        named = {submission for submission, _ in erased}
        erased += [(submission, None) for submission in scope.ids if submission not in named]
        entries = [
            Entry(kind=EntryKind.PERSON_ERASED, subject=submission, object=mention, actor=actor, at=now)
            for submission, mention in erased
        ]
        entries += [
            Entry(kind=EntryKind.CASE_MOVED, subject=case, actor=actor, at=now, state=status)
            for case, status in moved.items()
        ]
        await journal.append(connection, entries)

    async def _without_files(self, erased: Erased) -> Erased:
        """Remove the files, whose keys are gone; those that a crash leaves are found by `doctor`, and by `retain`."""
        for file in erased.files:
            await asyncio.to_thread(self._attachments.remove, file)
        return erased


async def _named(connection: Connection, kind: SubjectKind, subject: UUID) -> tuple[list[UUID], list[UUID]]:
    """Return the mentions that are named, and the submissions besides theirs; raise NotFoundError."""
    if kind is SubjectKind.MENTION:
        if not await connection.fetch(SQL.persons, [subject]):
            raise NotFoundError("mention", subject)
        return [subject], []
    if kind is SubjectKind.PARTY:
        mentions = [row["id"] for row in await connection.fetch(SQL.mentions_of_party, subject)]
        if not mentions:
            raise NotFoundError("party", subject)
        return mentions, []
    if not await connection.fetchval(SQL.submission_exists, subject):
        raise NotFoundError("submission", subject)
    return [row["id"] for row in await connection.fetch(SQL.mentions_of_submission, subject)], [subject]


def _link_keys(persons: Iterable[Row]) -> list[bytes]:
    """Return the rows of `link_key` that these persons were linked by."""
    found = set()
    for person in persons:
        mention = NewMention(
            id=person["id"], name_hash=person["name_hash"], identity_hash=person["identity_hash"],
            phone_hash=person["phone_hash"], account_hash=person["account_hash"],
        )  # fmt: skip
        found |= {key.lock for key in mention.link_keys()}
    return sorted(found)


# Texts, files, evidence -------------------------------------------------------------------------------------------


async def _write(connection: Connection, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
    if rows:
        await connection.execute(statement, *(list(column) for column in zip(*rows, strict=True)))


async def _wipe_texts(connection: Connection, scope: _Scope, sought: Occurrences) -> None:
    """Take the persons out of every revision and event; records as received go whole."""
    await _write(connection, SQL.wipe_submissions, [
        (row["id"], _external_id(row, sought)) for row in scope.submissions
    ])  # fmt: skip
    await _write(connection, SQL.wipe_revisions, [
        (
            row["id"], sought.without(row["title"]), sought.without(row["body"]), sought.without_any(row["details"]),
            sought.without(row["position"]),
        )
        for row in await connection.fetch(SQL.revisions, scope.ids)
    ])  # fmt: skip
    await _write(connection, SQL.wipe_events, [
        (row["id"], said)
        for row in await connection.fetch(SQL.events, scope.ids, scope.cases)
        if (said := sought.without(row["body"])) != row["body"] or row["submission"] is not None
    ])  # fmt: skip


def _external_id(row: Row, sought: Occurrences) -> str:
    """Return a source's id, or where it names somebody one that is as unique."""
    external_id: str = row["external_id"]
    return external_id if sought.without(external_id) == external_id else f"{REPLACEMENT}{row['id']}"


async def _wipe_documents(
    connection: Connection, scope: _Scope, sought: Occurrences, *, all_files: bool
) -> tuple[str, ...]:
    """Take the persons out of names and text layers; what a petitioner enclosed goes whole. Return the files to go."""
    theirs = set(scope.ids) if all_files else {
        person["submission"] for person in scope.persons if MentionRole(person["role"]) in PETITIONING
    }  # fmt: skip
    rows, files = [], []
    for row in await connection.fetch(SQL.documents, scope.ids):
        name, body, file = sought.without(row["name"]), sought.without(row["body"]), row["file"]
        if row["submission"] in theirs:
            files += [file] if file else []
            body, file = "", ""
        rows.append((row["id"], name, body, file))
    await _write(connection, SQL.wipe_documents, rows)
    return tuple(files)


async def _wipe_evidence(connection: Connection, scope: _Scope, sought: Occurrences) -> None:
    """Take the persons out of the reasons that people gave for their decisions."""
    for reading, writing, keys in (
        (SQL.filings, SQL.wipe_filings, scope.ids),
        (SQL.links, SQL.wipe_links, scope.ids),
        (SQL.relations, SQL.wipe_relations, scope.cases),
        (SQL.accusations, SQL.wipe_accusations, scope.ids),
        (SQL.corrections, SQL.wipe_corrections, scope.ids),
        (SQL.reveals, SQL.wipe_reveals, scope.ids),
    ):
        await _write(connection, writing, [
            (row["id"], said)
            for row in await connection.fetch(reading, keys)
            if (said := sought.without_any(row["evidence"])) != row["evidence"]
        ])  # fmt: skip
