"""`migrate`: bring the database to this version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casegraph.opening import open_database, open_vault, prepare_database
from casegraph.terminal import say
from wording import Wording

if TYPE_CHECKING:
    import argparse

    from casegraph.settings import Settings


async def run(settings: Settings, _: argparse.Namespace) -> int:
    """Apply what is missing and tell what that was."""
    async with open_database(settings) as url:
        applied = await prepare_database(url, open_vault(settings))
    for name in applied:
        say(Wording("Applied {name}.", name=name))
    if not applied:
        say(Wording("The database is of this version already."))
    return 0
