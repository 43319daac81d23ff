"""GraphQL over HTTP to the letter, and the one shape of errors on every route."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from casegraph.app import build_app
from graph.database import open_pool
from tests.api.conftest import change_pool
from tests.graph.factory import draft
from tests.viewers import raw_headers_of, told_apart

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping

    import httpx

    from graph.database import Connection
    from tests.api.conftest import Api

MODERN = "application/graphql-response+json"
PLAIN = "application/json"
NAME = "{ __typename }"
TWO = "query A { a: __typename } query B { b: __typename }"
PART = 'mutation { partCases(input: {case: "x"}) { errors { code } } }'


def code_of(response: httpx.Response) -> str:
    """Return the code of a refusal, whose shape every route shares."""
    [error] = response.json()["errors"]
    assert error["message"]
    code: str = error["extensions"]["code"]
    return code


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("*/*", PLAIN),
        ("application/*", PLAIN),
        (f"{MODERN}, {PLAIN};q=0.9", MODERN),
        (f"{MODERN};q=0.5, {PLAIN}", PLAIN),
        (f"{PLAIN}; charset=utf-8", PLAIN),
        (f"text/html;q=0.1, {MODERN}", MODERN),
    ],
)
async def test_the_answer_comes_in_the_media_type_that_is_preferred(api: Api, accept: str, media: str) -> None:
    """By weight; a client that takes anything gets plain JSON."""
    response = await api.http.post("/graphql", json={"query": NAME}, headers={"accept": accept})
    assert response.status_code == 200
    assert response.headers["content-type"] == f"{media}; charset=utf-8"


@pytest.mark.parametrize("accept", ["text/plain", "image/*", f"{PLAIN};q=0", f"{PLAIN};q=high"])
async def test_a_media_type_that_we_do_not_speak_is_refused(api: Api, accept: str) -> None:
    """406, and the answer says what there is."""
    response = await api.http.post("/graphql", json={"query": NAME}, headers={"accept": accept})
    assert (response.status_code, code_of(response)) == (406, "NOT_ACCEPTABLE")


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"query": 5}, 400, "BAD_REQUEST"),
        ({"query": NAME, "variables": [1]}, 400, "BAD_REQUEST"),
        ({"query": NAME, "operationName": 1}, 400, "BAD_REQUEST"),
        ({"query": NAME, "extensions": "x"}, 400, "BAD_REQUEST"),
        ({"query": TWO}, 400, "BAD_USER_INPUT"),
        ({"query": TWO, "operationName": "C"}, 400, "BAD_USER_INPUT"),
        ({"query": "fragment f on Query { __typename }"}, 400, "BAD_USER_INPUT"),
        ({"query": "query($id: ID!) { node(id: $id) { id } }"}, 400, "BAD_USER_INPUT"),
        ({"query": "subscription { caseChanged { cursor } }"}, 400, "BAD_USER_INPUT"),
        ({"query": "{ nothing }"}, 400, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "{ cases(first: 99999999999) { nodes { id } } }"}, 400, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "{" + "a {" * 2000}, 400, "GRAPHQL_PARSE_FAILED"),
    ],
)
async def test_what_is_not_a_request_is_refused(api: Api, asked: dict[str, Any], status: int, code: str) -> None:
    """Each with its status and code."""
    response = await api.http.post("/graphql", json=asked, headers={"accept": MODERN})
    assert (response.status_code, code_of(response)) == (status, code)
    assert "data" not in response.json()


async def test_one_of_several_operations_is_named(api: Api) -> None:
    """The one that is named runs, by either method."""
    posted = await api.http.post("/graphql", json={"query": TWO, "operationName": "B"})
    got = await api.http.get("/graphql", params={"query": TWO, "operationName": "B"})
    assert posted.json() == got.json() == {"data": {"b": "Query"}}


async def test_variables_travel_in_the_address(api: Api) -> None:
    """As JSON; what is none is refused."""
    query = "query($n: Int) { cases(first: $n) { nodes { id } } }"
    found = await api.http.get("/graphql", params={"query": query, "variables": '{"n": 3}'})
    assert found.json() == {"data": {"cases": {"nodes": []}}}
    for bad in ("{", "[1]", '"x"'):
        response = await api.http.get("/graphql", params={"query": query, "variables": bad})
        assert (response.status_code, code_of(response)) == (400, "BAD_REQUEST")


async def test_head_is_answered_as_get_and_changes_nothing(api: Api) -> None:
    """A mutation is refused wherever it stands: in the address or in a body that should not be there."""
    assert (await api.http.head("/graphql", params={"query": NAME})).status_code == 200
    assert (await api.http.head("/graphql", params={"query": PART})).status_code == 405
    assert (await api.http.request("HEAD", "/graphql", json={"query": PART})).status_code == 400


@pytest.mark.parametrize("length", [b"\xb2", b"9" * 5000, b"-1", b"abc"])
async def test_a_nonsensical_length_breaks_nothing(api: Api, length: bytes) -> None:
    """The body is measured as it comes."""
    headers = [(b"content-type", PLAIN.encode()), (b"content-length", length)]
    response = await api.http.post("/graphql", content=b'{"query": "{ __typename }"}', headers=headers)
    assert response.status_code == 200


@pytest.mark.parametrize(("address", "limit"), [("/graphql", 1_048_576), ("/intake/a?channel=WEB", 16_777_216)])
async def test_a_body_without_a_length_is_measured_as_it_comes(api: Api, address: str, limit: int) -> None:
    """Reading stops at the limit, which the answer names."""
    sent = 0

    async def chunks() -> Any:
        nonlocal sent
        for _ in range(100):
            sent += 1_000_000
            yield b" " * 1_000_000

    response = await api.http.post(address, content=chunks(), headers={"content-type": PLAIN})
    assert (response.status_code, code_of(response)) == (413, "LIMIT_BODY")
    extensions = response.json()["errors"][0]["extensions"]
    assert extensions["limit"] == limit < extensions["asked"] <= sent


@pytest.mark.parametrize(
    ("query", "code", "limit", "asked", "argument"),
    [
        ("{ cases(first: 201) { nodes { id } } }", "LIMIT_PAGE_SIZE", 200, 201, "first"),
        ("{ cases(last: 201) { nodes { id } } }", "LIMIT_PAGE_SIZE", 200, 201, "last"),
        ("{ search(first: 201) { totalCount } }", "LIMIT_PAGE_SIZE", 200, 201, "first"),
        ("{ changes(first: 1001) { cursor } }", "LIMIT_PAGE_SIZE", 1000, 1001, "first"),
        ("{ nodes(ids: [" + '"x" ' * 201 + "]) { id } }", "LIMIT_NODES", 200, 201, "ids"),
        ("{" + " ".join(f"a{n}: topics {{ name }}" for n in range(51)) + "}", "LIMIT_ALIASES", 50, 51, None),
        ("{" + " ".join(f"a{n}: __schema {{ __typename }}" for n in range(51)) + "}", "LIMIT_ALIASES", 50, 51, None),
        ("{" + "__typename " * 5000 + "}", "LIMIT_TOKENS", 5000, 5001, None),
        (
            "{ cases { nodes " + "{ submissions { nodes { case " * 4 + "{ id }" + " } } }" * 4 + " } }",
            "LIMIT_DEPTH", 12, 15, None,
        ),
        (
            "{ cases { ...deep } } fragment deep on CaseConnection { nodes "
            + "{ submissions { nodes { case " * 4 + "{ id }" + " } } }" * 4 + " }",
            "LIMIT_DEPTH", 12, 15, None,
        ),
    ],
)  # fmt: skip
async def test_each_limit_says_what_it_is_and_what_was_asked(
    api: Api, query: str, code: str, limit: int, asked: int, argument: str | None
) -> None:
    """So a client can ask less without trying."""
    [error] = (await api.post(query))["errors"]
    blamed = {} if argument is None else {"argument": argument}
    assert told_apart(error) == {"code": code, "limit": limit, "asked": asked} | blamed


async def test_the_schema_can_be_asked_for_within_the_limits(api: Api) -> None:
    """What GraphiQL asks at its start is no deeper than is allowed; chains of types that grow without end are."""
    asked = await api.post(
        "{ __schema { types { name fields { name args { name } type { name ofType { name ofType { name } } } } } } }"
    )
    assert "errors" not in asked
    endless = "{ __schema { types " + "{ fields { type " * 6 + "{ name }" + " } }" * 6 + " } }"
    assert (await api.post(endless))["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_other_addresses_and_methods_have_the_same_shape(api: Api) -> None:
    """Whatever is refused, a program finds the code in the same place."""
    assert code_of(await api.http.get("/nothing")) == "NOT_FOUND"
    assert code_of(await api.http.put("/graphql")) == "METHOD_NOT_ALLOWED"
    assert code_of(await api.http.get("/intake/a")) == "METHOD_NOT_ALLOWED"
    assert code_of(await api.http.get("/static/graphiql/..%2f..%2f..%2fpyproject.toml")) == "NOT_FOUND"
    for first in ("-1", "x", "٣", "9" * 5000):
        response = await api.http.get("/sync/changes", params={"first": first})
        assert (response.status_code, code_of(response)) == (400, "INVALID_VALUE")
    large = await api.http.get("/sync/changes", params={"first": "1001"})
    assert told_apart(large.json()["errors"][0]) == {"code": "LIMIT_PAGE_SIZE", "limit": 1000, "asked": 1001}


TICKET = {"ticket_number": "T1", "received_at": "2026-11-20 10:00:00", "text": "路灯坏了。", "name": "欧阳震华"}


async def test_faults_of_ours_are_masked_on_every_route(
    api: Api, connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    """The answer tells a number, and the log tells where, but neither tells what was in the statement."""
    await api.take_in(draft("1"))
    await connection.execute("alter table journal_head rename to journal_gone")
    for response in (
        await api.http.get("/sync/changes"),
        await api.http.post("/intake/a?channel=HOTLINE", json=[TICKET]),
    ):
        assert (response.status_code, code_of(response)) == (500, "INTERNAL")
        incident = response.json()["errors"][0]["extensions"]["incident"]
        assert UUID(incident).hex in caplog.text
        assert "journal_" not in response.text
    assert "欧阳震华" not in caplog.text


async def test_a_lost_database_is_unavailable_not_broken(api: Api, unused_tcp_port: int) -> None:
    """Every route says that it will be better later, and the process stays alive."""
    nowhere = await open_pool(f"postgresql://nobody@127.0.0.1:{unused_tcp_port}/none", smallest=0)
    lost = change_pool(api, nowhere)
    answer = await lost.post("{ cases { nodes { id } } }")
    assert answer["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
    for response in (
        await lost.http.get("/sync/changes"),
        await lost.http.post("/intake/a?channel=HOTLINE", json=[TICKET]),
    ):
        assert (response.status_code, code_of(response)) == (503, "UNAVAILABLE")
    ready = await lost.probe()
    assert ready.status_code == 503
    assert ready.json()["checks"]["database"] == "away"
    assert "casegraph_database_up 0.0" in (await lost.http.get("/metrics")).text
    assert (await lost.http.get("/healthz")).status_code == 200
    await lost.http.aclose()
    await nowhere.close()


# Who is answered ------------------------------------------------------------------------------------------------------

ROUTES = ("/graphql", "/healthz", "/readyz", "/metrics", "/sync/changes", "/static/graphiql/page.js")


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1", "localhost.", "[::2]", "[", ""])
async def test_another_host_is_refused_on_every_route(api: Api, host: str) -> None:
    """A page whose name was made to point here reaches nothing."""
    for route in ROUTES:
        response = await api.http.get(route, headers={"host": host})
        assert (response.status_code, code_of(response)) == (421, "MISDIRECTED")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8000", "localhost:8000", "LOCALHOST", "[::1]:8000"])
async def test_this_machines_own_names_are_answered(api: Api, host: str) -> None:
    """With and without a port."""
    assert (await api.http.get("/healthz", headers={"host": host})).status_code == 200


async def handshake(api: Api, origin: str) -> list[MutableMapping[str, Any]]:
    """Open a WebSocket as a browser on a page of this origin would and hang up; return what was answered."""
    coming: Iterator[dict[str, Any]] = iter([{"type": "websocket.connect"}, {"type": "websocket.disconnect"}])
    answered: list[MutableMapping[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return next(coming)

    async def send(message: MutableMapping[str, Any]) -> None:
        answered.append(message)

    headers = [(b"host", b"127.0.0.1:8000"), (b"origin", origin.encode()), *raw_headers_of()]
    scope = {"type": "websocket", "path": "/graphql", "headers": headers, "subprotocols": ["graphql-transport-ws"]}
    await build_app(api.services)(scope, receive, send)
    return answered


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1.evil.example", ""])
async def test_pages_of_other_sites_are_not_answered(api: Api, origin: str) -> None:
    """Neither by HTTP nor by a WebSocket, which browsers let any page open."""
    response = await api.http.post("/graphql", json={"query": NAME}, headers={"origin": origin})
    assert (response.status_code, code_of(response)) == (403, "FOREIGN_ORIGIN")
    [refused, *_] = await handshake(api, origin)
    assert (refused["type"], refused["status"]) == ("websocket.http.response.start", 403)


async def test_our_own_page_is_answered(api: Api) -> None:
    """GraphiQL's requests carry an origin, too."""
    headers = {"origin": "http://127.0.0.1:8000"}
    assert (await api.http.post("/graphql", json={"query": NAME}, headers=headers)).status_code == 200
    [accepted, *_] = await handshake(api, "http://127.0.0.1:8000")
    assert (accepted["type"], accepted["subprotocol"]) == ("websocket.accept", "graphql-transport-ws")


