"""Runs a command's coroutine so that Ctrl-C and SIGTERM end it in good order.

The first signal cancels the coroutine, whose `finally` blocks close what is open; nothing is left running. Nothing
else imports uvloop.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import multiprocessing
import signal
from typing import TYPE_CHECKING, Any, Final

import uvloop

from graph.database import is_away

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
COLLECT_AFTER: Final = 50_000
"""Objects made, more than ended, after which the young ones are looked at."""
SIGNALLED: Final = 128
"""What shells add to a signal's number to make an exit code."""


def run(main: Coroutine[object, object, int], signals: tuple[signal.Signals, ...] = SIGNALS) -> int:
    """Run to the end and return the exit code, which tells of the signal where one came."""
    rarely_collect()
    return uvloop.run(_until_signalled(main, signals))


def rarely_collect() -> None:
    """Look for cycles in memory only now and then; what was loaded so far stays and is not looked at again.

    Each batch makes some hundred thousand objects that end by themselves: looking at them took 8 % of intake's time.
    """
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 10, 10)


@contextlib.contextmanager
def unheard(number: signal.Signals = signal.SIGINT) -> Iterator[None]:
    """Keep a signal from processes started inside: a terminal's Ctrl-C is for us, who then end them in good order."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {number})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


async def _until_signalled(main: Coroutine[object, object, int], signals: tuple[signal.Signals, ...]) -> int:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_unheard_error)
    task = asyncio.ensure_future(main)
    caught: list[signal.Signals] = []

    def cancel(number: signal.Signals) -> None:
        caught.append(number)
        task.cancel()

    for number in signals:
        loop.add_signal_handler(number, cancel, number)
    parent = multiprocessing.parent_process()
    if parent is not None:
        # A parent that was killed cannot tell us to end; its end of this pipe closes all the same.
        loop.add_reader(parent.sentinel, _orphaned, loop, parent.sentinel, cancel)
    try:
        return await task
    except (asyncio.CancelledError, Exception) as error:
        # What was open may be lost meanwhile, and closing it fails then.
        if not caught or not (isinstance(error, asyncio.CancelledError) or is_away(error)):
            raise
        return SIGNALLED + caught[0]
    finally:
        if parent is not None:
            loop.remove_reader(parent.sentinel)


def _unheard_error(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Tell of an error that nobody heard, but for lost connections: who uses one hears of it, and tells."""
    error = context.get("exception")
    if error is None or not is_away(error):
        loop.default_exception_handler(context)


def _orphaned(loop: asyncio.AbstractEventLoop, sentinel: int, cancel: Callable[[signal.Signals], None]) -> None:
    loop.remove_reader(sentinel)
    cancel(signal.SIGTERM)
