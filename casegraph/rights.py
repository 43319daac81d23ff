"""Tells which right is missing where a file or folder may not be used, whose it is, and what to do."""

from __future__ import annotations

import os
import pwd
import stat
from pathlib import Path
from typing import Final

from wording import Wording

ELSEWHERE: Final = Wording("Mount it for writing, or choose another folder with CASEGRAPH_DATA.")
ENTERED: Final = Wording("entered")
READ: Final = Wording("read")
WRITTEN: Final = Wording("written")


def denied(name: str, data: Path | None = None) -> Wording:
    """Say why this process may not use a path; `data` is the folder that a setting moves."""
    path, verb = _culprit(Path(os.path.abspath(name)))  # noqa: PTH100 - resolve() would raise where it may not enter
    me = _name(os.geteuid())
    try:
        found = path.stat()
    except OSError:
        return Wording("{path} may not be {verb} by the user {me}. Change its rights.", path=path, verb=verb, me=me)
    owner, movable = (
        _name(found.st_uid),
        data is not None and (data == path or data in path.parents or path in data.parents),
    )
    what = Wording(
        "{path} may not be {verb} by the user {me}: it belongs to {owner}, with the rights {rights}.",
        path=path, verb=verb, me=me, owner=owner, rights=stat.filemode(found.st_mode),
    )  # fmt: skip
    return Wording("{what} {todo}", what=what, todo=_todo(None if owner == me else owner, movable=movable))


def _todo(owner: str | None, *, movable: bool) -> Wording:
    if owner is None and movable:
        return Wording("Change its rights, or choose another folder with CASEGRAPH_DATA.")
    if owner is None:
        return Wording("Change its rights.")
    if movable:
        return Wording(
            "Change its rights, run this as {owner}, or choose another folder with CASEGRAPH_DATA.", owner=owner
        )
    return Wording("Change its rights or run this as {owner}.", owner=owner)


def hindered(path: Path) -> str | None:
    """Return what in a file or folder may not be read and written; None where all may, or none is there."""
    if not os.path.exists(path):  # noqa: PTH110  # which a folder above may forbid to see
        return None
    folder = path.is_dir()
    if not os.access(path, os.R_OK | os.W_OK | (os.X_OK if folder else 0)):
        return str(path)
    return next((found for one in path.iterdir() if (found := hindered(one))), None) if folder else None


def _culprit(path: Path) -> tuple[Path, Wording]:
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
