"""Answers that refuse, in the one shape of errors that every route has: `errors[].extensions.code`."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any, Final

import orjson
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from resolvers.failures import AGAIN, UNAVAILABLE
from wording import Wording
from wording.catalogue import parts, told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from resolvers.turns import BusyError

JSON = "application/json; charset=utf-8"
LENGTH: Final = re.compile(r"\d{1,18}\Z", re.ASCII)
"""A declared length that is believed; any other body is measured as it comes."""

SLOWEST: Final = 8_192
"""Bytes a second that buy a body more time: a file of 20 MB comes over a telephone's line, a byte a second does not."""


class RefusalError(Exception):
    """A request is answered with this status and error."""

    def __init__(
        self, status: int, code: str, message: Wording, *, headers: Mapping[str, str] | None = None, **details: object
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers
        self.message = message
        self.extensions = {"code": code, **details}

    @property
    def error(self) -> dict[str, Any]:
        """The error as it is told, in the language of whoever asks."""
        return {"message": told(self.message), "extensions": self.extensions | parts(self.message)}

    def response(self, content_type: str = JSON) -> Response:
        """Return the answer."""
        return Response(
            orjson.dumps({"errors": [self.error]}),
            status_code=self.status,
            headers=dict(self.headers or {}),
            media_type=content_type,
        )


def busy(error: BusyError) -> RefusalError:
    """Return how a viewer is refused of whom too much waits already."""
    given = dict(error.extensions or {})
    return RefusalError(429, given.pop("code"), error.wording, headers={"retry-after": str(error.seconds)}, **given)


def away(message: Wording) -> RefusalError:
    """Return how a request is refused that may be answered if it is sent again."""
    return RefusalError(503, UNAVAILABLE, message, headers={"retry-after": str(AGAIN)}, retryAfter=AGAIN)


async def bounded_body(request: Request, limit: int, seconds: float) -> bytes:
    """Return a request's body; raise RefusalError (413) as soon as it proves larger than `limit` bytes.

    It may take these seconds whatever its size; one that comes too slowly is refused (408). A client that goes away
    before its end is refused as well (400), though it will hardly hear it: no fault of ours.
    """
    declared = request.headers.get("content-length", "0")
    asked = int(declared) if LENGTH.match(declared) else 0
    body = bytearray()
    if asked <= limit:
        try:
            await _read(request, limit, seconds, body)
        except ClientDisconnect:
            raise RefusalError(400, "BAD_REQUEST", Wording("The body ended before its time. Send it again.")) from None
        except TimeoutError:
            message = Wording("The body came too slowly. Send it faster, or in smaller parts.")
            raise RefusalError(408, "REQUEST_TIMEOUT", message) from None
    if max(asked, len(body)) > limit:
        message = Wording("The body has more than {limit} bytes. Send it in smaller parts.", limit=limit)
        raise RefusalError(413, "LIMIT_BODY", message, limit=limit, asked=max(asked, len(body)))
    return bytes(body)


async def _read(request: Request, limit: int, seconds: float, body: bytearray) -> None:
    """Read a body until it ends or is too large; raise TimeoutError where it comes too slowly."""
    began = asyncio.get_running_loop().time()
    async with asyncio.timeout(seconds) as patience:
        async for part in request.stream():
            body += part
            if len(body) > limit:
                return
            patience.reschedule(began + seconds + len(body) / SLOWEST)


def content_type(request: Request) -> str:
    """Return the media type of a request's body, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()
