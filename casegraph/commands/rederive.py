"""`rederive`: bring what was taken in before to where it belongs by the homes that are set now."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from casegraph.services import homes_of, open_services
from casegraph.terminal import say, steps
from connectors.headings import load_mapping
from graph.rederiving import Rederiving
from sync.rereading import said_again
from wording import Wording

if TYPE_CHECKING:
    import argparse

    from casegraph.settings import Settings


async def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Derive the divisions and places of all that stands again; to be stopped at any moment and run once more."""
    mapping = load_mapping(arguments.mapping) if arguments.mapping else None
    changed, looked = 0, 0
    async with open_services(settings, patience=None) as services:
        read = partial(said_again, options=replace(services.read_options, mapping=mapping))
        rederiving = Rederiving(services.pool, services.vault, homes_of(settings), read)
        total = await services.pool.fetchval("select count(*) from submission")
        with steps("Deriving where it belongs", total) as bar:
            batch = await rederiving.next()
            while batch:
                changed += await rederiving.rederive(batch, datetime.now(UTC))
                looked += len(batch)
                bar.advance(len(batch), f"{changed:,} changed")
                batch = await rederiving.next(batch[-1])
    say(
        Wording(
            "{changed:,} of {looked:,} belong elsewhere than was thought, or name other places.",
            changed=changed,
            looked=looked,
        )
    )
    return 0
