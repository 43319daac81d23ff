"""Until it is decided who may see what, this machine alone is answered.

Listening on loopback does not keep a web page away whose name was made to point here; its Host header does. Nor does
either keep away a page of another site that opens a WebSocket to this machine: its Origin header does.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from casegraph.refusals import RefusalError
from casegraph.settings import LOOPBACK

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


def is_loopback(host: str) -> bool:
    """Tell whether a Host header names this machine."""
    try:
        return urlsplit(f"//{host}").hostname in LOOPBACK
    except ValueError:
        return False


@lru_cache(maxsize=1_000)
def refusal_of(host: str, origin: str | None) -> RefusalError | None:
    """Return why a request is refused by its headers, None where it is not. Pure."""
    if not is_loopback(host):
        message = "This server answers to the names of its own machine alone, such as 127.0.0.1."
        return RefusalError(421, "MISDIRECTED", message)
    if origin is not None and not is_loopback(origin.partition("://")[2]):
        return RefusalError(403, "FOREIGN_ORIGIN", "Pages of other sites are not answered.")
    return None


class LoopbackOnly:
    """Refuses requests that were sent to another name, or by a page from elsewhere."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what was sent to this machine by one of its own names."""
        refusal = None
        if scope["type"] in {"http", "websocket"}:
            headers = Headers(scope=scope)
            refusal = refusal_of(headers.get("host", ""), headers.get("origin"))
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await refusal.response()(scope, receive, send)
