"""An accusation whose accused are not all known is kept from all who could be meant, until somebody names them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.commands import Commands
from graph.errors import ConflictError, NotFoundError
from graph.ids import organ_id
from graph.policy import ForbiddenError
from graph.records import MentionDraft, MentionRole, PartyKind, PetitionKind
from graph.scope import UNNAMED, bounds, scope, scope_of, unconcerned
from graph.seeing import sees
from tests.graph.factory import GAZETTEER, NOW, draft, make_intake, reply
from tests.graph.test_commands import submission_of
from tests.viewers import EVERYTHING

if TYPE_CHECKING:
    from pathlib import Path

    from graph.database import Connection, Pool
    from graph.identity import Vault
    from graph.intake import Intake
    from graph.records import Draft, SubmissionId

SCHOOL: Final = "岳麓区教育局"
DISCIPLINE: Final = "岳麓区纪律检查委员会"
CHIEF: Final = MentionDraft(role=MentionRole.RESPONDENT, name="赵德汉")
DEPUTY: Final = MentionDraft(role=MentionRole.RESPONDENT, name="钱小艾")
BUREAU: Final = MentionDraft(role=MentionRole.RESPONDENT, kind=PartyKind.ORGANISATION, name=SCHOOL)
STAFF: Final = replace(EVERYTHING, organs=frozenset({organ_id(DISCIPLINE)}), seats=("430104",))
ELSEWHERE: Final = replace(EVERYTHING, organs=frozenset({organ_id("芙蓉区教育局")}), seats=("430102",))
CODES: Final = st.sampled_from(["", "43", "4301", "430104", "430105", "430104001", "44", "431000"])


@pytest.fixture
def intake(pool: Pool, vault: Vault, tmp_path: Path) -> Intake:
    """Take in to a database of the test's own."""
    return make_intake(pool, vault, tmp_path)


@pytest.fixture
def commands(pool: Pool) -> Commands:
    """Decide in a database of the test's own."""
    return Commands(pool=pool, gazetteer=GAZETTEER)


def accusing(*accused: MentionDraft, **changes: object) -> Draft:
    """Return an accusation that the bureau answered."""
    usual: dict[str, object] = {
        "kind": PetitionKind.ACCUSATION, "mentions": accused, "division": "430104", "organ": SCHOOL,
        "replies": (reply("查无实据。", organ=DISCIPLINE),),
    }  # fmt: skip
    return draft(**usual | changes)  # type: ignore[arg-type]


async def taken_in(intake: Intake, told: Draft) -> SubmissionId:
    """Return the submission that a draft became or revised."""
    [outcome] = await intake.take_in([told], actor="test", now=NOW)
    return submission_of(outcome)


async def stands(connection: Connection, submission: SubmissionId) -> tuple[bool, dict[str, str]]:
    """Return whether a submission is unnamed, and the last state of each organ's part in its case."""
    unnamed = await connection.fetchval("select unnamed from submission where id = $1", submission)
    rows = await connection.fetch(
        """select organ.name, part.state from case_organ part join organ on organ.id = part.organ
        where part.submission = $1 order by part.id""",
        submission,
    )
    return unnamed, {row["name"]: row["state"] for row in rows}


@pytest.mark.parametrize(
    ("accused", "unnamed"),
    [((), True), ((CHIEF,), True), ((BUREAU, CHIEF), True), ((BUREAU,), False)],
    ids=["nobody", "a person", "an organ and a person", "an organ"],
)
async def test_whoever_is_not_known_is_waited_for(
    intake: Intake, connection: Connection, accused: tuple[MentionDraft, ...], *, unnamed: bool
) -> None:
    """A person may be of any organ, and a text may name anybody; then no organ has a part."""
    found, parts = await stands(connection, await taken_in(intake, accusing(*accused)))
    assert found is unnamed
    other = "PROPOSED" if unnamed else "ACCEPTED"
    assert parts == {SCHOOL: "REJECTED" if BUREAU in accused else other, DISCIPLINE: other}


async def test_it_is_seen_by_whose_organ_cannot_be_meant(intake: Intake, connection: Connection) -> None:
    """Not by the staff of an organ of the division, nor by whom nobody knows where theirs is, though they see all."""
    submission = await taken_in(intake, accusing(CHIEF))
    for viewer, seen in (
        (EVERYTHING, True),
        (ELSEWHERE, True),
        (STAFF, False),
        (replace(ELSEWHERE, seats=None), False),
    ):
        async with connection.transaction():
            assert await sees(connection, viewer, "submission", [submission]) is seen


