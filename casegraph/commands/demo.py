"""`demo`: a made-up town's petitions, taken in and served; the next start goes on from where it was."""

from __future__ import annotations

import asyncio
import shutil
import time
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from casegraph.commands.ingest import find_all, ingest, plan_of
from casegraph.commands.serve import serve, told
from casegraph.commands.token import all_seeing
from casegraph.demo.queries import WORTH_TRYING
from casegraph.demo.town import FOLDERS, make_town
from casegraph.ingest import find_items
from casegraph.listening import address, listen
from casegraph.services import for_child, open_services, ways_of
from casegraph.terminal import complain, say, show
from casegraph.workers import worker
from wording import Wording, catalogue

if TYPE_CHECKING:
    import argparse
    import socket
    from pathlib import Path

    from casegraph.services import Services
    from casegraph.settings import Settings

SUBMISSIONS: Final = 3_200
SEED: Final = 7
HOME: Final = "430100"
"""The city of the town's districts, to which all of it was sent."""
DONE: Final = "taken-in"
"""Beside the town's files once they are all in, so that a second start does not read them again."""


async def run(settings: Settings, _: argparse.Namespace) -> int:
    """Make the town where there is none, take in what is not in, serve."""
    began = time.monotonic()
    settings = replace(settings, home_division=settings.home_division or HOME)
    with listen(settings) as opened, told(settings, opened):
        town = settings.data / "demo-town"
        making = asyncio.create_task(asyncio.to_thread(_make, town))
        async with open_services(settings) as services, worker(for_child(services)) as beside:
            await making
            if not (town / DONE).exists():
                await _take_in(services, town)
            await find_all(services, beside)
            await serve(services, opened, lambda: _announce(settings, opened, time.monotonic() - began))
    return 0


def _make(town: Path) -> None:
    """Write the files beside their place and move them there whole."""
    if town.exists():
        return
    partial = town.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    make_town(partial, submissions=SUBMISSIONS, seed=SEED, until=date.today() - timedelta(days=1))  # noqa: DTZ011  # of the town itself
    partial.rename(town)


async def _take_in(services: Services, town: Path) -> None:
    items = [item for channel, name in FOLDERS.items() for item in find_items(channel, [town / name])]
    summary = await ingest(services, plan_of(services.settings, items), "Taking in the town")
    for line in summary.lines():
        complain(line)
    (town / DONE).touch()


def _announce(settings: Settings, opened: socket.socket, seconds: float) -> None:
    """Tell where it is and what to try."""
    show()
    say(Wording("Three queries worth trying:"))
    for query in WORTH_TRYING:
        show(f"\n# {catalogue.told(query.caption)}\n{query.document.rstrip()}")
    show()
    say(
        Wording(
            "Ready after {seconds:.1f} s: {address} shows GraphiQL in a browser of this machine.",
            seconds=seconds,
            address=address(opened),
        )
    )
    if ways_of(settings).development is None:
        say(Wording("Sign in there by the provider, or send a token of it. Ctrl-C stops everything."))
        return
    say(Wording("This link signs you in as somebody who sees everything, for a day:"))
    show()
    show(f"{address(opened)}#token={all_seeing(settings)}")
    show()
    say(Wording("Somebody who sees less: python -m casegraph token --role handler --organ 岳麓区城市管理和综合执法局"))
    say(Wording("Nobody but this machine is answered. Ctrl-C stops everything."))
