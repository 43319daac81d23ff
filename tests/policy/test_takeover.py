"""Nobody writes over what they may not see: keys, revisions, and the kind of an accusation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from graphql import OperationType

from casegraph.app import executor_of
from graph.ids import new_id, organ_id
from graph.policy import Action, Authority, Clearance, ForbiddenError, Role
from graph.records import MentionDraft, MentionRole, PartyKind, PetitionKind, Refusal, RejectionId, RejectionReason
from graph.scope import scope
from resolvers.asked import Asked
from resolvers.limits import DocumentLimits
from resolvers.trusted import Trusted
from schema.ids import global_id
from tests.api.conftest import api
from tests.graph.factory import NOW, draft
from tests.viewers import only

if TYPE_CHECKING:
    from graph.policy import Viewer
    from tests.api.conftest import Api

__all__ = ["api"]

ORGAN = "岳麓区城市管理局"
OTHERS_ORGAN = "岳麓区教育局"
HIDDEN_TEXT = "城管局副局长收受烧烤店贿赂，证据附后。"
ACCUSED = MentionDraft(role=MentionRole.RESPONDENT, kind=PartyKind.ORGANISATION, name=ORGAN)
DESK = only(Role.REGISTRAR, divisions=("430104",), organs=frozenset({organ_id(ORGAN)}), sources=frozenset({"hotline"}))
"""At the desk of the organ that is accused."""
SUBMIT = """mutation($input: SubmitHotlineTicketInput!) { submitHotlineTicket(input: $input) {
    change receiptCode submission { id kind text revisionCount revisions { text } } case { id }
    errors { code field message } } }"""
REVISIONS = "{ submissions { nodes { externalId kind text revisions { number text } mentions { name } } } }"


def accusation(**changes: Any) -> Any:
    """Return an accusation against the organ as the hotline sends it."""
    given = {"kind": PetitionKind.ACCUSATION, "text": HIDDEN_TEXT, "division": "430104", "mentions": (ACCUSED,)}
    return draft("A-1", **given | changes)


async def ask_as(api: Api, viewer: Viewer, query: str, **variables: Any) -> dict[str, Any]:
    """Return the whole answer that a viewer is given."""
    executor = executor_of(api.services, DocumentLimits(), Trusted())
    asked = Asked(query, variables)
    answer = await executor.execute(asked, viewer, frozenset({OperationType.QUERY, OperationType.MUTATION}))
    whole: dict[str, Any] = orjson.loads(answer.body())
    return whole


def entered(external_id: str, **changes: Any) -> dict[str, Any]:
    """Return a ticket as a desk enters it."""
    return {
        "title": "烧烤店油烟扰民", "text": "烧烤店油烟很大。", "receivedAt": "2026-11-20T09:30:00+08:00",
        "source": "hotline", "externalId": external_id, "organ": ORGAN, "kind": "APPEAL",
    } | changes  # fmt: skip


async def test_a_desk_cannot_take_a_record_over_by_its_key(api: Api) -> None:
    """Under the key of a hidden accusation something new is entered, just as under a key that nobody has."""
    await api.take_in(accusation())
    taken = (await ask_as(api, DESK, SUBMIT, input=entered("A-1")))["data"]["submitHotlineTicket"]
    free = (await ask_as(api, DESK, SUBMIT, input=entered("A-2")))["data"]["submitHotlineTicket"]
    assert taken["change"] == free["change"] == "NEW"
    assert taken["errors"] == free["errors"] == []
    assert taken["submission"]["revisions"] == [{"text": "烧烤店油烟很大。"}]
    rows = await api.services.pool.fetch("select kind, revision_count from submission order by kind")
    assert [tuple(row) for row in rows] == [("ACCUSATION", 1), ("APPEAL", 1), ("APPEAL", 1)]


async def test_equal_payloads_of_two_people_are_two_records(api: Api) -> None:
    """Who enters to the letter what somebody hidden entered is told nothing of it."""
    cleared = replace(DESK, name="development:other")
    said = {name: value for name, value in entered("x").items() if name not in {"externalId", "source"}}
    first = (await ask_as(api, cleared, SUBMIT, input=said | {"kind": "ACCUSATION"}))["data"]["submitHotlineTicket"]
    second = (await ask_as(api, DESK, SUBMIT, input=said | {"kind": "ACCUSATION"}))["data"]["submitHotlineTicket"]
    assert first["change"] == second["change"] == "NEW"
    assert first["receiptCode"] != second["receiptCode"]


async def test_what_somebody_entered_is_a_revision_while_they_see_it(api: Api) -> None:
    """The same id again revises one's own; once it is out of sight it is refused and nothing is written."""
    assert (await ask_as(api, DESK, SUBMIT, input=entered("1")))["data"]["submitHotlineTicket"]["change"] == "NEW"
    again = entered("1", text="烧烤店油烟更大了。")
    assert (await ask_as(api, DESK, SUBMIT, input=again))["data"]["submitHotlineTicket"]["change"] == "REVISED"
    accusing = entered("1", kind="ACCUSATION", text="城管局不作为。")
    assert (await ask_as(api, DESK, SUBMIT, input=accusing))["data"]["submitHotlineTicket"]["change"] == "REVISED"
    back = (await ask_as(api, DESK, SUBMIT, input=entered("1", text="又来了。")))["data"]["submitHotlineTicket"]
    assert [(error["code"], error["field"]) for error in back["errors"]] == [("INVALID", ["externalId"])]
    assert await api.services.pool.fetchval("select revision_count from submission") == 3


