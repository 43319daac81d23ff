"""Ends tasks, though what they tidy up with fails.

An error in a `finally` block takes the place of a cancellation, and whoever tries again whatever fails would go on.
"""

from __future__ import annotations

import asyncio
import contextlib


async def finish(task: asyncio.Task[object]) -> None:
    """Cancel a task and wait until it has ended, whatever it raises meanwhile."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError, Exception):
        await task


def require_uncancelled(error: Exception) -> None:
    """Raise the cancellation of this task whose place an error has taken. Whoever goes on after errors asks this."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError from error
