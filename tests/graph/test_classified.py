"""What was an accusation is none once somebody entitled says so, on record; its source cannot take that back unsaid."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pytest

from graph.commands import Commands
from graph.errors import ConflictError, NotFoundError
from graph.ids import organ_id
from graph.policy import ForbiddenError
from graph.records import Correctable, PetitionKind
from graph.scope import scope
from graph.seeing import sees
from tests.graph.factory import GAZETTEER, NOW, draft, make_intake, petitioner
from tests.graph.test_accused import BUREAU, CHIEF, DEPUTY, DISCIPLINE, ELSEWHERE, SCHOOL, STAFF, accusing, taken_in
from tests.viewers import EVERYTHING

if TYPE_CHECKING:
    from pathlib import Path

    from graph.database import Connection, Pool
    from graph.identity import Vault
    from graph.intake import Intake
    from graph.records import Draft, SubmissionId

APPEAL: Final = PetitionKind.APPEAL
ACCUSATION: Final = PetitionKind.ACCUSATION
OUTSIDE: Final = replace(EVERYTHING, divisions=("44",))
ACCUSED: Final = replace(STAFF, organs=frozenset({organ_id(SCHOOL)}))


@pytest.fixture
def intake(pool: Pool, vault: Vault, tmp_path: Path) -> Intake:
    """Take in to a database of the test's own."""
    return make_intake(pool, vault, tmp_path)


@pytest.fixture
def commands(pool: Pool) -> Commands:
    """Decide in a database of the test's own."""
    return Commands(pool=pool, gazetteer=GAZETTEER)


async def classify(commands: Commands, submission: SubmissionId, kind: PetitionKind = APPEAL, **changes: Any) -> None:
    """Say of what kind a submission is."""
    given: dict[str, Any] = {"submission": submission, "reason": "核实后不属检举控告", "by": ELSEWHERE, "now": NOW}
    await commands.correct_submission(asked={Correctable.KIND: kind}, **given | changes)


async def stands(connection: Connection, submission: SubmissionId) -> tuple[str, bool, set[str], dict[str, str]]:
    """Return what a submission and its case are, the states of whom it accuses, and those of the parts in its case."""
    row = await connection.fetchrow(
        """select one.kind, one.unnamed, own.kind as cases, one.scope = own.scope as told
        from submission one join "case" own on own.id = one.case_id where one.id = $1""",
        submission,
    )
    assert row is not None
    assert row["told"]
    assert row["cases"] == row["kind"]
    edges = await connection.fetch("select state from case_accused where submission = $1", submission)
    parts = await connection.fetch(
        """select organ.name, part.state from case_organ part join organ on organ.id = part.organ
        where part.submission = $1 order by part.id""",
        submission,
    )
    return row["kind"], row["unnamed"], {one["state"] for one in edges}, {one["name"]: one["state"] for one in parts}


async def test_it_goes_to_whom_its_source_sent_it(intake: Intake, commands: Commands, connection: Connection) -> None:
    """The organ that it accused among them; nobody is accused, and who said so and why is kept."""
    submission = await taken_in(intake, accusing(BUREAU))
    refused = {SCHOOL: "REJECTED", DISCIPLINE: "ACCEPTED"}
    assert await stands(connection, submission) == ("ACCUSATION", False, {"ACCEPTED"}, refused)
    await classify(commands, submission)
    given = {SCHOOL: "ACCEPTED", DISCIPLINE: "ACCEPTED"}
    assert await stands(connection, submission) == ("APPEAL", False, {"RETIRED"}, given)
    kept = await connection.fetchrow("select * from correction")
    assert kept is not None
    assert (kept["value"], kept["decided_by"], kept["state"]) == ("APPEAL", ELSEWHERE.name, "ACCEPTED")
    assert kept["evidence"] == {"reason": "核实后不属检举控告"}
    assert (
        await connection.fetchval("select kind from journal order by position desc limit 1") == "SUBMISSION_CLASSIFIED"
    )
    assert await connection.fetchval("select known from organ where id = $1", organ_id(SCHOOL))
    async with connection.transaction():
        assert await sees(connection, ACCUSED, "submission", [submission])


