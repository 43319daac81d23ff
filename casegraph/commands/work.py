"""`work`: index what the journal tells of, as a process of its own beside several servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casegraph.terminal import say
from casegraph.workers import work
from wording import Wording

if TYPE_CHECKING:
    import argparse

    from casegraph.settings import Settings


async def run(settings: Settings, _: argparse.Namespace) -> int:
    """Work until stopped."""
    say(Wording("Working: what is taken in is indexed as it comes. Ctrl-C stops it."))
    return await work(settings)
