"""Tokens: what `tests/signin` leaves over. There: forged, expired, of others, `none`, HS256, keys brought along."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.attacks.line import refused
from tests.viewers import DAY, DEVELOPMENT_KEY, EVERYTHING, claims_of, headers_of, token_of

if TYPE_CHECKING:
    from tests.api.conftest import Api

ASKED = {"query": "{ __typename }"}


def part(given: object) -> str:
    """Return one part of a token."""
    return base64.urlsafe_b64encode(json.dumps(given).encode()).rstrip(b"=").decode()


async def status_of(api: Api, token: str) -> tuple[int, str]:
    """Return how somebody who shows this is refused."""
    return refused(await api.http.post("/graphql", json=ASKED, headers={"authorization": f"Bearer {token}"}))


HEADERS: Final = [
    {"alg": "Ed25519", "kid": "../../dev/null"},
    {"alg": "Ed25519", "kid": "' or 1=1 --"},
    {"alg": "Ed25519", "kid": {}},
    {"alg": "Ed25519", "kid": "x" * 3_000},
    {"alg": "Ed25519", "crit": ["exp"], "exp": 1},
    {"alg": "nOnE"},
    {"alg": ["Ed25519"]},
    {"alg": None},
    {"alg": "HS256"},
    {"alg": "Ed25519", "b64": False, "crit": ["b64"]},
    {"alg": "Ed25519", "zip": "DEF"},
    {"alg": "dir", "enc": "A256GCM"},
    {"alg": "Ed25519", "typ": "logout+jwt"},
    {"alg": "ES256", "x5u": "http://127.0.0.1:1/"},
    {"alg": "RS256", "jku": "http://127.0.0.1:1/"},
]


async def test_a_header_of_one_s_own_making_is_worth_nothing(nobody: Api) -> None:
    """It names no file, no address and no other way of checking; the signature is that of a real token."""
    for header in HEADERS:
        real = token_of()
        _, claims, signature = real.split(".")
        for rest in (f"{claims}.{signature}", f"{claims}.", f".{signature}"):
            forged = f"{part(header)}.{rest}"
            assert await status_of(nobody, forged) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize("token", ["x" * 1_000_000, "." * 1_000, "a.b.c.d.e", "..", "[" * 500 + "..", "=.=.="])
async def test_what_is_no_token_is_refused(nobody: Api, token: str) -> None:
    """Whatever its size; over the line a megabyte is refused before that (431)."""
    assert await status_of(nobody, token) == (401, "UNAUTHENTICATED")


async def test_each_sign_of_a_token_counts(nobody: Api) -> None:
    """Changed anywhere, it signs nobody in; the last sign of a part has bits that say nothing."""
    real = token_of()
    for at in range(0, len(real) - 1, 7):
        if real[at] != "." and real[at + 1] != ".":
            changed = real[:at] + ("A" if real[at] != "A" else "B") + real[at + 1 :]
            assert await status_of(nobody, changed) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize(
    "claims", [{"exp": 1e308}, {"exp": "x"}, {"exp": True}, {"exp": -1}, {"nbf": 1e300}, {"iss": ["x"]}, {"aud": {}}]
)
async def test_claims_of_the_wrong_kind_are_refused_or_hold(nobody: Api, claims: dict[str, Any]) -> None:
    """Signed by a key that is trusted, and still no fault of ours."""
    token = DEVELOPMENT_KEY.token(claims_of(EVERYTHING) | claims, time.time(), DAY)
    answer = await nobody.http.post("/graphql", json=ASKED, headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == (200 if claims == {"exp": 1e308} else 401)


async def test_a_header_goes_before_a_cookie(nobody: Api) -> None:
    """Whoever shows a bad token is not taken for whom the cookie names."""
    begun = await nobody.http.post("/session", headers=headers_of())
    cookie = begun.headers["set-cookie"].partition(";")[0]
    nobody.http.cookies.clear()
    page = {"cookie": cookie, "origin": "http://127.0.0.1:8000", "sec-fetch-site": "same-origin"}
    assert (await nobody.http.post("/graphql", json=ASKED, headers=page)).status_code == 200
    both = page | {"authorization": "Bearer x"}
    assert refused(await nobody.http.post("/graphql", json=ASKED, headers=both)) == (401, "UNAUTHENTICATED")
