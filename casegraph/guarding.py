"""Runs a command so that what goes wrong is told in one line.

Apart from `casegraph.troubles`, which knows every error that there is: to import their modules takes as long as most
commands run, so that is done once something has gone wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def guarded(action: Callable[[], int], data: Path | None = None) -> int:
    """Run to the end and return the exit code; tell what goes wrong in one line, where one says enough."""
    try:
        return action()
    except Exception as error:
        from casegraph.terminal import complain  # noqa: PLC0415  # see above
        from casegraph.troubles import trouble  # noqa: PLC0415

        told = trouble(error, data)
        if told is None:
            raise
    complain(told.line)
    return told.code