async def test_a_desk_names_no_source_of_others(api: Api) -> None:
    """Neither a source that has records nor one that has none."""
    await api.take_in(draft("1", source="city12345"))
    for source in ("city12345", "nobody"):
        answer = await ask_as(api, DESK, SUBMIT, input=entered("1", source=source))
        errors = answer["data"]["submitHotlineTicket"]["errors"]
        assert [(error["code"], error["field"]) for error in errors] == [("INVALID", ["source"])]


async def test_an_accusation_stays_one_whatever_its_source_says_later(api: Api) -> None:
    """The accused stay accused, and get no part, though a push calls it an appeal and dispatches it to them."""
    partner = only(Role.PARTNER, sources=frozenset({"hotline"}))
    await api.take_in(accusation())
    later = accusation(kind=PetitionKind.APPEAL, text="油烟扰民。", mentions=(), organ=ORGAN)
    (outcome,) = await api.services.intake.take_in(
        [later], actor=partner.name, now=NOW, authority=Authority(partner, Action.PUSH)
    )
    assert outcome.change == "REVISED"
    pool = api.services.pool
    assert await pool.fetchval("select kind from submission") == "ACCUSATION"
    assert await pool.fetchval('select kind from "case"') == "ACCUSATION"
    assert await pool.fetch("select 1 from case_accused where state = 'ACCEPTED' and organ = $1", organ_id(ORGAN))
    assert await pool.fetchval("select state from case_organ where organ = $1", organ_id(ORGAN)) == "REJECTED"
    leader = only(Role.LEADER, divisions=("430104",), organs=frozenset({organ_id(ORGAN)}))
    for viewer in (leader, replace(leader, clearances=frozenset(Clearance))):
        assert (await ask_as(api, viewer, REVISIONS))["data"]["submissions"]["nodes"] == []


async def test_a_superseded_revision_is_seen_by_nobody_new(api: Api) -> None:
    """Who gets a matter when it moves sees what it says now, and neither its former text nor who was named then."""
    neighbour = MentionDraft(role=MentionRole.MENTIONED, kind=PartyKind.ORGANISATION, name="某公司")
    before = draft("M", division="430104", text="旧地址的旧文本。", organ=ORGAN, mentions=(neighbour,))
    now = draft("M", division="430105", text="新地址的新文本。", organ=OTHERS_ORGAN)
    await api.take_in(before)
    await api.take_in(now)
    both = ["旧地址的旧文本。", "新地址的新文本。"]
    for viewer, texts in (
        (only(Role.SUPERVISOR, divisions=("430105",)), both[1:]),
        (only(Role.SUPERVISOR, divisions=("4301",)), both),
        (only(Role.HANDLER, divisions=(), organs=frozenset({organ_id(OTHERS_ORGAN)})), both[1:]),
    ):
        (seen,) = (await ask_as(api, viewer, REVISIONS))["data"]["submissions"]["nodes"]
        assert [one["text"] for one in seen["revisions"]] == texts
        assert seen["mentions"] == []
        async with api.services.reader.lent(scope(viewer)) as connection:
            assert len(await connection.fetch("select id from mention")) == len(texts) - 1
    left = await ask_as(api, only(Role.SUPERVISOR, divisions=("430104",)), REVISIONS)
    assert left["data"]["submissions"]["nodes"] == []


