"""What is kept too long is found and destroyed, and nothing else is."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph import erasure_list, journal
from graph.attachments import Attachments
from graph.commands import Commands
from graph.erasure import Eraser
from graph.expiry import BATCH, Expiry
from graph.records import Channel, Refusal, RejectionReason
from graph.retention import Kept, RetentionRuleError, load_rules, readable
from graph.uploads import KEPT, Uploads
from tests.graph.factory import GAZETTEER, NOW, draft, make_intake, petitioner
from tests.graph.test_erasure import tables, traces
from tests.viewers import EVERYTHING

if TYPE_CHECKING:
    from pathlib import Path

    from graph.database import Connection, Pool
    from graph.identity import Vault
    from graph.intake import Intake

RULES: Final = load_rules()
DAY: Final = timedelta(days=1)


@pytest.fixture
def intake(pool: Pool, vault: Vault, tmp_path: Path) -> Intake:
    """Take in to a database of the test's own."""
    return make_intake(pool, vault, tmp_path / "attachments")


@pytest.fixture
def expiry(pool: Pool, vault: Vault, tmp_path: Path) -> Expiry:
    """Carry the rules out in a database of the test's own."""
    attachments = Attachments(tmp_path / "attachments")
    eraser = Eraser(pool=pool, vault=vault, attachments=attachments, erasures=tmp_path / "erasures.log")
    return Expiry(pool=pool, eraser=eraser, attachments=attachments, rules=RULES)


async def carried_out(expiry: Expiry, now: datetime) -> dict[Kept, int]:
    """Carry all out and return how many of what went."""
    gone: dict[Kept, int] = {}
    async for kind, count in expiry.carry_out(now):
        gone[kind] = gone.get(kind, 0) + count
    return gone


# The rules --------------------------------------------------------------------------------------------------------


def test_every_rule_has_its_source_and_can_be_read() -> None:
    """Each names the law or the practice; what was not checked is marked; looks at identities are kept for ever."""
    assert all("个人信息保护法" in rule.source for rule in RULES.values())
    lines = readable(list(RULES.values()))
    assert len(lines) == len(Kept)
    assert lines[0].startswith("identities: 10 years† after the last activity")
    assert RULES[Kept.REVEALS].due_before(NOW) is None
    assert RULES[Kept.UPLOADS].due_before(NOW) == NOW - KEPT


def test_years_are_those_of_the_calendar() -> None:
    """A leap day counts as the day before it in other years."""
    leap = datetime(2028, 2, 29, 8, tzinfo=UTC)
    assert RULES[Kept.PAYLOADS].due_before(leap) == datetime(2025, 2, 28, 8, tzinfo=UTC)


@given(
    st.integers(0, 70_000).map(lambda days: datetime(1990, 1, 1, 8, tzinfo=UTC) + DAY * days),
    st.timedeltas(timedelta(0), DAY * 900),
)
def test_what_was_due_stays_due(now: datetime, later: timedelta) -> None:
    """Time only adds to what is due."""
    for rule in RULES.values():
        before = rule.due_before(now)
        after = rule.due_before(now + later)
        assert (before is None) == (after is None)
        assert before is None or after is None or before <= after < now + later


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no rule for identities"),
        ('[[rule]]\nkind = "letters"\nyears = 1\n', "Rule 1"),
        ('[[rule]]\nkind = "uploads"\nyears = 1\ndays = 1\n', "exactly one"),
        ('[[rule]]\nkind = "uploads"\ndays = 0\n', "from 1 to 1000"),
    ],
)
def test_rules_that_cannot_be_used(tmp_path: Path, text: str, says: str) -> None:
    """The error names the rule and what it lacks."""
    (tmp_path / "rules.toml").write_text(text, encoding="utf-8")
    with pytest.raises(RetentionRuleError, match=says):
        load_rules(tmp_path / "rules.toml")


# What they do -----------------------------------------------------------------------------------------------------


async def test_nothing_goes_before_its_time(expiry: Expiry, intake: Intake, connection: Connection) -> None:
    """A case that rests since a day less than the rule says keeps everything."""
    await intake.take_in([draft(mentions=(petitioner(),))], actor="test", now=NOW)
    received = await connection.fetchval('select last_activity_at from "case"')
    before = await tables(connection)
    almost = received.replace(year=received.year + 3) - DAY
    assert not any((await expiry.due(almost)).values())
    assert await carried_out(expiry, almost) == {}
    assert await tables(connection) == before


