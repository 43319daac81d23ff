"""Runs a command's coroutine so that a signal ends it in good order, as `casegraph.ending` has it.

Nothing else imports uvloop.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import multiprocessing
import signal
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING, Any, Final

import uvloop

from casegraph.ending import ENDING, OF_A_COMMAND
from graph.database import is_away

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

COLLECT_AFTER: Final = 50_000
"""Objects made, more than ended, after which the young ones are looked at."""


def run(main: Coroutine[object, object, int]) -> int:
    """Run to the end and return the exit code, which tells of the signal where one came."""
    rarely_collect()
    return uvloop.run(_until_signalled(main))


def rarely_collect() -> None:
    """Look for cycles in memory only now and then; what was loaded so far stays and is not looked at again.

    Each batch makes some hundred thousand objects that end by themselves: looking at them took 8 % of intake's time.
    """
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 10, 10)


@contextlib.contextmanager
def unheard() -> Iterator[None]:
    """Keep what ends us from processes started inside: it is for us, who then end them.

    One that ends in good order by itself listens to SIGTERM once it can.
    """
    # Python's own process beside ours, where it starts it, lets all signals through again in this one.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, OF_A_COMMAND)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


async def _until_signalled(main: Coroutine[object, object, int]) -> int:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_unheard_error)
    task = asyncio.ensure_future(main)
    with ENDING.cancelling(lambda: loop.call_soon_threadsafe(task.cancel)), _unless_orphaned(loop):
        try:
            return await task
        except (asyncio.CancelledError, Exception) as error:
            if ENDING.caught is None or not _of_the_end(error):
                raise
    ENDING.tell()
    return ENDING.code()


def _of_the_end(error: BaseException) -> bool:
    """Tell whether an error may come of ending: what was open may be lost meanwhile, and closing it fails then."""
    if isinstance(error, asyncio.CancelledError) or is_away(error):
        return True
    from casegraph.troubles import trouble  # noqa: PLC0415  # it knows every error there is, and so most modules

    return trouble(error) is not None


@contextlib.contextmanager
def _unless_orphaned(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """End this process where the one that started it was killed: that cannot tell us, but its end of a pipe closes."""
    parent = multiprocessing.parent_process()
    if parent is None:
        yield
        return
    loop.add_reader(parent.sentinel, _orphaned, loop, parent.sentinel)
    try:
        yield
    finally:
        loop.remove_reader(parent.sentinel)


def _orphaned(loop: asyncio.AbstractEventLoop, sentinel: int) -> None:
    loop.remove_reader(sentinel)
    signal.raise_signal(signal.SIGTERM)


def _unheard_error(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Tell of an error that nobody heard, but for lost connections: who uses one hears of it, and tells."""
    error = context.get("exception")
    if error is None or not is_away(error):
        loop.default_exception_handler(context)
