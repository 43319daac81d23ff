"""Letters as pictures: scans and photographs of paper, whose writing is recognised. The original stays a document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from connectors.connector import UnreadableError
from connectors.letters import recognising
from connectors.letters.drafting import Written, draft_of, read_whole
from connectors.letters.recognising import Recognised
from graph.records import Channel, RejectionReason
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.connector import Limits, ReadOptions, Resource
    from graph.records import Reading

MEDIA_TYPES: Final = {
    ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".jpe": "image/jpeg", ".jfif": "image/jpeg", ".png": "image/png",
    ".tif": "image/tiff", ".tiff": "image/tiff", ".bmp": "image/bmp", ".webp": "image/webp",
}  # fmt: skip
OTHERS: Final = frozenset({".heic", ".heif", ".avif", ".gif", ".psd", ".jp2", ".djvu"})
"""Taken to be told what to do with them."""


@dataclass(frozen=True, slots=True)
class PictureLetter:
    """A letter as a picture."""

    name: str = "letter as picture"
    channel: Channel = Channel.LETTER

    def accepts(self, resource: Resource) -> bool:
        """Take what is named so; what it really is, reading tells."""
        return resource.suffix in MEDIA_TYPES.keys() | OTHERS

    def read(self, resource: Resource, options: ReadOptions) -> Iterator[Reading]:
        """Yield the letter."""
        if resource.suffix in OTHERS:
            message = Wording("Pictures of this form are not read. Save it as JPEG, PNG or PDF.")
            raise UnreadableError(RejectionReason.UNKNOWN_FORM, message)
        content = read_whole(resource, options.limits)
        found = written_in(content, options.limits)
        media_type = MEDIA_TYPES[resource.suffix]
        yield draft_of(letter_of(found, media_type, content), resource, options)


def written_in(content: bytes, limits: Limits) -> Recognised:
    """Return what is written in a picture. Raises UnreadableError."""
    return recognising.told(recognising.recognise(content, limits, pdf=False))


def letter_of(found: Recognised, media_type: str, content: bytes) -> Written:
    """Return a letter whose writing was recognised. Raises UnreadableError where there is none."""
    if not found.text:
        message = Wording("No writing is recognised in the picture. Scan it anew, upright and sharp, or type it.")
        raise UnreadableError(RejectionReason.MISSING_FIELD, message)
    return Written(
        text=found.text, media_type=media_type, content=content, confidence=found.confidence, is_picture=True
    )
