"""Answers in fewer bytes, as clients wish (RFC 9110, 12.5.3).

What is sent in parts is left as it is: nobody waits for the rest of it. So is what a page from elsewhere may have had a
browser ask for with its session's cookie: whoever chooses a part of such an answer and sees how long the whole is could
guess what else is in it (BREACH). Who shows a token chose the question, and has the answer.
"""

from __future__ import annotations

import asyncio
import zlib
from typing import TYPE_CHECKING, Final

import brotli
import zstandard
from starlette.datastructures import Headers

from casegraph.accepting import weighed
from casegraph.signin.gate import from_elsewhere

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from casegraph.web_names import Names

LEAST: Final = 1_024
"""Bytes below which an answer comes in one packet anyway."""
LONG: Final = 262_144
"""Bytes from which compressing takes so long that others are answered meanwhile."""
GZIP: Final = 31
"""Of zlib: the largest window, with the header of gzip."""
TEXTS: Final = ("application/json", "application/graphql-response+json", "application/x-ndjson", "text/")


def _zstd(body: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=3).compress(body)


def _brotli(body: bytes) -> bytes:
    compressed: bytes = brotli.compress(body, quality=3)
    return compressed


def _gzip(body: bytes) -> bytes:
    return zlib.compress(body, 4, GZIP)


ENCODINGS: Final[Mapping[str, Callable[[bytes], bytes]]] = {"zstd": _zstd, "br": _brotli, "gzip": _gzip}
"""By their names, what makes the most of a millisecond first."""


def encoding_of(header: str) -> str | None:
    """Return the encoding that a client would rather have, None for none. Pure."""
    weights = dict(weighed(header))
    anything = weights.get("*", 0.0)
    best, chosen = weights.get("identity", 0.0), None
    for name in ENCODINGS:
        weight = weights.get(name, anything)
        if weight > best or (weight == best > 0 and chosen is None):
            best, chosen = weight, name
    return chosen


class Compressed:
    """Compresses answers that come in one piece."""

    def __init__(self, app: ASGIApp, names: Names) -> None:
        self._app = app
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its answer back as its client wishes."""
        if scope["type"] != "http" or (has_cookie(scope) and from_elsewhere(scope, self._names)):
            await self._app(scope, receive, send)
            return
        encoding = encoding_of(Headers(scope=scope).get("accept-encoding", ""))
        begun: Message | None = None

        async def sending(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start" and is_text(message):
                begun = message
                return
            if begun is not None:
                start, begun = begun, None
                start, message = await compressed(start, message, encoding)
                await send(start)
            await send(message)

        await self._app(scope, receive, sending)


def has_cookie(scope: Scope) -> bool:
    """Tell whether a request carries a cookie."""
    return any(name == b"cookie" for name, _ in scope["headers"])


def is_text(start: Message) -> bool:
    """Tell whether an answer is text that nobody compressed yet. Pure."""
    headers = Headers(raw=list(start.get("headers", ())))
    return headers.get("content-type", "").startswith(TEXTS) and "content-encoding" not in headers


async def compressed(start: Message, message: Message, encoding: str | None) -> tuple[Message, Message]:
    """Return an answer's beginning and its first part, compressed where that is the whole and long enough."""
    headers = [*start.get("headers", ()), (b"vary", b"accept-encoding")]
    body: bytes = message.get("body", b"")
    if encoding is not None and len(body) >= LEAST and not message.get("more_body"):
        compress = ENCODINGS[encoding]
        body = await asyncio.to_thread(compress, body) if len(body) >= LONG else compress(body)
        kept = [(name, value) for name, value in headers if name.lower() != b"content-length"]
        headers = [*kept, (b"content-length", str(len(body)).encode()), (b"content-encoding", encoding.encode())]
    return {**start, "headers": headers}, {**message, "body": body}
