"""Mutations do what they say, and tell what kept them from it as data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from graph.records import Refusal, RejectionReason
from tests.graph.factory import draft, petitioner

if TYPE_CHECKING:
    from graph.database import Connection
    from tests.api.conftest import Api

ENTERED: dict[str, Any] = {
    "title": "楼道堆物", "text": "三栋楼道里堆满了杂物，有火灾隐患。", "receivedAt": "2026-11-20T09:30:00+08:00",
    "mentions": [{"name": "张三", "phone": "13812341234"}],
}  # fmt: skip
ERRORS = "errors { code field message template arguments { name value } }"


@pytest.mark.parametrize(
    ("mutation", "kind", "extra", "channel"),
    [
        ("submitLetter", "SubmitLetterInput", {"signatories": 3}, "LETTER"),
        ("submitVisit", "SubmitVisitInput", {"headCount": 5, "receptionPlace": "信访接待大厅"}, "VISIT"),
        ("submitHotlineTicket", "SubmitHotlineTicketInput", {"urgency": "URGENT"}, "HOTLINE"),
        ("submitWebMessage", "SubmitWebMessageInput", {}, "WEB"),
    ],
)
async def test_each_channel_can_be_entered_by_hand(
    api: Api, mutation: str, kind: str, extra: dict[str, Any], channel: str
) -> None:
    """What is entered at the desk goes the same way as what is read from files."""
    query = f"mutation($input: {kind}!) {{ {mutation}(input: $input) {{ change receiptCode {ERRORS}\n"
    query += "submission { channel title mentions { name phone } } case { status submissionCount } } }"
    data = await api.ask(query, input=ENTERED | extra)
    payload = data[mutation]
    assert payload["errors"] == []
    assert payload["change"] == "NEW"
    assert len(payload["receiptCode"]) == 13
    assert payload["submission"]["channel"] == channel
    assert payload["submission"]["mentions"] == [{"name": "张*", "phone": "138****1234"}]
    assert payload["case"] == {"status": "REGISTERED", "submissionCount": 1}


async def test_what_cannot_be_taken_in_is_a_typed_error(api: Api, connection: Connection) -> None:
    """An empty text is the fault of a field; nothing is written."""
    query = f"mutation($input: SubmitVisitInput!) {{ submitVisit(input: $input) {{ change {ERRORS} }} }}"
    data = await api.ask(query, input=ENTERED | {"text": "  "})
    [error] = data["submitVisit"]["errors"]
    assert error["field"] == ["text"]
    assert error["message"]
    assert await connection.fetchval("select count(*) from submission") == 0


JOIN = f"mutation($input: JoinCasesInput!) {{ joinCases(input: $input) {{ case {{ id submissionCount }} {ERRORS} }} }}"
PART = f"mutation($input: PartCasesInput!) {{ partCases(input: $input) {{ case {{ id }} {ERRORS} }} }}"


async def test_cases_are_joined_and_parted(api: Api) -> None:
    """The leading id answers for both; parted, each answers for itself; twice is a typed conflict."""
    await api.take_in(draft("1"), draft("2", text="天心区某小学的学位今年不够，请教育局答复。"))
    before = await api.ask("{ cases(orderBy: {field: OPENED_AT}) { nodes { id number title } } }")
    one, other = (case["id"] for case in before["cases"]["nodes"])
    joined = await api.ask(JOIN, input={"leading": one, "other": other, "reason": "同一事项"})
    assert joined["joinCases"]["case"]["id"] == one
    again = await api.ask(JOIN, input={"leading": one, "other": other, "reason": "同一事项"})
    assert [error["code"] for error in again["joinCases"]["errors"]] == ["CONFLICT"]
    led = await api.ask("query($id: ID!) { case(id: $id) { id submissions { totalCount } } }", id=other)
    assert led["case"] == {"id": one, "submissions": {"totalCount": 2}}
    parted = await api.ask(PART, input={"case": other})
    assert parted["partCases"]["errors"] == []
    assert (await api.ask("{ cases(orderBy: {field: OPENED_AT}) { nodes { id number title } } }")) == before


async def test_ids_of_another_kind_or_of_nothing_are_typed_errors(api: Api) -> None:
    """A wrong id names the field that holds it."""
    await api.take_in(draft("1"))
    data = await api.ask("{ submissions { nodes { id case { id } } } }")
    [found] = data["submissions"]["nodes"]
    wrong = await api.ask(JOIN, input={"leading": found["id"], "other": found["case"]["id"], "reason": "同"})
    assert wrong["joinCases"]["errors"][0]["field"] == ["leading"]
    nonsense = await api.ask(JOIN, input={"leading": "nonsense", "other": found["case"]["id"], "reason": "同"})
    assert nonsense["joinCases"]["errors"][0]["field"] == ["leading"]


async def test_a_submission_is_filed_elsewhere_and_parted(api: Api) -> None:
    """Filed under another case and taken out again, it stands in a case of its own."""
    person = petitioner()
    await api.take_in(
        draft("1", mentions=(person,)), draft("2", mentions=(person,)), draft("3", title="另一件", text="路灯坏了。")
    )
    data = await api.ask("{ submissions { nodes { id externalId case { id } } } }")
    by_id = {one["externalId"]: one for one in data["submissions"]["nodes"]}
    assert by_id["1"]["case"] == by_id["2"]["case"]
    query = f"mutation($input: FileSubmissionInput!) {{ fileSubmission(input: $input) {{ case {{ id }} {ERRORS} }} }}"
    target = by_id["3"]["case"]["id"]
    moved = await api.ask(query, input={"submission": by_id["2"]["id"], "case": target, "reason": "同一事项"})
    assert moved["fileSubmission"] == {"case": {"id": target}, "errors": []}
    query = f"mutation($input: PartSubmissionInput!) {{ partSubmission(input: $input) {{ case {{ id }} {ERRORS} }} }}"
    parted = await api.ask(query, input={"submission": by_id["2"]["id"]})
    assert parted["partSubmission"]["errors"] == []
    assert parted["partSubmission"]["case"]["id"] not in {one["case"]["id"] for one in by_id.values()}
    alone = await api.ask(query, input={"submission": by_id["1"]["id"]})
    assert alone["partSubmission"]["errors"][0]["code"] == "CONFLICT"


async def test_parties_are_joined_and_parted(api: Api) -> None:
    """Two mentions become one party and two again."""
    await api.take_in(
        draft("1", mentions=(petitioner("张三", "13812341234"),)), draft("2", mentions=(petitioner("张叁", None),))
    )
    data = await api.ask("{ submissions { nodes { mentions { id } } } }")
    one, other = (found["mentions"][0]["id"] for found in data["submissions"]["nodes"])
    payload = f"{{ one {{ id }} other {{ id }} {ERRORS} }}"
    join = f"mutation($input: JoinPartiesInput!) {{ joinParties(input: $input) {payload} }}"
    joined = await api.ask(join, input={"one": one, "other": other, "reason": "同一人"})
    assert joined["joinParties"]["one"] == joined["joinParties"]["other"]
    part = f"mutation($input: PartPartiesInput!) {{ partParties(input: $input) {payload} }}"
    parted = await api.ask(part, input={"one": one, "other": other})
    assert parted["partParties"]["one"] != parted["partParties"]["other"]
    again = await api.ask(part, input={"one": one, "other": other})
    assert again["partParties"]["errors"] == [] or again["partParties"]["errors"][0]["code"] == "CONFLICT"


async def test_a_rejection_is_tried_again(api: Api) -> None:
    """Kept as received, it goes in once it can be read; the rejection is resolved."""
    template = draft()
    kept = '{"工单编号": "T77", "来电时间": "2026-11-01 10:00:00", "诉求内容": "路灯坏了，请维修。"}'.encode()
    await api.take_in(
        Refusal(
            channel=template.channel, source="hotline", position="tickets.csv row 2", reason=RejectionReason.HEADINGS,
            message="unknown headings", payload=kept,
        )
    )  # fmt: skip
    data = await api.ask("{ rejections { nodes { id } } }")
    payload = f"{{ submission {{ externalId }} {ERRORS} }}"
    query = f"mutation($input: RetryRejectionInput!) {{ retryRejection(input: $input) {payload} }}"
    tried = await api.ask(query, input={"rejection": data["rejections"]["nodes"][0]["id"]})
    assert tried["retryRejection"] == {"submission": {"externalId": "T77"}, "errors": []}
    assert (await api.ask("{ rejections { totalCount } }"))["rejections"]["totalCount"] == 0


async def test_a_rejection_is_dismissed_with_a_reason(api: Api) -> None:
    """It is open no more, stays listed with who decided and why, and cannot be tried again."""
    kept = Refusal(
        channel=draft().channel, source="hotline", position="tickets.csv row 2", reason=RejectionReason.DATE,
        message="m", payload=b"{}",
    )  # fmt: skip
    await api.take_in(kept)
    [open_one] = (await api.ask("{ rejections { nodes { id state } } }"))["rejections"]["nodes"]
    assert open_one["state"] == "OPEN"
    payload = f"{{ rejection {{ state dismissedBy dismissal }} {ERRORS} }}"
    query = f"mutation($input: DismissRejectionInput!) {{ dismissRejection(input: $input) {payload} }}"
    given = {"rejection": open_one["id"], "reason": "测试数据"}
    done = (await api.ask(query, input=given))["dismissRejection"]
    assert (done["rejection"]["state"], done["rejection"]["dismissal"]) == ("DISMISSED", "测试数据")
    assert done["rejection"]["dismissedBy"]
    assert (await api.ask(query, input=given))["dismissRejection"]["errors"][0]["code"] == "NOT_FOUND"
    counts = {
        asked: (await api.ask(f"{{ rejections({asked}) {{ totalCount }} }}"))["rejections"]["totalCount"]
        for asked in ("first: 1", "filter: {state: {equals: DISMISSED}}", "filter: {resolved: true}")
    }
    assert list(counts.values()) == [0, 1, 0]
