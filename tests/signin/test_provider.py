"""People ask by the tokens of a real provider; whatever is wrong with a token, it is refused and said why."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from casegraph.signin.gate import bearer
from casegraph.signin.jose import LONGEST, signed
from casegraph.signin.provider import PAUSE
from graph.ids import organ_id
from graph.policy import Clearance, Role
from tests.signin.conftest import with_provider
from tests.signin.provider import AUDIENCE, provider
from tests.viewers import DEVELOPMENT_KEY, told_apart

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from tests.api.conftest import Api
    from tests.signin.conftest import Clock
    from tests.signin.provider import OpenIdProvider

QUERY = {"query": "{ __typename }"}


async def ask(api: Api, token: str) -> httpx.Response:
    """Ask something small by a token."""
    return await api.http.post("/graphql", json=QUERY, headers={"authorization": f"Bearer {token}"})


async def refusal(api: Api, token: str) -> str:
    """Return why a token is refused, in the one way in which all are."""
    response = await ask(api, token)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    [error] = response.json()["errors"]
    assert told_apart(error) == {"code": "UNAUTHENTICATED"}
    message: str = error["message"]
    return message


def encoded(part: object) -> str:
    """Return a part of a token."""
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


async def test_a_token_of_the_provider_is_taken(oidc: Api, shared_provider: OpenIdProvider) -> None:
    """Discovered, its key fetched once for any number of requests."""
    before = shared_provider.counts()
    token = shared_provider.token()
    for _ in range(3):
        assert (await ask(oidc, token)).json() == {"data": {"__typename": "Query"}}
    after = shared_provider.counts()
    assert after["/jwks"] == before.get("/jwks", 0) + 1


async def test_the_claims_say_who_it_is(oidc: Api, shared_provider: OpenIdProvider) -> None:
    """Roles, divisions by their prefix, organs by their one spelling, and the bearer's own name as it is found."""
    claim = {
        "roles": ["investigator", "auditor"], "divisions": ["430100", "43"], "organs": ["【长沙市 住建局】"],
        "clearances": ["accusation"], "identity_number": "11010519491231002X",
    }  # fmt: skip
    token = shared_provider.token(casegraph=claim, name="张 三", phone_number="+86 138-1234-1234")
    viewer = (await oidc.services.signin.who(bearer(f"Bearer {token}"))).viewer
    hashed = oidc.services.vault.equality
    assert viewer.name == "oidc:partner"
    assert viewer.roles == {Role.INVESTIGATOR, Role.AUDITOR}
    assert viewer.divisions == ("4301", "43")
    assert viewer.organs == {organ_id("长沙市住建局"), organ_id("4301/住房和城乡建设局")}
    assert viewer.clearances == {Clearance.ACCUSATION}
    assert viewer.persons == {
        hashed("name", "张三"), hashed("phone", "13812341234"), hashed("identity", "11010519491231002X"),
    }  # fmt: skip


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "PS256"])
async def test_keys_are_rotated(oidc: Api, shared_provider: OpenIdProvider, clock: Clock, algorithm: str) -> None:
    """A new key is met once the pause since the last look is over; tokens by the old one go on meanwhile."""
    old = shared_provider.sign()
    assert (await ask(oidc, old)).status_code == 200
    shared_provider.rotate(algorithm)
    new = shared_provider.token()
    assert "not known" in await refusal(oidc, new)
    clock.forward(PAUSE)
    assert (await ask(oidc, new)).status_code == 200
    assert (await ask(oidc, old)).status_code == 200
    shared_provider.rotate()


async def test_forged_keys_do_not_hammer_the_provider(oidc: Api, shared_provider: OpenIdProvider, clock: Clock) -> None:
    """A flood of unknown keys has it asked once in a while, whoever floods; good tokens are answered meanwhile."""
    assert (await ask(oidc, shared_provider.sign())).status_code == 200
    before = shared_provider.counts()["/jwks"]
    good, forged = shared_provider.sign(sub="u2"), [shared_provider.sign({"kid": f"forged-{n}"}) for n in range(50)]
    clock.forward(PAUSE)
    assert all("not known" in said for said in await asyncio.gather(*(refusal(oidc, one) for one in forged)))
    assert (await ask(oidc, good)).status_code == 200
    assert shared_provider.counts()["/jwks"] == before + 1


