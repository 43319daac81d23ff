"""A history tells everything said and done about one thing, over all channels, by when it was said or done."""

from __future__ import annotations

import random
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from graph.divisions import divisions
from graph.records import CallBackDraft, Channel, LetterDetails, Satisfaction, WebDetails
from resolvers import history, roots
from schema.ids import global_id
from tests.api import test_planned
from tests.graph.factory import NOW, draft, petitioner, reply
from tests.reference.queries import history_question

if TYPE_CHECKING:
    from tests.api.conftest import Api
    from tests.reference.fields import World
    from tests.reference.values import Values

world = test_planned.world
values = test_planned.values

PERSON = petitioner("欧阳震华", "13987654321", identity_number="11010519491231002X")
ENTRIES = "nodes { kind at submission { externalId } event { kind submission { externalId } } }"
RECEIVED, OPENED, DONE = "SUBMISSION_RECEIVED", "CASE_OPENED", "EVENT_RECORDED"


def days(before: int) -> Any:
    """Return the instant so many days before now."""
    return NOW - timedelta(days=before)


@pytest.fixture
async def person(api: Api) -> str:
    """Give the id of a party that petitioned by three channels, the earliest of which was heard of last."""
    rating = CallBackDraft(at=days(2), satisfaction=Satisfaction.SATISFIED)
    web = draft(
        "W", channel=Channel.WEB, source="web", title="路灯", text="小区门口路灯不亮。", received_at=days(9),
        mentions=(PERSON,),
        details=WebDetails(platform="领导留言板"), division="430105",
    )  # fmt: skip
    hotline = draft(
        "H", received_at=days(8), mentions=(PERSON,), replies=(reply(days=5),), call_backs=(rating,), division="430104"
    )
    letter = draft(
        "L", channel=Channel.LETTER, source="letter", title="征地", text="征地补偿没有到位。",
        received_at=days(30), mentions=(PERSON,),
        details=LetterDetails(signatories=1), division="430104",
    )  # fmt: skip
    other = draft("X", title="学位", text="学位不足，路灯也不亮。", received_at=days(3), mentions=(), division="430104")
    for one in (web, hotline, letter, other):
        await api.take_in(one)
    data = await api.ask('{ submissions(filter: {source: "web"}) { nodes { mentions { party { id } } } } }')
    party: str = data["submissions"]["nodes"][0]["mentions"][0]["party"]["id"]
    return party


async def told(api: Api, arguments: str) -> list[tuple[str, str]]:
    """Return what happened to which submission."""
    data = await api.ask(f"{{ history({arguments}) {{ {ENTRIES} }} }}")
    return [
        (entry["event"]["kind"] if entry["event"] else entry["kind"], about(entry))
        for entry in data["history"]["nodes"]
    ]


def about(entry: dict[str, Any]) -> str:
    """Return the submission that an entry tells of."""
    found: str = (entry["submission"] or entry["event"]["submission"])["externalId"]
    return found


async def test_a_party_s_history_is_in_the_order_of_what_was_said_and_done(api: Api, person: str) -> None:
    """Whichever channel it came by, and whenever it was heard of here; what others say, and filing, is not told."""
    expected = [
        (RECEIVED, "L"), (RECEIVED, "W"), (RECEIVED, "H"), ("REPLIED", "H"), ("CALLED_BACK", "H"),
    ]  # fmt: skip
    entries = await told(api, f'party: "{person}", orderBy: ASCENDING')
    assert entries == expected
    assert await told(api, f'party: "{person}"') == entries[::-1]


async def test_entries_are_chosen_by_channel_kind_and_time(api: Api, person: str) -> None:
    """What is told of an event is its channel's, too."""
    party = f'party: "{person}", orderBy: ASCENDING, filter: '
    assert await told(api, party + "{channel: {equals: LETTER}, kind: {equals: SUBMISSION_RECEIVED}}") == [
        (RECEIVED, "L")
    ]
    assert await told(api, party + "{event: {anyOf: [REPLIED, RATED]}}") == [("REPLIED", "H")]
    since = days(8).isoformat()
    assert await told(api, party + f'{{kind: {{anyOf: [{RECEIVED}, {DONE}]}}, at: {{from: "{since}"}}}}') == [
        (RECEIVED, "H"), ("REPLIED", "H"), ("CALLED_BACK", "H"),
    ]  # fmt: skip


