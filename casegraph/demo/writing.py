"""Stories written down: each into its channel's folder, form and file, with the truth about them beside."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final

import orjson

from casegraph.demo import forms
from casegraph.demo.flaws import Spoiler, write_broken_files
from casegraph.demo.letters import SUFFIXES, write_letter
from casegraph.demo.sheets import Csv, Json, Workbook
from casegraph.demo.stories import StoryPlan, Town
from casegraph.demo.tables import Form, Tables
from graph.records import Channel

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from casegraph.demo.stories import Story

FOLDERS: Final = {
    Channel.LETTER: "letters",
    Channel.VISIT: "visits",
    Channel.HOTLINE: "hotline",
    Channel.WEB: "web",
}
"""Where each channel's files are, below the town's folder."""
TRUTH: Final = "truth.jsonl"
TWICE: Final = 397
"""One row in so many stands twice in its file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How stories are spread over files."""

    hotline: int
    late: int
    visits: int
    letters: int
    web: int
    """Rows of a file at most."""
    letter_files: int
    """Of a hundred letters: how many are files of their own; the others stand in a register."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TownSummary:
    """What a town's files hold, and what should come of reading them all once."""

    counts: Mapping[Channel, int]
    """Submissions, each counted once."""
    expected_rejections: Mapping[Channel, int]
    expected_revisions: int
    """Tickets that a second export brings again with their answer."""
    expected_duplicate_rows: int
    """Rows that say again, unchanged, what stands above them."""
    matters: int
    people: int
    """Distinct matters and people behind the submissions."""
    files: Mapping[Channel, int]

    @property
    def submissions(self) -> int:
        """How many there are on all channels."""
        return sum(self.counts.values())


@dataclass(slots=True)
class _Tally:
    counts: Counter[Channel] = field(default_factory=Counter)
    revisions: int = 0
    duplicates: int = 0


def write_town(folder: Path, plan: StoryPlan, shape: Shape) -> TownSummary:
    """Write a town's files into a folder and return what they hold."""
    folders = {channel: folder / name for channel, name in FOLDERS.items()}
    for path in folders.values():
        path.mkdir(parents=True, exist_ok=True)
    town, spoiler, tally = Town(plan), Spoiler(), _Tally()
    with ExitStack() as stack:
        tables = {each: stack.enter_context(_tables(folders[each], each, shape)) for each in Channel}
        late = stack.enter_context(
            Tables(folders[Channel.HOTLINE], "工单导出_办结补报", _sheets(forms.HOTLINE), shape.late)
        )
        pen = _Pen(folders, tables, late, spoiler, tally, shape.letter_files)
        truth = stack.enter_context((folder / TRUTH).open("wb"))
        for story in town.stories():
            truth.write(_truth(story, pen.write(story)))
    broken = {channel: write_broken_files(path, channel) for channel, path in folders.items()}
    return TownSummary(
        counts=dict(tally.counts),
        expected_rejections={channel: broken[channel] + spoiler.spoiled[channel] for channel in Channel},
        expected_revisions=tally.revisions,
        expected_duplicate_rows=tally.duplicates,
        matters=town.matters,
        people=town.people,
        files={channel: sum(1 for _ in path.iterdir()) for channel, path in folders.items()},
    )


@dataclass(frozen=True, slots=True)
class _Pen:
    """Writes one story after the other, and keeps the tally."""

    folders: Mapping[Channel, Path]
    tables: Mapping[Channel, Tables]
    late: Tables
    spoiler: Spoiler
    tally: _Tally
    letter_files: int

    def write(self, story: Story) -> Path:
        """Write a story down and return the file that has it."""
        self.tally.counts[story.channel] += 1
        if story.channel is Channel.LETTER and story.thrown(29) < self.letter_files:
            return write_letter(self.folders[Channel.LETTER], story)
        if story.channel is Channel.HOTLINE and story.late:
            return self._write_late(story)
        twice = story.number % TWICE == 0
        self.tally.duplicates += twice
        path = self.tables[story.channel].write(story, times=1 + twice)
        self.spoiler.after(story, self.tables[story.channel])
        return path

    def _write_late(self, story: Story) -> Path:
        """Write a ticket as it stood without its answer, and with it into the later export."""
        self.tally.revisions += 1
        path = self.tables[Channel.HOTLINE].write(replace(story, answer=None))
        self.late.write(story)
        return path


def _truth(story: Story, path: Path) -> bytes:
    """Say who really wrote and what it is really about. A letter in a file has no number of its own."""
    file, alone = _named(path)
    line = {
        "channel": story.channel,
        "file": file,
        "external_id": None if alone else forms.external_id(story),
        "people": [person.key for person in story.people],
        "matter": story.matter.key,
    }
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


@lru_cache(maxsize=64)
def _named(path: Path) -> tuple[str, bool]:
    """Return a file's path below the town's folder, and whether it holds one letter."""
    return f"{path.parent.name}/{path.name}", path.suffix in SUFFIXES


def _tables(folder: Path, channel: Channel, shape: Shape) -> Tables:
    match channel:
        case Channel.HOTLINE:
            return Tables(folder, "工单导出", _hotline_forms(forms.HOTLINE), shape.hotline)
        case Channel.VISIT:
            return Tables(folder, "来访登记表", _sheets(forms.VISITS), shape.visits)
        case Channel.LETTER:
            return Tables(folder, "来信登记表", (Form(".xlsx", forms.LETTERS, Workbook),), shape.letters)
        case Channel.WEB:
            return Tables(folder, "留言", _WEB_FORMS, shape.web)


def _sheets(layout: forms.Layout) -> tuple[Form, ...]:
    return Form(".xlsx", layout, Workbook), Form(".csv", layout, Csv)


def _hotline_forms(layout: forms.Layout) -> tuple[Form, ...]:
    return (
        Form(".xlsx", layout, Workbook),
        Form(".csv", layout, Csv),
        Form(".csv", layout, partial(Csv, encoding="gb18030", moment="%Y/%m/%d %H:%M:%S")),
        Form(".csv", layout, partial(Csv, encoding="utf-8", moment="%Y-%m-%d %H:%M")),
        Form(".csv", layout, partial(Csv, encoding="gb18030")),
    )


_WEB_FORMS: Final = (
    Form(".json", forms.WEB_ITEMS, Json),
    Form(".jsonl", forms.WEB_ITEMS, partial(Json, lines=True, moment="%Y-%m-%dT%H:%M:%S+08:00")),
    Form(".xlsx", forms.WEB, partial(Workbook, moment="%Y年%m月%d日 %H:%M:%S")),
)
