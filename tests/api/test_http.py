"""GraphQL over HTTP, pushes, probes: right answers, clear refusals, nothing internal told."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import orjson
import pytest

from graph import journal
from tests.graph.factory import draft, petitioner

if TYPE_CHECKING:
    from graph.database import Connection
    from tests.api.conftest import Api

MEDIA = "application/graphql-response+json"


async def test_a_query_by_get_and_a_mutation_never(api: Api) -> None:
    """GET reads; what changes something must be posted."""
    found = await api.http.get("/graphql", params={"query": "{ __typename }"}, headers={"accept": MEDIA})
    assert (found.status_code, found.json()) == (200, {"data": {"__typename": "Query"}})
    assert found.headers["content-type"].startswith(MEDIA)
    mutation = 'mutation { partCases(input: {case: "x"}) { errors { code } } }'
    refused = await api.http.get("/graphql", params={"query": mutation}, headers={"accept": MEDIA})
    assert refused.status_code == 405


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[1]", "application/json", 400),
        (b"{}", "application/json", 400),
        (b'{"query": "{ __typename }"}', "text/plain", 415),
        (b'{"query": "{ nothing }"}', "application/json", 400),
        (b'{"query": "{ open"}', "application/json", 400),
        (b'{"query": "' + b"x" * 3_000_000 + b'"}', "application/json", 413),
    ],
    ids=["broken", "list", "empty", "media", "unknown field", "syntax", "too large"],
)
async def test_bad_requests_have_their_status(api: Api, content: bytes, kind: str, status: int) -> None:
    """Each is refused with a status of its own kind and a message."""
    response = await api.http.post("/graphql", content=content, headers={"content-type": kind, "accept": MEDIA})
    assert response.status_code == status
    assert response.json()["errors"][0]["message"]


async def test_a_browser_gets_graphiql_from_here_alone(api: Api) -> None:
    """The page and all it loads come from this server."""
    page = await api.http.get("/graphql", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert "//" not in page.text.replace("http://www.w3.org", "")
    for path in [part.split('"')[0] for part in page.text.split('src="')[1:]]:
        assert (await api.http.get(path)).status_code == 200


async def test_limits_are_told_with_what_was_asked(api: Api) -> None:
    """A page too large and a query too deep name the limit."""
    large = await api.post("{ cases(first: 100000) { nodes { id } } }")
    assert large["errors"][0]["extensions"]["code"] not in {"INTERNAL", None}
    deep = "{ cases { nodes " + "{ submissions { nodes { case " * 8 + "{ id }" + " } } }" * 8 + " } }"
    told = (await api.post(deep))["errors"][0]
    assert told["extensions"]["limit"] < told["extensions"]["asked"]


async def test_faults_of_ours_tell_nothing_but_a_number(api: Api, connection: Connection) -> None:
    """An internal error is masked; what went wrong stands in the log alone."""
    await connection.execute("alter table organ rename to organ_gone")
    answer = await api.post("{ organs { nodes { name } } }")
    [error] = answer["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert error["extensions"]["incident"] in error["message"]
    assert "organ_gone" not in str(answer)


TICKET = {"ticket_number": "T1", "received_at": "2026-11-20 10:00:00", "text": "路灯坏了，请维修。", "name": "张三"}


async def test_a_push_is_taken_once_and_told_of_each(api: Api, connection: Connection) -> None:
    """Sent twice it is in once; a record that cannot be read is rejected beside the rest."""
    first = await api.http.post("/intake/city12345?channel=HOTLINE", json=[TICKET])
    assert (first.status_code, first.json()["outcomes"][0]["change"]) == (200, "NEW")
    again = await api.http.post("/intake/city12345?channel=HOTLINE", json=[TICKET, {"ticket_number": "T2"}])
    assert again.status_code == 207
    assert [one["change"] for one in again.json()["outcomes"]] == ["UNCHANGED", "REJECTED"]
    assert await connection.fetchval("select count(*) from submission") == 1
    assert (await api.http.post("/intake/city12345?channel=LETTER", json=[])).status_code == 400
    assert (await api.http.post("/intake/CITY!?channel=WEB", json=[])).status_code == 404
    huge = await api.http.post(
        "/intake/a?channel=WEB", content=b" " * 17_000_000, headers={"content-type": "application/json"}
    )
    assert huge.status_code == 413


@pytest.mark.parametrize("body", [b"{", b"<html>", b"", b" \n", b'{"text": "a"', b"[" * 100_000])
async def test_a_push_that_is_no_json_is_no_request(api: Api, body: bytes) -> None:
    """It is refused as a whole, in the one shape of errors, and kept with the reason as all that is rejected."""
    headers = {"content-type": "application/json"}
    response = await api.http.post("/intake/city12345?channel=HOTLINE", content=body, headers=headers)
    [error] = response.json()["errors"]
    assert (response.status_code, error["extensions"]["code"]) == (400, "BAD_REQUEST")
    [kept] = (await api.ask("{ rejections { nodes { id message reason } } }"))["rejections"]["nodes"]
    told = {
        "id": error["extensions"]["rejection"],
        "message": error["message"],
        "reason": error["extensions"]["reason"],
    }
    assert kept == told


async def test_probes_say_how_it_is(api: Api) -> None:
    """Alive, ready once there is an index, and figures for Prometheus."""
    assert (await api.http.get("/healthz")).status_code == 200
    unknown = await api.http.get("/readyz")
    assert (unknown.status_code, unknown.json()["checks"]["database"]) == (503, "not known yet")
    assert (await api.probe()).json()["checks"] == {"database": "ok", "index": "not built"}
    await api.take_in(draft("1"))
    ready = await api.probe()
    assert (ready.status_code, ready.json()["ready"]) == (200, True)
    assert "casegraph_" in (await api.http.get("/metrics")).text


async def test_only_this_machines_names_are_answered(api: Api) -> None:
    """A web page whose name was made to point here gets nothing."""
    response = await api.http.get("/healthz", headers={"host": "evil.example"})
    assert response.status_code == 421


async def follow(api: Api, until: asyncio.Event) -> list[dict[str, Any]]:
    """Page through /sync/changes until the writers have ended and no more comes."""
    seen: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        ended = until.is_set()
        query = {"first": "7"} | ({"after": cursor} if cursor else {})
        lines = (await api.http.get("/sync/changes", params=query)).content.splitlines()
        *told, last = [orjson.loads(line) for line in lines]
        seen += told
        cursor = last["cursor"]
        if ended and not last["more"] and not told:
            return seen


async def test_a_follower_meets_every_change_once_while_many_write(api: Api, connection: Connection) -> None:
    """Eight writers, one follower by HTTP: as many changes as the journal has entries, in its order."""
    ended = asyncio.Event()
    following = asyncio.create_task(follow(api, ended))

    async def write(writer: int) -> None:
        for number in range(4):
            drafts = [draft(f"{writer}-{number}-{step}", mentions=(petitioner(),)) for step in range(3)]
            await api.services.intake.take_in(drafts, actor="test", now=drafts[0].received_at)

    await asyncio.gather(*(write(writer) for writer in range(8)))
    ended.set()
    seen = await following
    entries = await connection.fetch("select kind from journal order by position")
    assert [one["kind"] for one in seen] == [entry["kind"] for entry in entries]
    assert len(seen) == await journal.position(connection)


async def test_foreign_cursors_are_refused(api: Api) -> None:
    """A cursor that was made up or altered is a clear error by both ways."""
    assert (await api.http.get("/sync/changes", params={"after": "bm9uZQ"})).status_code == 400
    answer = await api.post('{ changes(after: "bm9uZQ") { cursor } }')
    assert answer["errors"][0]["extensions"]["code"] == "INVALID_CURSOR"


PAGED = """query($first: Int, $after: String, $last: Int, $before: String, $order: Direction!) {
    submissions(first: $first, after: $after, last: $last, before: $before, orderBy: $order) {
        edges { cursor node { externalId } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


@pytest.mark.parametrize("order", ["ASCENDING", "DESCENDING"])
async def test_pages_both_ways_are_the_whole_list(api: Api, order: str) -> None:
    """Forward by first and after, backward by last and before: nothing twice, nothing left out, ties included."""
    await api.take_in(*[draft(str(number), title=str(number), text=f"第{number}件。") for number in range(23)])
    whole = [one["node"]["externalId"] for one in (await api.ask(PAGED, first=50, order=order))["submissions"]["edges"]]
    assert len(whole) == 23
    forward: list[str] = []
    cursor = None
    while True:
        page = (await api.ask(PAGED, first=5, after=cursor, order=order))["submissions"]
        forward += [edge["node"]["externalId"] for edge in page["edges"]]
        cursor = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert forward == whole
    backward: list[str] = []
    cursor = None
    while True:
        page = (await api.ask(PAGED, last=5, before=cursor, order=order))["submissions"]
        backward = [edge["node"]["externalId"] for edge in page["edges"]] + backward
        cursor = page["pageInfo"]["startCursor"]
        if not page["pageInfo"]["hasPreviousPage"]:
            break
    assert backward == whole
    for bad in ("!!!", "bm9uZQ", httpx.__name__):
        answer = await api.post(PAGED, first=5, after=bad, order=order)
        assert answer["errors"][0]["extensions"]["code"] != "INTERNAL"
