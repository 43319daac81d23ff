"""A browser signs in by the provider or a token, keeps a sealed cookie, and no page of another site can use it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from casegraph.app import build_app
from casegraph.signin.errors import TokenError
from casegraph.signin.gate import bearer
from casegraph.signin.service import REVOCABLE_FOR
from casegraph.signin.sessions import LARGEST, LOGIN_SECONDS, LONGEST
from casegraph.web_names import Names
from tests.api.conftest import Api, client_of, signin_of
from tests.signin.conftest import with_provider
from tests.viewers import EVERYTHING, headers_of, token_of

if TYPE_CHECKING:
    from tests.signin.conftest import Clock
    from tests.signin.provider import OpenIdProvider

QUERY: Final = {"query": "{ __typename }"}
OWN: Final = {"origin": "http://127.0.0.1:8000"}
PUBLIC: Final = "https://petitions.example"


async def begun(api: Api) -> str:
    """Begin a session by a token, and return its cookie as a browser sends it."""
    answer = await api.http.post("/session", headers=headers_of())
    assert answer.status_code == 204, answer.text
    api.http.cookies.clear()
    return answer.headers["set-cookie"].partition(";")[0]


async def told(api: Api, **headers: str) -> Any:
    """Return what `/session` says."""
    return (await api.http.get("/session", headers=headers)).json()


# By a token -----------------------------------------------------------------------------------------------------------


async def test_a_session_is_begun_by_a_token_and_ended(nobody: Api) -> None:
    """Its cookie signs in until it is ended; a copy of it that somebody kept is worth nothing then."""
    assert await told(nobody) == {"signedIn": None, "ways": ["token"]}
    cookie = await begun(nobody)
    asked = OWN | {"cookie": cookie}
    assert (await nobody.http.post("/graphql", json=QUERY, headers=asked)).status_code == 200
    assert (await told(nobody, cookie=cookie))["signedIn"]["name"] == EVERYTHING.name
    ended = await nobody.http.post("/session/logout", headers=asked)
    assert ended.status_code == 204
    assert "Max-Age=0" in ended.headers["set-cookie"]
    assert (await nobody.http.post("/graphql", json=QUERY, headers=asked)).status_code == 401
    assert (await told(nobody, cookie=cookie))["signedIn"] is None


async def test_a_session_that_is_ended_here_ends_everywhere(nobody: Api, clock: Clock) -> None:
    """Another process, which remembers it, takes it for some seconds at most."""
    signin = signin_of(nobody.services.pool, nobody.services.vault, clock)
    cookie = await begun(nobody)
    async with client_of(replace(nobody.services, signin=signin), viewer=None) as other:
        asked = OWN | {"cookie": cookie}
        assert (await other.post("/graphql", json=QUERY, headers=asked)).status_code == 200
        await nobody.http.post("/session/logout", headers=asked)
        clock.forward(REVOCABLE_FOR)
        assert (await other.post("/graphql", json=QUERY, headers=asked)).status_code == 401


async def test_the_cookie_is_for_this_server_alone(nobody: Api) -> None:
    """No script reads it, no other site sends it along with what changes something."""
    over_http = (await nobody.http.post("/session", headers=headers_of())).headers["set-cookie"]
    assert re.fullmatch(r"casegraph=[\w-]+; HttpOnly; Max-Age=\d+; Path=/; SameSite=lax", over_http)
    services = replace(
        nobody.services, signin=signin_of(nobody.services.pool, nobody.services.vault, names=Names(PUBLIC))
    )
    async with client_of(services, viewer=None) as http:
        answer = await http.post("/session", headers=headers_of() | {"host": "petitions.example"})
        over_tls = answer.headers["set-cookie"]
    assert re.fullmatch(r"__Host-casegraph=[\w-]+; HttpOnly; Max-Age=\d+; Path=/; SameSite=lax; Secure", over_tls)
    assert "Domain" not in over_tls


async def test_a_session_ends_with_its_token_and_after_a_working_day(nobody: Api, clock: Clock) -> None:
    """Whichever is sooner; what was remembered of it ends as well."""
    signin = signin_of(nobody.services.pool, nobody.services.vault, clock)
    api = Api(replace(nobody.services, signin=signin), client_of(replace(nobody.services, signin=signin), viewer=None))
    async with api.http:
        for seconds, ends in ((600.0, 600.0), (100_000.0, LONGEST)):
            answer = await api.http.post("/session", headers={"authorization": f"Bearer {token_of(seconds=seconds)}"})
            api.http.cookies.clear()
            cookie = answer.headers["set-cookie"].partition(";")[0]
            clock.forward(ends - 30)
            assert (await told(api, cookie=cookie))["signedIn"] is not None
            clock.forward(31)
            assert (await told(api, cookie=cookie))["signedIn"] is None
            clock.forward(-ends - 1)


async def test_a_cookie_that_was_changed_is_worth_nothing(nobody: Api) -> None:
    """Neither any byte of it, nor what was sealed for another purpose or by another key."""
    cookie = await begun(nobody)
    name, _, value = cookie.partition("=")
    vault = nobody.services.vault
    other = signin_of(nobody.services.pool, type(vault)(bytes(32)))
    foreign, _ = other.session(await other.who(bearer(f"Bearer {token_of()}")))
    bad = [value[:n] + ("A" if value[n] != "A" else "B") + value[n + 1 :] for n in range(0, len(value) - 1, 7)]
    bad += [value[:-8], "", "x", "é", vault.seal_cursor("session", b"{}"), vault.seal_session("login", b"{}"), foreign]
    for one in bad:
        headers = [(b"cookie", f"{name}={one}".encode()), (b"origin", OWN["origin"].encode())]
        answer = await nobody.http.post("/graphql", json=QUERY, headers=headers)
        assert answer.status_code == 401, one


async def test_what_is_too_much_for_a_cookie_is_said(nobody: Api) -> None:
    """Browsers would drop it without a word."""
    wide = replace(EVERYTHING, divisions=tuple(f"{n:06d}" for n in range(110_101, 110_101 + 900)))
    answer = await nobody.http.post("/session", headers=headers_of(wide))
    assert answer.status_code == 400
    assert "token" in answer.json()["errors"][0]["message"]
    widest = replace(EVERYTHING, divisions=tuple(f"{n:06d}" for n in range(110_101, 110_101 + 200)))
    kept = (await nobody.http.post("/session", headers=headers_of(widest))).headers["set-cookie"]
    assert len(kept) < LARGEST + 200


# Other sites ----------------------------------------------------------------------------------------------------------

ELSEWHERE: Final[list[dict[str, str]]] = [
    {},
    {"origin": "http://127.0.0.1:9000"},
    {"origin": "http://localhost:8000"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "none"},
    {"sec-fetch-site": "cross-site", **OWN},
]
"""What a page of another site, another program of this machine, or a program without a browser may have sent."""


@pytest.mark.parametrize("headers", ELSEWHERE)
@pytest.mark.parametrize("route", ["/graphql", "/uploads?name=x", "/intake/a?channel=WEB", "/session/logout"])
async def test_a_session_does_nothing_for_other_pages(nobody: Api, headers: dict[str, str], route: str) -> None:
    """Whatever would be changed, or ended."""
    cookie = await begun(nobody)
    answer = await nobody.http.post(route, json=QUERY, headers=headers | {"cookie": cookie})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (403, "FOREIGN_ORIGIN")
    assert (await told(nobody, cookie=cookie))["signedIn"] is not None


async def test_a_form_of_another_site_changes_nothing(nobody: Api) -> None:
    """A simple request, which a browser sends without asking: refused for its site, and for its media type."""
    cookie = await begun(nobody)
    body = b'{"query": "mutation { __typename }", "x": "="}'
    for site, status in (("cross-site", 403), ("same-origin", 415)):
        headers = {"cookie": cookie, "content-type": "text/plain", "sec-fetch-site": site}
        assert (await nobody.http.post("/graphql", content=body, headers=headers)).status_code == status
    mutation = {"query": 'mutation { partCases(input: {case: "x"}) { errors { code } } }'}
    by_link = await nobody.http.get("/graphql", params=mutation, headers={"cookie": cookie, "sec-fetch-site": "none"})
    assert by_link.status_code == 405


async def test_a_token_needs_no_page(nobody: Api) -> None:
    """No browser adds it by itself, so it says enough. A session is begun by one alone, not by a session or a form."""
    asked = headers_of() | {"sec-fetch-site": "same-site"}
    assert (await nobody.http.post("/graphql", json=QUERY, headers=asked)).status_code == 200
    cookie = await begun(nobody)
    assert (await nobody.http.post("/session", headers=OWN | {"cookie": cookie})).status_code == 401
    assert (await nobody.http.post("/session", data={"token": token_of()}, headers=OWN)).status_code == 401


# By the provider ------------------------------------------------------------------------------------------------------


def answered(address: str) -> dict[str, str]:
    """Return the parameters of an address."""
    return {name: value[0] for name, value in parse_qs(urlsplit(address).query).items()}


async def test_somebody_signs_in_by_the_provider(oidc: Api, shared_provider: OpenIdProvider) -> None:
    """Sent there with PKCE, sent back, and on to the page that was asked for."""
    shared_provider.put(li={"casegraph": {"roles": ["auditor"], "divisions": ["*"]}, "name": "李四"})
    assert (await told(oidc))["ways"] == ["provider", "token"]
    sent = await oidc.http.get("/session/login", params={"next": "/graphql?query=%7Bx%7D"})
    assert sent.status_code == 303
    asked = answered(sent.headers["location"])
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == "http://127.0.0.1:8000/session/callback"
    assert {"state", "nonce", "code_challenge", "scope"} <= set(asked)
    with httpx.Client(trust_env=False) as browser:
        back = shared_provider.approve(sent.headers["location"], "li", browser)
    assert back.startswith("http://127.0.0.1:8000/session/callback?")
    ended = await oidc.http.get(back)
    assert (ended.status_code, ended.headers["location"]) == (303, "/graphql?query=%7Bx%7D")
    found = (await told(oidc))["signedIn"]
    assert (found["name"], found["roles"]) == ("oidc:li", ["auditor"])
    again = await oidc.http.get(back)
    assert again.status_code == 400  # what waited for it is gone


async def test_a_sign_in_that_was_not_begun_here_is_refused(
    oidc: Api, shared_provider: OpenIdProvider, clock: Clock
) -> None:
    """Another's answer, another state, another issuer, an old one, a refusal: none begins a session."""
    shared_provider.put(li={"casegraph": {"roles": ["auditor"]}})
    sent = await oidc.http.get("/session/login")
    waiting = dict(oidc.http.cookies)
    with httpx.Client(trust_env=False) as browser:
        back = shared_provider.approve(sent.headers["location"], "li", browser)
    given = answered(back)
    attempts: list[tuple[dict[str, str], dict[str, str]]] = [
        (given, {}),
        (given, {name: value[:-4] + "AAAA" for name, value in waiting.items()}),
        (given | {"state": "x"}, waiting),
        (given | {"iss": "https://evil.example"}, waiting),
        ({"state": given["state"], "error": "access_denied"}, waiting),
        ({"state": given["state"]}, waiting),
        (given | {"code": "x"}, waiting),
    ]
    for params, cookies in attempts:
        oidc.http.cookies = httpx.Cookies(cookies)
        answer = await oidc.http.get("/session/callback", params=params)
        assert answer.status_code == 400, params
        assert "casegraph=" not in answer.headers.get("set-cookie", "")
    clock.forward(LOGIN_SECONDS)
    oidc.http.cookies = httpx.Cookies(waiting)
    assert (await oidc.http.get("/session/callback", params=given)).status_code == 400


