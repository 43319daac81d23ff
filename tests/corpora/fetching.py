"""Fetches what a library publishes, by the client of its registry, into a folder that is kept."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.corpora.libraries import KNOWN, MAIL, TEXT, Form, Library, Registry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PATIENCE: Final = 300.0
"""Seconds that a registry's client may take for one library."""
MANIFEST: Final = """[package]
name = "none"
version = "0.1.0"
edition = "2021"

[lib]
path = "none.rs"

[dependencies]
{name} = "={version}"
"""


class FetchError(Exception):
    """A library cannot be had. The message is the last line of what its registry's client said."""


def fetched(library: Library, cache: Path) -> Path:
    """Return the folder with what a library publishes; fetch it where it is not there yet. Raises FetchError."""
    if library.registry is Registry.HERE:
        found = find_spec("test")
        if found is None or found.origin is None:
            raise FetchError("this interpreter came without its tests")
        return Path(found.origin).parent / "test_email" / "data"
    folder = cache / f"{library.registry}-{library.name}-{library.version}"
    if not folder.exists():
        partial = folder.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        FETCHES[library.registry](library, partial)
        partial.rename(folder)
    return folder


def _by_pip(library: Library, folder: Path) -> None:
    pinned = f"{library.name}=={library.version}"
    _called([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", library.name, pinned], folder)
    _unpack(folder)


def _by_npm(library: Library, folder: Path) -> None:
    _called(["npm", "pack", "--silent", f"{library.name}@{library.version}"], folder)
    _unpack(folder)


def _by_cargo(library: Library, folder: Path) -> None:
    (folder / "Cargo.toml").write_text(MANIFEST.format(name=library.name, version=library.version))
    (folder / "none.rs").touch()
    _called(["cargo", "vendor", "-q", "all"], folder)
    (folder / "all" / library.name).rename(folder / library.name)
    shutil.rmtree(folder / "all")


FETCHES: Final = {Registry.PYTHON: _by_pip, Registry.NODE: _by_npm, Registry.RUST: _by_cargo}


def _called(words: Sequence[str], folder: Path) -> None:
    try:
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise FetchError(f"{words[0]}: {error}") from None
    if done.returncode != 0:
        raise FetchError((done.stderr.strip().splitlines() or [f"{words[0]} failed"])[-1])


def _unpack(folder: Path) -> None:
    for archive in list(folder.iterdir()):
        if archive.suffix == ".zip":
            with zipfile.ZipFile(archive) as members:
                members.extractall(folder)  # noqa: S202  # it keeps members inside by itself
        else:
            with tarfile.open(archive) as members:
                members.extractall(folder, filter="data")
        archive.unlink()


def files_of(library: Library, folder: Path) -> Iterator[tuple[Path, Form]]:
    """Yield a library's test files and what each is taken in as, by their names."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        if any(path.match(one) for one in library.mails):
            yield path, MAIL
        elif any(path.match(one) for one in library.texts):
            yield path, TEXT
        elif form := KNOWN.get(path.suffix.lower()):
            yield path, form
