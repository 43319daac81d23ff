"""The embedded PostgreSQL: started with the first process that needs it, stopped with the last.

Who uses the server holds a shared `flock` on the file `users`. The kernel drops it when a process dies, however it
dies, so there is no list of processes to prune and none to be wrong about. Starting and stopping happen under an
exclusive lock on the file `turn`. A server whose users were all killed is found running by the next start, which
adopts it, and stops when that ends.

    {data}/postgres/cluster    PostgreSQL's own folder
    {data}/postgres/log        what the server said
    {data}/postgres/run        its socket, where the path is short enough
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
import signal
import stat
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple, Self
from urllib.parse import quote

import psutil

from casegraph.postgres_programs import (
    MAJOR,
    PROGRAMS,
    Account,
    EmbeddedPostgresError,
    account_for,
    open_prefix,
    require_runnable,
    run,
)
from casegraph.rights import ELSEWHERE, denied
from wording import Wording, verbatim

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

__all__ = ["LEAST_ROOM", "TUNING", "EmbeddedPostgres", "EmbeddedPostgresError"]

USER: Final = "casegraph"
DATABASE: Final = "casegraph"
PORT: Final = "5432"
"""Names the socket; nothing listens on a port of that number."""
SOCKET_PATH_LIMIT: Final = 107
"""Bytes that `sockaddr_un` has room for on Linux."""
LOG_LIMIT: Final = 10_000_000
LEAST_ROOM: Final = 32_000_000
"""Bytes: PostgreSQL adds to its log by whole files of 16 MiB, and ends where there is no room for one."""
STOPPING: Final = 60.0
"""Seconds to wait for a server that another process is just stopping or starting."""
PAUSE: Final = 0.02
ABANDONING: Final = 0.5
"""Seconds that a server has to end in at once; it does so by itself whoever waits."""
PID_FILE: Final = "postmaster.pid"

TUNING: Final[Mapping[str, str]] = MappingProxyType({
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",  # a year is taken in between two checkpoints
    "min_wal_size": "256MB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "random_page_cost": "1.1",  # nobody runs this on a spinning disk
    "jit": "off",  # our statements are short; compiling them costs more than it saves
    "synchronous_commit": "on",
    "fsync": "on",
    "timezone": "UTC",
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] ",
    "log_parameter_max_length": "0",  # parameters name people
    "log_parameter_max_length_on_error": "0",
    "log_min_error_statement": "panic",
})  # fmt: skip


class Address(NamedTuple):
    """Where a server's socket is: its folder, and the port that names it."""

    folder: str
    port: str


