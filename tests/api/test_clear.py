"""Whatever field a number is typed into, it stands in clear in no column and no file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.records import (
    CallBackDraft,
    Channel,
    DocumentDraft,
    HotlineDetails,
    LetterDetails,
    MentionDraft,
    MentionRole,
    PartyKind,
    PetitionKind,
    Refusal,
    RejectionReason,
    ReplyDraft,
    VisitDetails,
    WebDetails,
)
from schema.ids import global_id
from tests.graph.factory import draft

if TYPE_CHECKING:
    from pathlib import Path

    from graph.database import Pool
    from graph.records import Details, Draft
    from tests.api.conftest import Api

CANARIES = ("13770412345", "11010519491231002X", "dan.chan@mail.example", "4111111111111111")
COLUMNS = """
select table_name, column_name from information_schema.columns
where table_schema = 'public' and is_generated = 'NEVER' and table_name not like 'journal\\_p%'
"""
SUBMIT = """mutation($i: SubmitVisitInput!) { submitVisit(input: $i) {
    submission { id } case { id } errors { code field message } } }"""
REVEAL = "mutation($i: RevealInput!) { reveal(input: $i) { errors { code message } } }"
JOIN = "mutation($i: JoinCasesInput!) { joinCases(input: $i) { errors { code message } } }"
FILE = "mutation($i: FileSubmissionInput!) { fileSubmission(input: $i) { errors { code message } } }"
CLASSIFY = "mutation($i: CorrectSubmissionInput!) { correctSubmission(input: $i) { errors { code message } } }"
NAME = "mutation($i: NameAccusedInput!) { nameAccused(input: $i) { errors { code message } } }"
SAVE = "mutation($i: SaveSearchInput!) { saveSearch(input: $i) { errors { code field } } }"


async def stand_in_clear(pool: Pool, folder: Path) -> list[str]:
    """Return where a canary is read, in any column of any table and any file."""
    found = []
    for row in await pool.fetch(COLUMNS):
        table, column = row["table_name"], row["column_name"]
        values = await pool.fetch(f'select "{column}"::text as said from "{table}"')  # noqa: S608 - the catalogue's names
        said = "\n".join(value["said"] or "" for value in values)
        found += [f"{table}.{column}" for one in CANARIES if one in said or one.encode().hex() in said]
    for path in (one for one in folder.rglob("*") if one.is_file()):
        held = path.read_bytes() + path.name.encode()
        found += [path.name for one in CANARIES if one.encode() in held]
    return found


def details_of(channel: Channel, said: str) -> Details:
    """Return what only a channel has, with a number in each text of it."""
    match channel:
        case Channel.LETTER:
            return LetterDetails()
        case Channel.VISIT:
            return VisitDetails(reception_place=said, received_by=said)
        case Channel.HOTLINE:
            return HotlineDetails(ticket_type=said)
        case Channel.WEB:
            return WebDetails(platform=said)


def telling(channel: Channel, kind: PetitionKind, role: MentionRole, party: PartyKind, said: str) -> Draft:
    """Return a draft that says it in every text but its own id."""
    person = MentionDraft(
        role=role, kind=party, name=said, identity_number=said, phone=said, address=said, account=said, email=said
    )
    document = DocumentDraft(name=said, media_type=f"application/{said}", content=said.encode(), text=said)
    return replace(
        draft(None, payload=f"{channel}{kind}{role}{party}{said}".encode()),
        channel=channel, kind=kind, title=said, text=said, position=said, topic=said, division=said, organ=said,
        mentions=(person,), replies=(ReplyDraft(text=said, organ=said),), call_backs=(CallBackDraft(note=said),),
        documents=(document,), details=details_of(channel, said),
    )  # fmt: skip


@settings(max_examples=15)
@given(
    st.sampled_from(Channel), st.sampled_from(PetitionKind), st.sampled_from(MentionRole), st.sampled_from(PartyKind),
    st.sampled_from(CANARIES), st.sampled_from(["某局{}", "市住建局（联系人张三 {}）", "{}", "A3区{} 烧烤店"]),
)  # fmt: skip
async def test_no_draft_leaves_a_number_in_clear(
    api: Api, tmp_path: Path, channel: Channel, kind: PetitionKind, role: MentionRole, party: PartyKind, number: str,
    form: str,
) -> None:  # fmt: skip
    """Every text of every channel, through intake into the tables, the index and the files."""
    said = form.format(number)
    one = telling(channel, kind, role, party, said)
    refusal = Refusal(
        channel=channel, source="hotline", position=said, reason=RejectionReason.DATE, message=said, payload=one.payload
    )
    await api.take_in(one, refusal)
    assert await stand_in_clear(api.services.pool, tmp_path) == []


@pytest.mark.parametrize("number", CANARIES)
async def test_no_mutation_leaves_a_number_in_clear(api: Api, tmp_path: Path, number: str) -> None:
    """Uploads, what a desk enters, the reasons of decisions, saved searches, sources."""
    upload = await api.http.post("/uploads", params={"name": f"{number}.txt"}, content=number.encode())
    entered: dict[str, Any] = {
        "title": number, "text": number, "receivedAt": "2026-11-01T10:00:00Z", "organ": f"某局{number}",
        "receptionPlace": number, "receivedBy": number, "newOrgans": True,
        "replies": [{"text": number, "organ": f"某局{number}"}], "callBacks": [{"note": number}],
    }  # fmt: skip
    made = [
        (await api.ask(SUBMIT, i=entered | changes))["submitVisit"]
        for changes in ({"attachments": [upload.json()["upload"]]}, {"text": f"路灯{number}"})
    ]
    first, second = made
    refused = (await api.ask(SUBMIT, i=entered | {"source": number.lower()}))["submitVisit"]
    assert refused["errors"][0]["field"] == ["source"]
    await api.ask(REVEAL, i={"id": first["submission"]["id"], "reason": number})
    cases = {"leading": first["case"]["id"], "other": second["case"]["id"], "reason": number}
    await api.ask(JOIN, i=cases)
    await api.ask(FILE, i={"submission": second["submission"]["id"], "case": first["case"]["id"], "reason": number})
    await api.ask(CLASSIFY, i={"submission": first["submission"]["id"], "kind": "ACCUSATION", "reason": number})
    named = {"submission": first["submission"]["id"], "organs": [f"某局{number}"], "reason": number}
    assert (await api.ask(NAME, i=named))["nameAccused"]["errors"] == []
    for given_ in ({"name": number, "query": "路灯"}, {"name": "路灯", "query": number}):
        assert (await api.ask(SAVE, i=given_))["saveSearch"]["errors"]
    assert await api.services.pool.fetchval("select count(*) from reveal") == 1
    assert await stand_in_clear(api.services.pool, tmp_path) == []
    assert await api.services.pool.fetchval("select reason from reveal") != number
    document = global_id("Document", await api.services.pool.fetchval("select id from document"))
    shown = await api.ask(
        "mutation($i: RevealInput!) { reveal(input: $i) { text { title } } }", i={"id": document, "reason": "核对"}
    )
    assert shown["reveal"]["text"]["title"] == f"{number}.txt", "the name in full is sealed with the attachment"
