"""What people set of a submission stands above what its source says, and is undone by taking it back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.commands import Commands
from graph.errors import ConflictError, InvalidFieldsError, NotFoundError
from graph.ids import organ_id
from graph.policy import Clearance, ForbiddenError, Role
from graph.records import Correctable, MentionDraft, MentionRole, PetitionKind, SubmissionId
from graph.seeing import sees
from tests.graph.factory import GAZETTEER, NOW, draft, make_intake, reply
from tests.graph.picture import EMPTY
from tests.graph.test_accused import BUREAU, CHIEF, SCHOOL, accusing, taken_in
from tests.viewers import EVERYTHING, only

if TYPE_CHECKING:
    from pathlib import Path

    from graph.database import Connection, Pool
    from graph.identity import Vault
    from graph.intake import Intake
    from graph.policy import Viewer
    from graph.records import Draft

KIND, TOPIC, DIVISION, ORGAN = Correctable
CITY: Final = "岳麓区城市管理局"
PARK: Final = "岳麓区园林局"
OTHER: Final = "开福区城市管理局"
YUELU: Final = only(Role.SUPERVISOR, divisions=("430104",))
KAIFU: Final = only(Role.SUPERVISOR, divisions=("430105",))
BOTH: Final = only(Role.SUPERVISOR, divisions=("430104", "430105"))


@pytest.fixture
def intake(pool: Pool, vault: Vault, tmp_path: Path) -> Intake:
    """Take in to a database of the test's own."""
    return make_intake(pool, vault, tmp_path)


@pytest.fixture
def commands(pool: Pool) -> Commands:
    """Decide in a database of the test's own."""
    return Commands(pool=pool, gazetteer=GAZETTEER)


async def correct(
    commands: Commands, submission: SubmissionId, asked: dict[Correctable, str | None], by: Viewer = EVERYTHING
) -> None:
    """Set what is asked, or take it back."""
    await commands.correct_submission(submission=submission, asked=asked, reason="核实", by=by, now=NOW)


async def told(connection: Connection, submission: SubmissionId) -> dict[str, Any]:
    """Return what a submission and its case say, and who has a part."""
    row = await connection.fetchrow(
        """select one.kind, one.topic, one.division, own.kind as its_kind, own.topic as its_topic,
        own.division as its_division, one.scope = own.scope as scoped
        from submission one join "case" own on own.id = one.case_id where one.id = $1""",
        submission,
    )
    assert row is not None
    assert row["scoped"]
    assert (row["kind"], row["topic"], row["division"]) == (row["its_kind"], row["its_topic"], row["its_division"])
    parts = await connection.fetch(
        """select distinct organ.name, part.state from case_organ part join organ on organ.id = part.organ
        where part.submission = $1 and part.state <> 'RETIRED'""",
        submission,
    )
    return {
        "kind": row["kind"], "topic": row["topic"], "division": row["division"],
        "parts": {one["name"]: one["state"] for one in parts},
    }  # fmt: skip


async def test_what_was_set_stands_whatever_comes_later(
    intake: Intake, commands: Commands, connection: Connection
) -> None:
    """In the submission and in its case; what the source says is kept beside, and holds again once it is taken back."""
    first = draft(division="430104", topic="城乡建设", organ=CITY)
    submission = await taken_in(intake, first)
    await correct(commands, submission, {TOPIC: "教育文体", DIVISION: "开福区", ORGAN: PARK, KIND: "SUGGESTION"})
    set_so = {
        "kind": "SUGGESTION", "topic": "教育文体", "division": "430105", "parts": {CITY: "REJECTED", PARK: "ACCEPTED"},
    }  # fmt: skip
    assert await told(connection, submission) == set_so
    await taken_in(intake, replace(first, division="430102", topic="民政", text="雨花区的路灯不亮。"))
    assert await told(connection, submission) == set_so
    rows = await connection.fetch("select * from correction where state = 'ACCEPTED'")
    assert {row["field"]: (row["value"], row["said"]) for row in rows} == {
        "KIND": ("SUGGESTION", "APPEAL"), "TOPIC": ("教育文体", "民政"), "DIVISION": ("430105", "430102"),
        "ORGAN": (PARK, CITY),
    }  # fmt: skip
    assert {(row["decided_by"], row["reason"]) for row in rows} == {(EVERYTHING.name, "核实")}
    await correct(commands, submission, dict.fromkeys(Correctable))
    assert await told(connection, submission) == {
        "kind": "APPEAL", "topic": "民政", "division": "430102", "parts": {CITY: "ACCEPTED"},
    }  # fmt: skip
    assert await connection.fetchval("select count(*) from correction where state = 'ACCEPTED'") == 0
    assert await connection.fetchval("select count(*) from correction where value is null and reason = '核实'") == 4


