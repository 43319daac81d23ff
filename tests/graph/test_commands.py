"""Decisions: each is one edge, and undoing it gives the graph that never had it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph import journal
from graph.commands import Commands
from graph.errors import ConflictError, NotFoundError
from graph.linking import ExactLinker, Filing, NewMention, NewSubmission, PartyDecision
from graph.records import CaseId, MentionId, PartyId, SubmissionId
from tests.graph.factory import GAZETTEER, NOW, TEXT, draft, make_intake, petitioner, reply
from tests.graph.picture import DANGLING, EMPTY, EMPTY_CASES, picture
from tests.viewers import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from pathlib import Path

    from graph.database import Connection, Pool
    from graph.identity import Vault
    from graph.intake import Intake
    from graph.linking import Linker
    from graph.outcomes import Outcome
    from graph.records import Draft

OTHER_TEXT: Final = "天心区某小学的学位今年不够，孩子不知道去哪里上学，请教育局给个明确的说法。"


@pytest.fixture
def intake(pool: Pool, vault: Vault, tmp_path: Path) -> Intake:
    """Take in to a database of the test's own."""
    return make_intake(pool, vault, tmp_path)


@pytest.fixture
def commands(pool: Pool) -> Commands:
    """Decide in a database of the test's own."""
    return Commands(pool=pool, gazetteer=GAZETTEER)


async def take_in(intake: Intake, *drafts: Draft) -> list[Outcome]:
    """Take drafts in as the test."""
    return await intake.take_in(drafts, actor="test", now=NOW)


def case_of(outcome: Outcome) -> CaseId:
    """Return the case of an outcome that has one."""
    assert outcome.case is not None
    return outcome.case


def submission_of(outcome: Outcome) -> SubmissionId:
    """Return the submission of an outcome that has one."""
    assert outcome.submission is not None
    return outcome.submission


async def mentions(connection: Connection) -> list[MentionId]:
    """Return all mentions in the order in which they were written."""
    return [MentionId(row["id"]) for row in await connection.fetch("select id from mention order by id")]


async def last_entries(connection: Connection, count: int) -> list[str]:
    """Return the kinds of the journal's last entries."""
    rows = await connection.fetch("select kind from journal order by position desc limit $1", count)
    return [row["kind"] for row in reversed(rows)]


async def test_a_joined_case_is_led_and_keeps_all_that_is_filed_in_it(
    intake: Intake, commands: Commands, connection: Connection
) -> None:
    """Joining moves nothing: one edge, and the leading case's id answers for both."""
    one, other = await take_in(intake, draft("1"), draft("2", text=OTHER_TEXT))
    await commands.join_cases(leading=case_of(one), other=case_of(other), reason="同一事项", by=EVERYTHING, now=NOW)
    rows = await connection.fetch('select id, "leading", submission_count from "case" order by id')
    assert {row["leading"] for row in rows} == {one.case}
    assert [row["submission_count"] for row in rows] == [1, 1]
    assert await last_entries(connection, 1) == ["CASES_JOINED"]
    assert "同一事项" not in str(await connection.fetch("select journal::text from journal"))


async def test_parting_leaves_the_led_cases_followers_with_it(
    intake: Intake, commands: Commands, connection: Connection
) -> None:
    """C follows B follows A; parted from A, B leads C again."""
    outcomes = await take_in(intake, *[draft(str(n), text=f"{OTHER_TEXT}{n}", title=str(n)) for n in range(3)])
    a, b, c = (case_of(outcome) for outcome in outcomes)
    await commands.join_cases(leading=b, other=c, reason="", by=EVERYTHING, now=NOW)
    await commands.join_cases(leading=a, other=b, reason="", by=EVERYTHING, now=NOW)
    assert {row["leading"] for row in await connection.fetch('select "leading" from "case"')} == {a}
    with pytest.raises(ConflictError):
        await commands.join_cases(leading=c, other=a, reason="", by=EVERYTHING, now=NOW)
    await commands.part_cases(case=b, by=EVERYTHING, now=NOW)
    led = {row["id"]: row["leading"] for row in await connection.fetch('select id, "leading" from "case"')}
    assert led == {a: a, b: b, c: b}
    with pytest.raises(ConflictError):
        await commands.part_cases(case=b, by=EVERYTHING, now=NOW)


