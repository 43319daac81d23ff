"""What can be asked is answered rightly, masked, and without a statement per row."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from graph.records import (
    CallBackDraft,
    Channel,
    DocumentDraft,
    LetterDetails,
    MentionDraft,
    MentionRole,
    PartyKind,
    PetitionKind,
    Refusal,
    RejectionReason,
    Satisfaction,
    VisitDetails,
    WebDetails,
)
from tests.graph.factory import NOW, draft, petitioner, reply
from tests.viewers import told_apart

if TYPE_CHECKING:
    from graph.database import Connection
    from tests.api.conftest import Api

PERSON = petitioner("欧阳震华", "13987654321", identity_number="11010519491231002X", address="岳麓区桔园小区7栋")
SECRETS = ("欧阳震华", "13987654321", "11010519491231002X", "桔园小区7栋")


def letter(external_id: str = "L1", **changes: Any) -> Any:
    """Return a letter with an attachment."""
    return draft(
        external_id, channel=Channel.LETTER, source="letter", details=LetterDetails(signatories=2), payload=b"letter",
        documents=(DocumentDraft(name="合同.txt", media_type="text/plain", content=b"text", text="租赁合同"),),
        **changes,
    )  # fmt: skip


async def test_a_case_tells_all_that_belongs_to_it(api: Api) -> None:
    """Its submissions, people (masked), places, organs, events and its timeline from the journal."""
    ticket = draft(
        "T1", mentions=(PERSON,), organ="岳麓区城市管理局", division="430104", topic="城乡建设",
        replies=(reply(),), call_backs=(CallBackDraft(at=NOW, satisfaction=Satisfaction.SATISFIED),),
    )  # fmt: skip
    await api.take_in(ticket, replace(ticket, external_id="T2", payload=b"2", replies=()))
    data = await api.ask("""{
        cases { totalCount nodes {
            number status kind title topic division divisionPlace { fullName } channels submissionCount
            submissions { nodes { title text receivedAt externalId receiptCode
                filing { state evidence decidedBy } mentions { name phone identityNumber address current } } }
            parties { nodes { names phones mentionCount } }
            events { nodes { kind at } }
            places { place { fullName code } link { state } }
            organs { role organ { name } }
            timeline { nodes { kind actor state submission { externalId } event { kind } } }
        } }
    }""")
    [case] = data["cases"]["nodes"]
    assert data["cases"]["totalCount"] == 1
    assert (case["status"], case["submissionCount"], case["division"]) == ("ANSWERED", 2, "430104")
    assert case["divisionPlace"]["fullName"] == "湖南省长沙市岳麓区"
    assert {one["externalId"] for one in case["submissions"]["nodes"]} == {"T1", "T2"}
    assert case["parties"]["nodes"] == [{"names": ["欧**"], "phones": ["139****4321"], "mentionCount": 2}]
    assert [event["kind"] for event in case["events"]["nodes"]] == ["REPLIED", "CALLED_BACK", "CALLED_BACK"]
    assert case["organs"] == [{"role": "RESPONSIBLE", "organ": {"name": "岳麓区城市管理局"}}] * len(case["organs"])
    kinds = [entry["kind"] for entry in case["timeline"]["nodes"]]
    assert kinds[0] == "SUBMISSION_RECEIVED"
    assert {"CASE_OPENED", "EVENT_RECORDED", "SUBMISSION_FILED"} <= set(kinds)
    assert not [secret for secret in SECRETS if secret in str(data)]


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        (letter(), {"__typename": "LetterDetails", "signatories": 2}),
        (
            draft("V", channel=Channel.VISIT, source="visit", details=VisitDetails(head_count=7)),
            {"__typename": "VisitDetails", "headCount": 7},
        ),
        (draft("H"), {"__typename": "HotlineDetails", "ticketType": "投诉"}),
        (
            draft("W", channel=Channel.WEB, source="web", details=WebDetails(likes=3)),
            {"__typename": "WebDetails", "likes": 3},
        ),
    ],
    ids=["letter", "visit", "hotline", "web"],
)
async def test_each_channel_has_details_of_its_own(api: Api, reading: Any, expected: dict[str, object]) -> None:
    """The union's members are answered with their fields."""
    await api.take_in(reading)
    data = await api.ask("""{ submissions { nodes { details { __typename
        ... on LetterDetails { signatories } ... on VisitDetails { headCount }
        ... on HotlineDetails { ticketType } ... on WebDetails { likes } } } } }""")
    assert data["submissions"]["nodes"] == [{"details": expected}]


