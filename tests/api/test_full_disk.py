"""A disk that is full or cannot be used is no database that is away: it is told of, and nothing is kept half."""

from __future__ import annotations

import errno
import resource
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.database import is_away
from graph.files import OF_DISKS, is_of_files
from graph.records import DocumentDraft
from graph.set_aside import is_of_the_subject, reason_of
from tests.graph.factory import NOW, draft

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from graph.database import Connection
    from tests.api.conftest import Api

ERRNOS: Final = sorted(errno.errorcode)
LARGE: Final = 4 * 1_048_576
LETTER: Final = """mutation($uploads: [ID!]!) { submitLetter(input: {
    title: "押金不退", text: "房东不退押金。", receivedAt: "2026-11-20T09:30:00+08:00", attachments: $uploads
}) { change errors { message } } }"""
FULL: Final = """create function refuse() returns trigger language plpgsql as
    $$ begin raise exception 'private' using errcode = '%s'; end $$;
create trigger refuse before insert on %s execute function refuse()"""


@given(number=st.sampled_from(ERRNOS), named=st.booleans())
def test_an_error_is_of_a_file_or_of_a_connection(number: int, named: bool) -> None:
    """Never of both. What names a file is of it; without a name, what only a disk says is of a disk."""
    error = OSError(number, "x", "/data/attachments/ab") if named else OSError(number, "x")
    assert is_of_files(error) == (named or number in OF_DISKS)
    assert is_away(error) != is_of_files(error)
    assert not is_of_the_subject(error)
    assert ("PostgreSQL" in reason_of(error)) == is_away(error)


@contextmanager
def no_folder(folder: Path) -> Iterator[None]:
    """Have a file stand where attachments are kept."""
    folder.mkdir(exist_ok=True)
    moved = folder.rename(folder.with_suffix(".away"))
    folder.touch()
    try:
        yield
    finally:
        folder.unlink()
        moved.rename(folder)


@contextmanager
def no_room(_: Path) -> Iterator[None]:
    """Have no file become larger than half of what is sent."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGE // 2, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


BROKEN: Final[dict[str, Any]] = {"no folder": no_folder, "no room": no_room}


def refused(answer: httpx.Response) -> None:
    """Require that something is said to be unavailable, and not for want of a database."""
    [error] = answer.json()["errors"]
    assert error["extensions"]["code"] == "UNAVAILABLE"
    assert "database" not in error["message"]


@pytest.mark.parametrize("broken", BROKEN)
async def test_an_upload_that_cannot_be_kept_is_unavailable(
    api: Api, connection: Connection, tmp_path: Path, caplog: pytest.LogCaptureFixture, broken: str
) -> None:
    """Nothing of it is left; the log says why; once there is room the same is kept."""
    folder = tmp_path / "attachments"
    with BROKEN[broken](folder):
        answer = await api.http.post("/uploads?name=a.bin", content=bytes(LARGE))
    assert answer.status_code == 503
    refused(answer)
    assert await connection.fetchval("select count(*) from upload") == 0
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    assert "Look at the disk" in caplog.text
    assert "Traceback" not in caplog.text
    assert (await api.http.post("/uploads?name=a.bin", content=bytes(LARGE))).status_code == 201


async def test_an_upload_that_cannot_be_read_is_unavailable_to_a_mutation(
    api: Api, connection: Connection, tmp_path: Path
) -> None:
    """Nothing is taken in; once the folder is there again the same is."""
    upload = (await api.http.post("/uploads?name=a.bin", content=b"1")).json()["upload"]
    asked = {"query": LETTER, "variables": {"uploads": [upload]}}
    with no_folder(tmp_path / "attachments"):
        refused(await api.http.post("/graphql", json=asked))
    assert await connection.fetchval("select count(*) from submission") == 0
    answer = (await api.http.post("/graphql", json=asked)).json()
    assert answer == {"data": {"submitLetter": {"change": "NEW", "errors": []}}}


@pytest.mark.parametrize("broken", BROKEN)
async def test_attachments_that_cannot_be_kept_leave_no_submission(
    api: Api, connection: Connection, tmp_path: Path, broken: str
) -> None:
    """All of it is in, or none; and it is no fault of the record, which is not rejected."""
    large = DocumentDraft(name="a.bin", media_type="application/octet-stream", content=bytes(LARGE))
    letter = draft("1", documents=(large,))
    with BROKEN[broken](tmp_path / "attachments"), pytest.raises(OSError) as caught:  # noqa: PT011 - which is tried
        await api.services.intake.take_in([letter], actor="test", now=NOW)
    assert is_of_files(caught.value)
    for table in ("submission", "journal", "rejection", "document"):
        assert await connection.fetchval(f"select count(*) from {table}") == 0  # noqa: S608 - named here
    [outcome] = await api.services.intake.take_in([letter], actor="test", now=NOW)
    assert outcome.change == "NEW"


@pytest.mark.parametrize(("state", "says"), [("53100", "DiskFullError"), ("53200", "OutOfMemoryError")])
async def test_a_database_that_lacks_room_is_unavailable(
    api: Api, connection: Connection, caplog: pytest.LogCaptureFixture, state: str, says: str
) -> None:
    """It answers, but takes nothing: not a fault of ours, and by the name of what it lacks in the log."""
    await connection.execute(FULL % (state, "upload"))
    answer = await api.http.post("/uploads?name=a.bin", content=b"1")
    assert answer.status_code == 503
    refused(answer)
    assert says in caplog.text
    assert "private" not in caplog.text