async def test_it_is_undone_by_saying_what_it_is(intake: Intake, commands: Commands, connection: Connection) -> None:
    """Whom it accused is accused again, and until somebody has named them all it goes nowhere."""
    submission = await taken_in(intake, accusing(BUREAU, CHIEF))
    await classify(commands, submission)
    await classify(commands, submission, ACCUSATION)
    waits = {SCHOOL: "REJECTED", DISCIPLINE: "PROPOSED"}
    assert await stands(connection, submission) == ("ACCUSATION", True, {"ACCEPTED"}, waits)
    assert await connection.fetchval("select count(*) from correction where state = 'ACCEPTED'") == 1
    assert await connection.fetchval("select count(*) from case_accused") == await connection.fetchval(
        "select count(distinct coalesce(organ, mention)) from case_accused"
    )


async def test_what_came_as_an_appeal_accuses_its_respondents(
    intake: Intake, commands: Commands, connection: Connection
) -> None:
    """Said to be an accusation, it is unnamed, and the persons that it names are accused."""
    submission = await taken_in(intake, accusing(CHIEF, kind=APPEAL))
    await classify(commands, submission, ACCUSATION)
    assert (await stands(connection, submission))[:3] == ("ACCUSATION", True, {"ACCEPTED"})
    accused = "select mention.role from case_accused edge join mention on mention.id = edge.mention"
    assert await connection.fetchval(accused) == "RESPONDENT"
    raised = await connection.fetchval("select barrier_of($1)", list(scope(STAFF).audiences))
    assert raised == await connection.fetchval("select max(position) from journal")


@pytest.mark.parametrize(
    ("later", "kind"),
    [
        (accusing(BUREAU, topic="城乡建设"), APPEAL),
        (accusing(BUREAU, replies=()), APPEAL),
        (accusing(topic="城乡建设"), APPEAL),
        (accusing(BUREAU, kind=PetitionKind.SUGGESTION, text="建议改进招生。"), APPEAL),
        (accusing(BUREAU, text="教育局局长收了钱。"), ACCUSATION),
        (accusing(BUREAU, title="教育局受贿"), ACCUSATION),
        (accusing(BUREAU, DEPUTY), ACCUSATION),
        (accusing(CHIEF), ACCUSATION),
    ],
    ids=["the same", "no reply", "nobody", "another kind", "text", "title", "one more", "somebody else"],
)
async def test_what_was_decided_holds_until_somebody_is_accused_anew(
    intake: Intake, commands: Commands, connection: Connection, later: Draft, kind: PetitionKind
) -> None:
    """By other words, or by naming somebody else; what the source says of it besides changes nothing."""
    submission = await taken_in(intake, accusing(BUREAU))
    await classify(commands, submission)
    assert await taken_in(intake, later) == submission
    assert (await stands(connection, submission))[0] == kind
    state = "ACCEPTED" if kind is APPEAL else "RETIRED"
    assert await connection.fetchval("select state from correction") == state
    entry = await connection.fetchrow("select * from journal where kind = 'SUBMISSION_REVISED'")
    assert entry is not None
    assert ("kind" in entry["fields"], entry["state"]) == (kind is ACCUSATION, None if kind is APPEAL else "ACCUSATION")
    if kind is ACCUSATION:
        async with connection.transaction():
            assert not await sees(connection, ACCUSED, "submission", [submission])
        # From now on it stays one, whatever its source says, as any accusation does.
        await taken_in(intake, accusing(kind=APPEAL, text="没事了。"))
        assert (await stands(connection, submission))[0] == ACCUSATION


async def test_the_same_record_again_says_nothing(intake: Intake, commands: Commands, connection: Connection) -> None:
    """An older export read once more takes nothing back."""
    submission = await taken_in(intake, accusing(BUREAU))
    await taken_in(intake, accusing(BUREAU, topic="城乡建设"))
    await classify(commands, submission)
    for again in (accusing(BUREAU), accusing(BUREAU, topic="城乡建设")):
        await taken_in(intake, again)
    assert (await stands(connection, submission))[0] == APPEAL
    assert await connection.fetchval("select revision_count from submission") == 2


