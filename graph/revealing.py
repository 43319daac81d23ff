"""Opens what is sealed of one person or text, and puts on record who had it opened, when and why.

All in one transaction, the policy included: what cannot be put on record is not shown. The journal tells that it
happened and to what; the reason may name people and stands in the table `reveal` alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, assert_never

import orjson

from graph import journal
from graph.database import statements, transaction
from graph.errors import ConflictError, NotFoundError
from graph.ids import new_id
from graph.journal import Entry, EntryKind
from graph.policy import Action, require
from graph.sealing import open_texts
from graph.seeing import require_seen
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from graph.database import Connection, Pool, Row
    from graph.identity import Vault
    from graph.policy import Viewer

ERASED: Final = Wording("What was sealed here has been erased; nothing can open it.")

SQL = statements("revealing")


class Revealable(StrEnum):
    """Types of nodes that hold something sealed, as the journal and `reveal` name them."""

    MENTION = "Mention"
    SUBMISSION = "Submission"
    REVISION = "Revision"
    EVENT = "Event"
    DOCUMENT = "Document"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RevealedMention:
    """A person or organisation as a submission names it, in clear. It never prints itself."""

    name: str | None
    identity_number: str | None
    phone: str | None
    address: str | None
    account: str | None
    email: str | None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RevealedText:
    """A text as it was received. `title` is a submission's title or an attachment's name; None where there is none."""

    title: str | None
    text: str


Revealed = RevealedMention | RevealedText


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Who asks for what to be opened, and why."""

    kind: Revealable
    subject: UUID
    by: Viewer
    reason: str
    now: datetime


class Revealing:
    """The one way to what is sealed of people."""

    def __init__(self, *, pool: Pool, vault: Vault) -> None:
        self._pool = pool
        self._vault = vault

    async def reveal(self, request: Request) -> Revealed:
        """Return what is sealed of a node, once it stands on record that it was asked for.

        Raises ForbiddenError where the policy does not allow it, NotFoundError where the asker sees no such node,
        ConflictError where it was erased, MasterKeyError where it does not open. Whatever is raised, nothing is shown
        and nothing recorded.
        """
        require(request.by, Action.REVEAL)
        async with transaction(self._pool) as connection:
            await require_seen(connection, request.by, request.kind.lower(), [request.subject])
            row = await connection.fetchrow(STATEMENTS[request.kind], request.subject)
            if row is None:
                raise NotFoundError(request.kind.lower(), request.subject)
            opened = self._opened(request, row)
            await _record(connection, request)
        return opened

    def _opened(self, request: Request, row: Row) -> Revealed:
        match request.kind:
            case Revealable.MENTION:
                return self._mention(row, request.subject)
            case Revealable.SUBMISSION | Revealable.REVISION | Revealable.EVENT | Revealable.DOCUMENT:
                return self._text(row)
            case _:
                assert_never(request.kind)

    def _mention(self, row: Row, mention: UUID) -> RevealedMention:
        if row["sealed"] is None or row["key"] is None:
            raise ConflictError(ERASED)
        said: dict[str, Any] = orjson.loads(self._vault.unwrap(row["key"]).open(row["sealed"], mention.bytes))
        return RevealedMention(**{name: said.get(name) for name in RevealedMention.__dataclass_fields__})

    def _text(self, row: Row) -> RevealedText:
        if row["sealed"] is None:
            return RevealedText(title=row["title"], text=row["body"])
        if row["key"] is None:
            raise ConflictError(ERASED)
        *title, text = open_texts(self._vault.unwrap(row["key"]), row["sealed"], row["id"])
        return RevealedText(title=title[0] if title else None, text=text)


STATEMENTS: Final[Mapping[Revealable, str]] = {
    Revealable.MENTION: SQL.sealed_mention,
    Revealable.SUBMISSION: SQL.sealed_submission,
    Revealable.REVISION: SQL.sealed_revision,
    Revealable.EVENT: SQL.sealed_event,
    Revealable.DOCUMENT: SQL.sealed_document,
}


async def _record(connection: Connection, request: Request) -> None:
    values = (request.kind, request.subject, request.by.name, request.reason, request.now)
    await connection.execute(SQL.add_reveal, new_id(), *values)
    kind = EntryKind.IDENTITY_REVEALED
    entry = Entry(kind=kind, subject=request.subject, actor=request.by.name, at=request.now, state=request.kind)
    await journal.append(connection, [entry])
