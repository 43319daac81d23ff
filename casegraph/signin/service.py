"""Tells who asks, by whatever was shown: a provider's token, one of this machine, an API key, or a session.

Signatures are checked once and remembered; what can be revoked is looked up again every few seconds.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from casegraph.signin import development
from casegraph.signin.claims import SKEW, Expected, check, viewer_of
from casegraph.signin.errors import TokenError
from casegraph.signin.jose import claims_of, header_of
from casegraph.signin.sessions import begin, open_sealed, seal
from casegraph.signin.signed import By, Remembered, SignedIn
from casegraph.web_names import Names
from graph import api_keys, sessions
from graph.database import is_away
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from casegraph.signin.development import DevelopmentKey
    from casegraph.signin.provider import Provider
    from graph.database import Pool
    from graph.gazetteer import Gazetteer
    from graph.identity import Vault

REVOCABLE_FOR: Final = 5.0
"""Seconds for which a key or session that was found good is not looked up again: so long may a revoked one go on."""
SIGNED_FOR: Final = 900.0
"""Seconds for which a signature that was found good is not checked again, so that tokens of a key which the provider
withdrew end as well."""
LOOKING: Final = 2.0
"""Seconds that the database has to give a connection, and to answer by it, where there is an answer without it."""


class Kind(StrEnum):
    """What was shown."""

    BEARER = "bearer"
    COOKIE = "cookie"


@dataclass(frozen=True, slots=True)
class Shown:
    """What somebody shows to prove who they are."""

    kind: Kind
    text: str

    def __repr__(self) -> str:
        """Tell nothing of it."""
        return f"Shown({self.kind})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """By what people may sign in here. API keys are always taken."""

    provider: Provider | None = None
    audience: str = ""
    """Whom the provider's tokens must be for."""
    claim: str = development.CLAIM
    development: DevelopmentKey | Path | None = None
    """The key of this machine's tokens, or the file that holds it; None where they are not taken."""
    names: Names = field(default_factory=Names)


