"""Pages of other origins that may ask here (CORS, https://fetch.spec.whatwg.org/#http-cors-protocol).

A browser shows them answers only where we say so, and asks beforehand whether it may send what no plain form could.
They show tokens, in a header that their scripts set. `Access-Control-Allow-Credentials` is never sent: so browsers
neither give them what a session's cookie opened, nor keep a cookie that they were answered with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from casegraph.web_names import Names

    Lines = Iterable[tuple[bytes, bytes]]

MAY_SEND: Final = (
    (b"access-control-allow-methods", b"GET, HEAD, POST"),
    # The wildcard leaves out `Authorization`. What else clients send means nothing here.
    (b"access-control-allow-headers", b"authorization, content-type, *"),
    (b"access-control-max-age", b"3600"),
)
MAY_SEE: Final = (b"access-control-expose-headers", b"retry-after, www-authenticate")
VARIES: Final = (b"vary", b"origin")


class CrossOrigin:
    """Tells browsers that pages of allowed origins may see answers, and answers what they ask beforehand."""

    def __init__(self, app: ASGIApp, names: Names) -> None:
        self._app = app
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer what a browser asks before it."""
        if scope["type"] != "http" or not self._names.allowed:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin", "")
        told: list[tuple[bytes, bytes]] = [VARIES]
        if self._names.allows(origin):
            told.append((b"access-control-allow-origin", origin.encode("latin-1")))
            if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
                await send({"type": "http.response.start", "status": 204, "headers": [*told, *MAY_SEND]})
                await send({"type": "http.response.body", "body": b""})
                return
            told.append(MAY_SEE)

        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *told]}
            await send(message)

        await self._app(scope, receive, telling)
