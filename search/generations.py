"""The generations of an index folder: which is live, and how the next takes its place. Knows no engine."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VERSION: Final = 7
"""Of the fields that are indexed and of how texts are cut; an index of another version is not there."""
LIVE: Final = "live"
BUILDING: Final = ".building"


def live(folder: Path) -> str | None:
    """Return the name of the live generation, None where there is none of this version."""
    try:
        name = (folder / LIVE).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None
    return name if name.startswith(f"{VERSION}-") and (folder / name).is_dir() else None


def new_generation(folder: Path) -> str:
    """Return the name of a generation that is not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    return f"{VERSION}-{uuid4().hex[:12]}"


def go_live(folder: Path, generation: str) -> None:
    """Move the pointer, whole or not at all."""
    partial = folder / f"{LIVE}.partial"
    partial.write_text(generation, encoding="ascii")
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(folder / LIVE)


def remove_others(folder: Path, generation: str) -> None:
    """Remove all generations but one; what is being built is none yet."""
    for path in folder.iterdir():
        if path.is_dir() and path.name != generation and not path.name.endswith(BUILDING):
            shutil.rmtree(path, ignore_errors=True)


@contextmanager
def building(folder: Path) -> Iterator[str]:
    """Give the name of a folder to build the next generation in; at the end it goes live, and the others are removed.

    Where building fails, nothing has changed. What a killed one left is removed by the next.
    """
    generation = new_generation(folder)
    begun = folder / f"{generation}{BUILDING}"
    for left in folder.glob(f"*{BUILDING}"):
        shutil.rmtree(left, ignore_errors=True)
    begun.mkdir()
    try:
        yield begun.name
    except BaseException:
        shutil.rmtree(begun, ignore_errors=True)
        raise
    begun.rename(folder / generation)
    go_live(folder, generation)
    remove_others(folder, generation)


def written(path: Path) -> tuple[int, int] | None:
    """Return what is another with each commit: the file is replaced, and clocks of file systems are coarse."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino
