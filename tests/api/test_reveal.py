"""What is sealed is shown to whom it is needed by, once it stands on record who asked, when and why."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
import pytest
from graphql import OperationType

from casegraph.app import executor_of
from graph import journal
from graph.database import DatabaseError
from graph.policy import Clearance, Role, Viewer
from graph.records import DocumentDraft, Position
from graph.revealing import Request, Revealable
from resolvers.asked import Asked
from resolvers.limits import DocumentLimits
from resolvers.trusted import Trusted
from schema.ids import global_id, split_id
from tests.graph.factory import NOW, draft, petitioner, reply
from tests.viewers import EVERYTHING

if TYPE_CHECKING:
    from tests.api.conftest import Api

PERSON = petitioner(
    "欧阳震华", "13987654321", identity_number="11010519491231002X", address="长沙市岳麓区桔园小区7栋",
    account="user-77", email="someone@mail.example",
)  # fmt: skip
TITLE, BODY = "请回电13812341234", "我的卡号是4111 1111 1111 1111。"
REVEAL = """mutation($id: ID!, $reason: String = "核实身份") { reveal(input: {id: $id, reason: $reason}) {
    mention { name identityNumber phone address account email } text { title text }
    errors { code field message } } }"""
REVEALS = """query($filter: RevealFilter, $first: Int, $after: String) {
    reveals(filter: $filter, first: $first, after: $after) { totalCount nodes { nodeType subject actor reason at }
    pageInfo { hasNextPage endCursor } } }"""
IDS = """{ submissions { nodes { id title text mentions { id } revisions { id } documents { id name text }
    events { id text } } } }"""


@pytest.fixture
async def full(api: Api) -> Api:
    """Give the application on one submission whose texts all hold numbers."""
    document = DocumentDraft(name="13812341234.txt", media_type="text/plain", content=b"x", text="电话13812341234")
    await api.take_in(
        draft(
            "1",
            title=TITLE,
            text=BODY,
            mentions=(PERSON,),
            documents=(document,),
            replies=(reply("请打0731-88881234"),),
        )
    )
    return api


async def ids_of(api: Api) -> dict[str, str]:
    """Return the ids of what can be revealed, by type."""
    (submission,) = (await api.ask(IDS))["submissions"]["nodes"]
    inner = [submission[name][0]["id"] for name in ("mentions", "revisions", "documents", "events")]
    return {split_id(one)[0]: one for one in [submission["id"], *inner]}


async def on_record(api: Api) -> int:
    """Return how many reveals are on record, in the table and in the journal alike."""
    count: int = await api.services.pool.fetchval("select count(*) from reveal")
    told = await api.services.pool.fetchval("select count(*) from journal where kind = 'IDENTITY_REVEALED'")
    assert told == count
    return count


async def test_a_mention_is_shown_in_clear(full: Api) -> None:
    """All that its source said of the person."""
    found = (await full.ask(REVEAL, id=(await ids_of(full))["Mention"]))["reveal"]
    assert found == {
        "mention": {
            "name": "欧阳震华", "identityNumber": "11010519491231002X", "phone": "13987654321",
            "address": "长沙市岳麓区桔园小区7栋", "account": "user-77", "email": "someone@mail.example",
        },
        "text": None,
        "errors": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "title", "text"),
    [
        ("Submission", TITLE, BODY),
        ("Revision", TITLE, BODY),
        ("Document", "13812341234.txt", "电话13812341234"),
        ("Event", None, "请打0731-88881234"),
    ],
)
async def test_a_text_is_shown_as_it_was_received(full: Api, kind: str, title: str | None, text: str) -> None:
    """Which elsewhere is masked; the record tells what was opened."""
    ids = await ids_of(full)
    assert (await full.ask(REVEAL, id=ids[kind]))["reveal"]["text"] == {"title": title, "text": text}
    shown = str(await full.ask(IDS))
    assert "13812341234" not in shown
    assert "88881234" not in shown
    (told,) = (await full.ask(REVEALS))["reveals"]["nodes"]
    assert (told["nodeType"], told["subject"], told["actor"], told["reason"]) == (
        kind,
        ids[kind],
        EVERYTHING.name,
        "核实身份",
    )


async def test_a_text_without_numbers_is_shown_and_recorded_as_well(full: Api) -> None:
    """Nobody can tell beforehand; the submission's latest revision is the one that is shown."""
    await full.take_in(draft("1", title="已无号码", mentions=(PERSON,), replies=(reply(),)))
    found = (await full.ask(REVEAL, id=(await ids_of(full))["Submission"]))["reveal"]
    assert found["text"]["title"] == "已无号码"
    assert await on_record(full) == 1


