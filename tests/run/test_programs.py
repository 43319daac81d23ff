"""PostgreSQL's programs: whom they run as, and what is said of a machine that cannot run them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from casegraph import postgres_programs
from casegraph.postgres_programs import (
    Account,
    EmbeddedPostgresError,
    account_for,
    open_to_all,
    programs,
    require_runnable,
    run,
)

ME = Account("me", os.geteuid(), os.getegid(), switch=False)
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="NOT RUN: only root can become others")


@pytest.fixture
def others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose programs are run in the place of ours."""
    monkeypatch.setattr(postgres_programs, "programs", lambda: tmp_path)
    return tmp_path


def program(folder: Path, text: str) -> None:
    """Write a program called postgres."""
    (folder / "postgres").write_text(text)
    (folder / "postgres").chmod(0o755)


def test_a_missing_library_is_named(others: Path) -> None:
    """What the loader says comes whole, with the way around it."""
    program(others, "#!/bin/sh\necho 'postgres: /lib/libc.so.6: version `GLIBC_2.34 not found' >&2\nexit 1\n")
    with pytest.raises(EmbeddedPostgresError, match=r"GLIBC_2\.34 not found.*CASEGRAPH_DATABASE_URL"):
        require_runnable(ME)


def test_a_program_of_another_machine_is_told(others: Path) -> None:
    """It was built for another processor."""
    program(others, "\x7fELF nothing that runs here")
    with pytest.raises(EmbeddedPostgresError, match="does not run on this machine"):
        require_runnable(ME)


def test_missing_programs_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The package is not installed, or is of another major version."""
    monkeypatch.setattr(postgres_programs, "PACKAGE", "no_such_package_anywhere")
    with pytest.raises(EmbeddedPostgresError, match=r"requirements\.txt"):
        programs()


def test_the_programs_run_here() -> None:
    """They tell their version, in a clean environment."""
    os.environ["PGDATA"] = "/nowhere"
    try:
        require_runnable(account_for(Path("/nowhere")))
        assert "18" in run("postgres", ["--version"], account_for(Path("/nowhere"))).stdout
    finally:
        del os.environ["PGDATA"]


@AS_ROOT
def test_root_gives_the_server_to_another(tmp_path: Path) -> None:
    """PostgreSQL never runs as root: a new cluster's server is a system user's, an old one's its owner's."""
    new = account_for(tmp_path / "none")
    assert (new.uid != 0, new.switch) == (True, True)
    os.chown(tmp_path, new.uid, new.gid)
    assert account_for(tmp_path) == new
    os.chown(tmp_path, 0, 0)
    assert account_for(tmp_path).uid != 0


@AS_ROOT
def test_a_folder_of_nobody_known_is_told(tmp_path: Path) -> None:
    """The user who made it is not of this machine."""
    os.chown(tmp_path, 54321, 54321)
    with pytest.raises(EmbeddedPostgresError, match="54321, which has no name here"):
        account_for(tmp_path)
    os.chown(tmp_path, 0, 0)


def test_closed_programs_are_opened_to_the_servers_user(tmp_path: Path) -> None:
    """A checkout made under a tight umask: everybody may read and run them then, and pass through what is above."""
    folder = tmp_path / "tight" / "install"
    (folder / "bin").mkdir(parents=True)
    (folder / "share").write_text("")
    program(folder / "bin", "")
    for path in (folder / "bin" / "postgres", folder / "share"):
        path.chmod(0o700 if path.name == "postgres" else 0o600)
    for path in (folder / "bin", folder, folder.parent):
        path.chmod(0o700)
    open_to_all(folder)
    assert (folder / "bin" / "postgres").stat().st_mode & 0o777 == 0o755
    assert (folder / "share").stat().st_mode & 0o777 == 0o644
    assert folder.parent.stat().st_mode & 0o777 == 0o711
