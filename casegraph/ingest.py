"""Takes files in: a process reads them, this one stores, another indexes; all three at the same time."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from casegraph.reading import Item, read_all, source_of
from connectors.connector import printable
from graph.outcomes import Change, SourceCursor
from graph.positions import file_of
from graph.records import Channel, Unread
from graph.text.numbers import masked
from wording import WordedError, Wording

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from casegraph.reading import Plan
    from casegraph.services import Services
    from casegraph.terminal import Steps
    from connectors.connector import ReadOptions
    from graph.intake import Intake
    from graph.outcomes import Outcome
    from graph.records import RejectionReason, UnreadField

ACTOR: Final = "ingest"
EXAMPLES: Final = 5
"""Rejections that the summary tells of; `rejections` lists all."""
MOST_NAMES: Final = 1_000
"""Names of what was not read that are counted apart; a hostile file may have no end of them."""
UNREAD: Final = {
    Unread.UNKNOWN: Wording("unknown"),
    Unread.DOUBLED: Wording("another column of the same meaning was read"),
    Unread.LEFT_OUT: Wording("left out by the mapping"),
    Unread.NOT_HERE: Wording("not read of this channel, or not without others"),
    Unread.NO_TEXT: Wording("an object stands there"),
    Unread.NO_SUCH: Wording("not in the vocabulary"),
}
"""Why something was not read, in words."""


COUNTED: Final = (Change.NEW, Change.REVISED, Change.UNCHANGED, Change.REJECTED)


class NothingToReadError(WordedError):
    """What was named to be taken in is not there."""


@dataclass(slots=True)
class Summary:
    """What became of all that was read."""

    changes: Counter[Change] = field(default_factory=Counter)
    reasons: Counter[RejectionReason] = field(default_factory=Counter)
    examples: list[Outcome] = field(default_factory=list)
    unread: Counter[UnreadField] = field(default_factory=Counter)
    unnamed: int = 0
    """How often something was not read whose name is not among those that are counted."""

    def add(self, outcomes: Sequence[Outcome]) -> None:
        """Count outcomes."""
        for outcome in outcomes:
            self.changes[outcome.change] += outcome.records
            self._pass_over(outcome.unread)
            if outcome.reason is not None:
                self.reasons[outcome.reason] += outcome.records
                if len(self.examples) < EXAMPLES:
                    self.examples.append(outcome)

    def _pass_over(self, unread: Iterable[UnreadField]) -> None:
        for one in unread:
            if one in self.unread or len(self.unread) < MOST_NAMES:
                self.unread[one] += 1
            else:
                self.unnamed += 1

    def words(self) -> Wording:
        """Tell the counts in one line."""
        new, revised, unchanged, rejected = (self.changes[change] for change in COUNTED)
        return Wording(
            "{new:,} new, {revised:,} revised, {unchanged:,} unchanged, {rejected:,} rejected",
            new=new, revised=revised, unchanged=unchanged, rejected=rejected,
        )  # fmt: skip

    def lines(self) -> Iterator[Wording]:
        """Tell all a person needs to know: counts, reasons, and where to read on."""
        yield self.words()
        for one, count in self.unread.most_common():
            nearest = Wording("; near: {nearest}", nearest=one.nearest) if one.nearest else ""
            yield Wording(
                "  not read in {count:,} records: {name} ({why}){nearest}",
                count=count, name=one.name, why=UNREAD[one.why], nearest=nearest,
            )  # fmt: skip
        if self.unnamed:
            yield Wording(
                "  not read under more than {most:,} other names: {count:,} times", most=MOST_NAMES, count=self.unnamed
            )
        for reason, count in self.reasons.most_common():
            yield Wording("  {count:,} rejected: {reason}", count=count, reason=reason)
        for outcome in self.examples:
            yield Wording("    {position}: {message}", position=outcome.position, message=outcome.message)
        if self.reasons:
            yield Wording("  All of them: python -m casegraph rejections list")


def find_items(channel: Channel, paths: Iterable[Path]) -> list[Item]:
    """Return the files to read, folders gone through by name; hidden files and editors' locks are not meant.

    Raises NothingToReadError for a path that is not there, OSError for a folder that may not be looked into.
    """
    found = []
    for path in paths:
        if path.is_dir():
            inside = (one for one in sorted(_files(path)) if _is_meant(one.relative_to(path)))
            found += [Item(channel, one, str(one.relative_to(path))) for one in inside]
        elif path.exists():
            found.append(Item(channel, path, path.name))
        else:
            raise NothingToReadError(Wording("There is no {path}. Check the path.", path=path))
    return found


def _files(folder: Path) -> Iterator[Path]:
    """Yield all files below a folder; raise OSError for one that may not be looked into, which else would be missed."""

    def fail(error: OSError) -> None:
        raise error

    for place, _, names in os.walk(folder, onerror=fail):
        yield from (path for name in names if (path := Path(place, name)).is_file())


def _is_meant(path: Path) -> bool:
    return not any(part.startswith((".", "~$")) for part in path.parts)


async def take_in(intake: Intake, plan: Plan, steps: Steps, summary: Summary) -> None:
    """Read a plan's files and take in what they hold. To be stopped at any moment and run again."""
    refused: set[str] = set()
    async with aclosing(read_all(plan)) as reading:
        async for batch in reading:
            now = datetime.now(UTC)
            outcomes = await intake.take_in(batch.readings, actor=ACTOR, now=now)
            refused.update(file_of(one.position) for one in outcomes if one.change is Change.REJECTED)
            whole = [(source_of(plan, item.channel), item.channel, printable(item.name)) for item in batch.whole]
            files = [file for file in whole if masked(file[-1]) not in refused]
            await intake.settle_files(files, actor=ACTOR, now=now)
            summary.add(outcomes)
            steps.advance(batch.files, summary.words())


async def follow_feed(services: Services, address: str, options: ReadOptions, steps: Steps, summary: Summary) -> None:
    """Take in a web platform's feed from where the last run left it. The cursor commits with its page's records."""
    from connectors.feed import FeedOptions, follow  # noqa: PLC0415  # who reads files waits for no HTTP client

    feed = FeedOptions(address=address, token=services.settings.feed_token)
    cursor = await services.intake.cursor(options.source)
    async for page in follow(feed, cursor, options, channel=Channel.WEB):
        kept = SourceCursor(options.source, page.cursor) if page.cursor is not None else None
        outcomes = await services.intake.take_in(page.readings, actor=ACTOR, now=datetime.now(UTC), cursor=kept)
        summary.add(outcomes)
        steps.advance(1, summary.words())
