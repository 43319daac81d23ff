"""Every field of every type is answered on a graph that holds one of everything."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
    build_schema,
    get_named_type,
    is_leaf_type,
)

from graph.records import (
    CallBackDraft,
    Channel,
    DocumentDraft,
    HotlineDetails,
    LetterDetails,
    Refusal,
    RejectionReason,
    Satisfaction,
    Urgency,
    VisitDetails,
    WebDetails,
)
from schema.schema import print_sdl
from search.records import SearchFilter
from tests.graph.factory import NOW, draft, petitioner, reply
from tests.reference.saved import follow, save

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graph.records import Reading
    from tests.api.conftest import Api

SCHEMA = build_schema(print_sdl())
NODE = SCHEMA.type_map["Node"]
assert isinstance(NODE, GraphQLInterfaceType)
NODES = sorted(kind.name for kind in SCHEMA.get_implementations(NODE).objects)
PERSON = petitioner(
    "欧阳震华", "13987654321", identity_number="11010519491231002X", address="湖南省长沙市岳麓区桔园小区7栋",
    account="user-77", email="someone@mail.example",
)  # fmt: skip
MENDED = '{"留言编号": "W9", "留言时间": "2026-11-01 10:00:00", "留言主题": "路灯", "留言详情": "路灯坏了。"}'
SECRETS = ("欧阳震华", "13987654321", "11010519491231002X", "桔园小区7栋", "user-77", "someone@mail.example")


def readings() -> list[Reading]:
    """Return readings after which each node, edge and kind of details is there."""
    rating = CallBackDraft(at=NOW, satisfaction=Satisfaction.SATISFIED, note="满意。")
    ticket = draft(
        "H", mentions=(PERSON,), organ="岳麓区城市管理局", division="430104", topic="城乡建设", replies=(reply(),),
        call_backs=(rating,), details=HotlineDetails(ticket_type="投诉", urgency=Urgency.URGENT, due_at=NOW),
    )  # fmt: skip
    attached = DocumentDraft(name="合同.txt", media_type="text/plain", content=b"text", text="租赁合同")
    return [
        ticket,
        replace(ticket, title="补充材料"),
        draft(
            "L", channel=Channel.LETTER, source="letter", text="征地补偿没有到位。", mentions=(PERSON,),
            documents=(attached,), confidence=0.9,
            details=LetterDetails(postmarked_on=NOW.date(), signatories=3, enclosures=1),
        ),
        draft(
            "V", channel=Channel.VISIT, source="visit", text="小学学位不足。", mentions=(PERSON,),
            details=VisitDetails(
                head_count=3, reception_place="信访接待大厅", received_by="接待员", leader_reception=True,
                skip_level=False,
            ),
        ),
        draft(
            "W", channel=Channel.WEB, source="web", text="A市A3区建议增设公交站。", mentions=(PERSON,),
            details=WebDetails(platform="领导留言板", likes=7, dislikes=0),
        ),
        Refusal(
            channel=Channel.WEB, source="web", position="a.xlsx row 2", reason=RejectionReason.DATE,
            message="Correct it.",
            payload=MENDED.encode(),
        ),
    ]  # fmt: skip


def selection(kind: GraphQLObjectType, depth: int) -> str:
    """Return all fields of a type, and of what it leads to, `depth` types further."""
    fields = []
    for name, field in kind.fields.items():
        inner = get_named_type(field.type)
        if is_leaf_type(inner):
            fields.append(name)
        elif depth:
            fields.append(f"{name} {{ {inside(inner, depth)} }}")
    return " ".join(["__typename", *fields])


def inside(kind: object, depth: int) -> str:
    """Return what is selected of an object, a page or a union. A page is no step of its own."""
    if isinstance(kind, GraphQLUnionType):
        return " ".join(["__typename", *(f"... on {one.name} {{ {selection(one, 0)} }}" for one in kind.types)])
    assert isinstance(kind, GraphQLObjectType)
    if kind.name.endswith("Connection") and "nodes" in kind.fields:
        node = get_named_type(kind.fields["nodes"].type)
        told = " ".join(name for name, field in kind.fields.items() if is_leaf_type(get_named_type(field.type)))
        page = f"{told} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}"
        return f"{page} edges {{ cursor node {{ __typename }} }} nodes {{ {inside(node, depth)} }}"
    return selection(kind, depth - 1)


def met(answer: object) -> Iterator[tuple[str, str, Any]]:
    """Yield each field that an answer holds: its type, its name, its value."""
    if isinstance(answer, list):
        for one in answer:
            yield from met(one)
    elif isinstance(answer, dict):
        for name, value in answer.items():
            if "__typename" in answer:
                yield answer["__typename"], name, value
            yield from met(value)


@pytest.fixture
async def whole(api: Api) -> Api:
    """Give the application on a graph with one of everything, two cases of it joined, one rejection taken in."""
    await save(api.services, "征地补偿", chosen=SearchFilter(channels=(Channel.LETTER,)))
    await api.take_in(*readings())
    await follow(api.services)
    data = await api.ask("""{ cases(first: 10) { nodes { id } } rejections { nodes { id } } }""")
    ids = [case["id"] for case in data["cases"]["nodes"]]
    join = "mutation($i: JoinCasesInput!) { joinCases(input: $i) { errors { message } } }"
    await api.ask(join, i={"leading": ids[0], "other": ids[1], "reason": "同一事项"})
    retry = "mutation($i: RetryRejectionInput!) { retryRejection(input: $i) { errors { message } } }"
    tried = await api.ask(retry, i={"rejection": data["rejections"]["nodes"][0]["id"]})
    assert tried["retryRejection"]["errors"] == []
    hopeless = Refusal(
        channel=Channel.WEB, source="web", position="a.xlsx row 1000", reason=RejectionReason.DATE, message="m",
        payload=b"x",
    )  # fmt: skip
    await api.take_in(hopeless)
    (left,) = (await api.ask("{ rejections { nodes { id } } }"))["rejections"]["nodes"]
    dismiss = "mutation($i: DismissRejectionInput!) { dismissRejection(input: $i) { errors { message } } }"
    done = await api.ask(dismiss, i={"rejection": left["id"], "reason": "测试数据"})
    assert done["dismissRejection"]["errors"] == []
    return api


async def ids_of_everything(api: Api) -> dict[str, list[str]]:
    """Return the ids of the nodes of each type."""
    data = await api.ask("""{ submissions { nodes { id revisions { id } documents { id } mentions { id party { id } }
        events { id } case { id organs { organ { id } } } } }
        rejections(filter: {state: {anyOf: [RESOLVED, DISMISSED]}}) { nodes { id } } savedSearches { nodes { id } }
        places(filter: {code: {within: "430104"}}) { nodes { id } }
        named: places(filter: {source: "web"}) { nodes { id } } }""")
    found: defaultdict[str, list[str]] = defaultdict(list)
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
    every = sorted({value for value in strings(data) if value})
    for node in (await api.ask(query, ids=every))["nodes"]:
        found[node["__typename"]].append(node["id"])
    return found


def strings(answer: object) -> Iterator[str]:
    """Yield every string of an answer."""
    if isinstance(answer, str):
        yield answer
    elif isinstance(answer, dict):
        for value in answer.values():
            yield from strings(value)
    elif isinstance(answer, list):
        for value in answer:
            yield from strings(value)


async def test_every_field_is_answered_and_tells_no_secret(whole: Api) -> None:
    """Asked of each node with all that two steps lead to; each field has a value somewhere."""
    ids = await ids_of_everything(whole)
    assert sorted(ids) == NODES
    filled: set[tuple[str, str]] = set()
    seen: set[tuple[str, str]] = set()
    for name in NODES:
        kind = SCHEMA.type_map[name]
        assert isinstance(kind, GraphQLObjectType)
        query = f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {name} {{ {selection(kind, 2)} }} }} }}"
        data = await whole.ask(query, ids=ids[name])
        assert not [secret for secret in SECRETS if secret in str(data)]
        for owner, field, value in met(data):
            seen.add((owner, field))
            if value not in (None, []):
                filled.add((owner, field))
    assert seen == filled
    expected = {(name, field) for name in NODES for field in getattr(SCHEMA.type_map[name], "fields", {})}
    assert expected <= seen
