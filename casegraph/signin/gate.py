"""The one place where requests are let in: whoever comes through is known, but for the few addresses that are open.

What is not named here is closed, so a route that is added and forgotten answers nobody without a token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from starlette.datastructures import Headers

from casegraph.graphql_http import PLAIN, accepted, shows_page
from casegraph.refusals import RefusalError, away
from casegraph.signin.errors import AwayError, LoginError, SignInError, TokenError, UnauthenticatedError
from casegraph.signin.service import Kind, Shown
from graph.database import is_away
from graph.policy import ForbiddenError, require
from resolvers.failures import UNREACHABLE
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from typing import Any

    from starlette.types import ASGIApp, Receive, Scope, Send

    from casegraph.signin.service import SignIn
    from casegraph.signin.signed import SignedIn
    from casegraph.web_names import Names
    from graph.policy import Action, Viewer

OPEN: Final = frozenset({"/", "/healthz", "/readyz", "/session"})
"""Addresses that answer everybody. `/session` tells about oneself alone."""
OPEN_BELOW: Final = ("/receipts/", "/session/", "/static/graphiql/")
FIGURES: Final = "/metrics"
"""What must be told just when the database is away, by which keys and sessions are known: so it goes by memory then."""
GRAPHQL: Final = "/graphql"
READING: Final = frozenset({"GET", "HEAD"})
SECURE_COOKIE: Final = "__Host-casegraph"
PLAIN_COOKIE: Final = "casegraph"
"""Over http, which only this machine's browsers use: not all of them take a secure cookie there."""
STATE: Final = "signed_in"
SHOWN: Final = "shown"


def cookie_name(names: Names) -> str:
    """Return the name of the session's cookie."""
    return SECURE_COOKIE if names.secure else PLAIN_COOKIE


# What was shown -------------------------------------------------------------------------------------------------------


def shown_in(scope: Scope, cookie: str) -> Shown | None:
    """Return what a request shows: its Authorization header, else its session's cookie, else nothing.

    Raises TokenError where the header is none of ours.
    """
    given = [value for name, value in scope["headers"] if name == b"authorization"]
    if given:
        if len(given) > 1:
            raise TokenError(Wording("The header `Authorization` came twice. Send it once."))
        return bearer(given[0].decode("latin-1"))
    kept = cookie_of(scope, cookie)
    return Shown(Kind.COOKIE, kept) if kept else None


def bearer(header: str) -> Shown:
    """Return what an Authorization header shows (RFC 6750); raise TokenError where it is no bearer token."""
    scheme, _, token = header.strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or not token.isascii():
        raise TokenError(Wording("The header `Authorization` must be `Bearer ` and a token or an API key."))
    return Shown(Kind.BEARER, token)


def cookie_of(scope: Scope, name: str) -> str | None:
    """Return the value of a cookie that a request carries."""
    wanted = name.encode() + b"="
    for header, value in scope["headers"]:
        if header == b"cookie":
            for pair in value.split(b";"):
                if (found := pair.strip()).startswith(wanted):
                    return str(found[len(wanted) :].decode("latin-1"))
    return None


def from_elsewhere(scope: Scope, names: Names) -> bool:
    """Tell whether a browser may have been made to send a request by a page that is not ours.

    Its cookie proves nothing then. Browsers say themselves where a request came from (`Sec-Fetch-Site`), older ones by
    `Origin`; a request that says neither is none of a page of ours that changes something.
    """
    headers = Headers(scope=scope)
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if scope["type"] == "http" and site is not None:
        return site != "same-origin"
    return origin is None or not names.is_own(origin, headers.get("host", ""))


# Letting in -----------------------------------------------------------------------------------------------------------


def refusal_of(error: SignInError | ForbiddenError) -> RefusalError:
    """Return how somebody who is not let in is answered."""
    match error:
        case TokenError():
            challenge = {"www-authenticate": 'Bearer error="invalid_token"'}
            return RefusalError(401, "UNAUTHENTICATED", error.wording, headers=challenge)
        case UnauthenticatedError():
            return RefusalError(401, "UNAUTHENTICATED", error.wording, headers={"www-authenticate": "Bearer"})
        case ForbiddenError():
            return RefusalError(403, "FORBIDDEN", error.wording)
        case AwayError():
            return away(error.wording)
        case LoginError():
            return RefusalError(400, "BAD_REQUEST", error.wording)
        case _:
            raise error


def signed_in(scope: MutableMapping[str, Any]) -> SignedIn:
    """Return who asks; raise UnauthenticatedError where nobody is known to."""
    found = scope.get("state", {}).get(STATE)
    if found is None:
        raise UnauthenticatedError
    return cast("SignedIn", found)


def viewer_for(scope: MutableMapping[str, Any], action: Action | None = None) -> Viewer:
    """Return who asks; raise RefusalError where they may not do this."""
    try:
        viewer = signed_in(scope).viewer
        if action is not None:
            require(viewer, action)
    except (SignInError, ForbiddenError) as error:
        raise refusal_of(error) from None
    return viewer


class Gate:
    """Finds out who asks, before anything else is done."""

    def __init__(self, app: ASGIApp, signin: SignIn) -> None:
        self._app = app
        self._signin = signin
        self._names = signin.ways.names
        self._cookie = cookie_name(self._names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with who asks, or refuse it."""
        if scope["type"] in {"http", "websocket"} and not _is_open(scope):
            try:
                await self._let_in(scope)
            except SignInError as error:
                await _refuse(refusal_of(error), scope, receive, send)
                return
            except RefusalError as refusal:
                await _refuse(refusal, scope, receive, send)
                return
            except Exception as error:
                if not is_away(error):  # the database, in which keys and sessions are looked up
                    raise
                await _refuse(away(UNREACHABLE), scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _let_in(self, scope: Scope) -> None:
        shown = shown_in(scope, self._cookie)
        if shown is None:
            # A WebSocket may still say who it is, by its first message.
            if scope["type"] == "websocket" and scope["path"] == GRAPHQL:
                return
            raise UnauthenticatedError
        if shown.kind is Kind.COOKIE and scope.get("method") not in READING and from_elsewhere(scope, self._names):
            if scope["type"] == "websocket" and self._names.allows(Headers(scope=scope).get("origin", "")):
                # Browsers send cookies of the same site along, whether a page wants it or not: as if there were none.
                return
            raise RefusalError(
                403, "FOREIGN_ORIGIN", Wording("A session is for the pages of this server. Send a token instead.")
            )
        state = scope.setdefault("state", {})
        state[STATE] = await self._signin.who(shown, though_away=scope["path"] == FIGURES)
        state[SHOWN] = shown


def _is_open(scope: Scope) -> bool:
    path: str = scope["path"]
    if scope["type"] == "websocket":
        return False
    return path in OPEN or path.startswith(OPEN_BELOW) or (path == GRAPHQL and shows_page(scope))


async def _refuse(refusal: RefusalError, scope: Scope, receive: Receive, send: Send) -> None:
    media = None
    if scope["type"] == "http" and scope["path"] == GRAPHQL:
        media = accepted(Headers(scope=scope).get("accept"))
    await refusal.response(f"{media or PLAIN}; charset=utf-8")(scope, receive, send)