def wrong_claims() -> list[Any]:
    """Return claims that are wrong, each with what is said of it."""
    now = int(time.time())
    claim = {"roles": ["leader"]}
    return [
        pytest.param({"aud": "https://other.example"}, "`aud`", id="audience"),
        pytest.param({"aud": None}, "`aud`", id="no audience"),
        pytest.param({"aud": [1, {}]}, "`aud`", id="odd audience"),
        pytest.param({"iss": "https://evil.example"}, "`iss`", id="issuer"),
        pytest.param({"exp": now - 1_000}, "expired", id="expired"),
        pytest.param({"exp": None}, "`exp`", id="endless"),
        pytest.param({"exp": "tomorrow"}, "`exp`", id="no time"),
        pytest.param({"nbf": now + 10_000}, "`nbf`", id="not yet"),
        pytest.param({"iat": now + 10_000}, "`iat`", id="of tomorrow"),
        pytest.param({"cnf": {"jkt": "x"}}, "`cnf`", id="bound"),
        pytest.param({"sub": None}, "`sub`", id="nobody"),
        pytest.param({"sub": "a\nb"}, "`sub`", id="odd subject"),
        pytest.param({"casegraph": None}, "`casegraph`", id="no claim"),
        pytest.param({"casegraph": ["leader"]}, "`casegraph`", id="list"),
        pytest.param({"casegraph": {}}, "`casegraph.roles`", id="no role"),
        pytest.param({"casegraph": {"roles": ["emperor"]}}, "`casegraph.roles`", id="unknown role"),
        pytest.param({"casegraph": {"roles": "leader"}}, "`casegraph.roles`", id="role alone"),
        pytest.param({"casegraph": claim | {"divisions": ["长沙"]}}, "`casegraph.divisions`", id="division"),
        pytest.param({"casegraph": claim | {"divisions": ["000000"]}}, "`casegraph.divisions`", id="zeros"),
        pytest.param({"casegraph": claim | {"divisions": [""]}}, "`casegraph.divisions`", id="empty division"),
        pytest.param({"casegraph": claim | {"organs": [" "]}}, "`casegraph.organs`", id="organ"),
        pytest.param({"casegraph": claim | {"clearances": ["all"]}}, "`casegraph.clearances`", id="clearance"),
        pytest.param({"casegraph": claim | {"sources": ["A B"]}}, "`casegraph.sources`", id="source"),
        pytest.param(
            {"casegraph": claim | {"identity_number": "110105194912310021"}}, "`casegraph.identity_number`", id="number"
        ),
        pytest.param({"name": 5}, "`name`", id="name"),
    ]


@pytest.mark.parametrize(("claims", "says"), wrong_claims())
async def test_a_claim_that_is_wrong_is_named(
    oidc: Api, shared_provider: OpenIdProvider, claims: dict[str, Any], says: str
) -> None:
    """Though the provider itself signed it; what stands in it is not told."""
    said = await refusal(oidc, shared_provider.sign(**claims))
    assert says in said
    assert not [value for value in ("emperor", "长沙", "110105194912310021", "evil") if value in said]


async def test_clocks_may_differ_by_a_minute(oidc: Api, shared_provider: OpenIdProvider, clock: Clock) -> None:
    """Either way, and no longer; what was remembered ends as well."""
    now = int(clock().timestamp())
    late, early = shared_provider.sign(exp=now - 30), shared_provider.sign(nbf=now + 30)
    assert (await ask(oidc, late)).status_code == 200
    assert (await ask(oidc, early)).status_code == 200
    clock.forward(31)
    assert "expired" in await refusal(oidc, late)


async def test_a_token_is_signed_or_it_is_none(oidc: Api, shared_provider: OpenIdProvider) -> None:
    """No algorithm, a shared secret made of the public key, a key that the token brings along: none is tried."""
    good = shared_provider.sign()
    head, body, signature = good.split(".")
    kid = json.loads(base64.urlsafe_b64decode(head + "=="))["kid"]
    public = shared_provider.public_key()
    for algorithm in ("none", "None", "NONE", "nOnE"):
        for end in ("", signature):
            assert "algorithm" in await refusal(oidc, f"{encoded({'alg': algorithm, 'kid': kid})}.{body}.{end}")
    for secret in (json.dumps(public).encode(), public["n"].encode(), base64.urlsafe_b64decode(public["n"] + "==")):
        for algorithm in ("HS256", "HS384", "HS512"):
            text = f"{encoded({'alg': algorithm, 'kid': kid})}.{body}"
            name = algorithm.replace("HS", "sha")
            mac = base64.urlsafe_b64encode(hmac.new(secret, text.encode(), getattr(hashlib, name)).digest())
            assert "algorithm" in await refusal(oidc, f"{text}.{mac.decode().rstrip('=')}")


