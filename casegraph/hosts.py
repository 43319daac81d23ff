"""Answers only what was sent to a name of ours, and no page of another site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import Headers

from casegraph.refusals import RefusalError
from wording import Wording

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from casegraph.web_names import Names


def refusal_of(names: Names, host: str, origin: str | None) -> RefusalError | None:
    """Return why a request is refused by its headers, None where it is not. Pure."""
    if not names.answers(host):
        message = Wording(
            "This server does not go by that name. Use 127.0.0.1 on its own machine, or CASEGRAPH_PUBLIC_URL."
        )
        return RefusalError(421, "MISDIRECTED", message)
    if origin is not None and not names.takes(origin, host):
        return RefusalError(403, "FOREIGN_ORIGIN", Wording("Pages of other sites are not answered."))
    return None


class KnownNames:
    """Refuses requests that were sent to another name, or by a page from elsewhere."""

    def __init__(self, app: ASGIApp, names: Names) -> None:
        self._app = app
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what was sent to a name of ours."""
        refusal = None
        if scope["type"] in {"http", "websocket"}:
            headers = Headers(scope=scope)
            if len(headers.getlist("host")) > 1:  # a proxy before us may go by another than we do (RFC 9112, 3.2)
                refusal = RefusalError(400, "BAD_REQUEST", Wording("The header `Host` came more than once."))
            else:
                refusal = refusal_of(self._names, headers.get("host", ""), headers.get("origin"))
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await refusal.response()(scope, receive, send)