async def test_an_id_token_of_another_sign_in_is_refused(oidc: Api, shared_provider: OpenIdProvider) -> None:
    """Its nonce ties it to the browser that began (OpenID Connect Core, 3.1.3.7); an access token is none."""
    signin, client = oidc.services.signin, "casegraph-browser"
    good = shared_provider.sign(aud=client, nonce="n")
    assert (await signin.by_id_token(good, "n")).viewer.name == "oidc:u1"
    for token in (
        shared_provider.sign(aud=client, nonce="m"),
        shared_provider.sign(aud=client),
        shared_provider.sign(nonce="n"),
        shared_provider.sign(aud=[client, "other"], nonce="n"),
        shared_provider.sign(aud=[client, "other"], azp="other", nonce="n"),
    ):
        with pytest.raises(TokenError, match="claim"):
            await signin.by_id_token(token, "n")
    # And it is none to ask by: it is for us, not for whom access tokens are for.
    asked = await oidc.http.post("/graphql", json=QUERY, headers={"authorization": f"Bearer {good}"})
    assert asked.status_code == 401


@pytest.mark.parametrize(
    "path",
    ["https://evil.example", "//evil.example", "/\\evil.example", "graphql", "/a\nb", "/a b", "javascript:x", ""],
)
async def test_a_sign_in_leads_to_our_own_pages_alone(oidc: Api, path: str) -> None:
    """Or the login of a trusted name would send people elsewhere."""
    answer = await oidc.http.get("/session/login", params={"next": path})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["argument"]) == (400, "next")


