"""Every error that people can mend has one line and a code; every other keeps its traceback."""

from __future__ import annotations

import errno
import os
import ssl
from pathlib import Path

import pytest

from casegraph.guarding import guarded
from casegraph.troubles import FULL, STATES, trouble
from graph.database import BadAddress, ConnectionLost, DatabaseError, connect
from graph.errors import ConflictError
from wording import Wording


@pytest.fixture(autouse=True)
def a_server_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is told of a server that an operator has named."""
    monkeypatch.setenv("CASEGRAPH_DATABASE_URL", "postgresql://somewhere/else")


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), os.EX_IOERR, FULL),
        (OSError(errno.EROFS, "Read-only file system", "/d"), os.EX_CANTCREAT, "/d cannot be written"),
        (PermissionError(errno.EACCES, "Permission denied", "/d"), os.EX_CANTCREAT, "may not be written by the user"),
        (FileNotFoundError(errno.ENOENT, "No such file or directory"), os.EX_UNAVAILABLE, "is not there"),
        (OSError(errno.EIO, "Input/output error"), os.EX_IOERR, "The disk cannot be used: Input/output error"),
        (OSError(errno.EIO, "Input/output error", "/d"), os.EX_IOERR, "/d cannot be used"),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "/f"), os.EX_IOERR, "/f cannot be used"),
        (PermissionError(errno.EACCES, "Permission denied"), os.EX_UNAVAILABLE, "cannot be reached"),
        (NotADirectoryError(errno.ENOTDIR, "Not a directory", "/f/d"), os.EX_IOERR, "/f/d cannot be used"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), os.EX_UNAVAILABLE, "cannot be reached"),
        (ssl.SSLCertVerificationError(1, "unknown authority"), os.EX_NOPERM, "certificate"),
        (ConnectionLost("connection is closed"), os.EX_TEMPFAIL, "went away"),
        (BadAddress("no certificate\nHINT: make one."), os.EX_CONFIG, "cannot be used: no certificate."),
        (ConflictError(Wording("This\nis so already.")), os.EX_DATAERR, "This is so already."),
    ],
)
def test_it_is_one_line_with_a_code(error: Exception, code: int, says: str, tmp_path: Path) -> None:
    """The line says what is wrong and what to do."""
    told = trouble(error, tmp_path)
    assert told is not None
    assert told.code == code
    assert says in told.line
    assert "\n" not in told.line


@pytest.mark.parametrize(
    "error",
    [ConnectionLost("connection is closed"), ConnectionRefusedError(errno.ECONNREFUSED, "refused"),
     FileNotFoundError(errno.ENOENT, "No such file or directory"), TimeoutError(), ConnectionResetError()],
)  # fmt: skip
def test_nobody_is_sent_to_a_url_that_is_not_set(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The embedded server is started again by whoever runs, and its log says why it ended."""
    monkeypatch.delenv("CASEGRAPH_DATABASE_URL")
    told = trouble(error, tmp_path)
    assert told is not None
    assert told.code == os.EX_TEMPFAIL
    assert "CASEGRAPH_DATABASE_URL" not in told.line
    assert "postgres/log" in told.line


def test_a_mistake_of_ours_keeps_its_traceback() -> None:
    """A line would hide where it is."""
    assert trouble(KeyError("x")) is None

    def fails() -> int:
        raise KeyError("x")

    with pytest.raises(KeyError):
        guarded(fails)


def test_what_goes_well_is_left_alone() -> None:
    """The code is the action's own."""
    assert guarded(lambda: 7) == 7


@pytest.mark.parametrize("state", [*STATES, "57P01", "XX000"])
async def test_what_a_database_answers_is_put_into_words(
    database_url: str, state: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Raised by PostgreSQL itself, each state has its line, which tells nothing of what PostgreSQL quoted."""
    connection = await connect(database_url)
    with pytest.raises(DatabaseError) as caught:
        await connection.execute(f"do $$ begin raise exception 'private' using errcode = '{state}'; end $$")
    await connection.close()

    def fails() -> int:
        raise caught.value

    assert guarded(fails) != 0
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "private" not in told