class SignIn:
    """Tells who asks."""

    def __init__(
        self, *, vault: Vault, pool: Pool, gazetteer: Gazetteer, clock: Callable[[], datetime], ways: Ways
    ) -> None:
        self._vault = vault
        self._gazetteer = gazetteer
        self._pool = pool
        self._clock = clock
        self.ways = ways
        self._remembered = Remembered()

    @property
    def vault(self) -> Vault:
        """What seals cookies."""
        return self._vault

    def now(self) -> float:
        """Return the time in seconds since 1970."""
        return self._clock().timestamp()

    async def who(self, shown: Shown, *, though_away: bool = False) -> SignedIn:
        """Return who showed this; raise TokenError where it is no good, AwayError where that cannot be told.

        With `though_away`, what was found good within the last day is believed where the database cannot be asked now.
        """
        digest = _digest(shown)
        now = self.now()
        known = self._remembered.get(digest, now)
        if known is not None:
            return known
        proven = self._remembered.proven(digest, now) if though_away else None
        try:
            found = await self._found(shown, now, LOOKING if proven else None)
        except TokenError:
            self._remembered.forget(digest)
            raise
        except Exception as error:
            if proven is None or not is_away(error):
                raise
            return proven
        again = SIGNED_FOR if found.by is By.TOKEN else REVOCABLE_FOR
        self._remembered.keep(digest, found, min(found.until, now + again))
        return found

    async def _found(self, shown: Shown, now: float, patience: float | None) -> SignedIn:
        if shown.kind is Kind.COOKIE:
            return await self._by_session(shown.text, now, patience)
        if shown.text.startswith(api_keys.PREFIX):
            return await self._by_key(shown.text, patience)
        return await self._by_token(shown.text, now)

    # Tokens -------------------------------------------------------------------------------------------------------

    async def _by_token(self, token: str, now: float) -> SignedIn:
        ways = self.ways
        if ways.provider is not None:
            expected = Expected(ways.provider.issuer, ways.audience)
            return self._described(await ways.provider.claims(token), expected, ways.claim, "oidc", now)
        key = _key(ways.development)
        if key is None:
            header_of(token)
            raise TokenError(Wording("No tokens are taken here but API keys: no sign-in is set up."))
        claims = claims_of(token, key.public)
        return self._described(claims, development.EXPECTED, development.CLAIM, development.KIND, now)

    def _described(self, claims: Mapping[str, Any], expected: Expected, claim: str, kind: str, now: float) -> SignedIn:
        until = check(claims, expected, now)
        return SignedIn(viewer_of(claims, claim, kind, self._vault, self._gazetteer), By.TOKEN, until + SKEW)

    async def by_id_token(self, token: str, nonce: str) -> SignedIn:
        """Return whom the provider signed in; raise TokenError where its ID token does not say so (Core, 3.1.3.7)."""
        provider, now = self.ways.provider, self.now()
        if provider is None or provider.client is None:
            raise TokenError(Wording("Nobody can sign in by a browser here."))
        claims = await provider.claims(token)
        audience = claims.get("aud")
        if isinstance(audience, list) and len(audience) > 1 and claims.get("azp") != provider.client.id:
            raise TokenError(Wording("The ID token is for others as well (claim `azp`)."))
        if claims.get("nonce") != nonce:
            raise TokenError(Wording("The ID token is of another sign-in (claim `nonce`). Begin anew."))
        return self._described(claims, Expected(provider.issuer, provider.client.id), self.ways.claim, "oidc", now)

    # Keys ---------------------------------------------------------------------------------------------------------

    async def _by_key(self, text: str, patience: float | None) -> SignedIn:
        async with self._pool.acquire(timeout=patience) as connection:
            key = await api_keys.find(connection, self._vault, text, patience)
        if key is None:
            raise TokenError(Wording("There is no such API key. Use it as it was given."))
        if not key.holds(self._clock()):
            raise TokenError(Wording("The API key has expired or was revoked. Ask for another."))
        return SignedIn(key.viewer(), By.KEY, key.expires_at.timestamp())

    # Sessions -----------------------------------------------------------------------------------------------------

    async def _by_session(self, cookie: str, now: float, patience: float | None) -> SignedIn:
        session = open_sealed(self._vault, cookie, now)
        if session is None:
            raise TokenError(Wording("The session has ended. Sign in again."))
        async with self._pool.acquire(timeout=patience) as connection:
            over = await sessions.is_over(connection, session.id, patience)
        if over:
            raise TokenError(Wording("The session has ended. Sign in again."))
        return SignedIn(session.viewer, By.SESSION, session.until)

    def session(self, signed_in: SignedIn) -> tuple[str, float]:
        """Return the cookie of a new session for whoever showed a token, and when it ends.

        Raises TokenError where the token ends by now: a session never outlasts it.
        """
        now = self.now()
        session = begin(signed_in.viewer, signed_in.until - SKEW, now)
        if session.until <= now:
            raise TokenError(Wording("The token has expired. Sign in again."))
        return seal(self._vault, session), session.until

    async def end_session(self, cookie: str) -> None:
        """End a session, here at once and in other processes within seconds."""
        session = open_sealed(self._vault, cookie, self.now())
        if session is None:
            return
        until = datetime.fromtimestamp(session.until, UTC)
        async with self._pool.acquire() as connection:
            await sessions.end(connection, session.id, until, self._clock())
        self._remembered.forget(_digest(Shown(Kind.COOKIE, cookie)))

    async def close(self) -> None:
        """End what goes on."""
        if self.ways.provider is not None:
            await self.ways.provider.close()


def _digest(shown: Shown) -> bytes:
    return hashlib.blake2b(f"{shown.kind}\0{shown.text}".encode(), digest_size=16).digest()


def _key(given: DevelopmentKey | Path | None) -> DevelopmentKey | None:
    """Return this machine's key; a file is read anew each time, since `token` may have made it meanwhile."""
    if given is None or isinstance(given, development.DevelopmentKey):
        return given
    try:
        return development.DevelopmentKey.read(given)
    except FileNotFoundError:
        raise TokenError(Wording("No token was made on this machine yet. Run `python -m casegraph token`.")) from None
