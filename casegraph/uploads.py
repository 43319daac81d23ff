"""`POST /uploads?name=`: one file, kept for a day so that a mutation can name it as an attachment."""

from __future__ import annotations

import logging
import re
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import orjson
from starlette.responses import Response

from casegraph.refusals import JSON, RefusalError, bounded_body, content_type
from connectors.letters.attachments import document_of
from schema.ids import global_id
from wording import Wording

if TYPE_CHECKING:
    from starlette.requests import Request

    from casegraph.app import Services
    from connectors.connector import Limits
    from graph.policy import Viewer
    from resolvers.doors import TextLayer
    from resolvers.turns import Turns

LARGEST_UPLOAD: Final = 20 * 1_048_576
"""Bytes of one file."""
LONGEST_NAME: Final = 255
SCAN_PAGES: Final = 5
PAGE_SECONDS: Final = 20.0
"""Pages of a scan, and seconds for each, while a person waits for the mutation that names it."""
UNNAMED: Final = "application/octet-stream"
MEDIA_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\Z", re.ASCII)
"""RFC 6838, in small letters."""
UNPRINTED: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Categories of characters that no file's name has: controls, halves, ends of lines."""

logger = logging.getLogger(__name__)


async def take_upload(request: Request, services: Services, viewer: Viewer, turns: Turns) -> Response:
    """Keep an uploaded file for whoever sent it, and answer its id."""
    name, media_type = _name(request.query_params.get("name", "")), _media_type(request)
    content = await bounded_body(request, LARGEST_UPLOAD, services.client_limits.body_seconds)
    if not content:
        raise RefusalError(400, "BAD_REQUEST", Wording("The body is empty. Send the file as it is, as the body."))
    async with turns.of(viewer.name):
        upload = await services.uploads.of(viewer.name).keep(name, media_type, content, services.clock())
    answer = orjson.dumps({"upload": global_id("Upload", upload)})
    return Response(answer, status_code=201, media_type=JSON, headers={"cache-control": "no-store"})


def text_layer(limits: Limits) -> TextLayer:
    """Return what reads a file's text, as it is read of a letter's attachments; whoever sent it waits meanwhile."""
    shorter = replace(limits, pages=min(limits.pages, SCAN_PAGES), page_seconds=PAGE_SECONDS)

    def text_of(name: str, media_type: str, content: bytes) -> tuple[str, float | None]:
        try:
            read = document_of(name, media_type, content, shorter)
        except Exception as error:  # noqa: BLE001 - whatever a parser raises is about what it was given
            logger.info("An upload's text layer cannot be read (%s); it is kept without.", type(error).__name__)
            return "", None
        return read.text, read.confidence

    return text_of


def _name(name: str) -> str:
    if not name.strip():
        raise _unnamed(Wording("Give the file's name: /uploads?name=…."))
    if len(name) > LONGEST_NAME:
        raise _unnamed(
            Wording(
                "The file's name has {count} characters, at most {longest} are kept. Shorten it.",
                count=len(name),
                longest=LONGEST_NAME,
            )
        )
    if "\ufffd" in name:
        raise _unnamed(Wording("The file's name is not in UTF-8. Encode it as UTF-8, then in percent signs."))
    if any(unicodedata.category(sign) in UNPRINTED for sign in name):
        raise _unnamed(Wording("The file's name holds a control character. Leave it out."))
    return name


def _unnamed(message: Wording) -> RefusalError:
    return RefusalError(400, "INVALID_VALUE", message, argument="name")


def _media_type(request: Request) -> str:
    media_type = content_type(request) or UNNAMED
    if media_type.startswith("multipart/"):
        message = Wording("Send the file as it is, as the body, with its own media type: not in a form.")
        raise RefusalError(415, "UNSUPPORTED_MEDIA_TYPE", message)
    if not MEDIA_TYPE.match(media_type):
        raise RefusalError(400, "BAD_REQUEST", Wording("`Content-Type` must be a media type, such as application/pdf."))
    return media_type
