"""Processes that we start beside us: kept while they are needed, started again where they die, ended with us."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from casegraph.ending import ENDING
from casegraph.running import unheard
from graph.tasks import finish
from wording import WordedError, Wording

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from multiprocessing.context import SpawnProcess

logger = logging.getLogger("casegraph.children")

SPAWN: Final = multiprocessing.get_context("spawn")
"""A fork would share the event loop, the pool's connections and locks held by other threads."""
PATIENCE: Final = 30.0
"""Seconds that a child has to end in good order."""
RESTART_AFTER: Final = 1.0
LONGEST_PAUSE: Final = 30.0
"""Seconds between two starts of a child that dies again and again: what it lacks may come back."""
LIVED: Final = 60.0
"""Seconds after which a child's death is no longer counted with those before it."""
HOPELESS: Final = 3
"""Deaths in a row after which waiting for what a child does makes no sense."""


class HopelessError(WordedError):
    """A process that we wait for dies again and again. Its own line says why."""


class Kept:
    """One process that is kept running."""

    def __init__(self, name: str, target: Callable[..., None], arguments: tuple[object, ...]) -> None:
        self._name, self._target, self._arguments = name, target, arguments
        self._deaths = 0
        """In a row."""

    def require_hope(self) -> None:
        """Raise HopelessError where the process died several times in a row."""
        if self._deaths >= HOPELESS:
            raise HopelessError(
                Wording(
                    "The process {name} ended {deaths} times in a row. What it said last tells why; mend that "
                    "and run this again: all that was taken in is kept.",
                    name=self._name,
                    deaths=self._deaths,
                )
            )

    async def run(self) -> None:
        """Start the process, and again whenever it ends by itself, until cancelled; then end it."""
        while True:
            process = SPAWN.Process(target=self._target, args=self._arguments, name=self._name)
            began = time.monotonic()
            with unheard():
                process.start()
            with ENDING.last_resort(process.kill):
                try:
                    await _ended(process)
                finally:
                    await asyncio.shield(asyncio.to_thread(_end, process))
            if time.monotonic() - began > LIVED:
                self._deaths = 0
            pause = min(RESTART_AFTER * 2**self._deaths, LONGEST_PAUSE)
            self._deaths += 1
            # Not before: a signal to all of us ends it, too, and may reach it first.
            await asyncio.sleep(pause)
            logger.error(
                "The process %s ended by itself (exit code %s); it is started again.", self._name, process.exitcode
            )


@asynccontextmanager
async def kept(name: str, target: Callable[..., None], *arguments: object) -> AsyncIterator[Kept]:
    """Have a process run `target` while inside."""
    child = Kept(name, target, arguments)
    keeping = asyncio.create_task(child.run())
    try:
        yield child
    finally:
        await finish(keeping)


async def _ended(process: SpawnProcess) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(process.sentinel, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(process.sentinel)


def _end(process: SpawnProcess) -> None:
    process.terminate()
    process.join(PATIENCE)
    if process.is_alive():
        process.kill()
        process.join()
