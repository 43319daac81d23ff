"""What was said while a submission was an accusation stays hidden once it is none: by every path, from both locks."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pytest

from graph.guard import Guard
from graph.ids import organ_id
from graph.policy import Clearance, Role
from graph.records import Correctable, DocumentDraft, MentionDraft, MentionId, MentionRole, PetitionKind, SubmissionId
from graph.revealing import Request, Revealable
from search.alerting import Alerter
from search.indexer import Indexer
from tests.api.conftest import api
from tests.graph.factory import NOW, draft, petitioner
from tests.policy.test_takeover import ACCUSED, ORGAN, accusation, ask_as
from tests.reference.saved import follow, save
from tests.viewers import EVERYTHING, only

if TYPE_CHECKING:
    from graph.policy import Viewer
    from tests.api.conftest import Api

__all__ = ["api"]

EVIDENCE: Final = DocumentDraft(name="账本.txt", media_type="text/plain", content=b"x", text="贿金分配如下")
PHOTO: Final = DocumentDraft(name="照片.txt", media_type="text/plain", content=b"y", text="烧烤店外景")
NOW_TEXT: Final = "烧烤店油烟扰民，请求处理。"
CLASSIFY: Final = """mutation($input: CorrectSubmissionInput!) { correctSubmission(input: $input) {
    submission { id kind } errors { code field message } } }"""
SEEN: Final = """{ submissions { nodes {
    id kind text revisions { number text } documents { name } mentions { name role } case {
        timeline(first: 50) { nodes { kind state fields } } organs { organ { name } } } } }
    changes(first: 100) { changes { kind state fields } } }"""
FOUND: Final = "query($q: String!) { search(query: $q) { totalCount } }"
LEADER: Final = only(Role.LEADER, divisions=("430104",), organs=frozenset({organ_id(ORGAN)}))
CLEARED: Final = replace(LEADER, clearances=frozenset(Clearance), seats=("430104",))
"""Accused as much as the other, whatever the clearance."""
NEIGHBOUR: Final = only(Role.SUPERVISOR, divisions=("4301",))
DISCIPLINE: Final = replace(EVERYTHING, name="development:discipline")


@pytest.fixture(params=["both locks", "planner", "database"])
async def locks(api: Api, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Api:
    """Return the application with both locks, or with either alone."""
    if request.param == "planner":
        for table in await api.services.pool.fetch("select relname from pg_class where relrowsecurity"):
            await api.services.pool.execute(f'alter table "{table["relname"]}" disable row level security')
    if request.param == "database":
        monkeypatch.setattr(Guard, "around", lambda _, statement: statement.unguarded)
    return api


async def classified(api: Api) -> str:
    """Take an accusation in, revise it twice, and have it said to be an appeal; return its id."""
    await api.take_in(accusation(organ=ORGAN, documents=(EVIDENCE, PHOTO)))
    await api.take_in(accusation(organ=ORGAN, documents=(PHOTO,), text="城管局副局长之妻也收了钱。"))
    await api.take_in(accusation(organ=ORGAN, documents=(), text=NOW_TEXT, mentions=()))
    (told,) = (await ask_as(api, DISCIPLINE, "{ submissions { nodes { id } } }"))["data"]["submissions"]["nodes"]
    given = {"submission": told["id"], "kind": "APPEAL", "reason": "核实后不属检举控告"}
    answer = (await ask_as(api, DISCIPLINE, CLASSIFY, input=given))["data"]["correctSubmission"]
    assert answer == {"submission": {"id": told["id"], "kind": "APPEAL"}, "errors": []}
    await follow(api.services)
    return str(told["id"])


async def seen_by(api: Api, viewer: Viewer) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the one submission that a viewer sees, and all changes that they are told of, here and in its case."""
    answer = await ask_as(api, viewer, SEEN)
    assert "errors" not in answer, answer
    (node,) = answer["data"]["submissions"]["nodes"]
    return node, answer["data"]["changes"]["changes"] + node["case"]["timeline"]["nodes"]