async def test_behind_a_proxy_the_public_name_is_used(api: Api, shared_provider: OpenIdProvider, clock: Clock) -> None:
    """The provider sends back to it, pages of it are answered, and nobody else's."""
    made = with_provider(api, shared_provider, clock, Names(PUBLIC))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(build_app(made.services)), base_url=PUBLIC) as http:
        sent = await http.get("/session/login")
        assert answered(sent.headers["location"])["redirect_uri"] == f"{PUBLIC}/session/callback"
        assert sent.headers["set-cookie"].startswith("__Host-casegraph-login=")
        for origin, status in ((PUBLIC, 401), ("https://evil.example", 403), ("http://localhost:8000", 403)):
            assert (await http.post("/graphql", json=QUERY, headers={"origin": origin})).status_code == status
        for host, status in (("petitions.example:443", 200), ("petitions.example:8443", 421), ("other.example", 421)):
            assert (await http.get("/healthz", headers={"host": host})).status_code == status
    await made.http.aclose()
    await made.services.signin.close()


async def test_without_a_provider_nobody_is_sent_anywhere(nobody: Api) -> None:
    """It says so."""
    assert (await nobody.http.get("/session/login")).status_code == 404
    assert (await nobody.http.get("/session/callback?state=x&code=y")).status_code == 400
