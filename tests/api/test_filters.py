"""Each filter and order says what it says, in lists and in search alike."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from graph.records import Channel, LetterDetails, PetitionKind, VisitDetails, WebDetails
from tests.graph.factory import draft, petitioner, reply

if TYPE_CHECKING:
    from graph.records import Draft
    from tests.api.conftest import Api


def day(number: int) -> datetime:
    """Return a day of November."""
    return datetime(2026, 11, number, 4, 0, tzinfo=UTC)


def seeded() -> list[Draft]:
    """Return four submissions that differ in all that can be filtered by."""
    return [
        draft(
            "H", title="H", text="烧烤店油烟。", division="430104", topic="城乡建设/安全生产/安全隐患",
            received_at=day(1),
        ),
        draft(
            "W", title="W", text="小学学位不足。", division="430111", topic="教育文体", channel=Channel.WEB,
            source="web", details=WebDetails(), received_at=day(2), replies=(reply(days=1),),
        ),
        draft(
            "V", title="V", text="征地补偿没有到位。", division="110105", channel=Channel.VISIT, source="visit",
            details=VisitDetails(), received_at=day(3), kind=PetitionKind.ACCUSATION,
            mentions=(petitioner(account="user-77"),),
        ),
        draft(
            "L", title="L", text="建议增设公交站。", division="430104", topic="城乡建设", channel=Channel.LETTER,
            source="letter", details=LetterDetails(), received_at=day(4), kind=PetitionKind.SUGGESTION,
        ),
    ]  # fmt: skip


BOTH = [
    ("{channel: {equals: WEB}}", "W"),
    ("{channel: {anyOf: [WEB, LETTER]}}", "WL"),
    ("{channel: {anyOf: []}}", ""),
    ("{kind: {equals: ACCUSATION}}", "V"),
    ("{kind: {anyOf: [SUGGESTION, ACCUSATION]}, channel: {equals: VISIT}}", "V"),
]
LISTS = [
    *BOTH,
    ('{topic: {within: "城乡建设"}}', "HL"),
    ('{topic: {equals: "城乡建设"}}', "L"),
    ('{topic: {within: "城乡"}}', ""),
    ('{division: {within: "43"}}', "HWL"),
    ('{division: {within: "4301"}}', "HWL"),
    ('{division: {equals: "430104"}}', "HL"),
    ('{division: {within: "430104000000"}}', "HL"),
    ('{division: {within: "湖南省"}}', "HWL"),
    ('{division: {within: "长沙市"}}', "HWL"),
    ('{division: {equals: "岳麓区"}}', "HL"),
    ('{division: {equals: "湖南省长沙市岳麓区"}}', "HL"),
]
SUBMISSIONS = [
    *LISTS,
    ('{receivedAt: {from: "2026-11-02T00:00:00Z", until: "2026-11-03T12:00:00+08:00"}}', "W"),
    ('{source: "web"}', "W"),
    ('{receivedAt: {month: "2026-11"}}', "HWVL"),
    ('{receivedAt: {month: "2026-10"}}', ""),
    ('{receivedAt: {month: "2026-11", until: "2026-11-02T00:00:00Z"}}', "H"),
    ('{account: {source: "visit", name: "USER-77"}}', "V"),
    ('{account: {source: "web", name: "user-77"}}', ""),
    ('{account: {source: "visit", name: "user-7"}}', ""),
    ("{caseNumber: 1}", ""),
    ('{externalId: "V"}', "V"),
    ('{receiptCode: "0000000000000"}', ""),
    ("{accusedUnnamed: true}", "V"),
    ("{accusedUnnamed: false}", "HWL"),
]
CASES = [
    *LISTS,
    ("{status: {equals: ANSWERED}}", "W"),
    ("{status: {equals: REGISTERED}}", "HVL"),
    ('{openedAt: {from: "2026-11-23T00:00:00Z"}}', "HWVL"),
    ('{openedAt: {until: "2026-11-23T00:00:00Z"}}', ""),
    ('{lastActivityAt: {until: "2026-11-02T00:00:00Z"}}', "H"),
    ('{firstReceivedAt: {month: "2026-11"}}', "HWVL"),
    ('{lastReceivedAt: {from: "2026-11-03T00:00:00Z"}}', "VL"),
    ('{lastAnsweredAt: {from: "2026-11-03T00:00:00Z"}}', "W"),
    ('{lastAnsweredAt: {until: "2026-11-03T00:00:00Z"}}', ""),
    ("{submissionCount: {atLeast: 1}}", "HWVL"),
    ("{submissionCount: {atLeast: 2}}", ""),
    ("{submissionCount: {atMost: 0}}", ""),
    ('{externalId: "H"}', "H"),
    ('{externalId: "h"}', ""),
    ('{account: {source: "visit", name: "user-77"}}', "V"),
    ('{organName: "岳麓区城市管理局"}', "W"),
    ('{organName: "岳麓区城市管理局", organRole: ASSISTING}', ""),
    ('{organName: "岳麓区城市管理"}', ""),
    ("{number: 1}", ""),
]
SEARCHED = [
    *BOTH,
    ('{topic: "城乡建设"}', "HL"),
    ('{division: "4301"}', "HWL"),
    ('{division: "岳麓区"}', "HL"),
    ('{receivedAt: {month: "2026-11"}}', "HWVL"),
    ('{receivedAt: {month: "2026-12"}}', ""),
    ("{status: {equals: ANSWERED}}", "W"),
    ('{receivedAt: {from: "2026-11-03T00:00:00Z"}}', "VL"),
]


async def test_submissions_are_filtered(api: Api) -> None:
    """Every filter of submissions, alone and together."""
    await api.take_in(*seeded())
    for chosen, expected in SUBMISSIONS:
        data = await api.ask(f"{{ submissions(filter: {chosen}) {{ totalCount nodes {{ title }} }} }}")
        found = data["submissions"]
        assert {one["title"] for one in found["nodes"]} == set(expected), chosen
        assert int(found["totalCount"]) == len(expected), chosen


async def test_cases_are_filtered(api: Api) -> None:
    """Every filter of cases, places and organs among them."""
    await api.take_in(*seeded())
    for chosen, expected in CASES:
        data = await api.ask(f"{{ cases(filter: {chosen}) {{ totalCount nodes {{ title }} }} }}")
        assert {one["title"] for one in data["cases"]["nodes"]} == set(expected), chosen
    ids = await api.ask('{ organs { nodes { id } } places(filter: {code: {equals: "430104"}}) { nodes { id } } }')
    place, organ = ids["places"]["nodes"][0]["id"], ids["organs"]["nodes"][0]["id"]
    query = "query($f: CaseFilter) { cases(filter: $f) { nodes { title } } }"
    assert {one["title"] for one in (await api.ask(query, f={"place": place}))["cases"]["nodes"]} == {"H", "L"}
    assert [one["title"] for one in (await api.ask(query, f={"organ": organ}))["cases"]["nodes"]] == ["W"]
    assist = {"organ": organ, "organRole": "ASSISTING"}
    assert (await api.ask(query, f=assist))["cases"]["nodes"] == []
    alone = await api.post(query, f={"organRole": "ASSISTING"})
    assert alone["errors"][0]["extensions"]["code"] == "INVALID_VALUE"


async def test_search_is_filtered_alike(api: Api) -> None:
    """The same words mean the same in a search."""
    await api.take_in(*seeded())
    for chosen, expected in SEARCHED:
        data = await api.ask(f"{{ search(filter: {chosen}) {{ totalCount edges {{ node {{ title }} }} }} }}")
        assert {edge["node"]["title"] for edge in data["search"]["edges"]} == set(expected), chosen


@pytest.mark.parametrize("field", ["OPENED_AT", "LAST_ACTIVITY_AT", "LAST_RECEIVED_AT"])
async def test_every_order_goes_both_ways(api: Api, field: str) -> None:
    """One direction is the other reversed."""
    await api.take_in(*seeded())
    query = "{{ cases(orderBy: {{field: {field}, direction: {direction}}}) {{ nodes {{ title }} }} }}"
    up = await api.ask(query.format(field=field, direction="ASCENDING"))
    down = await api.ask(query.format(field=field, direction="DESCENDING"))
    assert up["cases"]["nodes"] == down["cases"]["nodes"][::-1]


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ('{ cases(filter: {division: {within: "沙长"}}) { nodes { id } } }', {}),
        ('{ search(filter: {division: "43x"}) { totalCount } }', {}),
        ("query($t: String) { submissions(filter: {source: $t}) { nodes { id } } }", {"t": "a\0b"}),
        ('{ submissions(filter: {receivedAt: {from: "yesterday"}}) { nodes { id } } }', {}),
        ("{ submissions(first: -1) { nodes { id } } }", {}),
        ("{ submissions(first: 1, last: 1) { nodes { id } } }", {}),
        ('{ search(query: "channel:fax") { totalCount } }', {}),
    ],
)
async def test_values_that_mean_nothing_are_told(api: Api, query: str, variables: dict[str, Any]) -> None:
    """Each has a code and a message, and none is a fault of ours."""
    answer = await api.post(query, **variables)
    [error] = answer["errors"]
    assert error["extensions"]["code"] not in {"INTERNAL", "UNAVAILABLE"}
    assert error["message"]


async def test_parties_and_rejections_are_filtered(api: Api) -> None:
    """By kind and role, by channel and whether they are resolved."""
    await api.take_in(*seeded())
    data = await api.ask("""{ people: parties(filter: {kind: PERSON, role: PETITIONER}) { nodes { names } }
        accused: parties(filter: {role: RESPONDENT}) { nodes { names } }
        rejections(filter: {resolved: true, channel: {equals: WEB}}) { totalCount }
        counties: places(filter: {level: COUNTY, code: {within: "4301"}}) { totalCount } }""")
    assert data["people"]["nodes"] == [{"names": ["张*"]}]
    assert data["accused"]["nodes"] == []
    assert int(data["counties"]["totalCount"]) == 9


async def test_searches_are_narrowed_to_organs_and_counted_by_them(api: Api) -> None:
    """By the organs that have a part in the case; a count says which organ it is of."""
    await api.take_in(
        draft("1", organ="岳麓区教育局", text="学位不足，请答复。"),
        draft("2", organ="岳麓区教育局", text="校门口乱停车，学位也不够。"),
        draft("3", organ="岳麓区城市管理局", text="学位房门口有烧烤店。"),
    )
    query = """query($organs: [ID!]) { search(query: "学位", filter: {organs: $organs}, facets: [ORGAN, CHANNEL]) {
        totalCount facets { name counts { value count organ { id name } } } } }"""
    found = (await api.ask(query))["search"]
    organs, channels = found["facets"]
    assert [(one["organ"]["name"], one["count"]) for one in organs["counts"]] == [
        ("岳麓区教育局", 2), ("岳麓区城市管理局", 1),
    ]  # fmt: skip
    assert all(one["value"] == one["organ"]["id"] for one in organs["counts"])
    assert channels["counts"] == [{"value": "HOTLINE", "count": 3, "organ": None}]
    school = organs["counts"][0]["value"]
    assert (await api.ask(query, organs=[school]))["search"]["totalCount"] == 2
    assert (await api.ask(query, organs=[]))["search"]["totalCount"] == 0