async def test_the_reason_stands_in_no_journal(full: Api) -> None:
    """The entry names what was opened and by whom; the chain holds."""
    ids = await ids_of(full)
    await full.ask(REVEAL, id=ids["Mention"], reason="张三要求更正")
    async with full.services.pool.acquire() as connection:
        (entry,) = [one for one in await journal.read(connection, Position(0), 1000) if one.state == "Mention"]
        assert (await journal.verify(connection)).broken_at is None
    assert (entry.state, str(entry.subject), entry.actor, entry.fields) == (
        "Mention", str(split_id(ids["Mention"])[1]), EVERYTHING.name, (),
    )  # fmt: skip
    changes = await full.ask("{ changes(first: 1000) { changes { kind nodeType id } } }")
    assert {"kind": "IDENTITY_REVEALED", "nodeType": "Mention", "id": ids["Mention"]} in changes["changes"]["changes"]
    timeline = await full.ask("{ cases { nodes { timeline { nodes { kind } } } } }")
    assert "IDENTITY_REVEALED" not in str(timeline), "who had something opened is for auditors"


@pytest.mark.parametrize("reason", ["", "  ", "长" * 2_001, "a\0b"])
async def test_without_a_reason_nothing_is_shown(full: Api, reason: str) -> None:
    """Nor recorded."""
    found = (await full.ask(REVEAL, id=(await ids_of(full))["Mention"], reason=reason))["reveal"]
    assert found["mention"] is None
    assert [(one["code"], one["field"]) for one in found["errors"]] == [("INVALID", ["reason"])]
    assert await on_record(full) == 0


async def test_what_cannot_be_revealed(full: Api) -> None:
    """Ids of other types, of nobody, and no ids at all: an error each, and no trace."""
    for text, code in (
        ("x", "INVALID"), (global_id("Case", split_id((await ids_of(full))["Mention"])[1]), "INVALID"),
        *((global_id(kind, UUID(int=0)), "NOT_FOUND") for kind in Revealable),
    ):  # fmt: skip
        found = (await full.ask(REVEAL, id=text))["reveal"]
        assert (found["mention"], found["text"]) == (None, None)
        assert [one["code"] for one in found["errors"]] == [code]
    assert await on_record(full) == 0


async def test_what_was_erased_stays_closed(full: Api) -> None:
    """Without its key nothing opens, and nobody is told that it did."""
    ids = await ids_of(full)
    await full.services.pool.execute("update mention set sealed = null, key = null")
    await full.services.pool.execute("update submission_revision set key = null")
    for kind in ("Mention", "Submission"):
        found = (await full.ask(REVEAL, id=ids[kind]))["reveal"]
        assert [one["code"] for one in found["errors"]] == ["CONFLICT"]
    assert await on_record(full) == 0


async def test_what_cannot_be_put_on_record_is_not_shown(full: Api) -> None:
    """The journal refuses: the answer is an error, and the table holds no reveal either."""
    ids = await ids_of(full)
    await full.services.pool.execute("alter table journal add check (kind <> 'IDENTITY_REVEALED') not valid")
    answer = await full.post(REVEAL, id=ids["Mention"])
    assert answer["data"] == {"reveal": None}
    assert "13987654321" not in str(answer)
    assert await on_record(full) == 0
    request = Request(kind=Revealable.MENTION, subject=split_id(ids["Mention"])[1], by=EVERYTHING, reason="y", now=NOW)
    with pytest.raises(DatabaseError):
        await full.services.revealing.reveal(request)


