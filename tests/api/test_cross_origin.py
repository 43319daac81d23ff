"""Pages of allowed origins may ask, by tokens alone; pages of all others may not (CORS)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest

from casegraph.app import build_app
from casegraph.settings import Settings, SettingsError
from casegraph.web_names import Names
from tests.api.conftest import Api, client_of, signin_of
from tests.viewers import headers_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, MutableMapping
    from typing import Any

    import httpx

DESK: Final = "https://desk.example"
OTHER: Final = "https://other.example:8443"
QUERY: Final = {"query": "{ __typename }"}
PREFLIGHT: Final = {
    "access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type",
}  # fmt: skip
NOT_ALLOWED: Final = (
    "https://evil.example", "null", "https://desk.example.evil.example", "https://desk.example:8443",
    "http://desk.example", "https://desk.example@evil.example", "*", "", "https://",
)  # fmt: skip


@pytest.fixture
async def shared(api: Api) -> AsyncIterator[Api]:
    """Give the application that answers pages of two origins."""
    names = Names(allowed=(DESK, OTHER))
    services = replace(api.services, signin=signin_of(api.services.pool, api.services.vault, names=names))
    async with client_of(services, viewer=None) as http:
        yield Api(services, http)


def shown_to(response: httpx.Response) -> str | None:
    """Return to which origin's pages a browser shows an answer."""
    assert "access-control-allow-credentials" not in response.headers
    origin: str | None = response.headers.get("access-control-allow-origin")
    return origin


@pytest.mark.parametrize("origin", [DESK, OTHER])
@pytest.mark.parametrize("path", ["/graphql", "/sync/changes", "/uploads", "/receipts/x"])
async def test_a_browser_that_asks_beforehand_may_send(shared: Api, origin: str, path: str) -> None:
    """Nobody has to be known for that, since a browser shows nothing by which it could be."""
    response = await shared.http.request("OPTIONS", path, headers=PREFLIGHT | {"origin": origin})
    assert (response.status_code, response.content, shown_to(response)) == (204, b"", origin)
    assert "POST" in response.headers["access-control-allow-methods"]
    assert "authorization" in response.headers["access-control-allow-headers"]
    assert "origin" in response.headers["vary"]


async def test_pages_of_allowed_origins_are_answered_by_tokens(shared: Api) -> None:
    """Refusals are shown to them as well, and what a client needs of the headers."""
    asked = headers_of() | {"origin": DESK}
    for response, status in (
        (await shared.http.post("/graphql", json=QUERY, headers=asked), 200),
        (await shared.http.post("/graphql", json={}, headers=asked), 400),
        (await shared.http.post("/graphql", json=QUERY, headers={"origin": DESK}), 401),
        (await shared.http.get("/nothing", headers=asked), 404),
    ):
        assert (response.status_code, shown_to(response)) == (status, DESK)
        assert "www-authenticate" in response.headers["access-control-expose-headers"]


@pytest.mark.parametrize("origin", NOT_ALLOWED)
async def test_pages_of_others_are_not(shared: Api, origin: str) -> None:
    """Neither when a browser asks beforehand nor when it does not; a sandboxed page has the origin `null`."""
    before = await shared.http.request("OPTIONS", "/graphql", headers=PREFLIGHT | {"origin": origin})
    after = await shared.http.post("/graphql", json=QUERY, headers=headers_of() | {"origin": origin})
    for response in (before, after):
        assert (response.status_code, shown_to(response)) == (403, None)


async def test_without_an_origin_answers_still_vary_by_it(shared: Api) -> None:
    """What a cache between kept for a program would be shown to a page, or not."""
    response = await shared.http.post("/graphql", json=QUERY, headers=headers_of())
    assert (response.status_code, shown_to(response)) == (200, None)
    assert "origin" in response.headers["vary"]