# GraphQL over HTTP: every status --------------------------------------------------------------------------------------

STATUSES = [
    ({"query": NAME}, 200, 200),
    ({"query": NAME, "variables": None, "operationName": None, "extensions": None}, 200, 200),
    ({"query": '{ case(id: "x") { id } }'}, 200, 200),  # a field's error beside data
    ({"query": "{"}, 200, 400),  # no document
    ({"query": "{ nothing }"}, 200, 400),  # not of the schema
    ({"query": TWO}, 200, 400),  # which operation?
    ({"query": NAME, "operationName": "A"}, 200, 400),
    ({"query": "query($n: Int!) { cases(first: $n) { totalCount } }"}, 200, 400),
    ({"query": "query($n: Int) { cases(first: $n) { totalCount } }", "variables": {"n": "x"}}, 200, 400),
    ({"query": "subscription { caseChanged { cursor } }"}, 200, 400),
    ({}, 400, 400),
    ({"query": None}, 400, 400),
    ({"query": 7}, 400, 400),
    ({"query": ""}, 400, 400),
    ({"query": NAME, "variables": []}, 400, 400),
    ({"query": NAME, "variables": "{}"}, 400, 400),
    ({"query": NAME, "operationName": 7}, 400, 400),
    ({"query": NAME, "extensions": []}, 400, 400),
    ([{"query": NAME}], 400, 400),
    (7, 400, 400),
    (None, 400, 400),
]  # fmt: skip
"""What is asked, and its status as application/json and as application/graphql-response+json."""


