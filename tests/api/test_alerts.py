"""Whoever saves a search is told of what it finds from then on, of what they may see, each once; nobody else is."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from graphql import OperationType

from casegraph.app import executor_of
from casegraph.client_limits import ClientLimits
from graph.followers import keep_following
from graph.ids import organ_id
from graph.policy import Role
from graph.records import MentionDraft, MentionRole, PartyKind, PetitionKind
from resolvers.asked import Asked
from resolvers.limits import DocumentLimits
from resolvers.trusted import Trusted
from schema.ids import global_id
from search.alerting import Alerter
from search.indexer import Indexer
from tests.api.conftest import client_of
from tests.graph.factory import NOW, draft
from tests.policy.asking import post
from tests.reference.saved import follow
from tests.viewers import EVERYTHING, only

if TYPE_CHECKING:
    from graph.policy import Viewer
    from resolvers.execution import Executor
    from tests.api.conftest import Api

LONG = 20
MUTATION = frozenset({OperationType.MUTATION})
SCHOOL = "岳麓区教育局"
SAVE = """mutation($input: SaveSearchInput!) { saveSearch(input: $input) {
    savedSearch { id name query filter createdAt alerts { totalCount } } errors { code field message } } }"""
RENAME = """mutation($input: RenameSavedSearchInput!) { renameSavedSearch(input: $input) {
    savedSearch { id name } errors { code field } } }"""
DELETE = """mutation($input: DeleteSavedSearchInput!) { deleteSavedSearch(input: $input) {
    id errors { code field } } }"""
SAVED = """{ savedSearches { totalCount nodes { id name query filter alerts { totalCount edges { cursor node {
    at submission { externalId } } } } } } }"""
ALERTED = """subscription($search: ID, $after: String) { searchAlerted(savedSearch: $search, after: $after) {
    cursor at savedSearch { id } submission { externalId } } }"""


@pytest.fixture
async def executor(api: Api) -> Executor:
    """Give what answers, on an index that is begun."""
    await Indexer(pool=api.services.pool, engine=api.services.engine).catch_up()
    return executor_of(api.services, DocumentLimits(), Trusted())


async def save(executor: Executor, text: str, by: Viewer = EVERYTHING, **given: Any) -> str:
    """Save a search, and return its id."""
    entered = {"name": text or "全部", "query": text} | given
    async with asyncio.timeout(LONG):
        answer = await executor.execute(Asked(SAVE, {"input": entered}), by, MUTATION)
    payload = json.loads(answer.body())["data"]["saveSearch"]
    assert payload["errors"] == []
    key: str = payload["savedSearch"]["id"]
    return key


async def take_in(api: Api, external_id: str, text: str, **changes: Any) -> None:
    """Take one submission in, index it and raise alerts."""
    await api.services.intake.take_in([draft(external_id, title="来信", text=text, **changes)], actor="test", now=NOW)
    await follow(api.services)


async def saved_of(executor: Executor, viewer: Viewer) -> list[Any]:
    """Return the saved searches of a viewer."""
    nodes: list[Any] = (await post(executor, viewer, SAVED))["data"]["savedSearches"]["nodes"]
    return nodes


async def listed(executor: Executor, viewer: Viewer) -> list[str]:
    """Return what a viewer's only saved search was told, the latest first."""
    (search,) = await saved_of(executor, viewer)
    found = [edge["node"]["submission"]["externalId"] for edge in search["alerts"]["edges"]]
    assert search["alerts"]["totalCount"] == len(found)
    return found


async def told(executor: Executor, viewer: Viewer, count: int, **variables: Any) -> list[Any]:
    """Return the next alerts of a subscription."""
    found: list[Any] = []
    async with asyncio.timeout(LONG), aclosing(executor.subscribe(Asked(ALERTED, variables), viewer)) as answers:
        async for answer in answers:
            body = json.loads(answer.body())
            assert "errors" not in body, body["errors"]
            found.append(body["data"]["searchAlerted"])
            if len(found) == count:
                break
    return found


def ids(events: list[Any]) -> list[str]:
    """Return the submissions of alerts."""
    return [event["submission"]["externalId"] for event in events]