async def test_it_is_on_record(intake: Intake, commands: Commands, connection: Connection) -> None:
    """By whom and what of it, not to what; of the kind apart from all else."""
    submission = await taken_in(intake, draft(division="430104"))
    await correct(commands, submission, {DIVISION: "430105", TOPIC: "民政", KIND: "SUGGESTION"})
    rows = await connection.fetch("select kind, actor, fields from journal where subject = $1 order by 1", submission)
    assert [tuple(row) for row in rows][:2] == [
        ("SUBMISSION_CLASSIFIED", EVERYTHING.name, []),
        ("SUBMISSION_CORRECTED", EVERYTHING.name, ["division", "topic"]),
    ]  # fmt: skip


async def test_an_organ_that_answered_keeps_its_part(
    intake: Intake, commands: Commands, connection: Connection
) -> None:
    """Whoever had it and said nothing yet loses it; a later answer gives it back."""
    first = draft(division="430104", organ=CITY, replies=(reply(organ=SCHOOL),))
    submission = await taken_in(intake, first)
    await correct(commands, submission, {ORGAN: PARK})
    assert (await told(connection, submission))["parts"] == {
        CITY: "REJECTED", SCHOOL: "ACCEPTED", PARK: "ACCEPTED",
    }  # fmt: skip
    await taken_in(intake, replace(first, replies=(*first.replies, reply("已转办。", organ=CITY))))
    assert (await told(connection, submission))["parts"][CITY] == "ACCEPTED"


@pytest.mark.parametrize("accused", [SCHOOL, "长沙市岳麓区教育局"])
async def test_an_accused_organ_gains_nothing(
    intake: Intake, commands: Commands, connection: Connection, accused: str
) -> None:
    """However it is spelled: its part is kept as rejected, and its staff see nothing."""
    submission = await taken_in(intake, accusing(BUREAU, organ=CITY))
    staff = replace(EVERYTHING, organs=frozenset({organ_id(accused), organ_id(SCHOOL)}), seats=("430104",))
    await correct(commands, submission, {ORGAN: accused})
    assert (await told(connection, submission))["parts"][accused] == "REJECTED"
    async with connection.transaction():
        assert not await sees(connection, staff, "submission", [submission])


async def test_becoming_an_accusation_hides_it_at_once(
    intake: Intake, commands: Commands, connection: Connection
) -> None:
    """From whoever is not cleared, and from organs until somebody says whom it accuses."""
    submission = await taken_in(intake, draft(division="430104", organ=CITY))
    await correct(commands, submission, {KIND: PetitionKind.ACCUSATION, TOPIC: "民政"})
    async with connection.transaction():
        assert not await sees(connection, YUELU, "submission", [submission])
    assert (await told(connection, submission))["parts"] == {CITY: "PROPOSED"}
    with pytest.raises(ConflictError, match="nameAccused"):
        await correct(commands, submission, {DIVISION: "430105"})
    with pytest.raises(ConflictError, match="nameAccused"):
        await correct(commands, submission, {ORGAN: PARK})
    await commands.name_accused(submission=submission, organs=[SCHOOL], reason="核实", by=EVERYTHING, now=NOW)
    await correct(commands, submission, {DIVISION: "430105", ORGAN: PARK})
    assert (await told(connection, submission))["division"] == "430105"


async def test_taking_back_that_it_is_none_makes_it_an_accusation(
    intake: Intake, commands: Commands, connection: Connection
) -> None:
    """Its source had called it one, and does not unsay that by calling it something else later."""
    submission = await taken_in(intake, accusing(CHIEF))
    await correct(commands, submission, {KIND: PetitionKind.APPEAL})
    await taken_in(intake, accusing(CHIEF, kind=PetitionKind.SUGGESTION, topic="民政"))
    assert (await told(connection, submission))["kind"] == "APPEAL"
    await correct(commands, submission, {KIND: None})
    assert (await told(connection, submission))["kind"] == "ACCUSATION"
    assert await connection.fetchval("select unnamed from submission")


# Who may --------------------------------------------------------------------------------------------------------------