async def test_a_filed_submission_takes_with_it_what_it_brought(
    intake: Intake, commands: Commands, connection: Connection
) -> None:
    """Its events, places and organs stand in the new case, and both cases say what is true of them now."""
    person = petitioner()
    one, again, other = await take_in(
        intake,
        draft("1", mentions=(person,)),
        draft("2", mentions=(person,), replies=(reply(),), organ="岳麓区城市管理局"),
        draft("3", text=OTHER_TEXT),
    )
    assert one.case == again.case
    target = case_of(other)
    await commands.file_submission(submission=submission_of(again), case=target, reason="", by=EVERYTHING, now=NOW)
    for table in ("submission", "event", "case_place", "case_organ"):
        column = "id" if table == "submission" else "submission"
        cases = await connection.fetch(f"select distinct case_id from {table} where {column} = $1", again.submission)  # noqa: S608  # fixed names
        assert [row["case_id"] for row in cases] == [target], table
    status = {row["id"]: row["status"] for row in await connection.fetch('select id, status from "case"')}
    assert status == {one.case: "REGISTERED", other.case: "ANSWERED"}
    assert await last_entries(connection, 4) == [
        "SUBMISSION_FILED", "SUBMISSION_FILED", "CASE_MOVED", "CASE_MOVED",
    ]  # fmt: skip


async def test_the_only_submission_of_a_case_cannot_leave_it(intake: Intake, commands: Commands) -> None:
    """A case is never empty: cases are joined instead."""
    one, other = await take_in(intake, draft("1"), draft("2", text=OTHER_TEXT))
    alone = submission_of(one)
    with pytest.raises(ConflictError, match="Join the cases"):
        await commands.file_submission(submission=alone, case=case_of(other), reason="", by=EVERYTHING, now=NOW)
    with pytest.raises(ConflictError, match="Join the cases"):
        await commands.part_submission(submission=alone, by=EVERYTHING, now=NOW)
    with pytest.raises(ConflictError, match="already"):
        await commands.file_submission(submission=alone, case=case_of(one), reason="", by=EVERYTHING, now=NOW)


async def test_a_no_between_parties_binds_every_later_run(
    intake: Intake, commands: Commands, connection: Connection
) -> None:
    """Parted by a person, two stay apart, and a third with the same phone and name is proposed to both."""
    await take_in(intake, draft("1", mentions=(petitioner(),)), draft("2", text=OTHER_TEXT, mentions=(petitioner(),)))
    one, other = await mentions(connection)
    await commands.part_parties(one=other, other=one, by=EVERYTHING, now=NOW)
    await take_in(intake, draft("3", text="又来反映一次。", mentions=(petitioner(),)))
    parties = [row["party"] for row in await connection.fetch("select party from mention order by id")]
    assert parties[:2] == [one, other]
    assert len(set(parties)) == 3
    states = [row["state"] for row in await connection.fetch("select state from same_party order by id")]
    assert states == ["REJECTED", "PROPOSED", "PROPOSED"]


async def test_what_is_not_there_is_said_so(intake: Intake, commands: Commands, connection: Connection) -> None:
    """Unknown ids, the same thing twice, and an edge that is not there are told apart, and nothing is written."""
    [outcome] = await take_in(intake, draft("1", mentions=(petitioner(),)))
    [mention] = await mentions(connection)
    case, nobody = case_of(outcome), uuid4()
    position = await journal.position(connection)
    failing: list[tuple[type[Exception], Awaitable[object]]] = [
        (NotFoundError, commands.join_cases(leading=case, other=CaseId(nobody), reason="", by=EVERYTHING, now=NOW)),
        (NotFoundError, commands.part_cases(case=CaseId(nobody), by=EVERYTHING, now=NOW)),
        (NotFoundError, commands.part_submission(submission=SubmissionId(nobody), by=EVERYTHING, now=NOW)),
        (NotFoundError, commands.join_parties(one=mention, other=MentionId(nobody), reason="", by=EVERYTHING, now=NOW)),
        (NotFoundError, commands.part_parties(one=mention, other=MentionId(nobody), by=EVERYTHING, now=NOW)),
        (ConflictError, commands.join_cases(leading=case, other=case, reason="", by=EVERYTHING, now=NOW)),
        (ConflictError, commands.join_parties(one=mention, other=mention, reason="", by=EVERYTHING, now=NOW)),
        (ConflictError, commands.part_parties(one=mention, other=mention, by=EVERYTHING, now=NOW)),
    ]
    for kind, doing in failing:
        with pytest.raises(kind):
            await doing
    assert await journal.position(connection) == position