# Saving ---------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("executor")
async def test_a_search_is_saved_listed_renamed_and_deleted(api: Api) -> None:
    """As it was given, for its owner alone."""
    chosen = {
        "channel": {"anyOf": ["HOTLINE", "WEB"]}, "topic": "城乡建设", "division": "430100",
        "receivedAt": {"from": "2026-01-01T08:00:00+08:00"},
    }  # fmt: skip
    entered = {"name": "夜市", "query": "油烟 OR 噪声", "filter": chosen}
    search = (await api.ask(SAVE, input=entered))["saveSearch"]["savedSearch"]
    kept = chosen | {"division": "4301", "receivedAt": {"from": "2026-01-01T00:00:00+00:00"}}
    assert (search["name"], search["query"], search["filter"]) == ("夜市", "油烟 OR 噪声", kept)
    again = "query($q: String!, $f: SearchFilter) { search(query: $q, filter: $f) { totalCount } }"
    assert (await api.ask(again, q=search["query"], f=search["filter"]))["search"]["totalCount"] == 0
    renamed = (await api.ask(RENAME, input={"id": search["id"], "name": "烧烤"}))["renameSavedSearch"]
    assert renamed == {"savedSearch": {"id": search["id"], "name": "烧烤"}, "errors": []}
    assert [one["name"] for one in (await api.ask(SAVED))["savedSearches"]["nodes"]] == ["烧烤"]
    other = only(Role.REGISTRAR)
    async with client_of(api.services, viewer=other) as http:
        foreign = replace(api, http=http)
        assert (await foreign.ask(SAVED))["savedSearches"]["totalCount"] == 0
        assert (await foreign.ask("query($id: ID!) { node(id: $id) { id } }", id=search["id"]))["node"] is None
        for query, given in ((RENAME, {"name": "x"}), (DELETE, {})):
            ((payload,),) = [(await foreign.ask(query, input={"id": search["id"]} | given)).values()]
            assert payload["errors"] == [{"code": "NOT_FOUND", "field": []}]
    assert (await api.ask(DELETE, input={"id": search["id"]}))["deleteSavedSearch"] == {
        "id": search["id"],
        "errors": [],
    }
    assert (await api.ask(SAVED))["savedSearches"]["nodes"] == []


@pytest.mark.parametrize(
    ("given", "field", "message"),
    [
        ({"name": " "}, ["name"], "1 to 200"),
        ({"query": "name:张三"}, ["query"], "about a matter"),
        ({"query": "13812341234"}, ["query"], "about a matter"),
        ({"query": '油烟 "夜'}, ["query"], "character 4"),
        ({"query": "a\0"}, ["query"], "NUL"),
        ({"name": "a\0"}, ["name"], "1 to 200"),
        ({"filter": {"division": "x"}}, ["filter", "division"], "code"),
        ({"filter": {"channel": {"anyOf": []}}}, ["filter"], "nothing"),
    ],
)
@pytest.mark.usefixtures("executor")
async def test_what_is_wrong_is_told_at_its_field(
    api: Api, given: dict[str, Any], field: list[str], message: str
) -> None:
    """And nothing is saved."""
    payload = (await api.ask(SAVE, input={"name": "夜市", "query": "油烟"} | given))["saveSearch"]
    [error] = payload["errors"]
    assert (payload["savedSearch"], error["code"], error["field"]) == (None, "INVALID", field)
    assert message in error["message"]
    assert await api.services.pool.fetchval("select count(*) from saved_search") == 0


async def test_ids_that_are_none_are_told(api: Api) -> None:
    """Of another type, or of nothing."""
    for query, given in ((RENAME, {"name": "x"}), (DELETE, {})):
        for key, code in (
            ("x", "INVALID"), (global_id("Case", UUID(int=7)), "INVALID"),
            (global_id("SavedSearch", UUID(int=7)), "NOT_FOUND"),
        ):  # fmt: skip
            (payload,) = (await api.ask(query, input={"id": key} | given)).values()
            assert [error["code"] for error in payload["errors"]] == [code]


async def test_who_may_not_save_is_told_who_may(api: Api) -> None:
    """Partners' systems, auditors and administrators work on no case."""
    async with client_of(api.services, viewer=only(Role.AUDITOR)) as http:
        answer = await replace(api, http=http).post(SAVE, input={"name": "夜市", "query": "油烟"})
    [error] = answer["errors"]
    assert error["extensions"]["code"] == "FORBIDDEN"
    assert "registrar" in error["message"]


async def test_without_an_index_saving_waits(api: Api) -> None:
    """What was there could not be told from what is new."""
    answer = await api.post(SAVE, input={"name": "夜市", "query": "油烟"})
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["SEARCH_UNAVAILABLE"]


# Being told -----------------------------------------------------------------------------------------------------------


async def test_alerts_come_once_wherever_a_follower_goes_on(api: Api, executor: Executor) -> None:
    """Cut after every event in turn, behind its cursor or that of the list; of one search, or of all in one order."""
    oil, noise = await save(executor, "油烟"), await save(executor, "噪声")
    for name, text in (("a", "油烟"), ("b", "油烟和噪声"), ("c", "停电"), ("d", "噪声扰民")):
        await take_in(api, name, text)
    whole = await told(executor, EVERYTHING, 4)
    by_search = [(event["savedSearch"]["id"], event["submission"]["externalId"]) for event in whole]
    assert sorted(by_search) == sorted([(oil, "a"), (oil, "b"), (noise, "b"), (noise, "d")])
    for place, event in enumerate(whole[:-1], 1):
        rest = await told(executor, EVERYTHING, 4 - place, after=event["cursor"])
        assert [event | {"cursor": ""} for event in rest] == [event | {"cursor": ""} for event in whole[place:]]
    assert ids(await told(executor, EVERYTHING, 2, search=oil)) == ["a", "b"]
    found = {search["id"]: search["alerts"]["edges"] for search in await saved_of(executor, EVERYTHING)}
    assert [edge["node"]["submission"]["externalId"] for edge in found[noise]] == ["d", "b"]
    first = found[noise][-1]["cursor"]
    assert ids(await told(executor, EVERYTHING, 1, search=noise, after=first)) == ["d"]