async def test_nobody_sees_more_by_saying_where_it_belongs(
    intake: Intake, commands: Commands, connection: Connection
) -> None:
    """Who sees it by the part of an organ alone may not give it to a division of theirs, nor to another organ."""
    submission = await taken_in(intake, draft(division="430104", organ=OTHER))
    by_part = replace(KAIFU, organs=frozenset({organ_id(OTHER)}))
    async with connection.transaction():
        assert await sees(connection, by_part, "submission", [submission])
    for asked in ({DIVISION: "430105"}, {ORGAN: PARK}, {DIVISION: "430105", TOPIC: "民政"}):
        with pytest.raises(ForbiddenError, match="one of your divisions"):
            await correct(commands, submission, dict(asked), by=by_part)
    await correct(commands, submission, {TOPIC: "民政"}, by=by_part)
    with pytest.raises(NotFoundError):
        await correct(commands, submission, {DIVISION: "430105"}, by=KAIFU)
    await correct(commands, submission, {DIVISION: "430105"}, by=YUELU)
    async with connection.transaction():
        assert not await sees(connection, YUELU, "submission", [submission])
        assert await sees(connection, KAIFU, "submission", [submission])


async def test_an_accusation_is_moved_by_whom_it_cannot_concern(
    intake: Intake, commands: Commands, connection: Connection
) -> None:
    """Else somebody of an organ there would move it away, and then say that it is none."""
    submission = await taken_in(intake, accusing(BUREAU))
    near = replace(EVERYTHING, organs=frozenset({organ_id(CITY)}), seats=("430104",))
    async with connection.transaction():
        assert await sees(connection, near, "submission", [submission])
    for asked in ({DIVISION: "430105"}, {ORGAN: PARK}, {KIND: "APPEAL"}):
        with pytest.raises(ForbiddenError, match=r"Art\. 30"):
            await correct(commands, submission, dict(asked), by=near)
    await correct(commands, submission, {TOPIC: "民政"}, by=near)


async def test_whoever_was_accused_is_not_told_that_it_ever_was_an_accusation(
    intake: Intake, commands: Commands, connection: Connection, vault: Vault
) -> None:
    """Of a decision that made it none they hear as of one that nobody made."""
    submission = await taken_in(intake, accusing(CHIEF))
    himself = replace(EVERYTHING, persons=frozenset({vault.equality("name", str(CHIEF.name))}))
    await correct(commands, submission, {KIND: PetitionKind.APPEAL})
    async with connection.transaction():
        assert await sees(connection, himself, "submission", [submission])
    for name in (KIND, TOPIC):
        with pytest.raises(ConflictError, match="Nobody has set"):
            await correct(commands, submission, {name: None}, by=himself)
    await correct(commands, submission, {KIND: None})


@pytest.mark.parametrize(
    ("viewer", "asked"),
    [
        (only(Role.HANDLER, divisions=("",)), {TOPIC: "民政"}),
        (only(Role.AUDITOR, divisions=("",)), {DIVISION: "430105"}),
        (only(Role.PARTNER, divisions=("",)), {ORGAN: PARK}),
        (only(Role.SUPERVISOR, divisions=("",)), {KIND: "SUGGESTION"}),
        (only(Role.SUPERVISOR, divisions=("",)), {KIND: None, TOPIC: "民政"}),
        (replace(only(Role.SUPERVISOR, divisions=("",)), clearances=frozenset({Clearance.IDENTITY})), {KIND: "APPEAL"}),
    ],
)
async def test_the_table_says_who_may(
    intake: Intake, commands: Commands, connection: Connection, viewer: Viewer, asked: dict[Correctable, str | None]
) -> None:
    """Of the kind whoever is cleared for accusations besides, and nothing of the rest is done either."""
    submission = await taken_in(intake, draft(division="430104"))
    with pytest.raises(ForbiddenError):
        await correct(commands, submission, asked, by=viewer)
    assert await connection.fetch("select from correction") == []


async def test_what_cannot_be_set_is_told_all_at_once(
    intake: Intake, commands: Commands, connection: Connection
) -> None:
    """Each field by its name; and nothing is set."""
    submission = await taken_in(intake, draft(division="430104"))
    asked: dict[Correctable, str | None] = {TOPIC: "无此类", DIVISION: "999999", ORGAN: "（）", KIND: "SUGGESTION"}
    with pytest.raises(InvalidFieldsError) as caught:
        await correct(commands, submission, asked)
    assert [one.field for one in caught.value.faults] == ["topic", "division", "organ"]
    with pytest.raises(InvalidFieldsError):
        await correct(commands, submission, {})
    with pytest.raises(ConflictError, match="already"):
        await correct(commands, submission, {DIVISION: "岳麓区"})
    with pytest.raises(ConflictError, match="Nobody has set"):
        await correct(commands, submission, {TOPIC: None})
    assert await connection.fetch("select from correction") == []


# Whatever comes in whatever order -------------------------------------------------------------------------------------

