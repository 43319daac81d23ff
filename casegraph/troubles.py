"""What a person is told where a command cannot go on: one line that says what is wrong, and an exit code.

Codes are those of `sysexits.h`, so that a script can tell a wrong setting from a server that is down. An error that is
not listed here is a mistake of ours and keeps its traceback.
"""

from __future__ import annotations

import errno
import os
import shutil
import ssl
from typing import TYPE_CHECKING, Final, NamedTuple

from casegraph.backup.manifest import BackupError
from casegraph.children import HopelessError
from casegraph.ingest import NothingToReadError
from casegraph.listening import PortError
from casegraph.postgres import LEAST_ROOM, EmbeddedPostgresError
from casegraph.rights import ELSEWHERE, denied
from casegraph.settings import SettingsError
from casegraph.signin.development import DevelopmentKeyError
from connectors.feed import FeedError
from connectors.headings import MappingError
from graph.database import BadAddress, DatabaseError, is_away
from graph.errors import DatabaseStateError, GraphError, MasterKeyError, UncertainError
from graph.files import is_of_files
from resolvers.trusted import DocumentsError
from search.engine import SearchUnavailableError
from wording import Wording, verbatim

if TYPE_CHECKING:
    from pathlib import Path

CLEAR: Final[tuple[tuple[type[Exception], int], ...]] = (
    (SettingsError, os.EX_CONFIG),
    (DocumentsError, os.EX_CONFIG),
    (DevelopmentKeyError, os.EX_CONFIG),
    (DatabaseStateError, os.EX_CONFIG),
    (MasterKeyError, os.EX_CONFIG),
    (UncertainError, os.EX_TEMPFAIL),
    (PortError, os.EX_UNAVAILABLE),
    (EmbeddedPostgresError, os.EX_UNAVAILABLE),
    (FeedError, os.EX_UNAVAILABLE),
    (HopelessError, os.EX_UNAVAILABLE),
    (NothingToReadError, os.EX_NOINPUT),
    (MappingError, os.EX_DATAERR),
    (BackupError, os.EX_DATAERR),
    (SearchUnavailableError, os.EX_UNAVAILABLE),
    (GraphError, os.EX_DATAERR),
)
"""Errors whose message is what a person needs, and all of it."""
URL: Final = "CASEGRAPH_DATABASE_URL"
FULL: Final = Wording("The disk is full. Make room, or move the data with CASEGRAPH_DATA, then try again.")
OWN_ENDED: Final = Wording(
    "The embedded PostgreSQL has ended. It is started again by whatever runs, and by the next "
    "command: run this again. The file postgres/log in the data folder says why it ended."
)
STATES: Final = {
    "53100": (Wording("The disk of the database is full. Make room there, then try again."), os.EX_IOERR),
    "28P01": (Wording("The database refuses the user or the password of CASEGRAPH_DATABASE_URL."), os.EX_NOPERM),
    "28000": (Wording("The database refuses the user of CASEGRAPH_DATABASE_URL, or how it connects."), os.EX_NOPERM),
    "3D000": (Wording("There is no such database. Create it, or mend CASEGRAPH_DATABASE_URL."), os.EX_CONFIG),
    "42501": (Wording("The database user lacks a right. Let it own its database, then try again."), os.EX_NOPERM),
    "53300": (
        Wording("The database has no connection left. Lower CASEGRAPH_POOL_SIZE, or raise its limit."),
        os.EX_TEMPFAIL,
    ),
}
"""What PostgreSQL's states mean here (appendix A of its manual)."""


class Trouble(NamedTuple):
    """What is told, and how the process ends."""

    line: Wording
    code: int


def _line(error: BaseException) -> Wording:
    said = str(error)
    return said if isinstance(said, Wording) and "\n" not in said else verbatim(" ".join(said.split()))


def trouble(error: BaseException, data: Path | None = None) -> Trouble | None:
    """Return what to tell of an error, None where only a traceback helps. `data` is where things are kept."""
    for kind, code in CLEAR:
        if isinstance(error, kind):
            return Trouble(_line(error), code)
    return _of_the_database(error, data)