class EmbeddedPostgres:
    """One data folder's server, as one user of it. `start` returns the address; `stop` leaves it to the others."""

    def __init__(self, folder: Path, settings: Mapping[str, str] = TUNING) -> None:
        self._folder = Path(os.path.abspath(folder))  # noqa: PTH100 - resolve() would raise where a prefix is closed
        self._cluster = self._folder / "cluster"
        self._settings = dict(settings)
        self._held: int | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def log(self) -> Path:
        """The file that the server writes to."""
        return self._folder / "log"

    def start(self) -> str:
        """Start the server, or join those who use it, and return the URL of its database."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with self._turn():
                account = account_for(self._cluster)
                self._prepare_folder(account)
                self._held = self._held if self._held is not None else self._use()
                try:
                    return _url(self._running() or self._launch(account))
                except BaseException:
                    self._leave()
                    raise
        except OSError as error:
            raise EmbeddedPostgresError(_folder_trouble(self._folder, error)) from None

    def stop(self) -> bool:
        """Leave the server, stop it where nobody else uses it, and tell whether that was so."""
        if self._held is None:
            return False
        with self._turn():
            last = self._is_last()
            if last and self._running():
                self._shut_down()
            self._leave()
        return last

    def abandon(self) -> None:
        """Leave the server at once, whatever we are just doing with it: this process is ending.

        It ends unless others use it, without waiting for anybody's turn. What is committed is safe, and the next start
        recovers it.
        """
        PROGRAMS.let_none_begin()
        if self._held is None or not self._is_last():
            return
        PROGRAMS.end_all()
        until = time.monotonic() + ABANDONING
        if process := self._process():
            process.send_signal(signal.SIGQUIT)
        while self._process() and time.monotonic() < until:
            time.sleep(PAUSE)

    # Who uses it ------------------------------------------------------------------------------------------------

    @contextmanager
    def _turn(self) -> Iterator[None]:
        handle = os.open(self._folder / "turn", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _use(self) -> int:
        handle = os.open(self._folder / "users", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(handle, fcntl.LOCK_SH)
        return handle

    def _is_last(self) -> bool:
        """Tell whether nobody else uses the server. Asked in our turn, so nobody comes or goes meanwhile."""
        assert self._held is not None  # noqa: S101 - `stop` has looked
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _leave(self) -> None:
        if self._held is not None:
            os.close(self._held)
            self._held = None

    # Starting and stopping --------------------------------------------------------------------------------------

    def _prepare_folder(self, account: Account) -> None:
        if not account.switch:
            self._folder.chmod(0o700)
            return
        os.chown(self._folder, account.uid, account.gid)
        self._folder.chmod(0o700)
        open_prefix(self._folder)

    def _running(self) -> Address | None:
        """Return the address of the running server, None where there is none; wait while one comes or goes."""
        until = time.monotonic() + STOPPING
        while (lines := self._postmaster()) is not None:
            if len(lines) > 7 and lines[7].strip() == "ready":
                return Address(folder=lines[4], port=lines[3])
            if time.monotonic() > until:
                raise EmbeddedPostgresError(Wording("PostgreSQL is neither up nor down. Read {log}.", log=self.log))
            time.sleep(PAUSE)
        return None

    def _postmaster(self) -> list[str] | None:
        """Return the lines of the living server's `postmaster.pid`, None where there is none."""
        try:
            lines = (self._cluster / PID_FILE).read_text().splitlines()
        except FileNotFoundError:
            return None
        return lines if self._process() else None

    def _process(self) -> psutil.Process | None:
        """Return the server's process, None where it has ended; remove its file where its number is another's."""
        file = self._cluster / PID_FILE
        try:
            process = psutil.Process(int(file.read_text().splitlines()[0]))
            if process.name().startswith("postgres"):
                return None if process.status() == psutil.STATUS_ZOMBIE else process
        except (FileNotFoundError, ValueError, IndexError, psutil.NoSuchProcess):
            return None
        # After the machine restarted, another program can have the number, which PostgreSQL takes for its own.
        file.unlink(missing_ok=True)
        return None

    def _launch(self, account: Account) -> Address:
        require_runnable(account)
        self._require_own_version()
        if not self._cluster.exists():
            self._create(account)
        self._turn_log()
        socket = self._socket_folder(account)
        options = self._settings | {"unix_socket_directories": str(socket), "unix_socket_permissions": "0700"}
        options.setdefault("port", PORT)
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        with self._opened_log(account) as log:
            # Not by `pg_ctl`: ended in the middle of its work, that would leave a server that nobody knows of.
            server = PROGRAMS.begin(
                "postgres", ["-D", str(self._cluster), *words], account, log, ends_by=signal.SIGQUIT
            )
        while server.poll() is None:
            if address := self._running():
                return address
            time.sleep(PAUSE)
        killed = f"it was ended by {signal.Signals(-server.returncode).name}." if server.returncode < 0 else None
        raise EmbeddedPostgresError(
            Wording("PostgreSQL did not start: {value} See {log}.", value=killed or self._last_words(), log=self.log)
        )

    @contextmanager
    def _opened_log(self, account: Account) -> Iterator[BinaryIO]:
        with os.fdopen(os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as log:
            if account.switch:
                os.fchown(log.fileno(), account.uid, account.gid)
            yield log

    def _create(self, account: Account) -> None:
        """Make the cluster and its database beside its place and move it there whole, however often we are killed."""
        partial = self._folder / "cluster.partial"
        shutil.rmtree(partial, ignore_errors=True)
        durable = [] if self._settings.get("fsync") != "off" else ["--no-sync"]
        made = run(
            "initdb",
            ["-D", str(partial), "-U", USER, "-E", "UTF8", "--no-locale", "--locale-provider=builtin",
             "--builtin-locale=C.UTF-8", "--auth-local=trust", "--auth-host=scram-sha-256", *durable],
            account,
        )  # fmt: skip
        if made.returncode == 0:
            made = run(
                "postgres", ["--single", "-D", str(partial), "postgres"], account, text=f"create database {DATABASE}\n"
            )
        if made.returncode != 0:
            shutil.rmtree(partial, ignore_errors=True)
            raise EmbeddedPostgresError(
                Wording(
                    "The database could not be made in {folder}: {reason}",
                    folder=self._folder,
                    reason=_reason(made.stdout),
                )
            )
        partial.rename(self._cluster)

    def _require_own_version(self) -> None:
        file = self._cluster / "PG_VERSION"
        if not self._cluster.exists():
            return
        version = file.read_text().strip() if file.exists() else "no"
        if version != str(MAJOR):
            raise EmbeddedPostgresError(
                Wording(
                    "{cluster} holds data of {version} PostgreSQL version, this casegraph needs {major}. Dump it "
                    "with that version and restore it here, or choose another folder with CASEGRAPH_DATA.",
                    cluster=self._cluster,
                    version=version,
                    major=MAJOR,
                )
            )

    def _turn_log(self) -> None:
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".old"))

    def _shut_down(self) -> None:
        account = account_for(self._cluster)
        # Without room a server cannot come to a good end, and would be waited for in vain; what is committed is safe.
        full = shutil.disk_usage(self._folder).free < LEAST_ROOM
        for mode in ("immediate",) if full else ("fast", "immediate"):
            stopped = run("pg_ctl", ["stop", "-s", "-w", "-m", mode, "-D", str(self._cluster)], account)
            if stopped.returncode == 0:
                return
        raise EmbeddedPostgresError(
            Wording("PostgreSQL did not stop: {reason} See {log}.", reason=_reason(stopped.stdout), log=self.log)
        )

    # Where it is --------------------------------------------------------------------------------------------------

    def _socket_folder(self, account: Account) -> Path:
        """Return a folder that only the server's user can enter and whose path is short enough for a socket."""
        folder = self._folder / "run"
        if len(os.fsencode(folder / f".s.PGSQL.{PORT}")) > SOCKET_PATH_LIMIT:
            digest = hashlib.sha256(os.fsencode(self._folder)).hexdigest()[:12]
            folder = Path(tempfile.gettempdir()) / f"casegraph-{account.uid}-{digest}"
        folder.mkdir(mode=0o700, exist_ok=True)
        if account.switch:
            os.chown(folder, account.uid, account.gid, follow_symlinks=False)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid:
            raise EmbeddedPostgresError(
                Wording("{folder} belongs to somebody else. Remove it, or set TMPDIR to another folder.", folder=folder)
            )
        folder.chmod(0o700)
        return folder

    def _last_words(self) -> str:
        try:
            with self.log.open("rb") as file:
                file.seek(max(self.log.stat().st_size - 10_000, 0))
                return _reason(file.read().decode(errors="replace"))
        except OSError:
            return "it left no word."


def _url(at: Address) -> str:
    return f"postgresql://{USER}@/{DATABASE}?host={quote(at.folder, safe='/')}&port={at.port}"


def _reason(output: str) -> str:
    """Return the line that tells most of what a program of PostgreSQL said."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    if any("No space left on device" in line for line in lines):
        return Wording("the disk is full. Make room, then try again.")
    telling = [line for line in lines if "FATAL:" in line or "error:" in line or "PANIC:" in line]
    return verbatim(said[-1]) if (said := telling or lines) else Wording("it left no word.")


def _folder_trouble(folder: Path, error: OSError) -> Wording:
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return Wording(
                "The disk of {folder} is full. Make room, or choose another folder with CASEGRAPH_DATA.", folder=folder
            )
        case errno.EROFS:
            return Wording(
                "The disk of {folder} is mounted for reading alone. {elsewhere}", folder=folder, elsewhere=ELSEWHERE
            )
        case errno.EACCES | errno.EPERM:
            return denied(os.fsdecode(error.filename or folder), folder)
        case _:
            return Wording(
                "{value} cannot be used: {strerror}. Choose another with CASEGRAPH_DATA.",
                value=error.filename or folder,
                strerror=error.strerror,
            )
