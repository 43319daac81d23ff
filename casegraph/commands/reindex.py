"""`reindex`: build the search index anew beside the one that is searched meanwhile, then take its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casegraph.keeping import rebuild_index
from casegraph.services import open_services
from casegraph.terminal import say

if TYPE_CHECKING:
    import argparse

    from casegraph.settings import Settings


async def run(settings: Settings, _: argparse.Namespace) -> int:
    """Fill a new generation and let it go live; a worker that runs goes on with it."""
    async with open_services(settings) as services:
        reached = await rebuild_index(services.pool, services.engine)
    say(f"The index is built, up to entry {reached:,} of the journal.")
    return 0
