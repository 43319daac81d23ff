"""`set-aside`: list what the index or alerts failed at, and have it tried again by whoever follows the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from casegraph.services import open_services
from casegraph.terminal import complain, say, show
from graph import set_aside
from wording import Wording

if TYPE_CHECKING:
    import argparse

    from casegraph.services import Services
    from casegraph.settings import Settings

ALL: Final = "all"
SUBJECTS: Final = {"search": "submission", "alerts": "saved search"}
"""What each reader fails at."""


async def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Do what is asked."""
    async with open_services(settings) as services:
        if arguments.action == "list":
            return await _list(services, arguments.limit)
        return await _retry(services, arguments.ids)


async def _list(services: Services, limit: int) -> int:
    async with services.pool.acquire() as connection:
        found = await set_aside.listed(connection, limit)
    for one in found:
        tries = Wording("once") if one.tries == 1 else Wording("{count} times", count=one.tries)
        say(
            Wording(
                "{subject}  {get}  failed {tries}, first at {first_at} UTC",
                subject=one.subject,
                get=SUBJECTS.get(one.reader, one.reader),
                tries=tries,
                first_at=f"{one.first_at:%F %T}",
            )
        )
        show(f"    {one.reason}")
    if not found:
        say(Wording("Nothing is set aside."))
    elif len(found) == limit:
        say(Wording("There may be more: --limit shows them."))
    return 0


async def _retry(services: Services, ids: list[str]) -> int:
    try:
        subjects = None if ids == [ALL] else [UUID(one) for one in ids]
    except ValueError:
        complain(Wording("An id is what `set-aside list` shows at the beginning of a line, or the word `all`."))
        return 2
    async with services.pool.acquire() as connection:
        asked = await set_aside.ask_again(connection, subjects)
    if subjects is not None and asked < len(set(subjects)):
        complain(Wording("Only {asked} of these are set aside.", asked=asked))
        return 1
    say(
        Wording(
            "{asked} will be tried again by `serve` or `work`. What fails once more stays: `set-aside list` shows it.",
            asked=asked,
        )
    )
    return 0
