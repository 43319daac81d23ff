"""The one seam to PostgreSQL: pools, transactions' settings and named statements.

Nothing else imports asyncpg. A transaction is opened by the caller; functions that store take a connection.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from weakref import WeakKeyDictionary, WeakValueDictionary

import asyncpg
import asyncpg.pool
import orjson

from graph.errors import DatabaseStateError
from graph.files import is_of_files
from graph.tasks import require_uncancelled
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping

# Strings: the classes themselves take no parameters at run time.
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
PooledConnection: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Row = asyncpg.Record
DatabaseError = asyncpg.PostgresError
DatabaseUnreachable = (OSError, asyncpg.CannotConnectNowError, asyncpg.TooManyConnectionsError)
ConnectionLost = asyncpg.InterfaceError
"""The connection ended while it was used (or we used it wrongly, which tests would have shown)."""
_AWAY: Final = (
    *DatabaseUnreachable,
    ConnectionLost,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.exceptions.IdleSessionTimeoutError,
    asyncpg.exceptions.IdleInTransactionSessionTimeoutError,
    # Whoever is refused while this process runs was let in when it began: a password or a database was changed.
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    # The server has said that it ends the connection, and not ended it yet; or none is the primary, in a failover.
    asyncpg.InternalClientError,
)
BadAddress = asyncpg.ClientConfigurationError
"""The URL says something of the connection that cannot be."""

Uuid = asyncpg.pgproto.pgproto.UUID
"""The UUID that the driver gives, like any other but made from bytes in an eighth of the time."""

StatementTimeout = asyncpg.QueryCanceledError
"""PostgreSQL stopped a statement that took longer than it may."""

CONFLICTED = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
"""PostgreSQL gave this transaction up in favour of another: try it again."""
BAD_RECORD = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.ProgramLimitExceededError)
"""A value cannot be stored: nothing but another value helps."""

OLDEST_SERVER: Final = 18
"""Whose `returning` gives a row as it was before, too."""

FOLDER = Path(__file__).parent / "sql"
NAMED = re.compile(r"^-- name: (?P<name>[a-z_]+)\n(?P<text>.*?)(?=^-- name: |\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Statements:
    """The named statements of one `.sql` file: `statements("journal").read`. Only these are public names of it."""

    _file: str
    _texts: Mapping[str, str]

    def __getattr__(self, name: str) -> str:
        """Return a statement's text; raise AttributeError naming the file where there is none."""
        try:
            return self._texts[name]
        except KeyError:
            raise AttributeError(f"{self._file}.sql has no statement named {name!r}") from None


@cache
def statements(file: str) -> Statements:
    """Load `graph/sql/{file}.sql`, cut at its `-- name: x` lines."""
    text = (FOLDER / f"{file}.sql").read_text(encoding="utf-8")
    return Statements(file, {match["name"]: match["text"].strip() for match in NAMED.finditer(text)})


CONNECTING: Final = 10.0
"""Seconds that the server may take to let a connection in."""
CLOSE_WITHIN: Final = 5.0
"""Seconds that a connection, or all of a pool, has to be closed in good order."""
KEEPALIVE: Final = {
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "25000",  # ms; keepalives are not sent while an answer is not acknowledged
}
"""By which PostgreSQL lets go of a machine that is gone, of its locks and its open transactions."""

_processes: Final[WeakKeyDictionary[Connection, int]] = WeakKeyDictionary()


def connected_processes() -> dict[Connection, int]:
    """Return this process's connections, each with the server's process behind it."""
    return {connection: process for connection, process in _processes.items() if is_open(connection)}


async def _note(connection: Connection) -> int:
    """Put down and return the server's process behind a connection."""
    # The driver's own limit would wait until the server has heard that the statement is given up.
    giving_up = asyncio.get_running_loop().call_later(CONNECTING, connection.terminate)
    try:
        # What the driver was told at the start may be a pooler's invention: the process itself is asked.
        process: int = await connection.fetchval("select pg_backend_pid()")
    finally:
        giving_up.cancel()
    _processes[connection] = process
    return process


@contextmanager
def _ended_unless_whole(connection: Connection) -> Iterator[None]:
    """End a connection at once where it cannot be prepared: the driver would close it in good order, and wait."""
    try:
        yield
    except BaseException:
        connection.terminate()
        raise