async def test_payloads_go_first_and_persons_later(
    expiry: Expiry, intake: Intake, connection: Connection, tmp_path: Path, vault: Vault
) -> None:
    """After three years the records as received, after ten the persons, as an erasure that a restore repeats."""
    await intake.take_in([draft(mentions=(petitioner("张三丰"),))], actor="test", now=NOW)
    later = NOW.replace(year=NOW.year + 4)
    assert await expiry.due(later) == {kind: int(kind is Kept.PAYLOADS) for kind in Kept}
    assert await carried_out(expiry, later) == {Kept.PAYLOADS: 1}
    assert await connection.fetchval("select payload is null and key is null from submission_revision")
    assert await connection.fetchval("select name_masked from mention") == "张**"
    last = NOW.replace(year=NOW.year + 11)
    assert await carried_out(expiry, last) == {Kept.IDENTITIES: 1}
    assert await traces(connection, "张三丰", "张**", "13812341234", "138****1234") == []
    (listed,) = erasure_list.read(tmp_path / "erasures.log", vault)
    assert listed.actor == "retention"
    assert (await journal.verify(connection)).broken_at is None
    assert await carried_out(expiry, last) == {}


async def test_a_case_rests_with_all_that_is_joined_to_it(
    expiry: Expiry, intake: Intake, pool: Pool, connection: Connection
) -> None:
    """A fresh submission in one of the joined cases keeps the persons in all of them."""
    old = draft("1", received_at=NOW.replace(year=NOW.year - 12), mentions=(petitioner(),))
    new = draft("2", text="完全不同的一件事。", title="另一件", mentions=(petitioner("李四", "13900001111"),))
    first, second = await intake.take_in([old, new], actor="test", now=NOW)
    assert (await expiry.due(NOW))[Kept.IDENTITIES] == 1
    assert first.case is not None
    assert second.case is not None
    await Commands(pool=pool, gazetteer=GAZETTEER).join_cases(
        leading=second.case, other=first.case, reason="one", by=EVERYTHING, now=NOW
    )
    assert (await expiry.due(NOW))[Kept.IDENTITIES] == 0
    await carried_out(expiry, NOW)
    assert await connection.fetchval("select count(*) from mention where key is null") == 0


async def test_rejections_lose_what_was_refused(expiry: Expiry, intake: Intake, connection: Connection) -> None:
    """That something was refused, why and where stays; it cannot be tried again, and two of one place stay two."""
    refusals = [
        Refusal(channel=Channel.HOTLINE, source="hotline", position="a.csv row 2", reason=RejectionReason.DATE,
                message="A date is none.", payload=payload)
        for payload in (b"one", b"other")
    ]  # fmt: skip
    await intake.take_in(refusals, actor="test", now=NOW)
    later = NOW.replace(year=NOW.year + 2)
    assert await carried_out(expiry, later) == {Kept.REJECTIONS: 2}
    rows = await connection.fetch("select payload, key, position, reason from rejection")
    assert [tuple(row.values()) for row in rows] == [(None, None, "a.csv row 2", "DATE")] * 2
    assert (await journal.verify(connection)).broken_at is None


async def test_uploads_and_files_that_nobody_names(
    expiry: Expiry, pool: Pool, vault: Vault, tmp_path: Path, connection: Connection
) -> None:
    """An upload goes after its day with its file; a file without a row goes a day after it was written."""
    attachments = Attachments(tmp_path / "attachments")
    await Uploads(pool, vault, attachments).keep("a.txt", "text/plain", b"content", NOW, "desk")
    attachments.put("00ff", b"left")
    now = datetime.now(UTC)
    assert (await expiry.due(now))[Kept.FILES] == 0
    os.utime(tmp_path / "attachments" / "00" / "00ff", (0, 0))
    assert (await expiry.due(NOW))[Kept.UPLOADS] == 0
    gone = await carried_out(expiry, NOW + DAY)
    assert gone[Kept.UPLOADS] == 1
    assert list(attachments.names()) == []
    assert await connection.fetchval("select count(*) from upload") == 0


async def test_many_go_in_batches_and_a_killed_one_is_gone_on_with(
    expiry: Expiry, intake: Intake, connection: Connection
) -> None:
    """Each batch is committed by itself: what is left when somebody stops is all that the next run takes."""
    count = BATCH + 7
    drafts = [draft(str(number), title=f"第{number}件", text=f"{number}号路灯坏了。") for number in range(count)]
    await intake.take_in(drafts, actor="test", now=NOW)
    later = NOW.replace(year=NOW.year + 4)
    running = expiry.carry_out(later)
    assert await anext(running) == (Kept.PAYLOADS, BATCH)
    await running.aclose()  # type: ignore[attr-defined]  # a generator
    assert (await expiry.due(later))[Kept.PAYLOADS] == 7
    assert await carried_out(expiry, later) == {Kept.PAYLOADS: 7}
    kinds = await connection.fetch("select count(*) from journal where kind = 'PAYLOAD_EXPIRED'")
    assert kinds[0][0] == count