async def test_every_write_is_refused_in_one_shape(api: Api) -> None:
    """Who may not enter, join, retry or reveal is told so in the same way."""
    auditor = only(Role.AUDITOR)
    partner = only(Role.PARTNER, divisions=("",))
    case, other, submission, rejection = (
        global_id(kind, new_id()) for kind in ("Case", "Case", "Submission", "Rejection")
    )
    errors = "{ errors { code } }"
    for viewer, query, given in (
        (auditor, SUBMIT, entered("1")),
        (auditor, f"mutation($input: JoinCasesInput!) {{ joinCases(input: $input) {errors} }}",
         {"leading": case, "other": other, "reason": "z"}),
        (partner, f"mutation($input: RetryRejectionInput!) {{ retryRejection(input: $input) {errors} }}",
         {"rejection": rejection}),
        (auditor, f"mutation($input: RevealInput!) {{ reveal(input: $input) {errors} }}",
         {"id": submission, "reason": "z"}),
    ):  # fmt: skip
        answer = await ask_as(api, viewer, query, input=given)
        assert set(answer["data"].values()) == {None}
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]


async def test_pushing_and_entering_are_decided_where_they_are_written(api: Api) -> None:
    """Whoever calls intake, it asks the policy itself."""
    intake = api.services.intake
    stranger = only(Role.PARTNER, sources=frozenset({"other"}))
    for authority in (Authority(stranger, Action.PUSH), Authority(stranger, Action.SUBMIT)):
        with pytest.raises(ForbiddenError):
            await intake.take_in([draft("1")], actor=stranger.name, now=NOW, authority=authority)
    assert await api.services.pool.fetchval("select count(*) from submission") == 0


async def test_a_desks_refused_record_is_retried_under_its_own_key(api: Api) -> None:
    """What was turned down at a desk never becomes a revision of a source's record."""
    await api.take_in(draft("7"))
    payload = '[{"工单编号": "7", "来电时间": "2026-11-20 09:30", "标题": "油烟", "内容": "油烟很大。"}]'.encode()
    refused = Refusal(
        channel=draft().channel, source="hotline", position="entered row 1", reason=RejectionReason.BAD_VALUE,
        message="x", payload=payload, holder=DESK.name,
    )  # fmt: skip
    (outcome,) = await api.services.intake.take_in([refused], actor=DESK.name, now=NOW)
    assert outcome.rejection is not None
    again = await api.services.retry.retry(RejectionId(outcome.rejection), actor=DESK.name, now=NOW)
    assert again.change == "NEW"
    assert await api.services.pool.fetchval("select max(revision_count) from submission") == 1


async def test_an_id_that_is_a_persons_number_stands_masked(api: Api) -> None:
    """It is a key all the same, and is found by the whole number."""
    await api.take_in(draft("13812341234"))
    (again,) = await api.take_in(draft("13812341234", text="不同的内容。"))
    assert again.change == "REVISED"
    found = await api.ask('{ submissions(filter: {externalId: "13812341234"}) { nodes { externalId } } }')
    assert found["submissions"]["nodes"] == [{"externalId": "138****1234"}]


async def test_a_message_id_is_no_address(api: Api) -> None:
    """Letters of one machine are told apart by their ids, and what is somebody's number in one is masked."""
    await api.take_in(*(draft(f"<letter-{number}@city.example>") for number in range(2)))
    await api.take_in(draft("<13812341234@qq.com>"), draft("li@city.example"))
    for asked, shown in (
        ("<letter-1@city.example>", ["<letter-1@city.example>"]), ("<13812341234@qq.com>", ["<138****1234@qq.com>"]),
        ("li@city.example", ["l***@city.example"]),
    ):  # fmt: skip
        found = await api.ask(
            "query($id: String) { submissions(filter: {externalId: $id}) { nodes { externalId } } }", id=asked
        )
        assert [one["externalId"] for one in found["submissions"]["nodes"]] == shown