async def _prepare(connection: Connection) -> None:
    with _ended_unless_whole(connection):
        _require_new_enough(connection)
        await _note(connection)
        await _set_codecs(connection)


async def _set_codecs(connection: Connection) -> None:
    await connection.set_type_codec(
        "jsonb",
        encoder=lambda value: b"\x01" + orjson.dumps(value),
        decoder=lambda value: orjson.loads(value[1:]),
        schema="pg_catalog",
        format="binary",
    )


async def connect(url: str, **settings: Any) -> Connection:
    """Open one connection with this project's codecs, in UTC.

    Raises one of `DatabaseUnreachable` or `DatabaseError`, and DatabaseStateError where the server is too old.
    """
    connection: Connection = await asyncpg.connect(
        url, timeout=CONNECTING, server_settings={"timezone": "UTC", **KEEPALIVE}, **settings
    )
    await _prepare(connection)
    return connection


def _require_new_enough(connection: Connection) -> None:
    version = connection.get_server_version()
    if version.major < OLDEST_SERVER:
        raise DatabaseStateError(
            Wording(
                "The server is PostgreSQL {major}; casegraph needs {oldest} or newer. Name such a one in "
                "CASEGRAPH_DATABASE_URL.",
                major=version.major,
                oldest=OLDEST_SERVER,
            )
        )


def is_away(error: BaseException) -> bool:
    """Tell whether an error says that the database cannot be reached now, or ended while it was asked. Pure."""
    # The driver's errors of its use hold one for a value that cannot be sent, which is a mistake of ours.
    return isinstance(error, _AWAY) and not isinstance(error, ValueError) and not is_of_files(error)


def is_short(error: BaseException) -> bool:
    """Tell whether PostgreSQL lacks what this takes: room on its disk, memory, locks. Pure."""
    return (state_of(error) or "").startswith("53") and not is_away(error)


def has_no_room(error: BaseException) -> bool:
    """Tell whether an error says that the server has no connection left. Pure."""
    return isinstance(error, asyncpg.TooManyConnectionsError)


@contextmanager
def though_away() -> Iterator[None]:
    """Leave what is inside, and go on behind it, where the database cannot be reached or is lost meanwhile.

    What tidies up after a lost connection belongs in it: an error of its own would take the place of a cancellation.
    """
    try:
        yield
    except Exception as error:
        if not is_away(error):
            raise
        require_uncancelled(error)


def is_open(connection: Connection) -> bool:
    """Tell whether a connection can be used. The driver raises an error instead for one that a pool gave up."""
    try:
        return not connection.is_closed()
    except ConnectionLost:
        return False


def state_of(error: BaseException) -> str | None:
    """Return the SQLSTATE of an error of PostgreSQL's."""
    return error.sqlstate if isinstance(error, DatabaseError) else None


PASSING: Final = ("40", "53", "55P03", "57P")
"""SQLSTATEs, by their beginnings, of what is over by itself though the server answers: conflicts, resources, locks."""


def is_passing(error: BaseException) -> bool:
    """Tell whether an error is of the database's state at the moment, and none of what was asked. Pure."""
    return is_away(error) or (state_of(error) or "").startswith(PASSING)


READER: Final = "casegraph_reader"
"""The role that owns nothing and sees what row-level security lets its viewer see (migration 0003)."""
MARGIN: Final = 5.0
"""Seconds by which a server that lives may be late to stop a statement: one that hangs stops none, and is left then."""
WRITING: Final = 30.0
"""Seconds that a statement which writes may take, and a transaction may wait for its next one, where nobody sits and
watches. A whole batch of `ingest` takes about one; most of the rest is waiting for what others hold."""
MOST_STATEMENTS: Final = 1_000
"""Prepared statements that a reading connection keeps: a plan's statement is planned by PostgreSQL once."""


async def _keep(_: Connection) -> None:
    """Leave a connection as it is: what reads has no state to reset, and resetting costs a round trip."""


