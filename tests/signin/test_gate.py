"""Without a token nothing is told but what is meant for everybody; with one, what its bearer may do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pytest
from starlette.routing import Mount, Route, WebSocketRoute

from casegraph.app import Front, build_app
from casegraph.compression import Compressed
from casegraph.cross_origin import CrossOrigin
from casegraph.faults import Masked
from casegraph.hosts import KnownNames
from casegraph.metrics import Measured
from casegraph.signin.development import DevelopmentKey
from casegraph.signin.gate import Gate
from casegraph.spoken import Spoken
from casegraph.web_names import Names
from graph.policy import Role
from resolvers.limits import DocumentLimits
from tests.api.conftest import Api, client_of, signin_of
from tests.viewers import EVERYTHING, headers_of, only, token_of, told_apart

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.applications import Starlette

MODERN: Final = "application/graphql-response+json"
OPEN: Final = {
    ("/", "GET"): 200,
    ("/healthz", "GET"): 200,
    ("/readyz", "GET"): 503,  # there is no index
    ("/receipts/x", "GET"): 404,
    ("/session", "GET"): 200,
    ("/session", "POST"): 401,
    ("/session/login", "GET"): 404,
    ("/session/callback", "GET"): 400,
    ("/session/logout", "POST"): 403,
    ("/static/graphiql/page.js", "GET"): 200,
}
"""What answers everybody, and how."""


def routes_of(app: object) -> Starlette:
    """Return the routes that stand behind what surrounds them."""
    inner: Any = app
    for wrapper in (Measured, Spoken, KnownNames, Compressed, CrossOrigin, Masked, Gate):
        assert isinstance(inner, wrapper)
        inner = inner._app
    assert isinstance(inner, Front)
    found: Starlette = inner._routes  # type: ignore[assignment]
    return found


def addresses(app: object) -> Iterator[tuple[str, str]]:
    """Yield every address and method that the application has, with something in the place of parameters."""
    for route in routes_of(app).routes:
        if isinstance(route, Mount):
            yield f"{route.path}/page.js", "GET"
        elif isinstance(route, Route):
            path = route.path.replace("{source}", "a").replace("{code}", "x")
            for method in sorted((route.methods or set()) - {"HEAD"}):
                yield path, method
        else:
            assert isinstance(route, WebSocketRoute)


async def test_every_route_is_closed_but_those_that_are_named(nobody: Api) -> None:
    """As the application lists them, so that a new one is asked for as well; unknown addresses are closed, too."""
    found = set(addresses(build_app(nobody.services)))
    assert set(OPEN) < found
    assert {("/graphql", "POST"), ("/metrics", "GET"), ("/sync/changes", "GET")} < found
    unknown = {
        ("/nothing", "GET"),
        ("/sessions", "GET"),
        ("/healthz/", "GET"),
        ("/static/x", "GET"),
        ("/index.html", "GET"),
    }
    for path, method in found | unknown:
        answer = await nobody.http.request(method, path)
        assert answer.status_code == OPEN.get((path, method), 401), (method, path)
        if answer.status_code == 401:
            assert answer.headers["www-authenticate"] == "Bearer"
            [error] = answer.json()["errors"]
            assert told_apart(error) == {"code": "UNAUTHENTICATED"}


@pytest.mark.parametrize(
    "path", ["//metrics", "/healthz/../metrics", "/session/../metrics", "/static/graphiql/../../metrics"]
)
async def test_no_way_leads_around(nobody: Api, path: str) -> None:
    """An address that looks open leads nowhere else."""
    told: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        told.append(message)

    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
        "headers": [(b"host", b"127.0.0.1")], "scheme": "http", "http_version": "1.1",
    }  # fmt: skip
    await build_app(nobody.services)(scope, receive, send)
    assert told[0]["status"] in {401, 404}
    assert b"casegraph_requests" not in b"".join(message.get("body", b"") for message in told)


async def test_the_page_is_shown_to_everybody_and_tells_nothing(nobody: Api) -> None:
    """A browser's GET is answered with the shell, never with data."""
    page = await nobody.http.get("/graphql", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert "<script src=" in page.text
    asked = {"query": "{ __typename }"}
    again = await nobody.http.get("/graphql", params=asked, headers={"accept": "text/html"})
    assert again.text == page.text
    data = await nobody.http.get("/graphql", params=asked, headers={"accept": "text/html, application/json"})
    assert data.status_code == 401
    assert (await nobody.http.post("/graphql", json=asked, headers={"accept": "text/html"})).status_code == 401


@pytest.mark.parametrize("media", [MODERN, "application/json"])
async def test_the_refusal_comes_in_the_media_type_that_was_asked_for(nobody: Api, media: str) -> None:
    """As every answer at /graphql; the schema is not told either."""
    answer = await nobody.http.post(
        "/graphql", json={"query": "{ __schema { types { name } } }"}, headers={"accept": media}
    )
    assert answer.status_code == 401
    assert answer.headers["content-type"] == f"{media}; charset=utf-8"


@pytest.mark.parametrize(
    "header",
    [
        "", "Bearer", "Bearer ", "Basic dTpw", "bearer", "Token x", "Bearer é", "Bearer a b", "Bearer cgk_x",
        "Bearer cgk_000000000000_" + "0" * 64,
    ],
)  # fmt: skip
async def test_a_header_that_is_none_is_refused(nobody: Api, header: str) -> None:
    """401, and the answer says that what was sent is no good."""
    headers = [(b"authorization", header.encode("latin-1")), (b"content-type", b"application/json")]
    answer = await nobody.http.post("/graphql", content=b'{"query": "{ __typename }"}', headers=headers)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer error="invalid_token"')
    twice = [(b"authorization", f"Bearer {token_of()}".encode())] * 2
    assert (await nobody.http.get("/metrics", headers=twice)).status_code == 401


async def test_a_token_is_not_taken_from_an_address(nobody: Api) -> None:
    """Addresses are logged and shared."""
    for name in ("token", "access_token", "authorization"):
        assert (await nobody.http.get("/metrics", params={name: token_of()})).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/metrics", {Role.ADMINISTRATOR}),
        ("POST", "/intake/a?channel=WEB", {Role.PARTNER}),
        ("POST", "/uploads?name=x", {Role.REGISTRAR}),
        ("GET", "/sync/changes", set(Role)),
    ],
)
async def test_each_role_does_what_is_its_own(api: Api, method: str, path: str, allowed: set[Role]) -> None:
    """Everybody else is told who may (403)."""
    for role in Role:
        async with client_of(api.services, viewer=only(role)) as http:
            answer = await http.request(method, path, json=[])
        assert (answer.status_code != 403) == (role in allowed), role
        if answer.status_code == 403:
            [error] = answer.json()["errors"]
            assert told_apart(error) == {"code": "FORBIDDEN"}
            assert "may" in error["message"]


