"""`reindex`: build the search index anew from the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casegraph.commands.ingest import find_all
from casegraph.services import for_child, open_services
from casegraph.terminal import say
from casegraph.workers import worker
from search.tantivy_engine import forget

if TYPE_CHECKING:
    import argparse

    from casegraph.settings import Settings


async def run(settings: Settings, _: argparse.Namespace) -> int:
    """Forget the index and fill it again; searches find what is in so far."""
    forget(settings.data / "index")
    async with open_services(settings) as services, worker(for_child(services)):
        await find_all(services)
    say("The index is built.")
    return 0