_PROOF: Final = """select current_user = $1 and not role.rolsuper and not role.rolbypassrls
    and current_setting('row_security') = 'on' and current_setting('default_transaction_read_only') = 'on'
    and current_setting('TimeZone') = 'UTC'
    and current_setting('plan_cache_mode') = 'force_generic_plan'
    and (select setting from pg_settings where name = 'statement_timeout') = $2
from pg_roles role where role.rolname = current_user"""
"""Whether a connection is who it should be, and set to what protects those who are read about."""
UNPROVEN: Final = Wording(
    "A connection that reads is not the role casegraph_reader, or not set to read only, in UTC, "
    "for a limited time with row-level security: a pooler between may leave start-up parameters "
    "out (PgBouncer's ignore_startup_parameters). Name the server itself in "
    "CASEGRAPH_DATABASE_URL."
)
SHARED: Final = Wording(
    "Two connections are one server process: a pooler between gives them out for each "
    "transaction, so that what one is set to, its role among it, is another's. Name the server "
    "itself in CASEGRAPH_DATABASE_URL, or pool by session."
)


def _proving(patience: int) -> Callable[[Connection], Coroutine[Any, Any, None]]:
    """Return what prepares a reading connection, and raises DatabaseStateError unless it is what was asked for."""
    served: WeakValueDictionary[int, Connection] = WeakValueDictionary()

    async def prepare(connection: Connection) -> None:
        with _ended_unless_whole(connection):
            process = await _note(connection)
            if not await connection.fetchval(_PROOF, READER, str(patience)):
                raise DatabaseStateError(UNPROVEN)
            other = served.get(process)
            if other is not None and is_open(other):
                raise DatabaseStateError(SHARED)
            served[process] = connection
            await _set_codecs(connection)

    return prepare


async def open_reading_pool(url: str, *, largest: int, patience: int) -> Pool:
    """Open a pool whose connections may only read, each statement for at most `patience` ms. The caller closes it.

    Raises DatabaseStateError where a connection is not what was asked for: nothing is read by it.
    """
    return await asyncpg.create_pool(
        url,
        init_size=largest,
        min_size=0,
        max_size=largest,
        init=_proving(patience),
        reset=_keep,
        statement_cache_size=MOST_STATEMENTS,
        max_cached_statement_lifetime=0,
        max_queries=10**9,
        timeout=CONNECTING,
        command_timeout=patience / 1_000 + MARGIN,
        server_settings={
            "timezone": "UTC",
            **KEEPALIVE,
            "role": READER,
            "default_transaction_read_only": "on",
            "statement_timeout": str(patience),
            # Planning a statement takes longer than running it; whatever of its arguments matters is in its text.
            "plan_cache_mode": "force_generic_plan",
        },
    )


async def open_pool(
    url: str, *, smallest: int = 1, largest: int = 10, patience: float | None = None,
    server: Mapping[str, str] | None = None,
) -> Pool:  # fmt: skip
    """Open a pool of such connections, with settings of the server's for them. The caller closes it.

    With `patience`, in seconds, no statement is waited for longer: TimeoutError is raised, the statement stopped, and
    the connection dropped where not even that is heard. PostgreSQL lets go of what such a connection held by itself.
    """
    given = {"timezone": "UTC", **KEEPALIVE, **(server or {})}
    if patience is not None:
        given["idle_in_transaction_session_timeout"] = f"{patience:.3f}s"
    return await asyncpg.create_pool(
        url, init_size=smallest, min_size=0, max_size=largest, init=_prepare, timeout=CONNECTING,
        command_timeout=patience, server_settings=given,
    )  # fmt: skip


async def close(opened: Connection | Pool) -> None:
    """Close in good order; at once where that is not done within seconds, since a dead connection answers nothing."""
    try:
        with though_away():
            async with asyncio.timeout(CLOSE_WITHIN):
                await opened.close()
    finally:
        opened.terminate()


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Connection]:
    """Give one connection, as `connect` opens it."""
    connection = await connect(url)
    try:
        yield connection
    finally:
        await close(connection)


@asynccontextmanager
async def pooled(url: str, *, largest: int) -> AsyncIterator[Pool]:
    """Give a pool, as `open_pool` opens it."""
    pool = await open_pool(url, largest=largest)
    try:
        yield pool
    finally:
        await close(pool)


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[Connection]:
    """Lend a connection inside one read-committed transaction: committed at the end, rolled back by an exception."""
    async with pool.acquire() as connection, connection.transaction():
        yield connection
