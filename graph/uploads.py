"""Files that were uploaded for a submission to come: sealed as attachments are, and kept for a day.

An upload is no submission and leaves nothing in the journal: it becomes an attachment when a submission names it. It
stays for the day all the same, so that the same submission can be sent again.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from graph.database import statements
from graph.errors import InvalidError, NotFoundError
from graph.ids import new_id
from graph.records import DocumentDraft, UploadId
from graph.sealing import open_texts, show
from graph.text.numbers import masked
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from graph.attachments import Attachments
    from graph.database import Pool, Row
    from graph.identity import DataKey, Vault

KEPT: Final = timedelta(days=1)

SQL = statements("uploads")


class Uploads:
    """Keeps what was uploaded until a submission has named it."""

    def __init__(self, pool: Pool, vault: Vault, attachments: Attachments) -> None:
        self._pool = pool
        self._vault = vault
        self._attachments = attachments

    def of(self, owner: str) -> OwnUploads:
        """Return those of one viewer, by the name that is put on record."""
        return OwnUploads(self, owner)

    async def keep(self, name: str, media_type: str, content: bytes, now: datetime, owner: str) -> UploadId:
        """Keep a file for a day and return its id; those whose day is over go."""
        gone = [row["file"] for row in await self._pool.fetch(SQL.drop_uploads, now - KEPT)]
        await asyncio.to_thread(self._remove, gone)
        upload, key = UploadId(new_id()), self._vault.new_key()
        file = await asyncio.to_thread(self._put, upload, key, content)
        shown = show(self._vault, name)
        await self._pool.execute(
            SQL.add_upload, upload, *shown.texts, masked(media_type), len(content), file, key.wrapped, now, owner,
            shown.seal(key, upload),
        )  # fmt: skip
        return upload

    async def open(self, ids: Sequence[UploadId], now: datetime, owner: str) -> list[DocumentDraft]:
        """Return somebody's own uploads as attachments, without their text layer.

        Raises InvalidError, which names the input's field `attachments.<n>`, where one is not there, no longer, or not
        theirs: which of these is not told.
        """
        rows = {row["id"]: row for row in await self._pool.fetch(SQL.kept_uploads, ids, now - KEPT, owner)}
        return [await self._opened(rows.get(one), f"attachments.{number}") for number, one in enumerate(ids)]

    async def _opened(self, row: Row | None, field: str) -> DocumentDraft:
        if row is None:
            raise _gone(field)
        try:
            content = await asyncio.to_thread(self._get, row)
        except NotFoundError as error:  # its day ended while we looked
            raise _gone(field) from error
        return DocumentDraft(name=self._name(row), media_type=row["media_type"], content=content)

    def _name(self, row: Row) -> str:
        """Return its name as it was sent, which becomes the attachment's and is sealed there again."""
        if row["sealed"] is None:
            return str(row["name"])
        (name,) = open_texts(self._vault.unwrap(row["key"]), row["sealed"], row["id"])
        return name

    def _put(self, upload: UploadId, key: DataKey, content: bytes) -> str:
        file = key.digest(content).hex()
        self._attachments.put(file, key.seal(content, upload.bytes))
        return file

    def _get(self, row: Row) -> bytes:
        return self._vault.unwrap(row["key"]).open(self._attachments.get(row["file"]), row["id"].bytes)

    def _remove(self, files: Iterable[str]) -> None:
        for file in files:
            self._attachments.remove(file)


class OwnUploads:
    """What one viewer uploaded: nobody else's is there."""

    def __init__(self, uploads: Uploads, owner: str) -> None:
        self._uploads = uploads
        self._owner = owner

    async def keep(self, name: str, media_type: str, content: bytes, now: datetime) -> UploadId:
        """Keep a file for a day and return its id."""
        return await self._uploads.keep(name, media_type, content, now, self._owner)

    async def open(self, ids: Sequence[UploadId], now: datetime) -> list[DocumentDraft]:
        """Return uploads as attachments, without their text layer; raise InvalidError for what is not there."""
        return await self._uploads.open(ids, now, self._owner)


def _gone(field: str) -> InvalidError:
    return InvalidError(
        field, Wording("There is no such upload, or its day is over. Upload the file again, and name the new id.")
    )
