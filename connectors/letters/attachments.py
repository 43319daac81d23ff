"""Attachments as documents: kept as they came, with their text layer or what is recognised in them."""

from __future__ import annotations

import mimetypes
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from connectors.connector import UnreadableError
from connectors.letters import markup, pdf, plain, scans, word
from connectors.letters.recognising import Recognised
from graph.records import DocumentDraft, RejectionReason
from graph.text.ideographs import as_ideographs
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Callable

    from connectors.connector import Limits

LONGEST_NAME: Final = 200
READERS: Final[dict[str, Callable[[bytes, Limits], str | Recognised]]] = {
    ".docx": word.written_in,
    ".pdf": pdf.written_in,
    ".txt": lambda content, _: plain.text_of(content),
    ".csv": lambda content, _: plain.text_of(content),
    ".html": lambda content, _: markup.text_of(content),
    ".htm": lambda content, _: markup.text_of(content),
    **dict.fromkeys(scans.MEDIA_TYPES, scans.written_in),
}
SUFFIXES: Final = {
    word.MEDIA_TYPE: ".docx",
    pdf.MEDIA_TYPE: ".pdf",
    "text/plain": ".txt",
    "text/csv": ".csv",
    "text/html": ".html",
} | {media_type: suffix for suffix, media_type in reversed(scans.MEDIA_TYPES.items())}
_UNUSABLE: Final = re.compile("[\0\ud800-\udfff]")
_CONTROLS: Final = re.compile("[\0-\x1f\x7f-\x9f\ud800-\udfff/\\\\]+")


def document_of(name: str, media_type: str, content: bytes, limits: Limits) -> DocumentDraft:
    """Return an attachment as a document. Raises UnreadableError where it is too large."""
    if len(content) > limits.attachment:
        message = Wording(
            "It has {count} bytes, at most {attachment} are kept. Send it in parts.",
            count=len(content),
            attachment=limits.attachment,
        )
        raise UnreadableError(RejectionReason.TOO_LARGE, message)
    suffix = PurePosixPath(name).suffix.lower()
    if media_type in {"", "application/octet-stream"}:
        media_type = mimetypes.guess_type(name, strict=False)[0] or "application/octet-stream"
    reader = READERS.get(suffix) or READERS.get(SUFFIXES.get(media_type, ""))
    found = Recognised("", None) if reader is None else _read(reader, content, limits)
    return DocumentDraft(
        name=name, media_type=media_type, content=content, text=found.text, confidence=found.confidence
    )


def named(given: str | None, media_type: str, number: int) -> str:
    """Return an attachment's name without a folder or signs that no name has."""
    bare = _CONTROLS.sub(" ", re.split(r"[/\\]", given)[-1]).strip() if given else ""
    if not bare.strip("."):
        suffix = SUFFIXES.get(media_type) or mimetypes.guess_extension(media_type) or ""
        return f"attachment {number}{suffix}"
    if len(bare) <= LONGEST_NAME:
        return bare
    suffix = PurePosixPath(bare).suffix[:20]
    return bare[: LONGEST_NAME - len(suffix)] + suffix


def usable(text: str, limits: Limits) -> str:
    """Return as much of a text layer as is kept, without what no text holds."""
    return as_ideographs(_UNUSABLE.sub("", text)[: limits.text])


def _read(reader: Callable[[bytes, Limits], str | Recognised], content: bytes, limits: Limits) -> Recognised:
    """Read what is written there. What cannot be read is kept all the same: a person may open it."""
    try:
        found = reader(content, limits)
    except UnreadableError:
        return Recognised("", None)
    told = found if isinstance(found, Recognised) else Recognised(found, None)
    text = usable(told.text, limits)
    return Recognised(text, told.confidence if text else None)
