"""Tells at the start how many connections a process may use and what the server has, before they are missed."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Final, NamedTuple

from graph.database import connected, statements

if TYPE_CHECKING:
    from casegraph.settings import Settings

logger = logging.getLogger("casegraph.connections")

SQL = statements("standing")
READERS: Final = 2 * (os.cpu_count() or 1) + 1
"""Connections that a process reads by. More than there are processors for make the slowest answers four times as slow,
and none faster; all are opened at the start, since the first statement of each costs most."""

SHORT: Final = (
    "That does not fit: once all are in use, requests are refused. Lower CASEGRAPH_POOL_SIZE, or raise the server's"
    " max_connections."
)


class Need(NamedTuple):
    """How many connections a process uses at most."""

    writing: int
    reading: int
    following: int
    """Of followers of the journal, which have their own."""
    looking: int = 1
    """By which those that nobody answers are found out (`graph.lookout`)."""

    @property
    def all(self) -> int:
        """Those of every kind."""
        return sum(self)


def need_of(settings: Settings, following: int) -> Need:
    """Return how many connections the settings allow a process. Pure."""
    return Need(settings.pool_size, min(settings.pool_size, READERS), following)


def told(need: Need, room: int, used: int) -> tuple[int, str]:
    """Return the level and the line that tell whether a process's connections fit. Pure."""
    line = (
        f"This process uses up to {need.all} connections to the database ({need.writing} to write, {need.reading} to"
        f" read, {need.following} to follow the journal and {need.looking} to look after them by); there are {room}, of"
        f" which others use {used} now."
    )
    if need.all <= room - used:
        return logging.INFO, line
    return logging.WARNING, f"{line} {SHORT}"


async def tell(url: str, need: Need, *, embedded: bool) -> None:
    """Log whether the connections of this process fit; of an embedded server, which is made so, only where not."""
    async with connected(url) as connection:
        [row] = await connection.fetch(SQL.room)
    level, line = told(need, row["room"], row["used"])
    if level > logging.INFO or not embedded:
        logger.log(level, "%s", line)
