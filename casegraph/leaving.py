"""Stops what is done for a client that has gone away, so that PostgreSQL stops, too."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import Receive

LOOK_AFTER: Final = 0.1
"""Seconds after which it is worth looking whether somebody still waits: most answers are sent by then."""


class ClientGoneError(Exception):
    """Whoever asked has closed the connection."""


@asynccontextmanager
async def unless_gone(receive: Receive) -> AsyncIterator[None]:
    """Cancel what is done inside when the client disconnects, and raise ClientGoneError."""
    task = cast("asyncio.Task[object]", asyncio.current_task())
    watch = _Watch(receive, task)
    timer = asyncio.get_running_loop().call_later(LOOK_AFTER, watch.begin)
    try:
        yield
    except asyncio.CancelledError:
        if watch.gone:
            task.uncancel()
            raise ClientGoneError from None
        raise
    finally:
        timer.cancel()
        watch.end()


class _Watch:
    def __init__(self, receive: Receive, task: asyncio.Task[object]) -> None:
        self._receive = receive
        self._task = task
        self._looking: asyncio.Task[None] | None = None
        self.gone = False

    def begin(self) -> None:
        self._looking = asyncio.create_task(self._look())

    def end(self) -> None:
        if self._looking is not None:
            self._looking.cancel()

    async def _look(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.gone = True
        self._task.cancel()
