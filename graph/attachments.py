"""Attachments: sealed files named by keyed digest, on disk before the row that names them is committed."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from graph.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime


class Attachments:
    """A folder of sealed files, spread over 256 subfolders."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name

    def put(self, name: str, sealed: bytes) -> None:
        """Write a sealed file so that it is whole or not there at all, and survives a crash."""
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = path.with_suffix(f".{os.getpid()}.partial")
        try:
            with partial.open("wb") as file:
                file.write(sealed)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        except OSError:
            # A disk that is full needs the room.
            with suppress(OSError):
                partial.unlink(missing_ok=True)
            raise
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def get(self, name: str) -> bytes:
        """Return a sealed file; raise NotFoundError where there is none."""
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError:
            raise NotFoundError("attachment", name) from None

    def names(self) -> Iterator[str]:
        """Yield the name of every file, whole or left over."""
        for path in sorted(self._folder.glob("*/*")):
            yield path.name

    def names_before(self, moment: datetime) -> Iterator[str]:
        """Yield the names of the files that were last written before a moment."""
        for path in sorted(self._folder.glob("*/*")):
            # Whoever writes beside us gives a file its place, or removes it, while we look.
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < moment.timestamp():
                    yield path.name

    def remove(self, name: str) -> None:
        """Remove a file that no row names."""
        self._path(name).unlink(missing_ok=True)
