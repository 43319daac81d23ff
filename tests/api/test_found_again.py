"""Cases and submissions are found by the numbers and names that people hold in their hands."""

from __future__ import annotations

import json
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pytest

from casegraph.app import executor_of
from graph.migrate import FOLDER
from graph.policy import Clearance, Role
from graph.records import Channel, PetitionKind, WebDetails
from resolvers.asked import Asked
from resolvers.limits import DocumentLimits
from resolvers.trusted import Trusted
from search.records import FacetName
from tests.api.conftest import Api, client_of
from tests.graph.factory import draft, petitioner, reply
from tests.viewers import only

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from graph.database import Connection

CASE: Final = "query($n: BigInt!) { case(number: $n) { id number title } }"
BY: Final = "query($f: CaseFilter) { cases(filter: $f) { totalCount nodes { title } } }"
SAID_BY: Final = "query($f: SubmissionFilter) { submissions(filter: $f) { totalCount nodes { title } } }"
ACCUSING: Final = ("举报", "I1")


@pytest.fixture
async def filled(api: Api) -> Api:
    """Give the application on a few cases, one of which accuses somebody."""
    await api.take_in(
        draft("H1", title="油烟", division="430104", replies=(reply(),), mentions=(petitioner(account="小张"),)),
        draft(
            "W1", title="学位", division="430111", channel=Channel.WEB, source="web", details=WebDetails(),
            mentions=(petitioner("李四", "13900000002", account="小张"),),
        ),
        draft(
            ACCUSING[1], title=ACCUSING[0], division="430104", channel=Channel.WEB, source="web",
            details=WebDetails(), kind=PetitionKind.ACCUSATION,
            mentions=(petitioner("王五", "13900000003", account="Somebody"),),
        ),
    )  # fmt: skip
    return api


async def one(api: Api, title: str) -> dict[str, Any]:
    """Return what is known of a case by its title."""
    data = await api.ask("{ cases { nodes { id number title submissions { nodes { receiptCode } } } } }")
    return next(case for case in data["cases"]["nodes"] if case["title"] == title)


@pytest.fixture
async def narrow(filled: Api) -> AsyncIterator[Api]:
    """Give the same to somebody of one county who is cleared for nothing."""
    viewer = only(Role.REGISTRAR, divisions=("430104",))
    async with client_of(filled.services, viewer=viewer) as http:
        yield Api(filled.services, http)


async def test_a_case_is_found_by_its_number(filled: Api) -> None:
    """As by its id; of neither and of both it is said that one must be given."""
    case = await one(filled, "油烟")
    found = (await filled.ask(CASE, n=case["number"]))["case"]
    assert (found["id"], found["title"]) == (case["id"], "油烟")
    assert (await filled.ask(CASE, n=str(case["number"])))["case"] == found
    for given in ("", f'(number: {case["number"]}, id: "{case["id"]}")', "(number: null)"):
        [error] = (await filled.post(f"{{ case{given} {{ id }} }}"))["errors"]
        assert (error["path"], error["extensions"]["code"]) == (["case"], "INVALID_VALUE")


async def test_the_number_of_a_joined_case_finds_what_leads(filled: Api) -> None:
    """Wherever it is asked for."""
    leading, other = await one(filled, "油烟"), await one(filled, "学位")
    join = "mutation($i: JoinCasesInput!) { joinCases(input: $i) { errors { message } } }"
    await filled.ask(join, i={"leading": leading["id"], "other": other["id"], "reason": "同一事项"})
    assert (await filled.ask(CASE, n=other["number"]))["case"]["id"] == leading["id"]
    receipt = other["submissions"]["nodes"][0]["receiptCode"]
    for chosen in ({"number": other["number"]}, {"externalId": "W1"}, {"receiptCode": receipt}):
        assert [case["title"] for case in (await filled.ask(BY, f=chosen))["cases"]["nodes"]] == ["油烟"]
    for number in (leading["number"], other["number"]):
        found = (await filled.ask(SAID_BY, f={"caseNumber": number}))["submissions"]
        assert {said["title"] for said in found["nodes"]} == {"油烟", "学位"}


