"""Answers each request in the language that it likes best of ours: `Accept-Language`, else the instance's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders

from wording.languages import Language, language_of_header, speaking

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Spoken:
    """Has all further in speak one language, and says which it is."""

    def __init__(self, app: ASGIApp, language: Language) -> None:
        self._app = app
        self._language = language

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        language = language_of_header(Headers(scope=scope).get("accept-language", ""), self._language)

        async def saying(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("content-language", language)
                headers.add_vary_header("accept-language")
            await send(message)

        with speaking(language):
            await self._app(scope, receive, saying)
