"""What keeps a mutation from being done is told as data: a code, the field at fault, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph import journal
from graph.records import Refusal, RejectionReason
from schema.ids import global_id
from tests.graph.factory import draft, petitioner

if TYPE_CHECKING:
    from graph.database import Connection
    from tests.api.conftest import Api

ENTERED: dict[str, Any] = {
    "title": "楼道堆物", "text": "三栋楼道里堆满了杂物，有火灾隐患。", "receivedAt": "2026-11-20T09:30:00+08:00",
}  # fmt: skip
REASON = {"reason": "同一事项"}
ABSENT = {kind: global_id(kind, UUID(int=7)) for kind in ("Case", "Submission", "Mention", "Rejection")}

DECISIONS: dict[str, dict[str, str]] = {
    "joinCases": {"leading": "Case", "other": "Case"},
    "partCases": {"case": "Case"},
    "fileSubmission": {"submission": "Submission", "case": "Case"},
    "partSubmission": {"submission": "Submission"},
    "nameAccused": {"submission": "Submission"},
    "classifySubmission": {"submission": "Submission"},
    "joinParties": {"one": "Mention", "other": "Mention"},
    "partParties": {"one": "Mention", "other": "Mention"},
    "retryRejection": {"rejection": "Rejection"},
    "dismissRejection": {"rejection": "Rejection"},
}
"""Each decision with the fields of its input that are ids, and of what."""
REASONED = {"joinCases", "fileSubmission", "nameAccused", "classifySubmission", "joinParties", "dismissRejection"}
BESIDES: dict[str, dict[str, Any]] = {"nameAccused": {"organs": []}, "classifySubmission": {"kind": "APPEAL"}}
"""What else an input needs."""


async def errors_of(api: Api, mutation: str, entered: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the typed errors of a mutation, whose payload must not have failed as a whole."""
    kind = mutation[0].upper() + mutation[1:] + "Input"
    query = f"mutation($input: {kind}!) {{ {mutation}(input: $input) {{ errors {{ code field message }} }} }}"
    errors: list[dict[str, Any]] = (await api.ask(query, input=entered))[mutation]["errors"]
    assert all(error["message"] for error in errors)
    return errors


async def present(api: Api) -> dict[str, str]:
    """Take two cases and a rejection in, and return the id of one node of each kind."""
    refusal = Refusal(
        channel=draft().channel, source="hotline", position="row 2", reason=RejectionReason.DATE, message="Correct it.",
        payload=b"{}",
    )  # fmt: skip
    await api.take_in(draft("1", mentions=(petitioner(),)), draft("2", text="另一件事，路灯坏了。"), refusal)
    data = await api.ask("""{ submissions(filter: {externalId: "1"}) { nodes { id case { id } mentions { id } } }
        rejections { nodes { id } } }""")
    [found] = data["submissions"]["nodes"]
    return {
        "Case": found["case"]["id"],
        "Submission": found["id"],
        "Mention": found["mentions"][0]["id"],
        "Rejection": data["rejections"]["nodes"][0]["id"],
    }


async def test_every_decision_tells_what_is_wrong_with_each_of_its_ids(api: Api, connection: Connection) -> None:
    """Nonsense and another kind's id are the fault of their field, what is not there is not found; nothing changes."""
    ids = await present(api)
    before = await journal.position(connection)
    for mutation, fields in DECISIONS.items():
        right = {field: ids[kind] for field, kind in fields.items()} | BESIDES.get(mutation, {})
        right |= REASON if mutation in REASONED else {}
        for field, kind in fields.items():
            wrong_kind = ids["Case" if kind != "Case" else "Submission"]
            for bad in ("nonsense", "", wrong_kind):
                [error] = await errors_of(api, mutation, right | {field: bad})
                assert (error["code"], error["field"]) == ("INVALID", [field]), mutation
            [error] = await errors_of(api, mutation, right | {field: ABSENT[kind]})
            assert error["code"] == "NOT_FOUND", mutation
    assert await journal.position(connection) == before


async def test_a_decision_needs_a_reason(api: Api) -> None:
    """Blank, endless or unstorable, it is the fault of `reason`."""
    ids = await present(api)
    for mutation in sorted(REASONED):
        right = {field: ids[kind] for field, kind in DECISIONS[mutation].items()} | BESIDES.get(mutation, {})
        for reason in ("", " 　\n", "因" * 2001, "同\0"):
            [error] = await errors_of(api, mutation, right | {"reason": reason})
            assert (error["code"], error["field"]) == ("INVALID", ["reason"])


async def test_what_is_no_organ_cannot_be_accused(api: Api) -> None:
    """Blank, endless, unstorable or too many, it is the fault of `organs`; an appeal accuses nobody."""
    ids = await present(api)
    entered: dict[str, Any] = {"submission": ids["Submission"], **REASON}
    for organs in ([""], ["市住建局", " 　"], ["局" * 201], ["市\0局"], ["市住建局"] * 51):
        [error] = await errors_of(api, "nameAccused", entered | {"organs": organs})
        assert (error["code"], error["field"]) == ("INVALID", ["organs"])
    [error] = await errors_of(api, "nameAccused", entered | {"organs": ["市住建局"]})
    assert error["code"] == "CONFLICT"


