"""The real messages go in as they are. They are not part of the project: without them these tests say so aloud."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.connector import ReadOptions, Resource
from connectors.registry import read
from graph.records import Channel, Draft, WebDetails
from tests.conftest import LOUD, SHARED_DATA
from tests.connectors.factory import ZONE

OPTIONS = ReadOptions(source="web", zone=ZONE)


def real(name: str) -> Path:
    """Return a real sheet, or skip loudly."""
    path = SHARED_DATA / name
    if not path.is_file():
        pytest.skip(f"{LOUD}the real messages ({name}) are not on this machine")
    return path


@pytest.mark.parametrize(("name", "rows"), [("messages_with_replies.xlsx", 2_816), ("messages.xlsx", 3_063)])
def test_the_real_messages_go_in_untouched(name: str, rows: int) -> None:
    """Every row is a draft with its number, account, time and text, and without the blanks around them."""
    found = list(read(Channel.WEB, Resource.from_path(real(name)), OPTIONS))
    drafts = [reading for reading in found if isinstance(reading, Draft)]
    assert (len(drafts), len(found)) == (rows, rows)
    assert all(draft.external_id and draft.external_id.isdecimal() for draft in drafts)
    assert all(draft.text == draft.text.strip() and draft.title for draft in drafts)
    assert all(len(draft.mentions) == 1 and draft.mentions[0].account for draft in drafts)
    assert all(2009 < draft.received_at.year < 2021 for draft in drafts)


def test_the_real_replies_and_likes_are_read() -> None:
    """One sheet has a reply for each message, the other what readers think of it."""
    answered = list(read(Channel.WEB, Resource.from_path(real("messages_with_replies.xlsx")), OPTIONS))
    assert all(isinstance(one, Draft) and len(one.replies) == 1 and one.replies[0].at for one in answered)
    liked = list(read(Channel.WEB, Resource.from_path(real("messages.xlsx")), OPTIONS))
    details = [one.details for one in liked if isinstance(one, Draft)]
    assert all(isinstance(one, WebDetails) and one.likes is not None and one.dislikes is not None for one in details)
