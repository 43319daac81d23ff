"""When two mails are one letter: what a stranger chooses does not hide what another wrote."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.letters.framing import imprint
from graph.attachments import Attachments
from graph.erasure import Eraser
from graph.erasure_list import SubjectKind
from graph.intake import Change, Intake
from graph.records import Draft
from tests.connectors.letterbox import draft
from tests.graph.factory import NOW, make_intake

if TYPE_CHECKING:
    from pathlib import Path

    from graph.database import Connection, Pool
    from graph.identity import Vault

LETTER: Final = (
    "Received: from mx1 by mx2; Fri, 05 Mar 2021 09:00:00 +0800\r\n"
    "Message-ID: <1@t.example>\r\n"
    "From: zhang@t.example\r\n"
    "To: desk@city.example\r\n"
    "Subject: 路灯\r\n"
    "Date: Fri, 05 Mar 2021 08:59:00 +0800\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n"
    "Content-Transfer-Encoding: 8bit\r\n"
    "\r\n"
    "小区门口的路灯坏了半个月，请派人来修理。\r\n"
)
LATER: Final = ("Fri, 05 Mar 2021 09:00:00", "Fri, 05 Mar 2021 11:30:00")


@pytest.fixture
def intake(pool: Pool, vault: Vault, tmp_path: Path) -> Intake:
    """Take in to a database of the test's own."""
    return make_intake(pool, vault, tmp_path)


def letter(*changes: tuple[str, str]) -> Draft:
    """Read the letter, with some of it written otherwise."""
    text = LETTER
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return draft(text.encode(), "a.eml")


async def take_in(intake: Intake, one: Draft) -> Change:
    """Take a letter in and tell what became of it."""
    [outcome] = await intake.take_in([one], actor="test", now=NOW)
    return outcome.change


@pytest.mark.parametrize(
    "change",
    [
        ("zhang@t.example", "li@t.example"),
        ("路灯坏了半个月", "什么都没有坏"),
        ("Subject: 路灯", "Subject: 别的"),
        ("08:59:00", "08:59:01"),
        ("charset=utf-8", "charset=utf-16"),
        ("Encoding: 8bit", "Encoding: quoted-printable"),
        ("修理。\r\n", "修理。\r\n\r\n本邮件由邮件列表转发。\r\n"),
    ],
    ids=["sender", "words", "subject", "date", "charset", "encoding", "footer"],
)
async def test_an_id_alone_makes_no_revision(intake: Intake, connection: Connection, change: tuple[str, str]) -> None:
    """Whoever sends something else under an id that they saw does not hide the letter that bears it."""
    assert await take_in(intake, letter()) is Change.NEW
    assert await take_in(intake, letter(change)) is Change.NEW
    assert await connection.fetchval("select count(*) from submission where external_id = '<1@t.example>'") == 2
    assert await connection.fetchval("select max(revision_count) from submission") == 1


async def test_the_same_letter_by_another_way_is_the_same(intake: Intake, connection: Connection) -> None:
    """Sent to two addresses, saved by two programs, read twice; it came when it did so first."""
    assert await take_in(intake, letter(LATER)) is Change.NEW
    assert await take_in(intake, letter()) is Change.REVISED
    saved = draft(f"X-Status: read\r\n{LETTER}".replace("\r\n", "\n").encode(), "b.eml")
    for one in (letter(), letter(LATER), letter(("09:00:00", "10:00:00")), saved):
        assert await take_in(intake, one) is Change.UNCHANGED
    first = letter().received_at
    assert [row[0] for row in await connection.fetch("select received_at from submission")] == [first]


async def test_a_letter_that_is_read_better_is_a_revision(intake: Intake) -> None:
    """After a mend of the reading, the same file says what it said."""
    wrong = replace(letter(), text="5bCP5Yy6")
    assert await take_in(intake, wrong) is Change.NEW
    assert await take_in(intake, letter()) is Change.REVISED


async def test_a_letter_known_by_its_id_alone_is_known_again(intake: Intake, connection: Connection) -> None:
    """What was taken in before imprints counted is no other letter now; what else comes under its id is."""
    before = replace(letter(), imprint="", text="5bCP5Yy6", received_at=letter().received_at - timedelta(hours=8))
    assert await take_in(intake, before) is Change.NEW
    assert await take_in(intake, letter(("路灯坏了半个月", "什么都没有坏"))) is Change.NEW
    assert await take_in(intake, letter()) is Change.REVISED
    assert await take_in(intake, letter()) is Change.UNCHANGED
    bodies = await connection.fetch(
        "select body, received_at from submission join submission_revision said on said.id = revision order by number"
    )
    assert [tuple(row) for row in bodies] == [
        ("小区门口的什么都没有坏，请派人来修理。", letter().received_at),
        (letter().text, letter().received_at),
    ]


async def test_who_was_erased_from_a_letter_known_by_its_id_does_not_come_back(
    intake: Intake, connection: Connection, pool: Pool, vault: Vault, tmp_path: Path
) -> None:
    """Nobody can tell any more whether it is that letter: it says nothing new."""
    [outcome] = await intake.take_in([replace(letter(), imprint="")], actor="test", now=NOW)
    assert outcome.submission is not None
    eraser = Eraser(pool=pool, vault=vault, attachments=Attachments(tmp_path), erasures=tmp_path / "erasures.log")
    await eraser.erase(SubjectKind.SUBMISSION, outcome.submission, reason="asked", actor="test", now=NOW)
    assert await take_in(intake, letter()) is Change.UNCHANGED
    assert await connection.fetchval("select count(*) from submission") == 1


TRANSPORT = st.lists(
    st.sampled_from([
        "Return-Path: <zhang@t.example>", "X-Spam: no", "Received: from mx3 by mx4; Sat, 06 Mar 2021 09:00:00 +0800",
        "List-Id: desk", "Delivered-To: desk@city.example", "DKIM-Signature: v=1; a=rsa-sha256;\r\n\tb=x",
    ]),
)  # fmt: skip


@given(TRANSPORT, st.sampled_from(["\r\n", "\n", "\r\r\n"]), st.sampled_from(["", "\ufeff", "\r\n", "From x Fri\r\n"]))
def test_stations_and_programs_change_no_imprint(added: list[str], end: str, before: str) -> None:
    """What they write is not the sender's: headers of theirs, other ends of lines, marks before the first."""
    text = before + "".join(f"{line}\r\n" for line in added) + LETTER
    assert imprint(text.replace("\r\n", end).encode()) == imprint(LETTER.encode())


@given(st.integers(LETTER.index("From"), len(LETTER.rstrip()) - 1), st.sampled_from("甲x7"))
def test_a_sign_that_the_sender_wrote_changes_the_imprint(place: int, sign: str) -> None:
    """Wherever it stands in what is read here."""
    changed = f"{LETTER[:place]}{sign}{LETTER[place:]}"
    recipient = LETTER.index("To:") <= place < LETTER.index("Subject")
    assert recipient or imprint(changed.encode()) != imprint(LETTER.encode())
