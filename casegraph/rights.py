"""Tells which right is missing where a file or folder may not be used, whose it is, and what to do."""

from __future__ import annotations

import os
import pwd
import stat
from pathlib import Path
from typing import Final

ELSEWHERE: Final = "Mount it for writing, or choose another folder with CASEGRAPH_DATA."
ENTERED: Final = "entered"
READ: Final = "read"
WRITTEN: Final = "written"


def denied(name: str, data: Path | None = None) -> str:
    """Say why this process may not use a path; `data` is the folder that a setting moves."""
    path, verb = _culprit(Path(os.path.abspath(name)))  # noqa: PTH100 - resolve() would raise where it may not enter
    try:
        found = path.stat()
    except OSError:
        return f"{path} may not be {verb} by the user {_name(os.geteuid())}. Change its rights."
    owner, me, rights = _name(found.st_uid), _name(os.geteuid()), stat.filemode(found.st_mode)
    line = f"{path} may not be {verb} by the user {me}: it belongs to {owner}, with the rights {rights}."
    todo = "Change its rights" if owner == me else f"Change its rights, run this as {owner}"
    if data is not None and (data == path or data in path.parents or path in data.parents):
        return f"{line} {todo}, or choose another folder with CASEGRAPH_DATA."
    return f"{line} {todo.replace(', run', ' or run')}."


def hindered(path: Path) -> str | None:
    """Return what in a file or folder may not be read and written; None where all may, or none is there."""
    if not os.path.exists(path):  # noqa: PTH110  # which a folder above may forbid to see
        return None
    folder = path.is_dir()
    if not os.access(path, os.R_OK | os.W_OK | (os.X_OK if folder else 0)):
        return str(path)
    return next((found for one in path.iterdir() if (found := hindered(one))), None) if folder else None


def _culprit(path: Path) -> tuple[Path, str]:
    """Return the outermost part of a path that stands in the way, and what may not be done with it."""
    for parent in reversed(path.parents):
        if parent.is_dir() and not os.access(parent, os.X_OK):
            return parent, ENTERED
    if not path.exists():
        return path.parent, WRITTEN
    if not os.access(path, os.R_OK):
        return path, READ
    return path, WRITTEN


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)