def _of_the_database(error: BaseException, data: Path | None) -> Trouble | None:
    match error:
        case DatabaseError(sqlstate=str() as state) if state in STATES:
            return Trouble(*STATES[state])
        case _ if isinstance(error, BadAddress):
            # What a driver says ends with or without a full stop, and may go on with a hint.
            said = str(error).splitlines()[0].rstrip(".")
            return Trouble(Wording("CASEGRAPH_DATABASE_URL cannot be used: {said}.", said=said), os.EX_CONFIG)
        case OSError():
            return _unreachable(error, data)
        case _ if is_away(error):
            return _lost(data)
        case DatabaseError(sqlstate=state):
            refused = Wording(
                "The database refuses ({state}, {kind}). See its log, then try again.",
                state=state,
                kind=type(error).__name__,
            )
            return Trouble(refused, os.EX_SOFTWARE)
    return None


def _lost(data: Path | None) -> Trouble:
    # PostgreSQL that cannot write its log stops at once, and those connected learn no reason.
    if data is not None and shutil.disk_usage(data).free < LEAST_ROOM:
        return Trouble(FULL, os.EX_IOERR)
    if is_embedded():
        return Trouble(OWN_ENDED, os.EX_TEMPFAIL)
    return Trouble(Wording("The database went away. See whether it runs, then run this again."), os.EX_TEMPFAIL)


def is_embedded() -> bool:
    """Tell whether the database is the embedded one: what an operator has not set is not worth a look.

    The settings of a process beside a command name its database, whichever that is.
    """
    return URL not in os.environ


def _of_files(error: OSError, data: Path | None) -> Trouble:
    match error:
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            return Trouble(FULL, os.EX_IOERR)
        case OSError(errno=errno.EROFS, filename=str() as name):
            line = Wording(
                "{name} cannot be written: its disk is mounted for reading alone. {elsewhere}",
                name=name,
                elsewhere=ELSEWHERE,
            )
            return Trouble(line, os.EX_CANTCREAT)
        case OSError(errno=errno.EACCES | errno.EPERM, filename=str() as name):
            return Trouble(denied(name, data), os.EX_CANTCREAT)
        case OSError(errno=errno.ENOENT | errno.EISDIR | errno.ENOTDIR, filename=str() as name):
            return Trouble(
                Wording("{name} cannot be used: {strerror}. Check its path.", name=name, strerror=error.strerror),
                os.EX_IOERR,
            )
        case OSError(filename=str() as name):
            return Trouble(
                Wording("{name} cannot be used: {strerror}. Look at its disk.", name=name, strerror=error.strerror),
                os.EX_IOERR,
            )
        case _:
            return Trouble(
                Wording("The disk cannot be used: {strerror}. Look at it, then try again.", strerror=error.strerror),
                os.EX_IOERR,
            )


def _unreachable(error: OSError, data: Path | None) -> Trouble:
    match error:
        case OSError() if is_of_files(error):
            return _of_files(error, data)
        case ssl.SSLCertVerificationError():
            reason = getattr(error, "verify_message", error.strerror)  # OpenSSL's own errors alone have it
            line = Wording(
                "The database's certificate is not trusted ({reason}). Name its authority with sslrootcert=….",
                reason=reason,
            )
            return Trouble(line, os.EX_NOPERM)
        case _ if is_embedded():
            return Trouble(OWN_ENDED, os.EX_TEMPFAIL)
        case FileNotFoundError(filename=None):
            line = Wording(
                "A socket or file that CASEGRAPH_DATABASE_URL names is not there. Look whether the server runs."
            )
            return Trouble(line, os.EX_UNAVAILABLE)
        case _:
            line = Wording("The database cannot be reached. Look whether it runs, and at CASEGRAPH_DATABASE_URL.")
            return Trouble(line, os.EX_UNAVAILABLE)
