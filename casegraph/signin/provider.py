"""The OpenID provider: where its keys and doors are, and what it answers there.

Discovery is OpenID Connect Discovery 1.0, the code flow RFC 6749 with PKCE (RFC 7636) and the issuer in its answer
(RFC 9207). Keys are fetched once and kept; a token by an unknown key has them fetched again, at most every few seconds,
so that forged ones cannot make us hammer the provider. While it is away, keys that are known go on.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode, urlsplit

import httpx
import orjson

from casegraph.signin.errors import AwayError, LoginError
from casegraph.signin.jose import Keys, UnknownKeyError, claims_of, header_of
from casegraph.web_names import LOOPBACK
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

logger = logging.getLogger("casegraph.signin")

WELL_KNOWN: Final = "/.well-known/openid-configuration"
PATIENCE: Final = 5.0
"""Seconds that the provider has to answer: somebody waits."""
LARGEST: Final = 1_048_576
"""Bytes of an answer that are read."""
PAUSE: Final = 10.0
"""Seconds between two fetches of the keys, whoever asks for them."""
FRESH: Final = 900.0
"""Seconds after which the keys are fetched again though none was missed, so that one that was withdrawn goes."""
FAILURES: Final = (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError, RecursionError)
"""How asking the provider goes wrong."""
SCOPE: Final = "openid profile phone"


@dataclass(frozen=True, slots=True)
class Doors:
    """Where a provider is asked for what."""

    keys: str
    authorization: str | None
    token: str | None


@dataclass(frozen=True, slots=True)
class Client:
    """Who we are to the provider."""

    id: str
    secret: str | None = None

    def __repr__(self) -> str:
        """Tell nothing of the secret."""
        return f"Client({self.id!r})"


def doors_of(document: object, issuer: str) -> Doors:
    """Read a discovery document; raise ValueError where it is none, or another issuer's. Pure."""
    if not isinstance(document, dict) or document.get("issuer") != issuer:
        raise ValueError("the issuer that it names is another")
    keys, *others = (_address(document, name) for name in ("jwks_uri", "authorization_endpoint", "token_endpoint"))
    if keys is None:
        raise ValueError("it names no jwks_uri")
    return Doors(keys, *others)


def _address(document: Mapping[str, Any], name: str) -> str | None:
    given = document.get(name)
    if given is None:
        return None
    parts = urlsplit(given) if isinstance(given, str) else None
    if parts is None or not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)):
        raise ValueError(f"its {name} is not an https address")
    return str(given)


