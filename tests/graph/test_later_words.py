"""What a source says later adds to what it said, unless it says that it replaces it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.ids import organ_id
from graph.receipts import look_up
from graph.records import (
    CallBackDraft,
    HotlineDetails,
    MentionDraft,
    MentionRole,
    Replaced,
    ReplyDraft,
    Satisfaction,
    Urgency,
)
from tests.graph.factory import NOW, draft, make_intake, petitioner, reply
from tests.graph.test_intake import take_in

if TYPE_CHECKING:
    from pathlib import Path

    from graph.database import Connection, Pool
    from graph.identity import Vault
    from graph.intake import Intake


@pytest.fixture
def intake(pool: Pool, vault: Vault, tmp_path: Path) -> Intake:
    return make_intake(pool, vault, tmp_path)


FIRST, SECOND = reply("已转区城管局办理。", days=2), reply("已责令该店整改。", organ="岳麓区生态环境局", days=1)


async def held(connection: Connection) -> list[str]:
    """Return the bodies of the events that hold, in their order."""
    rows = await connection.fetch("select body from event where until is null order by at, id")
    return [row["body"] for row in rows]


@pytest.mark.parametrize("later", [(SECOND,), (FIRST, SECOND), (SECOND, FIRST)])
async def test_a_newer_reply_adds_to_the_first(
    intake: Intake, connection: Connection, later: tuple[ReplyDraft, ...]
) -> None:
    """In events, for the petitioner with the receipt, and with the part of the organ that gave it."""
    [first] = await take_in(intake, draft(replies=(FIRST,)))
    await take_in(intake, draft(replies=later))
    assert await held(connection) == [FIRST.text, SECOND.text]
    assert first.receipt_code is not None
    receipt = await look_up(connection, first.receipt_code)
    assert receipt is not None
    assert [one.text for one in receipt.replies] == [FIRST.text, SECOND.text]
    parts = await connection.fetch("select organ from case_organ where state = 'ACCEPTED'")
    assert {row["organ"] for row in parts} == {organ_id(str(one.organ)) for one in (FIRST, SECOND)}


async def test_a_record_without_replies_leaves_the_case_answered(intake: Intake, connection: Connection) -> None:
    """It was answered, whatever the export leaves out."""
    await take_in(intake, draft(replies=(FIRST,), call_backs=(CallBackDraft(satisfaction=Satisfaction.SATISFIED),)))
    await take_in(intake, draft(title="烧烤店油烟扰民（第二次）"))
    assert await connection.fetchval('select status from "case"') == "ANSWERED"
    assert len(await held(connection)) == 2


async def test_what_says_that_it_replaces_replaces(intake: Intake, connection: Connection) -> None:
    """A reply that was entered wrongly ends; a record that replaces by nothing says that there is none."""
    await take_in(intake, draft(replies=(FIRST,)))
    await take_in(intake, draft(replies=(SECOND,), replaces=frozenset({Replaced.REPLIES})))
    assert await held(connection) == [SECOND.text]
    await take_in(intake, draft(title="无答复", replaces=frozenset({Replaced.CALL_BACKS})))
    assert await held(connection) == [SECOND.text]
    await take_in(intake, draft(title="无答复", replaces=frozenset({Replaced.REPLIES})))
    assert await held(connection) == []
    assert await connection.fetchval('select status from "case"') == "REGISTERED"
    assert await connection.fetchval("select count(*) from event") == 2, "what was said stays on record"


MORE = ReplyDraft(text="已办结，电话13812341234。", organ="岳麓区城市管理局", at=NOW - timedelta(days=1))


@pytest.mark.parametrize(
    "less",
    [
        replace(MORE, at=None),
        replace(MORE, organ=None),
        replace(MORE, organ=None, at=None),
    ],
)
@pytest.mark.parametrize("forwards", [True, False])
async def test_a_reply_that_is_told_again_with_more_or_less_is_one(
    intake: Intake, connection: Connection, less: ReplyDraft, *, forwards: bool
) -> None:
    """Its time and its organ may be known later, or be left out later."""
    told = [less, MORE] if forwards else [MORE, less]
    for number, one in enumerate(told):
        await take_in(intake, draft(title=f"第{number}次", replies=(one,)))
    [row] = await connection.fetch("select at_given, organ, body from event where until is null")
    assert row["at_given"]
    assert row["organ"] == organ_id("岳麓区城市管理局")


async def test_equal_words_at_two_times_are_two_replies(intake: Intake, connection: Connection) -> None:
    """Somebody said the same again."""
    await take_in(intake, draft(replies=(FIRST,)))
    await take_in(intake, draft(replies=(replace(FIRST, at=NOW),)))
    assert len(await held(connection)) == 2


async def test_what_a_record_leaves_out_stays(intake: Intake, connection: Connection) -> None:
    """Its people, its organ, its topic and what only a ticket has; what is named replaces these, and nothing else."""
    agent = MentionDraft(role=MentionRole.AGENT, name="李四")
    full = draft(
        mentions=(petitioner(), agent), organ="岳麓区教育局", topic="城乡建设",
        details=HotlineDetails(ticket_type="投诉", urgency=Urgency.URGENT),
    )  # fmt: skip
    await take_in(intake, full)
    bare = draft(title="只有新标题", details=HotlineDetails(urgency=Urgency.CRITICAL))
    await take_in(intake, bare)
    roles = "select role from mention where until is null order by role"
    assert [row["role"] for row in await connection.fetch(roles)] == ["AGENT", "PETITIONER"]
    parts = "select organ from case_organ where state = 'ACCEPTED'"
    assert [row["organ"] for row in await connection.fetch(parts)] == [organ_id("岳麓区教育局")]
    assert await connection.fetchval("select topic from submission") is not None
    details = await connection.fetchval("select details from submission_revision order by number desc limit 1")
    assert (details["ticket_type"], details["urgency"]) == ("投诉", "CRITICAL")
    await take_in(intake, replace(bare, organ="岳麓区民政局", mentions=(petitioner("王五"),)))
    assert [row["organ"] for row in await connection.fetch(parts)] == [organ_id("岳麓区民政局")]
    assert [row["role"] for row in await connection.fetch(roles)] == ["AGENT", "PETITIONER"]
    await take_in(intake, replace(bare, replaces=frozenset(Replaced)))
    assert await connection.fetch(parts) == []
    assert await connection.fetch(roles) == []
    assert await connection.fetchval("select topic from submission") is None
    details = await connection.fetchval("select details from submission_revision order by number desc limit 1")
    assert details["ticket_type"] is None


async def test_the_same_record_that_replaces_is_no_news_twice(intake: Intake, connection: Connection) -> None:
    """And one that says nothing of replacing is the record that it was before this was possible."""
    again = draft(replies=(FIRST,), replaces=frozenset({Replaced.REPLIES}))
    changes = [(await take_in(intake, one))[0].change for one in (again, again, draft(replies=(FIRST,)))]
    assert changes == ["NEW", "UNCHANGED", "REVISED"]
    assert await held(connection) == [FIRST.text]


TEXTS = ("一", "二", "三")
REPLIES = st.lists(
    st.builds(
        ReplyDraft,
        text=st.sampled_from(TEXTS),
        organ=st.sampled_from([None, "岳麓区教育局", "岳麓区民政局"]),
        at=st.sampled_from([None, NOW - timedelta(days=2), NOW - timedelta(days=1)]),
    ),
    max_size=3,
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=st.lists(REPLIES, min_size=1, max_size=4))
async def test_nothing_that_was_said_is_lost(intake: Intake, connection: Connection, told: list[list[Any]]) -> None:
    """Each reply of each record is held by an event that says all of it; nothing is held that no record said."""
    number = await connection.fetchval("select count(*) from submission")
    for turn, replies in enumerate(told):
        await take_in(intake, draft(f"series {number}", title=f"第{turn}次", replies=tuple(replies)))
    rows = await connection.fetch(
        """select body, case when at_given then at end as at, organ from event
        join submission on submission.id = event.submission
        where submission.external_id = $1 and until is null""",
        f"series {number}",
    )
    holding = [tuple(row) for row in rows]
    said = [(one.text, one.at, organ_id(one.organ) if one.organ else None) for record in told for one in record]
    for text, at, organ in said:
        assert any(text == body and at in (None, when) and organ in (None, who) for body, when, who in holding), (
            text,
            at,
            organ,
        )
    assert set(holding) <= set(said)