@pytest.mark.parametrize("modern", [False, True])
@pytest.mark.parametrize(("asked", "plain", "strict"), STATUSES)
async def test_every_status_is_the_specification_s(
    api: Api, asked: Any, plain: int, strict: int, *, modern: bool
) -> None:
    """As application/json 200 to whatever is well formed; `data` is there where the operation ran, nowhere else."""
    media = MODERN if modern else PLAIN
    sent = {"accept": media, "content-type": PLAIN}
    response = await api.http.post("/graphql", content=json.dumps(asked), headers=sent)
    assert response.status_code == (strict if modern else plain)
    assert response.headers["content-type"] == f"{media}; charset=utf-8"
    answer = response.json()
    ran = strict == 200
    assert ("data" in answer) is ran
    assert ("errors" in answer) or ran


@pytest.mark.parametrize("media", [PLAIN, MODERN])
@pytest.mark.parametrize(
    ("method", "headers", "content", "status"),
    [
        ("POST", {}, b'{"query": "{', 400),
        ("POST", {}, b'\xff\xfe{"query"', 400),
        ("POST", {"content-type": "application/graphql"}, NAME.encode(), 415),
        ("POST", {"content-type": ""}, b'{"query": "{ __typename }"}', 415),
        ("PUT", {}, b'{"query": "{ __typename }"}', 405),
        ("DELETE", {}, b"", 405),
    ],
)
async def test_what_is_no_request_has_a_status_of_its_own(  # one for each part of a request
    api: Api, media: str, method: str, headers: dict[str, str], content: bytes, status: int
) -> None:
    """In either media type."""
    given = {"accept": media, "content-type": PLAIN} | headers
    response = await api.http.request(method, "/graphql", content=content, headers=given)
    assert response.status_code == status
    assert code_of(response)