VALUES: Final[dict[Correctable, list[str]]] = {
    KIND: ["APPEAL", "SUGGESTION", "ACCUSATION"], TOPIC: ["城乡建设", "民政", "教育文体"],
    DIVISION: ["430104", "430105", "4301"], ORGAN: [CITY, PARK, OTHER],
}  # fmt: skip
RESPONDENT: Final = MentionDraft(role=MentionRole.RESPONDENT, name="赵德汉")
SETS: Final = st.fixed_dictionaries(
    {}, optional={name: st.none() | st.sampled_from(values) for name, values in VALUES.items()}
).filter(bool)
SAYS: Final = st.builds(
    lambda kind, topic, division, organ, text: draft(
        kind=kind, topic=topic, division=division, organ=organ, text=text, mentions=(RESPONDENT,)
    ),
    st.sampled_from(PetitionKind), st.sampled_from(VALUES[TOPIC]), st.sampled_from(VALUES[DIVISION]),
    st.sampled_from(VALUES[ORGAN]), st.sampled_from(["路灯不亮。", "路灯仍不亮。", "没有人来修。"]),
)  # fmt: skip


@dataclass
class Model:
    """What a submission should say: what its source said last, and what people set above it."""

    said: Draft
    kind: str = ""
    """What it is."""
    source_kind: str = ""
    """What its source made of it: an accusation once is one for good."""
    values: dict[Correctable, str] = field(default_factory=dict)
    before: list[Draft] = field(default_factory=list)
    unnamed: bool = False

    def hear(self, said: Draft) -> None:
        """Take a record in, which may be one that it said before."""
        if said in self.before:
            return
        former, self.said = self.said, said
        self.before.append(said)
        accuses = said.kind is PetitionKind.ACCUSATION
        anew = (former.title, former.text) != (said.title, said.text)
        self.source_kind = "ACCUSATION" if accuses or self.source_kind == "ACCUSATION" else said.kind
        if self.kind == "ACCUSATION":
            pass
        elif KIND not in self.values:
            self.kind = said.kind
        elif accuses and anew:
            del self.values[KIND]
            self.kind = "ACCUSATION"
        self.unnamed = self.kind == "ACCUSATION"

    def set(self, asked: dict[Correctable, str | None]) -> bool:
        """Set what is asked; tell whether that can be done."""
        stands = {KIND: self.kind, TOPIC: self.topic, DIVISION: self.division, ORGAN: self.values.get(ORGAN)}
        if self.unnamed and asked.keys() & {DIVISION, ORGAN}:
            return False
        if any(value is None and name not in self.values for name, value in asked.items()):
            return False
        changed = {name: value for name, value in asked.items() if value is None or value != stands[name]}
        for name, value in changed.items():
            if value is None:
                del self.values[name]
            else:
                self.values[name] = value
            if name is KIND:
                self.kind = value or self.source_kind
        self.unnamed = self.kind == "ACCUSATION"
        return bool(changed)

    @property
    def topic(self) -> str | None:
        return self.values.get(TOPIC, self.said.topic)

    @property
    def division(self) -> str | None:
        return self.values.get(DIVISION, self.said.division)

    @property
    def parts(self) -> dict[str, str]:
        """Who has a part: whom people set, else whom the source named; proposed where nobody knows whom it accuses."""
        stands = "PROPOSED" if self.unnamed else "ACCEPTED"
        chosen = self.values.get(ORGAN, self.said.organ)
        return {str(self.said.organ): "REJECTED", str(chosen): stands}


@pytest.mark.long
@settings(max_examples=25)
@given(SAYS, st.lists(SAYS | SETS, max_size=8))
@pytest.mark.no_cover
async def test_what_stands_is_what_people_set_else_what_the_source_said_last(
    pool: Pool,
    vault: Vault,
    commands: Commands,
    tmp_path_factory: pytest.TempPathFactory,
    first: Draft,
    steps: list[Draft | dict[Correctable, str | None]],
) -> None:
    """After any sequence of records, repeated ones among them, and of what people set and take back."""
    intake = make_intake(pool, vault, tmp_path_factory.mktemp("attachments"))
    async with pool.acquire() as connection:
        await connection.execute(EMPTY)
        model = Model(first, first.kind, first.kind, before=[first], unnamed=first.kind is PetitionKind.ACCUSATION)
        submission = await taken_in(intake, first)
        for step in steps:
            if not isinstance(step, dict):
                model.hear(step)
                assert await taken_in(intake, step) == submission
            elif model.set(step):
                await correct(commands, submission, step)
            else:
                with pytest.raises(ConflictError):
                    await correct(commands, submission, step)
            assert await told(connection, submission) == {
                "kind": model.kind, "topic": model.topic, "division": model.division, "parts": model.parts,
            }, model  # fmt: skip
        await connection.execute(EMPTY)