async def test_a_partner_pushes_its_own_sources_alone(api: Api) -> None:
    """Or it could write into another's records."""
    async with client_of(api.services, viewer=only(Role.PARTNER, sources=frozenset({"board"}))) as http:
        assert (await http.post("/intake/board?channel=WEB", json=[])).status_code == 207  # it has no record
        other = await http.post("/intake/a?channel=WEB", json=[])
        assert (other.status_code, other.json()["errors"][0]["extensions"]["code"]) == (403, "FORBIDDEN")


async def test_whoever_acts_is_on_record(api: Api) -> None:
    """By the name that the token gives, for pushes and for mutations."""
    ticket = {"ticket_number": "T1", "received_at": "2026-11-20 10:00:00", "text": "路灯坏了。"}
    await api.http.post("/intake/a?channel=HOTLINE", json=[ticket])
    await api.ask("""mutation { submitWebMessage(input: {
        title: "x", text: "x", receivedAt: "2026-11-21T08:00:00+08:00"}) { errors { message } } }""")
    rows = await api.services.pool.fetch("select distinct actor from journal")
    assert [row["actor"] for row in rows] == [EVERYTHING.name]


async def test_an_upload_is_its_owners_alone(api: Api) -> None:
    """Nobody else can name it, and is told what whoever guesses is told."""
    mutation = """mutation($upload: ID!) { submitLetter(input: {
        title: "x", text: "x", receivedAt: "2026-11-21T08:00:00+08:00", attachments: [$upload]
    }) { errors { code field message } } }"""
    upload = (await api.http.post("/uploads?name=x", content=b"x")).json()["upload"]
    other = replace(EVERYTHING, name="development:other")
    async with client_of(api.services, viewer=other) as http:
        [error] = (await Api(api.services, http).ask(mutation, upload=upload))["submitLetter"]["errors"]
    assert (error["code"], error["field"]) == ("INVALID", ["attachments", "0"])
    assert "no such upload" in error["message"]
    assert (await api.ask(mutation, upload=upload))["submitLetter"]["errors"] == []


async def test_only_an_administrator_sees_plans(api: Api) -> None:
    """Though the instance tells them."""
    asked = {"query": "{ organs { totalCount } }", "extensions": {"explain": True}}
    for role, told in ((Role.ADMINISTRATOR, True), (Role.LEADER, False)):
        async with client_of(api.services, DocumentLimits(explain=True), viewer=only(role)) as http:
            assert ("extensions" in (await http.post("/graphql", json=asked)).json()) == told


async def test_development_tokens_are_for_their_own_machine(api: Api) -> None:
    """Another machine's key signs nobody in, and where no such tokens are taken ours does not either."""
    foreign = headers_of(key=DevelopmentKey.make())
    assert (await api.http.get("/metrics", headers=foreign)).status_code == 401
    closed = replace(api.services, signin=signin_of(api.services.pool, api.services.vault, development=None))
    async with client_of(closed) as http:
        refused = await http.get("/metrics")
    assert refused.status_code == 401
    assert "API keys" in refused.json()["errors"][0]["message"]


def test_names_are_those_that_were_set() -> None:
    """Ports count, and so does TLS; what only looks alike does not."""
    names = Names("https://petitions.example:8443")
    assert names.answers("petitions.example:8443")
    assert not names.answers("petitions.example")
    assert names.takes("https://petitions.example:8443", "127.0.0.1:8000")
    assert not names.takes("http://petitions.example:8443", "petitions.example:8443")
    assert not names.takes("http://127.0.0.1:8000", "petitions.example:8443")
    assert names.only_this_machine is False
    assert Names("http://localhost:9000").only_this_machine is True
