"""Until it is decided who may see what, this machine alone is answered.

Listening on loopback does not keep a web page away whose name was made to point here; its Host header does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

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


class LoopbackOnly:
    """Refuses requests that were sent to another name."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what was sent to this machine by one of its own names."""
        if scope["type"] in {"http", "websocket"}:
            host = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1")
            if not is_loopback(host):
                message = "This server answers to the names of its own machine alone, such as 127.0.0.1."
                await RefusalError(421, "MISDIRECTED", message).response()(scope, receive, send)
                return
        await self._app(scope, receive, send)