async def test_matching_leaves_the_submissions_that_say_so(api: Api, person: str) -> None:
    """With what happened to them; it takes the language of `search`, and says where that goes wrong."""
    heard = await told(
        api, f'party: "{person}", matching: "油烟 OR 路灯", filter: {{kind: {{anyOf: [{RECEIVED}, {DONE}]}}}}'
    )
    assert heard == [("CALLED_BACK", "H"), ("REPLIED", "H"), (RECEIVED, "H"), (RECEIVED, "W")]
    assert await told(api, 'division: "430104", matching: "路灯"') == [(RECEIVED, "X")]
    answer = await api.post('{ history(division: "43", matching: "(路灯") { totalCount } }')
    assert answer["errors"][0]["extensions"]["code"] == "QUERY_SYNTAX"


async def test_it_is_said_where_more_match_than_are_told_of(
    api: Api, person: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those received latest are told of; nothing is left out silently."""
    query = "query($words: String!, $id: ID!) { history(party: $id, matching: $words) { matchesCut totalCount } }"
    whole = await api.ask(query, words="路灯", id=person)
    assert whole == {"history": {"matchesCut": False, "totalCount": 1}}
    for module in (history, roots):
        monkeypatch.setattr(module, "MOST_MATCHES", 1)
    cut = await api.ask(query.replace("query(", "query Cut("), words="路灯", id=person)
    assert cut == {"history": {"matchesCut": True, "totalCount": 1}}


async def test_a_division_is_named_by_its_code_or_as_a_place(api: Api, person: str) -> None:
    """All that lies in it, received and done there; a page goes on where the one before ended."""
    assert person
    expected = [("CALLED_BACK", "H"), (RECEIVED, "X"), ("REPLIED", "H"), (RECEIVED, "H"), (RECEIVED, "L")]
    assert await told(api, 'division: "430104"') == expected
    assert await told(api, f'place: "{global_id("Place", divisions()["430104"].id)}"') == expected
    assert len(await told(api, 'division: "4301"')) == len(expected) + 1
    page, after, found = True, None, []
    while page:
        asked = (
            f'history(division: "430104", first: 2, after: $after) {{ {ENTRIES} pageInfo {{ hasNextPage endCursor }} }}'
        )
        query = f"query($after: String) {{ {asked} }}"
        data = (await api.ask(query, after=after))["history"]
        found += [about(entry) for entry in data["nodes"]]
        page, after = data["pageInfo"]["hasNextPage"], data["pageInfo"]["endCursor"]
    assert found == [name for _, name in expected]


async def test_a_case_s_history_holds_those_joined_to_it(api: Api, person: str) -> None:
    """And that they were joined; parted again, each tells its own."""
    assert person
    data = await api.ask("{ submissions { nodes { externalId case { id } } } }")
    cases = {one["externalId"]: one["case"]["id"] for one in data["submissions"]["nodes"]}
    join = "mutation($i: JoinCasesInput!) { joinCases(input: $i) { errors { message } } }"
    await api.ask(join, i={"leading": cases["H"], "other": cases["X"], "reason": "同一事项"})
    query = "query($id: ID!) { history(case: $id) { totalCount nodes { kind } } }"
    both = (await api.ask(query, id=cases["X"]))["history"]
    assert [entry["kind"] for entry in both["nodes"]].count("CASES_JOINED") == 1
    assert both["totalCount"] == 7
    part = "mutation($i: PartCasesInput!) { partCases(input: $i) { errors { message } } }"
    await api.ask(part, i={"case": cases["X"]})
    alone = (await api.ask(query, id=cases["X"]))["history"]
    assert sorted(entry["kind"] for entry in alone["nodes"]) == ["CASES_JOINED", "CASES_PARTED", OPENED, RECEIVED]


@pytest.mark.parametrize("arguments", ["first: 3", 'division: "43", party: "UGFydHk6MA=="'])
async def test_one_thing_must_be_named(api: Api, arguments: str) -> None:
    """Of nothing, and of two things at once, nothing can be told."""
    answer = await api.post(f"{{ history({arguments}) {{ totalCount }} }}")
    assert answer["errors"][0]["extensions"]["code"] == "INVALID_VALUE"
    assert "Name one thing" in answer["errors"][0]["message"]


@pytest.mark.long
@pytest.mark.no_cover
async def test_every_history_is_the_reference_s(api: Api, world: World, values: Values) -> None:
    """Of every party, case, place and division, filtered, matched and paged."""
    for _ in range(2 * settings().max_examples):
        await test_planned.agree(api, world, history_question(Random(random.getrandbits(64)), values))  # noqa: S311
