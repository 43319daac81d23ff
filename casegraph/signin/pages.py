"""`/session`: signing in and out by a browser.

GET  /session           who is signed in, and how one may sign in
POST /session           begin a session by a token (`Authorization: Bearer …`)
GET  /session/login     go to the provider (authorization code with PKCE); `?next=` is a path of ours to go on at
GET  /session/callback  come back from it
POST /session/logout    end the session
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from typing import TYPE_CHECKING, Final

import orjson
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from casegraph.refusals import JSON, RefusalError
from casegraph.signin.errors import LoginError, SignInError, TokenError, UnauthenticatedError
from casegraph.signin.gate import cookie_name, cookie_of, from_elsewhere, refusal_of, shown_in
from casegraph.signin.service import Kind
from casegraph.signin.sessions import LOGIN_SECONDS, Login, open_login, seal_login
from casegraph.signin.signed import By
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from casegraph.signin.service import SignIn
    from casegraph.signin.signed import SignedIn

HOME: Final = "/graphql"
CALLBACK: Final = "/session/callback"
OUR_PATH: Final = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,1999}\Z")
"""A path on this server: `//host` and `/\\host` would lead browsers elsewhere."""
SECRET_BYTES: Final = 32
NOT_KEPT: Final = {"cache-control": "no-store"}


class Pages:
    """Answers `/session` and what is below it."""

    def __init__(self, signin: SignIn) -> None:
        self._signin = signin
        self._names = signin.ways.names
        self._cookie = cookie_name(self._names)
        self._waiting = f"{self._cookie}-login"

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/session", _answered(self.tell), methods=["GET"]),
            Route("/session", _answered(self.begin), methods=["POST"]),
            Route("/session/login", _answered(self.login), methods=["GET"]),
            Route(CALLBACK, _answered(self.callback), methods=["GET"]),
            Route("/session/logout", _answered(self.end), methods=["POST"]),
        ]

    async def tell(self, request: Request) -> Response:
        """Say who is signed in, by names that tell nobody's, and by what one may sign in."""
        provider = self._signin.ways.provider
        told: dict[str, object] = {
            "signedIn": None,
            "ways": [
                *(["provider"] if provider is not None and provider.client is not None else []),
                *(["token"] if self._signin.ways.development is not None or provider is not None else []),
            ],
        }
        try:
            if shown := shown_in(request.scope, self._cookie):
                found = await self._signin.who(shown)
                told["signedIn"] = {
                    "name": found.viewer.name, "roles": sorted(found.viewer.roles), "until": int(found.until),
                }  # fmt: skip
        except UnauthenticatedError:
            pass  # nobody is, then
        return Response(orjson.dumps(told), media_type=JSON, headers=NOT_KEPT)

    async def begin(self, request: Request) -> Response:
        """Begin a session by a token."""
        shown = shown_in(request.scope, self._cookie)
        if shown is None or shown.kind is not Kind.BEARER:
            raise UnauthenticatedError
        found = await self._signin.who(shown)
        if found.by is not By.TOKEN:
            raise TokenError(Wording("An API key begins no session: it is a system's. Send a person's token."))
        return self._begun(Response(status_code=204, headers=NOT_KEPT), found)

    def _begun(self, response: Response, found: SignedIn) -> Response:
        value, until = self._signin.session(found)
        self._set(response, self._cookie, value, int(until - self._signin.now()))
        return response

    def _set(self, response: Response, name: str, value: str, seconds: int) -> None:
        response.set_cookie(
            name, value, max_age=seconds, path="/", secure=self._names.secure, httponly=True, samesite="lax"
        )

    async def end(self, request: Request) -> Response:
        """End the session, so that its cookie is worth nothing to whoever kept it."""
        if from_elsewhere(request.scope, self._names):
            raise RefusalError(403, "FOREIGN_ORIGIN", Wording("A session is ended by a page of this server alone."))
        if kept := cookie_of(request.scope, self._cookie):
            await self._signin.end_session(kept)
        response = Response(status_code=204, headers=NOT_KEPT)
        self._set(response, self._cookie, "", 0)
        return response

    # By the provider ------------------------------------------------------------------------------------------------

    async def login(self, request: Request) -> Response:
        """Send a browser to the provider, and have it keep what its answer must fit."""
        provider = self._signin.ways.provider
        if provider is None or provider.client is None:
            message = Wording("Nobody signs in by a provider here: CASEGRAPH_OIDC_CLIENT_ID is not set. Use a token.")
            raise RefusalError(404, "NOT_FOUND", message)
        following = request.query_params.get("next", HOME)
        if not OUR_PATH.match(following):
            raise RefusalError(400, "INVALID_VALUE", Wording("`next` must be a path of this server."), argument="next")
        state, nonce, verifier = (secrets.token_urlsafe(SECRET_BYTES) for _ in range(3))
        login = Login(state, nonce, verifier, following, self._signin.now() + LOGIN_SECONDS)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        address = await provider.login_address({
            "redirect_uri": self._back(request), "state": state, "nonce": nonce, "code_challenge": challenge,
            "code_challenge_method": "S256",
        })  # fmt: skip
        response = RedirectResponse(address, 303, headers=NOT_KEPT)
        self._set(response, self._waiting, seal_login(self._signin.vault, login), int(LOGIN_SECONDS))
        return response

    async def callback(self, request: Request) -> Response:
        """Take the provider's answer, and begin a session for whom it signed in."""
        given, provider = request.query_params, self._signin.ways.provider
        kept = cookie_of(request.scope, self._waiting)
        login = open_login(self._signin.vault, kept, self._signin.now()) if kept else None
        if (
            provider is None
            or login is None
            or not hmac.compare_digest(given.get("state", "").encode(), login.state.encode())
        ):
            raise LoginError(Wording("This sign-in was not begun in this browser, or too long ago. Begin anew."))
        if given.get("iss", provider.issuer) != provider.issuer:
            raise LoginError(Wording("The answer to this sign-in came from another provider. Begin anew."))
        if "error" in given or not given.get("code"):
            raise LoginError(Wording("The provider did not sign you in. Begin anew, or ask whoever runs it."))
        token = await provider.redeem(given["code"], login.verifier, self._back(request))
        found = await self._signin.by_id_token(token, login.nonce)
        response = self._begun(RedirectResponse(login.next, 303, headers=NOT_KEPT), found)
        self._set(response, self._waiting, "", 0)
        return response

    def _back(self, request: Request) -> str:
        return self._names.base(request.headers.get("host", "")) + CALLBACK


def _answered(page: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """Have a page answer in the one shape of errors."""

    async def answer(request: Request) -> Response:
        try:
            return await page(request)
        except SignInError as error:
            raise refusal_of(error) from None

    return answer