@pytest.mark.parametrize("viewer", [LEADER, CLEARED, NEIGHBOUR], ids=["accused", "accused and cleared", "not cleared"])
async def test_who_could_not_see_it_sees_what_it_says_now(locks: Api, viewer: Viewer) -> None:
    """And neither what it said, nor its papers, nor whom it named, nor that it ever was an accusation."""
    await classified(locks)
    node, told = await seen_by(locks, viewer)
    assert (node["kind"], node["text"], node["mentions"]) == ("APPEAL", NOW_TEXT, [])
    assert node["revisions"] == [{"number": 3, "text": NOW_TEXT}]
    assert node["documents"] == []
    assert [one["organ"]["name"] for one in node["case"]["organs"]] == [ORGAN]
    assert {one["kind"] for one in told} == {"SUBMISSION_RECEIVED", "CASE_OPENED"}
    for words, count in (("油烟扰民", 1), ("贿金", 0), ("外景", 0), ("副局长", 0)):
        assert (await ask_as(locks, viewer, FOUND, q=words))["data"]["search"]["totalCount"] == count, words


async def test_who_could_see_it_sees_all_of_it(locks: Api) -> None:
    """What it said, its papers, whom it named, and what was decided."""
    await classified(locks)
    node, told = await seen_by(locks, DISCIPLINE)
    assert len(node["revisions"]) == 3
    assert {one["name"] for one in node["documents"]} == {"账本.txt", "照片.txt"}
    assert "SUBMISSION_CLASSIFIED" in {one["kind"] for one in told}
    assert [one["state"] for one in told if one["kind"] == "SUBMISSION_REVISED"] == ["ACCUSATION"] * 4


async def test_a_paper_that_comes_again_is_of_what_it_says_now(locks: Api) -> None:
    """The photograph is withheld with the accusation that brought it, until a record brings it once more."""
    await classified(locks)
    later = accusation(kind=PetitionKind.APPEAL, organ=ORGAN, documents=(PHOTO,), text=NOW_TEXT, mentions=())
    await locks.take_in(later)
    await follow(locks.services)
    node, told = await seen_by(locks, LEADER)
    assert [one["name"] for one in node["documents"]] == ["照片.txt"]
    assert [one["number"] for one in node["revisions"]] == [3, 4]
    assert "SUBMISSION_REVISED" in {one["kind"] for one in told}
    for words, count in (("贿金", 0), ("外景", 1)):
        assert (await ask_as(locks, LEADER, FOUND, q=words))["data"]["search"]["totalCount"] == count


async def test_what_was_said_beside_an_accusation_stays_with_who_saw_it(locks: Api) -> None:
    """An appeal that stood in its case was kept from the accused; what it said there is, wherever it is filed now."""
    services = locks.services
    twice = [draft(key, division="430104", mentions=(petitioner(),)) for key in ("1", "2")]
    await locks.take_in(accusation(), *twice)
    find = "select id, case_id from submission where external_id = $1"
    accusing, other = [await services.pool.fetchrow(find, key) for key in ("A-1", "2")]
    assert accusing is not None
    assert other is not None
    decided: dict[str, Any] = {"by": EVERYTHING, "now": NOW}
    one = SubmissionId(other["id"])
    await services.commands.file_submission(submission=one, case=accusing["case_id"], reason="同一事项", **decided)
    await locks.take_in(replace(twice[1], text="城管局来人威胁，请求处理。"))
    await services.commands.part_submission(submission=one, **decided)
    await locks.take_in(replace(twice[1], text=NOW_TEXT))
    for viewer, numbers in ((LEADER, [2, 3]), (CLEARED, [2, 3]), (DISCIPLINE, [1, 2, 3])):
        answer = await ask_as(locks, viewer, SEEN)
        (node,) = [one for one in answer["data"]["submissions"]["nodes"] if one["text"] == NOW_TEXT]
        assert [one["number"] for one in node["revisions"]] == numbers, viewer