async def test_it_is_off_where_no_origin_is_allowed(api: Api) -> None:
    """As it was: nobody is told that there is such a thing."""
    refused = await api.http.request("OPTIONS", "/graphql", headers=PREFLIGHT | {"origin": DESK})
    assert (refused.status_code, shown_to(refused)) == (403, None)
    answered = await api.http.post("/graphql", json=QUERY)
    assert "origin" not in answered.headers.get("vary", "")


async def test_a_session_is_not_for_them(shared: Api) -> None:
    """Its cookie, which browsers send from pages of the same site, opens nothing that changes something."""
    cookie = (await shared.http.post("/session", headers=headers_of())).headers["set-cookie"].partition(";")[0]
    shared.http.cookies.clear()
    asked = {"cookie": cookie, "origin": DESK}
    refused = await shared.http.post("/graphql", json=QUERY, headers=asked)
    assert (refused.status_code, shown_to(refused)) == (403, DESK)
    assert refused.json()["errors"][0]["extensions"]["code"] == "FOREIGN_ORIGIN"
    token = await shared.http.post("/graphql", json=QUERY, headers=asked | headers_of())
    assert token.status_code == 200
    ended = await shared.http.post("/session/logout", headers=asked)
    assert ended.status_code == 403
    read = await shared.http.get("/graphql", params=QUERY, headers=asked | {"accept": "application/json"})
    assert (read.status_code, shown_to(read)) == (
        200,
        DESK,
    )  # shown by no browser: it would want the credentials' header


@pytest.mark.parametrize(("origin", "kind"), [(DESK, "websocket.accept"), ("https://evil.example", None)])
async def test_websockets_of_their_pages_say_who_they_are_by_their_first_message(
    shared: Api, origin: str, kind: str | None
) -> None:
    """The session's cookie, which a browser cannot be kept from sending, is as none."""
    cookie = (await shared.http.post("/session", headers=headers_of())).headers["set-cookie"].partition(";")[0]
    coming = iter([
        {"type": "websocket.connect"},
        {"type": "websocket.receive", "text": '{"type": "subscribe", "id": "1", "payload": {"query": "{ x }"}}'},
        {"type": "websocket.disconnect"},
    ])  # fmt: skip
    told: list[MutableMapping[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return next(coming)

    async def send(message: MutableMapping[str, Any]) -> None:
        told.append(message)

    headers = [(b"host", b"127.0.0.1:8000"), (b"origin", origin.encode()), (b"cookie", cookie.encode())]
    scope = {"type": "websocket", "path": "/graphql", "headers": headers, "subprotocols": ["graphql-transport-ws"]}
    await build_app(shared.services)(scope, receive, send)
    if kind is None:
        assert (told[0]["type"], told[0]["status"]) == ("websocket.http.response.start", 403)
    else:
        assert [message["type"] for message in told] == [kind, "websocket.close"]
        assert told[1]["code"] == 4401  # nobody is known yet


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("https://desk.example", (DESK,)),
        (" https://Desk.Example/ , https://other.example:8443", (DESK, OTHER)),
        ("http://localhost:5173", ("http://localhost:5173",)),
    ],
)
def test_origins_are_read(text: str, found: tuple[str, ...]) -> None:
    """Several with commas between; a front end in the making runs on this machine."""
    settings = Settings.from_environment({"CASEGRAPH_ALLOWED_ORIGINS": text})
    assert settings.allowed_origins == found
    assert Settings.from_environment(settings.environment()).allowed_origins == found


@pytest.mark.parametrize(
    "text", ["*", "null", "https://*", "https://*.example", "desk.example", "http://desk.example", "https://a/b",
             "https://a,", "https://u@a", "file://", "https://a?b"],
)  # fmt: skip
def test_what_is_no_origin_is_said(text: str) -> None:
    """A wildcard above all: whoever is anybody's page is nobody's."""
    with pytest.raises(SettingsError, match="CASEGRAPH_ALLOWED_ORIGINS must be origins of pages"):
        Settings.from_environment({"CASEGRAPH_ALLOWED_ORIGINS": text})