async def test_who_listens_is_told_as_things_come_in(api: Api, executor: Executor, database_url: str) -> None:
    """By what runs beside a server: the index first, alerts behind it."""
    await save(executor, "油烟")
    services = api.services
    running = [
        asyncio.create_task(
            keep_following(database_url, "search", lambda pool: Indexer(pool=pool, engine=services.engine).follow)
        ),
        asyncio.create_task(
            keep_following(
                database_url,
                "alerts",
                lambda pool: Alerter(pool=pool, engine=services.engine, clock=lambda: datetime.now(UTC)).follow,
            )
        ),
    ]
    listening = asyncio.create_task(told(executor, EVERYTHING, 2))
    for name in ("a", "b"):
        one = draft(name, title="来信", text=f"{name}处油烟")
        await services.intake.take_in([one], actor="test", now=NOW)
    assert sorted(ids(await listening)) == ["a", "b"]
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"after": "x"}, "INVALID_CURSOR"),
        ({"search": "x"}, "INVALID_ID"),
        ({"search": global_id("Case", UUID(int=7))}, "INVALID_ID"),
        ({"search": global_id("SavedSearch", UUID(int=7))}, "NOT_POSSIBLE"),
    ],
)
async def test_what_cannot_be_followed_is_told(executor: Executor, variables: dict[str, Any], code: str) -> None:
    """One answer with the error, and the end."""
    answers = [answer async for answer in executor.subscribe(Asked(ALERTED, variables), EVERYTHING)]
    assert [error["extensions"]["code"] for error in json.loads(answers[0].body())["errors"]] == [code]
    assert len(answers) == 1


async def test_who_is_too_slow_goes_on_later(api: Api, executor: Executor) -> None:
    """The error holds the cursor behind what was sent."""
    await save(executor, "油烟")
    for name in ("a", "b"):
        await take_in(api, name, f"{name}处油烟")
    impatient = replace(api.services, client_limits=ClientLimits(take_seconds=0.0))
    hurried = executor_of(impatient, DocumentLimits(), Trusted())
    answers = [answer async for answer in hurried.subscribe(Asked(ALERTED, {}), EVERYTHING)]
    assert [answer.executed for answer in answers] == [True, False]
    [error] = answers[1].errors
    cursor = dict(error.extensions or {})["cursor"]
    assert ids(await told(executor, EVERYTHING, 1, after=cursor)) == ["b"]


# Who sees what --------------------------------------------------------------------------------------------------------

ACCUSED = (MentionDraft(role=MentionRole.RESPONDENT, kind=PartyKind.ORGANISATION, name=SCHOOL),)
STAFF = replace(EVERYTHING, name="test:staff", organs=frozenset({organ_id(SCHOOL)}))
"""Of the organ accused."""
ELSEWHERE = replace(EVERYTHING, name="test:elsewhere", divisions=("4401",))


async def test_two_owners_are_told_what_each_may_see(api: Api, executor: Executor) -> None:
    """Of an accusation the staff of the organ accused hear nothing; neither does who has another division."""
    viewers = (EVERYTHING, STAFF, ELSEWHERE)
    searches = {viewer.name: await save(executor, "学位", viewer) for viewer in viewers}
    accusing: dict[str, Any] = {"kind": PetitionKind.ACCUSATION, "division": "430104", "mentions": ACCUSED}
    await take_in(api, "accusation", "学位被卖", **accusing)
    await take_in(api, "appeal", "学位不足", division="430104")
    await take_in(api, "south", "学位太远", division="440100")
    assert [await listed(executor, viewer) for viewer in viewers] == [
        ["south", "appeal", "accusation"], ["south", "appeal"], ["south"],
    ]  # fmt: skip
    assert ids(await told(executor, EVERYTHING, 3)) == ["accusation", "appeal", "south"]
    assert ids(await told(executor, STAFF, 2)) == ["appeal", "south"]
    assert ids(await told(executor, ELSEWHERE, 1)) == ["south"]
    # One's own are one's own: another's is not there, by whatever is asked.
    foreign = {"search": searches[EVERYTHING.name]}
    answers = [answer async for answer in executor.subscribe(Asked(ALERTED, foreign), STAFF)]
    assert json.loads(answers[0].body())["errors"][0]["extensions"]["code"] == "NOT_POSSIBLE"
    # What became an accusation is seen no more, and what was one stays one, whatever its source says later.
    await take_in(api, "accusation", "学位安排不公", division="430104")
    await take_in(api, "appeal", "学位不足，校长收钱", **accusing)
    assert await listed(executor, STAFF) == ["south"]
    assert ids(await told(executor, STAFF, 1)) == ["south"]
    assert ids(await told(executor, EVERYTHING, 3)) == ["accusation", "appeal", "south"]