async def test_deciders_and_writers_at_once_neither_wait_for_each_other_for_ever_nor_leave_untruth(
    intake: Intake, commands: Commands, pool: Pool
) -> None:
    """Joins in a ring, partings, and intake of the same people's records at once: all end, and the graph is derived."""
    people = [petitioner(f"张{name}", f"1381234000{n}") for n, name in enumerate("一二三四")]
    drafts = [draft(str(n), mentions=(people[n % 4],), text=f"{OTHER_TEXT}{n // 4}" * (1 + n % 3)) for n in range(24)]
    cases = list(dict.fromkeys(case_of(outcome) for outcome in await take_in(intake, *drafts[:16])))

    async def ring(step: int) -> None:
        for place, case in enumerate(cases):
            other = cases[(place + step) % len(cases)]
            doing = (
                commands.join_cases(leading=case, other=other, reason="", by=EVERYTHING, now=NOW)
                if (place + step) % 3
                else commands.part_cases(case=case, by=EVERYTHING, now=NOW)
            )
            await asyncio.gather(doing, return_exceptions=True)

    await asyncio.wait_for(
        asyncio.gather(*(ring(step) for step in range(1, 5)), take_in(intake, *drafts), take_in(intake, *drafts[::-1])),
        timeout=120,
    )
    async with pool.acquire() as connection:
        await assert_derived(connection)
        assert (await journal.verify(connection)).broken_at is None


# Undoing, for any graph and any decision ---------------------------------------------------------------------------


class NoLinker:
    """Links nothing: the graph that never had an edge."""

    async def parties(
        self, connection: Connection, mentions: Sequence[NewMention], gone: Sequence[MentionId]
    ) -> PartyDecision:
        """Leave each mention a party of its own."""
        return PartyDecision(parties={mention.id: PartyId(mention.id) for mention in mentions})

    async def filings(
        self,
        connection: Connection,
        submissions: Sequence[NewSubmission],
        decision: PartyDecision,
        own_cases: Mapping[SubmissionId, CaseId],
        also: frozenset[CaseId],
    ) -> Mapping[SubmissionId, Filing]:
        """Leave each submission in a case of its own."""
        return {}


PEOPLE = st.sampled_from([("张三", "13812341234"), ("李四", "13812341235"), ("王五", None)])
BODIES = st.sampled_from([TEXT, TEXT + "望尽快处理。", OTHER_TEXT])


@st.composite
def graphs(make: st.DrawFn) -> list[Draft]:
    """Draw tickets of few people with few texts, so that much belongs together."""
    size = make(st.integers(2, 8))
    return [
        draft(
            str(number),
            mentions=(petitioner(*make(PEOPLE)),),
            text=make(BODIES),
            replies=(reply(),) if make(st.booleans()) else (),
            organ=make(st.sampled_from([None, "岳麓区城市管理局"])),
            received_at=NOW - timedelta(days=make(st.integers(1, 3)), minutes=number),
        )
        for number in range(size)
    ]


async def fresh(pool: Pool, vault: Vault, folder: Path, linker: Linker, drafts: list[Draft]) -> None:
    """Empty the graph and take these in."""
    async with pool.acquire() as connection:
        await connection.execute(EMPTY)
    await take_in(make_intake(pool, vault, folder, linker), *drafts)


async def assert_derived(connection: Connection) -> None:
    """Check that every derived column says what the accepted edges say."""
    assert await connection.fetchval(EMPTY_CASES) == 0
    assert await connection.fetch(DANGLING) == []
    wrong = (
        "from submission s join filing f on f.submission = s.id and f.state = 'ACCEPTED' where f.case_id <> s.case_id"
    )
    assert await connection.fetchval(f"select count(*) {wrong}") == 0  # fixed text
    accepted = "select submission from filing where state = 'ACCEPTED' group by submission having count(*) <> 1"
    assert await connection.fetch(accepted) == []
    follows = {
        row["origin"]: row["target"]
        for row in await connection.fetch("select origin, target from case_relation where state = 'ACCEPTED'")
    }
    for row in await connection.fetch('select id, "leading" from "case"'):
        assert row["leading"] == end_of(row["id"], follows)
    edges = await connection.fetch("select low, high from same_party where state = 'ACCEPTED'")
    neighbours: dict[UUID, set[UUID]] = {}
    for low, high in edges:
        neighbours.setdefault(low, set()).add(high)
        neighbours.setdefault(high, set()).add(low)
    for row in await connection.fetch("select id, party from mention"):
        assert row["party"] == min(reached(row["id"], neighbours))


def end_of(case: UUID, follows: Mapping[UUID, UUID]) -> UUID:
    """Follow a chain to its end."""
    return end_of(follows[case], follows) if case in follows else case


def reached(start: UUID, neighbours: Mapping[UUID, set[UUID]]) -> set[UUID]:
    """Return all that can be reached."""
    seen, waiting = {start}, [start]
    while waiting:
        for one in neighbours.get(waiting.pop(), set()) - seen:
            seen.add(one)
            waiting.append(one)
    return seen


@dataclass(frozen=True)
class Decision:
    """Something that a person may decide, and how to undo it."""

    do: Callable[[], Awaitable[object]]
    undo: Callable[[], Awaitable[object]]