async def test_a_submission_keeps_its_revisions_and_documents(api: Api) -> None:
    """What it said before can still be read, and its attachments are listed."""
    await api.take_in(letter(), letter(title="补充材料"))
    data = await api.ask("""{ submissions { nodes { title revisionCount revisions { number title }
        documents { name mediaType size text } } } }""")
    [found] = data["submissions"]["nodes"]
    assert (found["title"], found["revisionCount"]) == ("补充材料", 2)
    assert [one["title"] for one in found["revisions"]] in (
        ["烧烤店油烟扰民", "补充材料"],
        ["补充材料", "烧烤店油烟扰民"],
    )
    assert found["documents"] == [{"name": "合同.txt", "mediaType": "text/plain", "size": 4, "text": "租赁合同"}]


async def test_parties_tell_their_mentions_and_why_they_are_one(api: Api) -> None:
    """A party's links carry their evidence; nothing tells more of a person than the mask."""
    await api.take_in(draft("1", mentions=(PERSON,)), draft("2", text="另一件事，路灯坏了。", mentions=(PERSON,)))
    data = await api.ask("""{ parties { nodes { id kind names submissionCount
        mentions { nodes { name submission { channel externalId } party { id } } }
        cases { nodes { number } } links { link { state evidence decidedBy } } } } }""")
    [party] = data["parties"]["nodes"]
    assert party["submissionCount"] == 2
    assert [one["submission"]["externalId"] for one in party["mentions"]["nodes"]] == ["1", "2"]
    assert {one["party"]["id"] for one in party["mentions"]["nodes"]} == {party["id"]}
    assert {one["link"]["evidence"]["rule"] for one in party["links"]} == {"IDENTITY"}
    assert not [secret for secret in SECRETS if secret in str(data)]


async def test_vocabularies_are_answered(api: Api) -> None:
    """Places by filter, organs by name, topics level by level."""
    await api.take_in(draft("1", organ="岳麓区教育局"))
    data = await api.ask("""{
        places(first: 3) { totalCount nodes { code fullName level } }
        organs { nodes { name } }
        topics { name }
    }""")
    assert data["places"]["totalCount"] > 3000
    assert [organ["name"] for organ in data["organs"]["nodes"]] == ["岳麓区教育局"]
    assert len(data["topics"]) > 10


async def test_rejections_are_listed_with_reason_and_position(api: Api) -> None:
    """What could not be taken in does not disappear."""
    template = draft()
    refusal = Refusal(
        channel=template.channel, source="hotline", position="tickets.csv row 9", reason=RejectionReason.DATE,
        message="Column 来电时间: this date lies before 1950; correct it.", payload=b"{}",
    )  # fmt: skip
    await api.take_in(refusal)
    data = await api.ask("{ rejections { totalCount nodes { position reason message channel source } } }")
    assert data["rejections"]["nodes"][0]["position"] == "tickets.csv row 9"
    assert data["rejections"]["nodes"][0]["reason"] == "DATE"


async def test_anything_is_found_again_by_its_id(api: Api) -> None:
    """`node` and `nodes` answer every kind of thing in the order asked, null for what is not there."""
    await api.take_in(draft("1", mentions=(PERSON,), organ="岳麓区教育局"))
    data = await api.ask("""{ submissions { nodes { id case { id } mentions { id party { id } } } }
        organs { nodes { id } } places(first: 1) { nodes { id } } }""")
    [found] = data["submissions"]["nodes"]
    ids = [
        found["id"], found["case"]["id"], found["mentions"][0]["id"], found["mentions"][0]["party"]["id"],
        data["organs"]["nodes"][0]["id"], data["places"]["nodes"][0]["id"],
    ]  # fmt: skip
    again = await api.ask("query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }", ids=ids)
    assert [one["id"] for one in again["nodes"]] == ids
    types = [one["__typename"] for one in again["nodes"]]
    assert types == ["Submission", "Case", "Mention", "Party", "Organ", "Place"]
    answer = await api.post("query($id: ID!) { node(id: $id) { id } }", id="bm9uc2Vuc2U=")
    assert answer["errors"][0]["extensions"]["code"] != "INTERNAL"


