"""Runs a command so that what goes wrong is told in one line.

Apart from `casegraph.troubles`, which knows every error that there is: to import their modules takes as long as most
commands run, so that is done once something has gone wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def guarded(action: Callable[[], int], data: Path | None = None, tell: Callable[[str], object] | None = None) -> int:
    """Run to the end and return the exit code; tell what goes wrong in one line, where one says enough.

    Processes beside a command `tell` their log: the command's own line is the one that a person looks for.
    """
    try:
        return action()
    except Exception as error:
        from casegraph.terminal import complain  # noqa: PLC0415  # see above
        from casegraph.troubles import trouble  # noqa: PLC0415

        told = trouble(error, data)
        if told is None:
            raise
    (tell or complain)(told.line)
    return told.code