async def test_whoever_turns_out_to_have_been_accused_is_kept_away(locks: Api) -> None:
    """Whose mention was accused is asked of its party, however that was joined since."""
    services = locks.services
    chief, same = (MentionDraft(role=MentionRole.RESPONDENT, name=name) for name in ("赵德汉", "赵小汉"))
    await locks.take_in(accusation(mentions=(ACCUSED, chief)), draft("2", division="430104", mentions=(same,)))
    await locks.take_in(accusation(text=NOW_TEXT, mentions=(ACCUSED, chief)))
    find = "select id from submission where external_id = 'A-1'"
    await services.commands.correct_submission(
        submission=await services.pool.fetchval(find),
        asked={Correctable.KIND: PetitionKind.APPEAL},
        reason="核实",
        by=EVERYTHING,
        now=NOW,
    )
    himself = replace(
        only(Role.LEADER, divisions=("430104",)), clearances=frozenset(Clearance),
        persons=frozenset({services.vault.equality("name", "赵小汉")}),
    )  # fmt: skip

    async def numbers() -> list[int]:
        answer = await ask_as(locks, himself, SEEN)
        (node,) = [one for one in answer["data"]["submissions"]["nodes"] if one["text"] == NOW_TEXT]
        return [one["number"] for one in node["revisions"]]

    assert await numbers() == [1, 2]
    mentions = "select id from mention where name_masked like '赵%' order by id"
    one, other = [MentionId(row["id"]) for row in await services.pool.fetch(mentions)]
    await services.commands.join_parties(one=one, other=other, reason="曾用名", by=EVERYTHING, now=NOW)
    assert await numbers() == [2]


GIVEN: Final = """{ submissions { nodes { filing { evidence } case { relations { link { evidence } } } } }
    reveals(first: 10) { nodes { reason } }
    savedSearches(first: 9) { nodes { query alerts(first: 9) { nodes { submission { id } } } } } }"""


async def test_what_was_decided_about_an_accusation_tells_nobody_new_of_it(locks: Api) -> None:
    """Reasons of filing, joining and revealing, and alerts by words that it says no more."""
    services, told = locks.services, "举报副局长受贿"
    auditor = replace(LEADER, roles=frozenset({Role.LEADER, Role.AUDITOR}))
    for words in ("副局长", "请求处理"):
        await save(services, words, auditor)
    await locks.take_in(
        *(replace(accusation(mentions=(ACCUSED, petitioner())), external_id=key) for key in ("A-1", "A-2"))
    )
    decided: dict[str, Any] = {"by": EVERYTHING, "now": NOW}
    find = "select id, case_id from submission order by external_id"
    (one, case), (other, _) = [tuple(row) for row in await services.pool.fetch(find)]
    own = await services.commands.part_submission(submission=other, **decided)
    await services.commands.join_cases(leading=case, other=own, reason=told, **decided)
    await follow(services)
    await services.revealing.reveal(Request(kind=Revealable.SUBMISSION, subject=one, reason=told, **decided))
    await locks.take_in(accusation(mentions=(ACCUSED, petitioner()), text=NOW_TEXT))
    for each in (one, other):
        await services.commands.correct_submission(
            submission=each, asked={Correctable.KIND: PetitionKind.APPEAL}, reason="不属检举控告", **decided
        )
    await follow(services)
    answer = await ask_as(locks, auditor, GIVEN)
    assert told not in json.dumps(answer, ensure_ascii=False)
    assert answer["data"]["reveals"]["nodes"] == []
    alerts = {one["query"]: one["alerts"]["nodes"] for one in answer["data"]["savedSearches"]["nodes"]}
    assert [len(alerts[words]) for words in ("请求处理", "副局长")] == [1, 1], "the one that still says so"
    assert alerts["请求处理"] != alerts["副局长"]
    kept = await services.pool.fetch("select evidence -> 'former' as former from correction")
    assert any(told in (row["former"] or {}).values() for row in kept)
    seen = (await ask_as(locks, replace(DISCIPLINE, roles=frozenset({Role.AUDITOR})), GIVEN))["data"]["reveals"]
    assert seen["nodes"] == [{"reason": told}]


async def test_an_alert_that_comes_late_tells_of_what_it_says_now(api: Api) -> None:
    """What the index still held of an accusation raises none once somebody said that it is none."""
    services = api.services
    await save(services, "副局长", LEADER)
    await api.take_in(accusation())
    await Indexer(pool=services.pool, engine=services.engine).catch_up()
    await api.take_in(accusation(text=NOW_TEXT))
    one = SubmissionId(await services.pool.fetchval("select id from submission"))
    await services.commands.correct_submission(
        submission=one, asked={Correctable.KIND: PetitionKind.APPEAL}, reason="不属检举控告", by=EVERYTHING, now=NOW
    )
    await Alerter(pool=services.pool, engine=services.engine, clock=lambda: NOW).catch_up()
    await follow(services)
    assert await services.pool.fetch("select 1 from alert") == []