async def test_an_accusation_names_no_respondent_in_clear(api: Api) -> None:
    """A person accused is masked like everybody, an organisation is public."""
    accused = MentionDraft(role=MentionRole.RESPONDENT, name="李四光")
    office = MentionDraft(role=MentionRole.RESPONDENT, kind=PartyKind.ORGANISATION, name="某镇人民政府")
    await api.take_in(draft("1", kind=PetitionKind.ACCUSATION, mentions=(PERSON, accused, office)))
    data = await api.ask("{ submissions { nodes { kind mentions { role name } } } }")
    names = {one["name"] for one in data["submissions"]["nodes"][0]["mentions"]}
    assert names == {"欧**", "李**", "某镇人民政府"}


async def test_a_search_finds_marks_and_counts(api: Api) -> None:
    """Hits carry passages with UTF-16 ranges, facets count all hits, and the case is the leading one."""
    await api.take_in(
        draft("1", title="😀夜间施工噪音", text="工地半夜施工。"),
        draft("2", channel=Channel.WEB, source="web", details=WebDetails(), title="路灯", text="路灯坏了。"),
    )
    data = await api.ask("""{ search(query: "夜间施工", facets: [CHANNEL]) { totalCount
        facets { name counts { value count } }
        edges { passages { field text ranges { start end } } node { externalId case { number } } } } }""")
    found = data["search"]
    assert found["totalCount"] == 1
    assert found["facets"] == [{"name": "CHANNEL", "counts": [{"value": "HOTLINE", "count": 1}]}]
    [edge] = found["edges"]
    title = next(one for one in edge["passages"] if one["field"] == "TITLE")
    assert title["ranges"] == [{"start": 2, "end": 6}]
    answer = await api.post('{ search(query: "(未完") { totalCount } }')
    assert told_apart(answer["errors"][0]) == {"code": "QUERY_SYNTAX", "position": 0, "argument": "query"}


async def test_a_search_without_an_index_is_unavailable(api: Api) -> None:
    """Where nobody has indexed yet, the answer says what is missing and what to do."""
    answer = await api.post('{ search(query: "路灯") { totalCount } }')
    assert told_apart(answer["errors"][0]) == {"code": "SEARCH_UNAVAILABLE"}
    assert "reindex" in answer["errors"][0]["message"]


async def statements_of(api: Api, query: str) -> int:
    """Return how many statements answering a query takes."""
    seen: list[object] = []
    pool: Any = api.services.pool
    holders = [await pool.acquire() for _ in range(pool.get_size())]
    for one in holders:
        one._con.add_query_logger(seen.append)
    for one in holders:
        await pool.release(one)
    await api.ask(query)
    return len(seen)


async def test_statements_do_not_grow_with_rows(api: Api) -> None:
    """A nested query over forty cases takes as many statements as over two."""
    query = """{ cases(first: 50) { nodes { title places { place { name } } organs { organ { name } }
        parties(first: 5) { nodes { names mentions(first: 3) { nodes { submission { title } } } } }
        submissions(first: 5) { nodes { title mentions { name } events { kind } documents { name } } } } } }"""

    def tickets(start: int, end: int) -> list[Any]:
        return [
            draft(
                str(number), title=f"第{number}件", text=f"第{number}件事。" * 5, organ="岳麓区教育局",
                mentions=(petitioner(f"王{number}", f"1390000{number:04d}"),), replies=(reply(),),
                received_at=NOW - timedelta(hours=number),
            )
            for number in range(start, end)
        ]  # fmt: skip

    await api.take_in(*tickets(0, 2))
    few = await statements_of(api, query)
    await api.take_in(*tickets(2, 40))
    assert await statements_of(api, query) == few


async def test_no_row_tells_a_secret(api: Api, connection: Connection) -> None:
    """Every table that the API reads holds masks alone; asked for everything, it tells no name or number."""
    await api.take_in(letter(mentions=(PERSON,)))
    data = await api.ask("""{ submissions { nodes { id title text externalId mentions { name phone identityNumber
        address account email } revisions { title text } case { parties { nodes { names phones } } } } }
        changes { changes { kind nodeType id state fields } } }""")
    assert not [secret for secret in SECRETS if secret in str(data)]
    assert await connection.fetchval("select count(*) from mention") == 1
