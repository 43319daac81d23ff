"""`erase`: take a person out of the tables, hashes, records as received, texts, attachments and the search index."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING
from uuid import UUID

from casegraph.keeping import sweep
from casegraph.services import make_eraser, open_services
from casegraph.terminal import complain, say
from graph.erasure_list import SubjectKind
from graph.errors import InvalidError
from schema.errors import RequestError
from schema.ids import key_of
from wording import Wording

if TYPE_CHECKING:
    import argparse
    from datetime import datetime

    from casegraph.settings import Settings
    from graph.erasure import Eraser


async def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Erase what is named, or carry out what the erasure list tells of, and sweep up."""
    if not arguments.unfinished and not (arguments.reason and arguments.actor):
        complain(Wording("Say why and who: --reason and --actor. Name nobody in them: both are kept."))
        return 2
    async with open_services(settings, patience=None) as services:
        eraser = make_eraser(settings, services.pool, services.vault)
        if arguments.unfinished:
            await _finish(eraser, services.clock())
        else:
            await _erase(eraser, arguments, services.clock())
        say(Wording("Sweeping the tables and building the index anew …"))
        await sweep(services.pool, services.engine, thorough=arguments.thorough)
    say(Wording("Done. docs/operations.md says what stays on the disk until its room is used again."))
    return 0


async def _finish(eraser: Eraser, now: datetime) -> None:
    unfinished = await eraser.unfinished()
    for erasure in unfinished:
        await eraser.replay(erasure, now)
    say(Wording("{count:,} erasures of the list carried out.", count=len(unfinished)))


async def _erase(eraser: Eraser, arguments: argparse.Namespace, now: datetime) -> None:
    kind, subject = _subject(arguments)
    erased = await eraser.erase(kind, subject, reason=arguments.reason, actor=arguments.actor, now=now)
    if erased.submissions:
        files = f" and {len(erased.files):,} attachments" if erased.files else ""
        say(
            Wording(
                "Erased: {mentions:,} mentions in {submissions:,} submissions{files}.",
                mentions=erased.mentions,
                submissions=erased.submissions,
                files=files,
            )
        )
    else:
        say(Wording("Nothing is left to erase there: it was done before."))


def _subject(arguments: argparse.Namespace) -> tuple[SubjectKind, UUID]:
    """Return what is named, by an id of the API or of the tables; raise InvalidError where it is neither."""
    named = {kind: getattr(arguments, kind.lower()) for kind in SubjectKind}
    ((kind, text),) = ((kind, text) for kind, text in named.items() if text is not None)
    with suppress(ValueError):
        return kind, UUID(text)
    try:
        return kind, key_of(kind.capitalize(), text)
    except RequestError:
        raise InvalidError(kind.lower(), Wording("This is no such id. Copy it whole, as the API gives it.")) from None