async def test_named_it_goes_to_organs_but_those_accused(
    intake: Intake, commands: Commands, connection: Connection
) -> None:
    """And is seen as other accusations are; a record that says the same takes nothing of it back."""
    submission = await taken_in(intake, accusing(CHIEF))
    await commands.name_accused(
        submission=submission, organs=[f" {SCHOOL}"], reason="任教育局局长", by=ELSEWHERE, now=NOW
    )
    assert await stands(connection, submission) == (False, {SCHOOL: "REJECTED", DISCIPLINE: "ACCEPTED"})
    assert await connection.fetchval("select kind from journal order by position desc limit 1") == "ACCUSED_NAMED"
    accused = replace(STAFF, organs=frozenset({organ_id(SCHOOL)}))
    for viewer, seen in ((STAFF, True), (accused, False), (replace(accused, seats=("44",)), False)):
        async with connection.transaction():
            assert await sees(connection, viewer, "submission", [submission]) is seen
    assert await taken_in(intake, accusing(CHIEF, title="烧烤店的补充材料")) == submission
    assert await stands(connection, submission) == (False, {SCHOOL: "REJECTED", DISCIPLINE: "ACCEPTED"})
    async with connection.transaction():
        assert not await sees(connection, accused, "submission", [submission])


async def test_who_accuses_others_is_waited_for_again(
    intake: Intake, commands: Commands, connection: Connection
) -> None:
    """Somebody named whom it accused before, and nobody knows of which organ the deputy is."""
    submission = await taken_in(intake, accusing(CHIEF))
    await commands.name_accused(submission=submission, organs=[], reason="退休人员", by=EVERYTHING, now=NOW)
    assert await stands(connection, submission) == (False, {SCHOOL: "ACCEPTED", DISCIPLINE: "ACCEPTED"})
    await taken_in(intake, accusing(CHIEF, DEPUTY))
    assert await stands(connection, submission) == (True, {SCHOOL: "PROPOSED", DISCIPLINE: "PROPOSED"})
    assert await connection.fetchval('select unnamed and scope = $1 from "case"', -430104000001 - UNNAMED)
    for told in (accusing(CHIEF, DEPUTY, kind=PetitionKind.APPEAL), accusing(BUREAU)):
        await taken_in(intake, told)
        assert (await stands(connection, submission))[0] is True  # whoever was accused once may still be of any organ


async def test_other_words_alone_may_accuse_others(intake: Intake, commands: Commands, connection: Connection) -> None:
    """Where nobody is named apart from the text, another text is another accusation."""
    submission = await taken_in(intake, accusing())
    await commands.name_accused(submission=submission, organs=[], reason="未指明任何人", by=EVERYTHING, now=NOW)
    await taken_in(intake, accusing(topic="城乡建设"))
    assert (await stands(connection, submission))[0] is False
    await taken_in(intake, accusing(topic="城乡建设", text="教育局的赵处长也收了钱。"))
    assert (await stands(connection, submission))[0] is True


async def test_who_is_no_accused_cannot_be_named(intake: Intake, commands: Commands) -> None:
    """Of an appeal nobody; of what is not seen nobody may say anything, nor without the clearance."""
    appeal = await taken_in(intake, draft("2"))
    with pytest.raises(ConflictError, match="no accusation"):
        await commands.name_accused(submission=appeal, organs=[SCHOOL], reason="", by=EVERYTHING, now=NOW)
    submission = await taken_in(intake, accusing(CHIEF))
    with pytest.raises(NotFoundError):
        await commands.name_accused(submission=submission, organs=[], reason="", by=STAFF, now=NOW)
    uncleared = replace(EVERYTHING, clearances=frozenset())
    with pytest.raises(ForbiddenError):
        await commands.name_accused(submission=submission, organs=[], reason="", by=uncleared, now=NOW)


async def test_counts_are_withheld_from_staff(intake: Intake, connection: Connection) -> None:
    """Of any organ: it may just have been hidden from them."""
    submission = await taken_in(intake, accusing(BUREAU))
    await taken_in(intake, accusing(BUREAU, CHIEF))
    assert (await stands(connection, submission))[0]
    raised = await connection.fetchval("select barrier_of($1)", list(scope(ELSEWHERE).audiences))
    assert raised == await connection.fetchval("select max(position) from journal")
    assert not await connection.fetchval("select barrier_of($1)", list(scope(EVERYTHING).audiences))


@given(st.lists(CODES, max_size=3), st.lists(CODES.filter(bool), max_size=3), CODES)
def test_what_concerns_no_seat_is_what_is_left(prefixes: list[str], seats: list[str], division: str) -> None:
    """A division is left where it lies in a viewer's, holds no seat, and lies in none."""
    number = scope_of(division or None, PetitionKind.APPEAL)
    found = any(low <= number < high for low, high in unconcerned(prefixes, seats))
    within = any(bounds(prefix)[0] <= number < bounds(prefix)[1] for prefix in prefixes)
    concerned = seats and (not division or any(division.startswith(one) or one.startswith(division) for one in seats))
    assert found is (within and not concerned)