async def test_a_token_cannot_bring_its_own_key(oidc: Api, shared_provider: OpenIdProvider) -> None:
    """`jwk` and `jku` in its header are not looked at: the key that is named is tried, and does not fit."""
    foreign = signed({"iss": shared_provider.issuer, "aud": AUDIENCE}, DEVELOPMENT_KEY._pair)
    assert "not known" in await refusal(oidc, foreign)
    brought = {"jwk": {"kty": "RSA", "n": "AQAB", "e": "AQAB"}, "jku": f"{shared_provider.issuer}/test/people"}
    asked = shared_provider.counts().get("/test/people")
    taken = shared_provider.sign(brought)
    assert (await ask(oidc, taken)).status_code == 200
    assert shared_provider.counts().get("/test/people") == asked
    head, body, signature = taken.split(".")
    forged = encoded({"alg": "RS256", "kid": "x", **brought})
    assert "not known" in await refusal(oidc, f"{forged}.{body}.{signature}")
    assert head != forged


@pytest.mark.parametrize("kind", ["logout+jwt", "dpop+jwt", 5, "secevent+jwt"])
async def test_a_token_for_something_else_signs_nobody_in(
    oidc: Api, shared_provider: OpenIdProvider, kind: object
) -> None:
    """Its header says what it is (RFC 8725, 3.11)."""
    assert "token" in await refusal(oidc, shared_provider.sign({"typ": kind}))


async def test_what_is_no_token_is_refused(oidc: Api, shared_provider: OpenIdProvider) -> None:
    """Cut, changed, garbage, huge: each is 401 and none is a fault of ours."""
    good = shared_provider.sign()
    head, body, signature = good.split(".")
    deep = base64.urlsafe_b64encode(b"[" * 6_000).decode()
    changed = encoded({"sub": "u1", "casegraph": {"roles": ["administrator"], "divisions": ["*"]}})
    assert "signature" in await refusal(oidc, f"{head}.{changed}.{signature}")
    for bad in (
        good[:-20], good[: len(good) // 2], head, f"{head}.{body}", f"{head}.{body}.", f".{body}.{signature}", "...",
        "a.b.c", "x" * 1_000, f"{deep}.{deep}.{deep}", f"{head}.{deep}.{signature}", f"{good}.{signature}",
        f"{encoded([])}.{body}.{signature}", f"{encoded(None)}.{body}.{signature}",
        f"{encoded({'alg': ['RS256']})}.{body}.{signature}",
        f"{encoded({'alg': 'RS256', 'crit': 5})}.{body}.{signature}",
        f"{encoded({'alg': 'RS256', 'crit': ['x'], 'x': 1})}.{body}.{signature}", good + "x" * LONGEST,
        f"{encoded({'alg': 'RS256', 'kid': {'a': 1}})}.{body}.{signature}",
    ):  # fmt: skip
        assert await refusal(oidc, bad), bad


async def test_while_the_provider_is_away_known_keys_go_on(
    api: Api, modules: Path, clock: Clock, tmp_path: Path
) -> None:
    """A server that never met it says so clearly, and looks again after the pause."""
    folder = tmp_path / "provider"
    folder.mkdir()
    with provider(folder, modules) as running:
        met, never = (with_provider(api, running, clock) for _ in range(2))
        first, second = running.sign(), running.sign(sub="u2")
        assert (await ask(met, first)).status_code == 200
        running.kill()
        clock.forward(10 * PAUSE)
        assert (await ask(met, first)).status_code == 200
        assert (await ask(met, second)).status_code == 200
        away = await ask(never, first)
        assert (away.status_code, away.json()["errors"][0]["extensions"]["code"]) == (503, "UNAVAILABLE")
        assert away.headers["retry-after"]
        port = int(running.issuer.rpartition(":")[2])
    with provider(folder, modules, port) as again:
        assert (await ask(never, again.sign())).status_code == 503
        clock.forward(PAUSE)
        assert (await ask(never, again.sign())).status_code == 200
        # Its keys are others now: a restart is a rotation, too.
        assert (await ask(met, again.sign())).status_code == 200
    for one in (met, never):
        await one.http.aclose()
        await one.services.signin.close()


async def test_keys_are_looked_at_again_now_and_then(oidc: Api, shared_provider: OpenIdProvider, clock: Clock) -> None:
    """A key that the provider withdrew ends though nothing unknown was met meanwhile."""
    old = shared_provider.sign(exp=int(clock().timestamp()) + 100_000)
    assert (await ask(oidc, old)).status_code == 200
    shared_provider.rotate(keep=False)
    clock.forward(1_000)
    assert (await ask(oidc, old)).status_code == 200  # asks the provider beside this
    known = oidc.services.signin.ways.provider
    assert known is not None
    assert known._renewing is not None
    await known._renewing
    clock.forward(1_000)
    assert "not known" in await refusal(oidc, old)