async def test_what_is_hidden_is_as_what_is_not_there(filled: Api, narrow: Api) -> None:
    """By every number and name: of another county, and an accusation in the own one."""
    for title, external in (("学位", "W1"), ACCUSING):
        case = await one(filled, title)
        receipt = case["submissions"]["nodes"][0]["receiptCode"]
        assert await narrow.post(CASE, n=case["number"]) == await narrow.post(CASE, n=1) == {"data": {"case": None}}
        for there, nowhere in (
            ({"number": case["number"]}, {"number": 1}),
            ({"externalId": external}, {"externalId": "nothing"}),
            ({"receiptCode": receipt}, {"receiptCode": "0000000000000"}),
        ):
            told = await narrow.post(BY, f=there)
            assert told == await narrow.post(BY, f=nowhere)
            assert told["data"]["cases"] == {"totalCount": 0, "nodes": []}
        assert (await narrow.ask(SAID_BY, f={"caseNumber": case["number"]}))["submissions"]["totalCount"] == 0


@pytest.mark.parametrize("query", [BY, SAID_BY])
async def test_an_account_is_found_by_who_may_see_it(filled: Api, narrow: Api, query: str) -> None:
    """Of its own source; who may not is refused, whether there is such an account or not."""
    (root,) = (await filled.ask(query, f={"account": {"source": "hotline", "name": "小张"}})).values()
    assert [found["title"] for found in root["nodes"]] == ["油烟"]
    (root,) = (await filled.ask(query, f={"account": {"source": "web", "name": "SOMEBODY"}})).values()
    assert [found["title"] for found in root["nodes"]] == ["举报"]
    nothing = query.replace("totalCount nodes { title }", "__typename")
    assert (await narrow.post(nothing, f={"account": {"source": "web", "name": "x"}}))["errors"]
    for name in ("小张", "nobody"):
        [error] = (await narrow.post(query, f={"account": {"source": "hotline", "name": name}}))["errors"]
        assert error["extensions"]["code"] == "FORBIDDEN"
        assert name not in str(error)
    cleared = replace(only(Role.REGISTRAR, divisions=("430104",)), clearances=frozenset({Clearance.IDENTITY}))
    async with client_of(filled.services, viewer=cleared) as http:
        asker = Api(filled.services, http)
        for source, name, count in (("hotline", "小张", 1), ("web", "小张", 0), ("web", "somebody", 0)):
            (root,) = (await asker.ask(query, f={"account": {"source": source, "name": name}})).values()
            assert root["totalCount"] == count


@pytest.mark.parametrize("kind", ["caseChanged", "submissionReceived"])
async def test_a_subscription_is_no_way_around(api: Api, kind: str) -> None:
    """To ask for an account: it ends with the same error."""
    asked = f'subscription {{ {kind}(filter: {{account: {{source: "web", name: "x"}}}}) {{ cursor }} }}'
    executor = executor_of(api.services, DocumentLimits(), Trusted())
    async with aclosing(executor.subscribe(Asked(asked), only(Role.REGISTRAR))) as answers:
        [answer] = [json.loads(answer.body()) async for answer in answers]
    [error] = answer["errors"]
    assert (error["path"], error["extensions"]["code"]) == ([kind], "FORBIDDEN")


async def test_places_and_organs_are_found_by_name(filled: Api) -> None:
    """Whole, or by how it begins."""
    query = """query($f: PlaceFilter, $o: OrganFilter) {
        places(filter: $f) { totalCount nodes { fullName } } organs(filter: $o) { nodes { name } } }"""
    found = await filled.ask(query, f={"name": {"equals": "岳麓区"}}, o={"name": {"startsWith": "岳麓区"}})
    assert found["places"] == {"totalCount": 1, "nodes": [{"fullName": "湖南省长沙市岳麓区"}]}
    assert found["organs"]["nodes"] == [{"name": "岳麓区城市管理局"}]
    found = await filled.ask(query, f={"name": {"startsWith": "岳麓"}}, o={"name": {"equals": "岳麓区"}})
    assert (found["places"]["totalCount"], found["organs"]["nodes"]) == (1, [])