async def test_what_stands_against_a_decision_is_a_conflict(api: Api) -> None:
    """One thing joined to itself, what follows nothing parted, the only submission parted."""
    ids = await present(api)
    conflicts: dict[str, dict[str, str]] = {
        "joinCases": {"leading": ids["Case"], "other": ids["Case"], **REASON},
        "partCases": {"case": ids["Case"]},
        "partSubmission": {"submission": ids["Submission"]},
        "joinParties": {"one": ids["Mention"], "other": ids["Mention"], **REASON},
    }
    for mutation, entered in conflicts.items():
        [error] = await errors_of(api, mutation, entered)
        assert error["code"] in {"CONFLICT", "INVALID"}, mutation


@pytest.mark.parametrize(
    ("mutation", "extra", "field"),
    [
        ("submitVisit", {"title": " "}, ["title"]),
        ("submitVisit", {"text": "字" * 200_001}, ["text"]),
        ("submitVisit", {"receivedAt": "1949-12-31T23:59:59Z"}, ["receivedAt"]),
        ("submitVisit", {"source": "a\0"}, ["source"]),
        ("submitVisit", {"source": "a" * 513}, ["source"]),
        ("submitVisit", {"externalId": "\0"}, ["externalId"]),
        ("submitVisit", {"headCount": -1}, ["headCount"]),
        ("submitLetter", {"signatories": -1}, ["signatories"]),
        ("submitLetter", {"enclosures": -1}, ["enclosures"]),
        ("submitWebMessage", {"likes": -1}, ["likes"]),
        ("submitWebMessage", {"dislikes": -1}, ["dislikes"]),
        ("submitHotlineTicket", {"replies": [{"text": "好", "at": "0001-01-01T00:00:00Z"}]}, ["replies", "0", "at"]),
        ("submitHotlineTicket", {"callBacks": [{}, {"at": "1900-01-01T00:00:00Z"}]}, ["callBacks", "1", "at"]),
    ],
)
async def test_what_is_entered_wrongly_is_the_fault_of_its_field(
    api: Api, connection: Connection, mutation: str, extra: dict[str, Any], field: list[str]
) -> None:
    """The desk can mark the field, and nothing is kept, not even as a rejection."""
    [error] = await errors_of(api, mutation, ENTERED | extra)
    assert (error["code"], error["field"]) == ("INVALID", field)
    assert await journal.position(connection) == 0


TEXTS = st.text(max_size=8) | st.sampled_from(
    ["", " ", "\0", "430104", "张三", "110105194912310025", "'; --", "%", "\\"]
)
INPUTS = st.fixed_dictionaries(
    {"title": TEXTS, "text": TEXTS, "receivedAt": st.datetimes().map(lambda one: one.isoformat() + "+08:00")},
    optional={
        "source": TEXTS, "externalId": TEXTS, "topic": TEXTS, "division": TEXTS, "organ": TEXTS,
        "receptionPlace": TEXTS, "receivedBy": TEXTS, "headCount": st.integers(-(2**31), 2**31 - 1),
        "mentions": st.lists(
            st.fixed_dictionaries({}, optional=dict.fromkeys(
                ("name", "identityNumber", "phone", "address", "account", "email"), TEXTS
            )),
            max_size=2,
        ),
        "replies": st.lists(st.fixed_dictionaries({"text": TEXTS}, optional={"organ": TEXTS}), max_size=2),
        "callBacks": st.lists(st.fixed_dictionaries({}, optional={"note": TEXTS}), max_size=2),
    },
)  # fmt: skip


@given(entered=INPUTS)
@settings(max_examples=150)
async def test_whatever_is_entered_is_taken_in_or_told_about(api: Api, entered: dict[str, Any]) -> None:
    """No value that a field can hold is a fault of ours."""
    query = """mutation($input: SubmitVisitInput!) { submitVisit(input: $input) {
        change receiptCode submission { title mentions { name phone } } errors { code message } } }"""
    answer = await api.post(query, input=entered)
    if "errors" in answer:
        assert {error["extensions"]["code"] for error in answer["errors"]} == {"BAD_USER_INPUT"}
        return
    payload = answer["data"]["submitVisit"]
    assert bool(payload["errors"]) == (payload["receiptCode"] is None)
    assert (payload["submission"] is None) == bool(payload["errors"])


@pytest.mark.parametrize(
    ("mutation", "field", "entered"),
    [
        ("submitWebMessage", "receivedAt", {"receivedAt": "9999-12-31T23:59:59Z"}),
        ("submitVisit", "receivedAt", {"receivedAt": "1949-12-31T23:59:59Z"}),
        ("submitHotlineTicket", "dueAt", {"dueAt": "9999-12-31T23:59:59Z"}),
        ("submitLetter", "postmarkedOn", {"postmarkedOn": "0001-01-01"}),
        ("submitLetter", "replies.0.at", {"replies": [{"text": "已处理", "at": "9999-12-31T23:59:59Z"}]}),
    ],
)
async def test_a_moment_that_cannot_be_is_told(api: Api, mutation: str, field: str, entered: dict[str, Any]) -> None:
    """The same bounds as those of files and pushes, at each field."""
    [error] = await errors_of(api, mutation, ENTERED | entered)
    assert (error["code"], ".".join(error["field"])) == ("INVALID", field)
    assert "This lies" in error["message"]