# Who may ---------------------------------------------------------------------------------------------------------


async def ask_as(api: Api, viewer: Viewer, query: str, **variables: Any) -> dict[str, Any]:
    """Ask as somebody."""
    executor = executor_of(api.services, DocumentLimits(), Trusted())
    answer = await executor.execute(Asked(query, variables), viewer, frozenset(OperationType))
    told: dict[str, Any] = orjson.loads(answer.body())
    return told


def someone(*roles: Role, cleared: bool = True) -> Viewer:
    """Return a viewer of these roles."""
    clearances = frozenset({Clearance.IDENTITY}) if cleared else frozenset()
    return replace(EVERYTHING, name="somebody", roles=frozenset(roles), clearances=clearances)


@pytest.mark.parametrize(
    ("viewer", "may"),
    [
        (someone(Role.INVESTIGATOR), True),
        (someone(Role.REGISTRAR), True),
        (someone(Role.INVESTIGATOR, cleared=False), False),
        (someone(Role.AUDITOR), False),
        (someone(Role.LEADER, Role.SUPERVISOR), False),
    ],
)
async def test_who_may_reveal(full: Api, viewer: Viewer, may: bool) -> None:
    """By role and clearance; the error says who may, at the field."""
    answer = await ask_as(full, viewer, REVEAL, id=(await ids_of(full))["Mention"])
    assert await on_record(full) == may
    if may:
        assert answer["data"]["reveal"]["mention"]["name"] == "欧阳震华"
        assert await full.services.pool.fetchval("select actor from reveal") == "somebody"
    else:
        assert "欧阳震华" not in str(answer)
        assert [(one["path"], one["extensions"]["code"]) for one in answer["errors"]] == [(["reveal"], "FORBIDDEN")]
        assert "with the clearance `identity`" in answer["errors"][0]["message"]


@pytest.mark.parametrize(("query", "role"), [("reveals", Role.AUDITOR), ("rejections", Role.REGISTRAR)])
async def test_lists_that_need_a_right(full: Api, query: str, role: Role) -> None:
    """Others get an error there and the rest of their answer; one plan serves both."""
    document = f"{{ organs {{ totalCount }} {query} {{ totalCount nodes {{ at }} }} }}"
    for _ in range(2):
        refused = await ask_as(full, someone(Role.LEADER), document)
        assert [(one["path"], one["extensions"]["code"]) for one in refused["errors"]] == [([query], "FORBIDDEN")]
        assert (await ask_as(full, someone(role), document))["data"][query] == {"totalCount": 0, "nodes": []}
    nested = await ask_as(full, someone(Role.LEADER), f'{{ {query}(after: "x") {{ totalCount }} }}')
    assert [one["extensions"]["code"] for one in nested["errors"]] == ["FORBIDDEN"], (
        "before anything is said of a value"
    )


async def test_auditors_find_reveals_by_who_what_and_when(full: Api) -> None:
    """Filtered and page by page, the latest first."""
    ids = await ids_of(full)
    for kind in ("Mention", "Document", "Mention"):
        await full.ask(REVEAL, id=ids[kind])
    investigator = someone(Role.INVESTIGATOR)
    await ask_as(full, investigator, REVEAL, id=ids["Event"])
    auditor = someone(Role.AUDITOR)

    async def listed(**variables: Any) -> Any:
        return (await ask_as(full, auditor, REVEALS, **variables))["data"]["reveals"]

    everything = await listed()
    assert [one["nodeType"] for one in everything["nodes"]] == ["Event", "Mention", "Document", "Mention"]
    assert (await listed(filter={"actor": "somebody"}))["totalCount"] == 1
    assert (await listed(filter={"subject": ids["Mention"]}))["totalCount"] == 2
    assert (await listed(filter={"at": {"from": everything["nodes"][0]["at"]}}))["totalCount"] == 1
    first = await listed(first=3)
    rest = await listed(first=3, after=first["pageInfo"]["endCursor"])
    assert [*first["nodes"], *rest["nodes"]] == everything["nodes"]
