"""`erase`: take a person out of the tables, hashes, records as received, texts, attachments and the search index."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casegraph.keeping import sweep
from casegraph.services import make_eraser, open_services
from casegraph.terminal import complain, say
from graph.erasure_list import SubjectKind

if TYPE_CHECKING:
    import argparse
    from datetime import datetime

    from casegraph.settings import Settings
    from graph.erasure import Eraser


async def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Erase what is named, or carry out what the erasure list tells of, and sweep up."""
    if not arguments.unfinished and not (arguments.reason and arguments.actor):
        complain("Say why and who: --reason and --actor. Name nobody in them: both are kept.")
        return 2
    async with open_services(settings) as services:
        eraser = make_eraser(settings, services.pool, services.vault)
        if arguments.unfinished:
            await _finish(eraser, services.clock())
        else:
            await _erase(eraser, arguments, services.clock())
        say("Sweeping the tables and building the index anew …")
        await sweep(services.pool, settings.data / "index", thorough=arguments.thorough)
    say("Done. docs/operations.md says what stays on the disk until its room is used again.")
    return 0


async def _finish(eraser: Eraser, now: datetime) -> None:
    unfinished = await eraser.unfinished()
    for erasure in unfinished:
        await eraser.replay(erasure, now)
    say(f"{len(unfinished):,} erasures of the list carried out.")


async def _erase(eraser: Eraser, arguments: argparse.Namespace, now: datetime) -> None:
    named = {
        SubjectKind.MENTION: arguments.mention,
        SubjectKind.PARTY: arguments.party,
        SubjectKind.SUBMISSION: arguments.submission,
    }
    ((kind, subject),) = ((kind, subject) for kind, subject in named.items() if subject is not None)
    erased = await eraser.erase(kind, subject, reason=arguments.reason, actor=arguments.actor, now=now)
    if erased.submissions:
        files = f" and {len(erased.files):,} attachments" if erased.files else ""
        say(f"Erased: {erased.mentions:,} mentions in {erased.submissions:,} submissions{files}.")
    else:
        say("Nothing is left to erase there: it was done before.")