class Provider:
    """One issuer. `monotonic` is the clock by which fetches are kept apart."""

    def __init__(
        self, issuer: str, client: Client | None = None, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.issuer = issuer
        self.client = client
        self._monotonic = monotonic
        self._fetching = asyncio.Lock()
        self._doors: Doors | None = None
        self._keys: Keys | None = None
        self._tried_at: float | None = None
        self._renewing: asyncio.Task[None] | None = None

    # Keys ---------------------------------------------------------------------------------------------------------

    async def claims(self, token: str) -> dict[str, Any]:
        """Return what a token says; raise TokenError unless the provider signed it, AwayError where its keys lack."""
        header_of(token)  # what cannot be one is not worth a look at the provider
        keys = await self._known_keys()
        try:
            return claims_of(token, keys)
        except UnknownKeyError:
            newer = await self._newer_than(keys)
            return claims_of(token, newer)

    async def _known_keys(self) -> Keys:
        if self._keys is None:
            return await self._first_keys()
        if self._may_try(FRESH) and (self._renewing is None or self._renewing.done()):
            self._renewing = asyncio.create_task(self._renew())
        return self._keys

    async def _first_keys(self) -> Keys:
        async with self._fetching:
            if self._keys is None:
                if not self._may_try(PAUSE):
                    raise AwayError(
                        Wording("The sign-in provider cannot be reached just now. Try again in some seconds.")
                    )
                await self._fetch()
        return self._keys if self._keys is not None else Keys(())

    async def _newer_than(self, keys: Keys) -> Keys:
        """Return keys fetched after these, or these where it is too early to fetch, or the provider is away."""
        async with self._fetching:
            if self._keys is keys and self._may_try(PAUSE):
                with suppress(AwayError):
                    await self._fetch()
        return self._keys or keys

    async def _renew(self) -> None:
        async with self._fetching:
            if self._may_try(FRESH):
                with suppress(AwayError):
                    await self._fetch()

    def _may_try(self, pause: float) -> bool:
        return self._tried_at is None or self._monotonic() - self._tried_at >= pause

    async def _fetch(self) -> None:
        self._tried_at = self._monotonic()
        try:
            self._doors = doors_of(await self._get(self.issuer.rstrip("/") + WELL_KNOWN), self.issuer)
            self._keys = Keys.read(await self._get(self._doors.keys))
        except FAILURES as error:
            logger.warning("The sign-in provider cannot be used (%s): %s", type(error).__name__, _reason(error))
            raise AwayError(
                Wording("The sign-in provider cannot be reached just now. Try again in some seconds.")
            ) from None

    async def close(self) -> None:
        """End what goes on."""
        if self._renewing is not None:
            self._renewing.cancel()
            with suppress(asyncio.CancelledError):
                await self._renewing

    # Signing in -----------------------------------------------------------------------------------------------------

    async def login_address(self, asked: Mapping[str, str]) -> str:
        """Return where a browser goes to sign in; raise AwayError where the provider does not tell."""
        doors = await self._known_doors()
        if doors.authorization is None or self.client is None:
            raise LoginError(Wording("Nobody can sign in by a browser here: the provider has no door for it."))
        given = {"response_type": "code", "client_id": self.client.id, "scope": SCOPE, **asked}
        joint = "&" if urlsplit(doors.authorization).query else "?"
        return doors.authorization + joint + urlencode(given)

    async def redeem(self, code: str, verifier: str, redirect: str) -> str:
        """Return the ID token that a code stands for; raise LoginError where the provider refuses it."""
        doors = await self._known_doors()
        if doors.token is None or self.client is None:
            raise LoginError(Wording("Nobody can sign in by a browser here: the provider has no door for it."))
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": redirect, "code_verifier": verifier,
            "client_id": self.client.id,
        }  # fmt: skip
        try:
            told = await self._post(doors.token, form, _authorization(self.client))
        except FAILURES as error:
            logger.warning("The sign-in provider did not redeem a code (%s): %s", type(error).__name__, _reason(error))
            raise LoginError(Wording("The sign-in provider refused the sign-in. Begin anew.")) from None
        token = told.get("id_token") if isinstance(told, dict) else None
        if not isinstance(token, str):
            raise LoginError(Wording("The sign-in provider gave no ID token. Have it answer to the scope openid."))
        return token

    async def _known_doors(self) -> Doors:
        await self._known_keys()
        if self._doors is None:
            raise AwayError(Wording("The sign-in provider cannot be reached just now. Try again in some seconds."))
        return self._doors

    # Asking ---------------------------------------------------------------------------------------------------------

    async def _get(self, address: str) -> object:
        return await _answer("GET", address, {})

    async def _post(self, address: str, form: Mapping[str, str], headers: Mapping[str, str]) -> object:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return await _answer("POST", address, {**headers, **kind}, urlencode(form).encode())


async def _answer(method: str, address: str, headers: Mapping[str, str], content: bytes | None = None) -> object:
    """Return the JSON of an answer; raise httpx.HTTPError or ValueError where there is none."""
    told = {"Accept": "application/json", **headers}
    async with (
        asyncio.timeout(2 * PATIENCE),
        httpx.AsyncClient(timeout=PATIENCE, follow_redirects=False) as http,
        http.stream(method, address, headers=told, content=content) as response,
    ):
        response.raise_for_status()
        body = b""
        async for part in response.aiter_bytes():
            body += part
            if len(body) > LARGEST:
                raise ValueError("its answer is too large")
    found: object = orjson.loads(body)
    return found


def _authorization(client: Client) -> dict[str, str]:
    """Return how we prove who we are (RFC 6749, 2.3.1); a public client only says so, in the form."""
    if client.secret is None:
        return {}
    pair = f"{quote(client.id, safe='')}:{quote(client.secret, safe='')}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def _reason(error: Exception) -> str:
    """Return what may be logged: a status, or what we ourselves found wrong; never an address or a body."""
    if isinstance(error, httpx.HTTPStatusError):
        return f"status {error.response.status_code}"
    if isinstance(error, orjson.JSONDecodeError):
        return "its answer is not JSON"
    return str(error) if type(error) is ValueError else "no answer"