async def test_what_is_counted_has_a_name_and_can_be_asked_for(filled: Api) -> None:
    """Each value of a facet, given back as a filter, finds as many as it said."""
    query = """query($q: String!, $f: SearchFilter, $facets: [FacetName!]) {
        search(query: $q, filter: $f, facets: $facets) { totalCount facets { name counts {
            value count organ { name } divisionPlace { fullName } topic { name } } } } }"""
    facets = (await filled.ask(query, q="", facets=list(FacetName)))["search"]["facets"]
    asked = 0
    for facet in facets:
        for found in facet["counts"]:
            back = {
                "CHANNEL": {"channel": {"equals": found["value"]}}, "KIND": {"kind": {"equals": found["value"]}},
                "STATUS": {"status": {"equals": found["value"]}}, "TOPIC": {"topic": found["value"]},
                "DIVISION": {"division": found["value"]}, "ORGAN": {"organs": [found["value"]]},
                "MONTH": {"receivedAt": {"month": found["value"]}},
            }  # fmt: skip
            again = (await filled.ask(query, q="", f=back[facet["name"]]))["search"]
            assert again["totalCount"] == found["count"], (facet, found)
            named = {"DIVISION": "divisionPlace", "ORGAN": "organ", "TOPIC": "topic"}.get(facet["name"])
            assert named is None or found[named], found
            asked += 1
    assert asked > len(facets)


async def test_figures_name_divisions_and_their_months_can_be_asked_for(filled: Api) -> None:
    """As those of a search."""
    query = """query($f: CaseFilter) { caseFigures(filter: $f, groupBy: [DIVISION, MONTH]) {
        division divisionPlace { name } month cases } }"""
    figures = (await filled.ask(query))["caseFigures"]
    assert {one["division"]: one["divisionPlace"]["name"] for one in figures} == {
        "430104": "岳麓区",
        "430111": "雨花区",
    }
    for group in figures:
        chosen = {"division": {"equals": group["divisionPlace"]["name"]}, "firstReceivedAt": {"month": group["month"]}}
        assert (await filled.ask(query, f=chosen))["caseFigures"] == [group]


async def test_now_is_one_question(filled: Api) -> None:
    """What happens from then on is told behind its cursor, what happened before is not."""
    cursor = (await filled.ask("{ changesCursor }"))["changesCursor"]
    changes = "query($after: String!) { changes(after: $after) { changes { kind } more cursor } }"
    assert (await filled.ask(changes, after=cursor))["changes"]["changes"] == []
    await filled.take_in(draft("H2", title="路灯", text="路灯坏了，请尽快维修。", mentions=(petitioner("赵六"),)))
    told = (await filled.ask(changes, after=cursor))["changes"]
    assert "SUBMISSION_RECEIVED" in {change["kind"] for change in told["changes"]}
    followed = await filled.http.get("/sync/changes", params={"after": cursor})
    assert len(followed.content.splitlines()) == len(told["changes"]) + 1


async def test_what_the_migration_filled_in_is_what_is_derived(filled: Api, connection: Connection) -> None:
    """Of cases with and without an answer, one taken back and one of several submissions among them."""
    await filled.take_in(draft("H1", title="油烟", division="430104", text="还在冒烟。", replies=(reply(days=3),)))
    leading = await one(filled, "油烟")
    file = "mutation($i: FileSubmissionInput!) { fileSubmission(input: $i) { errors { message } } }"
    submission = (await filled.ask(SAID_BY.replace("title", "id"), f={"externalId": "W1"}))["submissions"]["nodes"][0]
    await filled.ask(file, i={"submission": submission["id"], "case": leading["id"], "reason": "同一事项"})
    read = 'select id, last_received_at, last_answered_at from "case" where submission_count > 0 order by id'
    derived = await connection.fetch(read)
    assert {row["last_answered_at"] is None for row in derived} == {True, False}
    [migration] = FOLDER.glob("*_found_again.sql")
    text = migration.read_text(encoding="utf-8")
    filling = text[text.index('update "case" own') : text.index('alter table "case" alter column')]
    await connection.execute('update "case" set last_received_at = opened_at, last_answered_at = opened_at')
    await connection.execute(filling)
    assert await connection.fetch(read) == derived
