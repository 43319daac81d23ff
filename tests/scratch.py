"""Where tests keep files: what need not outlive a run in memory where there is room, what many runs use in a cache."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

MEMORY: Final = Path("/dev/shm")  # noqa: S108  # folders of our own in it
ROOM: Final = 4_000_000_000
"""Bytes that must be free there: a run takes a third of it. Containers have some megabytes as they come."""


def use_memory() -> None:
    """Have temporary files lie in memory, here and in what is started from here, unless `TMPDIR` names a folder.

    Hundreds of databases are made and dropped in a run: on a disk that takes longer than all that is asked of them.
    """
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ.setdefault("TMPDIR", str(MEMORY))
        tempfile.tempdir = None


def cache() -> Path:
    """Return the folder, in the user's cache, of what is brought once for all runs."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "casegraph-tests"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