async def decision(kind: str, at: tuple[int, int], commands: Commands, connection: Connection) -> Decision:
    """Return the decision of a kind between two things of the graph as it is."""
    if kind == "parties":
        found = await mentions(connection)
        one, other = found[at[0] % len(found)], found[at[1] % len(found)]
        return Decision(
            lambda: commands.join_parties(one=one, other=other, reason="", by=EVERYTHING, now=NOW),
            lambda: commands.part_parties(one=one, other=other, by=EVERYTHING, now=NOW),
        )
    if kind == "cases":
        cases = [CaseId(row["id"]) for row in await connection.fetch('select id from "case" order by id')]
        leading, followed = cases[at[0] % len(cases)], cases[at[1] % len(cases)]
        before = await connection.fetchval('select "leading" from "case" where id = $1', followed)
        return Decision(
            lambda: commands.join_cases(leading=leading, other=followed, reason="", by=EVERYTHING, now=NOW),
            lambda: commands.part_cases(case=CaseId(before), by=EVERYTHING, now=NOW),
        )
    rows = await connection.fetch("select id, case_id from submission order by id")
    moving, target = rows[at[0] % len(rows)], CaseId(rows[at[1] % len(rows)]["case_id"])
    submission, home = SubmissionId(moving["id"]), CaseId(moving["case_id"])
    return Decision(
        lambda: commands.file_submission(submission=submission, case=target, reason="", by=EVERYTHING, now=NOW),
        lambda: commands.file_submission(submission=submission, case=home, reason="", by=EVERYTHING, now=NOW),
    )


STEPS = st.lists(
    st.tuples(st.sampled_from(["parties", "cases", "submission"]), st.tuples(st.integers(0, 9), st.integers(0, 9))),
    min_size=1,
    max_size=6,
)


@settings(max_examples=25)
@given(graphs(), STEPS)
@pytest.mark.no_cover
async def test_undoing_a_decision_gives_the_graph_that_never_had_it(
    pool: Pool,
    vault: Vault,
    commands: Commands,
    tmp_path_factory: pytest.TempPathFactory,
    drafts: list[Draft],
    steps: list[tuple[str, tuple[int, int]]],
) -> None:
    """Whatever was decided before: do one thing more and undo it, and the graph is the same."""
    await fresh(pool, vault, tmp_path_factory.mktemp("attachments"), ExactLinker(), drafts)
    async with pool.acquire() as connection:
        for kind, at in steps:
            deciding = await decision(kind, at, commands, connection)
            before, known = await picture(connection), await edge_of(connection, kind, at)
            try:
                await deciding.do()
            except ConflictError:
                assert await picture(connection) == before
                continue
            await assert_derived(connection)
            if known:  # two mentions joined by an edge already: undoing takes that edge, too
                continue
            await deciding.undo()
            await assert_derived(connection)
            assert await picture(connection) == before
            await deciding.do()


async def edge_of(connection: Connection, kind: str, at: tuple[int, int]) -> bool:
    """Tell whether two mentions have an accepted edge."""
    if kind != "parties":
        return False
    found = await mentions(connection)
    low, high = sorted((found[at[0] % len(found)], found[at[1] % len(found)]))
    query = "select exists (select from same_party where low = $1 and high = $2 and state = 'ACCEPTED')"
    return bool(await connection.fetchval(query, low, high))


@settings(max_examples=25)
@given(graphs())
@pytest.mark.no_cover
async def test_undoing_all_that_linking_did_gives_the_graph_that_was_never_linked(
    pool: Pool, vault: Vault, commands: Commands, tmp_path_factory: pytest.TempPathFactory, drafts: list[Draft]
) -> None:
    """Part every edge and every filing that the exact rules made, in any order: nothing of them is left."""
    await fresh(pool, vault, tmp_path_factory.mktemp("attachments"), NoLinker(), drafts)
    async with pool.acquire() as connection:
        unlinked = await picture(connection)
    await fresh(pool, vault, tmp_path_factory.mktemp("attachments"), ExactLinker(), drafts)
    async with pool.acquire() as connection:
        for row in await connection.fetch("select low, high from same_party where state = 'ACCEPTED' order by high"):
            await commands.part_parties(one=row["low"], other=row["high"], by=EVERYTHING, now=NOW)
            await assert_derived(connection)
        filed = "select submission from filing where state = 'ACCEPTED' and evidence ? 'alike' order by id desc"
        for row in await connection.fetch(filed):
            await commands.part_submission(submission=row["submission"], by=EVERYTHING, now=NOW)
            await assert_derived(connection)
        assert await picture(connection) == unlinked