async def test_who_could_be_meant_may_not_say_so(intake: Intake, commands: Commands, connection: Connection) -> None:
    """Nor who is not cleared, nor who does not see it; and of an appeal, which may have been one, neither."""
    named = await taken_in(intake, accusing(BUREAU))
    appeal = await taken_in(intake, draft("2", division="430104", organ=SCHOOL))
    for submission in (named, appeal):
        for viewer, error in (
            (STAFF, ForbiddenError), (replace(ELSEWHERE, seats=None), ForbiddenError),
            (replace(EVERYTHING, clearances=frozenset()), ForbiddenError), (OUTSIDE, NotFoundError),
        ):  # fmt: skip
            with pytest.raises(error):
                await classify(commands, submission, PetitionKind.SUGGESTION, by=viewer)
    with pytest.raises(NotFoundError):
        await classify(commands, named, by=ACCUSED)
    with pytest.raises(ConflictError, match="already"):
        await classify(commands, appeal)
    await classify(commands, appeal, PetitionKind.SUGGESTION)
    assert [row["submission"] for row in await connection.fetch("select submission from correction")] == [appeal]


async def test_accused_organs_have_no_part_however_they_are_spelled(
    intake: Intake, commands: Commands, connection: Connection
) -> None:
    """Nor what another submission of the case accuses, nor in a case that follows; parted, they have it again."""
    witness = petitioner("欧阳震华", "13987654321")
    one = await taken_in(intake, accusing(BUREAU, witness))
    text = "区教育局局长收受回扣，请求查处。" * 4
    spelled = accusing(CHIEF, external_id="2", organ="长沙市岳麓区教育局", text=text, replies=())
    other = await taken_in(intake, spelled)
    appeal = await taken_in(intake, draft("3", division="430104", organ="区教育局", text="学位不足。"))
    case = "select case_id from submission where id = $1"
    cases = [await connection.fetchval(case, each) for each in (one, other, appeal)]
    await commands.join_cases(leading=cases[1], other=cases[2], reason="同一事项", by=EVERYTHING, now=NOW)
    assert [(await stands(connection, each))[3] for each in (other, appeal)] == [
        {"长沙市岳麓区教育局": "PROPOSED"}, {"区教育局": "ACCEPTED"},
    ]  # fmt: skip
    await commands.name_accused(submission=other, organs=[SCHOOL], reason="其局长", by=ELSEWHERE, now=NOW)
    refused = [{"长沙市岳麓区教育局": "REJECTED"}, {"区教育局": "REJECTED"}]
    assert [(await stands(connection, each))[3] for each in (other, appeal)] == refused
    await commands.part_cases(case=cases[2], by=EVERYTHING, now=NOW)
    assert (await stands(connection, appeal))[3] == {"区教育局": "ACCEPTED"}


async def test_naming_the_accused_regards_whom_the_rest_of_the_case_accuses(
    intake: Intake, commands: Commands, connection: Connection
) -> None:
    """What goes to organs then does not go to one that another submission of the same case accuses."""
    witness = petitioner("欧阳震华", "13987654321")
    one = await taken_in(intake, accusing(BUREAU, witness))
    other = await taken_in(intake, accusing(CHIEF, witness, external_id="2"))
    assert await connection.fetchval("select count(distinct case_id) from submission") == 1
    await commands.name_accused(submission=other, organs=[], reason="已退休", by=ELSEWHERE, now=NOW)
    refused = {SCHOOL: "REJECTED", DISCIPLINE: "ACCEPTED"}
    assert (await stands(connection, other))[3] == refused
    await commands.part_submission(submission=one, by=EVERYTHING, now=NOW)
    assert (await stands(connection, other))[3] == {SCHOOL: "ACCEPTED", DISCIPLINE: "ACCEPTED"}
    assert (await stands(connection, one))[3] == refused
