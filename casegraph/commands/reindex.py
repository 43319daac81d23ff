"""`reindex`: build the search index anew beside the one that is searched meanwhile, then take its place."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from casegraph.keeping import rebuild_index
from casegraph.services import open_services
from casegraph.terminal import say
from wording import Wording

if TYPE_CHECKING:
    import argparse

    from casegraph.settings import Settings

BESIDE: Final = 10
"""How far it gives way to those who answer: it has hours, they have milliseconds."""


async def run(settings: Settings, _: argparse.Namespace) -> int:
    """Fill a new generation and let it go live; a worker that runs goes on with it."""
    os.nice(BESIDE)
    async with open_services(settings, patience=None) as services:
        reached = await rebuild_index(services.pool, services.engine)
    say(Wording("The index is built, up to entry {reached:,} of the journal.", reached=reached))
    return 0
