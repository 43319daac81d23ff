"""Which moments there can be is said in one place, and every door keeps to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.intake import Change
from graph.records import CallBackDraft, Channel, HotlineDetails, LetterDetails, RejectionReason
from graph.times import AHEAD, EARLIEST, misplaced
from tests.graph.factory import NOW, draft, make_intake, reply

if TYPE_CHECKING:
    from pathlib import Path

    from graph.database import Pool
    from graph.identity import Vault

LAST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
FIRST = datetime(1, 1, 1, tzinfo=UTC)


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_is_placed_by_its_instant_as_by_its_day(moment: datetime) -> None:
    """Neither raises, whatever the calendar's ends; a day is misplaced only where no instant of it is not."""
    latest = NOW + AHEAD
    expected = "before 1950" if moment < EARLIEST else "in the far future" if moment > latest else None
    assert misplaced(moment, latest) == expected
    if expected is None:
        assert misplaced(moment.date(), latest) is None


@pytest.mark.parametrize("moment", [FIRST, EARLIEST - timedelta(seconds=1), NOW + AHEAD + timedelta(days=1), LAST])
@pytest.mark.parametrize(
    "made",
    [
        lambda moment: draft("1", received_at=moment),
        lambda moment: draft("1", replies=(replace(reply(), at=moment),)),
        lambda moment: draft("1", call_backs=(CallBackDraft(at=moment),)),
        lambda moment: draft("1", details=HotlineDetails(due_at=moment)),
        lambda moment: draft("1", channel=Channel.LETTER, details=LetterDetails(postmarked_on=moment.date())),
    ],
)
async def test_whatever_a_door_lets_through_intake_turns_down(
    pool: Pool, vault: Vault, tmp_path: Path, made: Any, moment: datetime
) -> None:
    """It is kept as a rejection that says where the date stands; nothing behind it meets such a moment."""
    intake = make_intake(pool, vault, tmp_path / "attachments")
    [outcome] = await intake.take_in([made(moment)], actor="test", now=NOW)
    assert outcome.change is Change.REJECTED
    row = await pool.fetchrow("select reason, message from rejection")
    assert row
    assert row["reason"] == RejectionReason.DATE
    assert "date lies" in row["message"]
