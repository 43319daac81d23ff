"""Tells errors of files and disks from those of connections: Python has one class for both. Pure."""

from __future__ import annotations

import errno
from typing import Final

OF_DISKS: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.ESTALE})
"""What writing to an open file, reading or syncing it may say. No connection says so."""


def is_of_files(error: BaseException) -> bool:
    """Tell whether an error is of a file or its disk. What opens, moves or removes a file names it in its errors."""
    return isinstance(error, OSError) and (error.filename is not None or error.errno in OF_DISKS)
