"""The demo town through the connectors: all that is sound is read, all that is broken is refused, nothing else."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from casegraph.demo.flaws import FILES
from casegraph.demo.letters import SUFFIXES
from casegraph.demo.town import FOLDERS
from casegraph.demo.year import make_year
from connectors.connector import ReadOptions, Resource
from connectors.registry import read
from graph.records import Channel, Draft, MentionRole, PetitionKind, Reading, Refusal, RejectionReason
from tests.demo.test_town import truth

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.demo.conftest import WrittenTown

OPTIONS = ReadOptions(source="demo", zone=ZoneInfo("Asia/Shanghai"))
TABLES = [Channel.HOTLINE, Channel.VISIT, Channel.WEB]


def readings(folder: Path, channel: Channel) -> Iterator[Reading]:
    for path in sorted((folder / FOLDERS[channel]).iterdir()):
        yield from read(channel, Resource.from_path(path), OPTIONS)


def drafts(town: WrittenTown, channel: Channel) -> list[Draft]:
    return [reading for reading in readings(town.folder, channel) if isinstance(reading, Draft)]


@pytest.mark.parametrize("channel", list(Channel))
def test_exactly_what_is_broken_is_refused(town: WrittenTown, channel: Channel) -> None:
    """Each flaw is one refusal, each broken file among them, and no sound record is."""
    refusals = [reading for reading in readings(town.folder, channel) if isinstance(reading, Refusal)]
    assert len(refusals) == town.summary.expected_rejections[channel]
    positions = [refusal.position for refusal in refusals]
    assert all(any(position.startswith(name) for position in positions) for name in FILES[channel])
    assert {RejectionReason.MISSING_FIELD, RejectionReason.DATE} <= {refusal.reason for refusal in refusals}


@pytest.mark.parametrize("channel", TABLES)
def test_every_submission_is_read_under_its_number(town: WrittenTown, channel: Channel) -> None:
    """The truth and the drafts know the same ids."""
    ids = {draft.external_id for draft in drafts(town, channel)}
    assert ids == {line["external_id"] for line in truth(town) if line["channel"] == channel}
    assert len(ids) == town.summary.counts[channel]


def test_every_letter_is_read_once(town: WrittenTown) -> None:
    """Whether it stands in the register or is a file."""
    positions = Counter(draft.position for draft in drafts(town, Channel.LETTER))
    in_files = [line["file"] for line in truth(town) if line["file"].endswith(tuple(SUFFIXES))]
    assert all(any(position.startswith(file.rpartition("/")[2]) for position in positions) for file in in_files)
    assert positions.total() - town.summary.counts[Channel.LETTER] in {0, 1}


def test_rows_are_as_many_as_the_summary_says(town: WrittenTown) -> None:
    """Submissions, revisions and repeated rows make up all that is read."""
    rows = sum(len(drafts(town, channel)) for channel in Channel)
    summary = town.summary
    assert rows == summary.submissions + summary.expected_revisions + summary.expected_duplicate_rows


@pytest.mark.parametrize("channel", list(Channel))
def test_the_times_are_the_towns(town: WrittenTown, channel: Channel) -> None:
    """Every form of date means the same clock: what came on one day stands under numbers of that day."""
    for draft in drafts(town, channel):
        if draft.external_id is not None and draft.position.partition("_")[0] != "来信":
            assert f"{draft.received_at.astimezone(OPTIONS.zone):%Y%m%d}" in draft.external_id


def test_kinds_topics_and_people_come_through(town: WrittenTown) -> None:
    """What the town says of a ticket is what the connectors find in it."""
    tickets = drafts(town, Channel.HOTLINE)
    assert {draft.kind for draft in tickets} == set(PetitionKind)
    assert all(draft.topic and draft.division and draft.organ for draft in tickets)
    roles = Counter(mention.role for draft in tickets for mention in draft.mentions)
    assert roles[MentionRole.PETITIONER] > roles[MentionRole.RESPONDENT] > 0
    assert any(draft.replies and draft.call_backs for draft in tickets)
    representatives = [
        mention
        for draft in drafts(town, Channel.VISIT)
        for mention in draft.mentions
        if mention.role is MentionRole.REPRESENTATIVE
    ]
    assert representatives


def test_letters_say_who_wrote_them(town: WrittenTown) -> None:
    """The labelled lines of a letter become its petitioners with their numbers."""
    letters = [draft for draft in drafts(town, Channel.LETTER) if not draft.position.startswith("来信登记表")]
    assert letters
    petitioners = [mention for draft in letters for mention in draft.mentions if mention.role is MentionRole.PETITIONER]
    assert all(any(mention.name for mention in draft.mentions) for draft in letters)
    assert sum(mention.phone is not None for mention in petitioners) > len(letters) // 2
    assert any(len(draft.mentions) > 1 for draft in letters)
    assert any(draft.documents for draft in letters)


def test_a_year_is_of_a_citys_shape(tmp_path: Path) -> None:
    """Mostly tickets; what is said of it holds here as well."""
    summary = make_year(tmp_path, submissions=2_500)
    shares = {channel: count / summary.submissions for channel, count in summary.counts.items()}
    assert 0.8 < shares[Channel.HOTLINE] < 0.9
    assert 0.07 < shares[Channel.WEB] < 0.13
    for channel in Channel:
        read_all = list(readings(tmp_path, channel))
        refused = [reading for reading in read_all if isinstance(reading, Refusal)]
        assert len(refused) == summary.expected_rejections[channel]
