"""Letters as plain text: .txt in any of the encodings that Chinese texts come in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from connectors.connector import UnreadableError
from connectors.encodings import decode
from connectors.letters.drafting import Written, draft_of, read_whole
from graph.records import Channel, RejectionReason
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.connector import ReadOptions, Resource
    from graph.records import Reading

OTHERS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"{\\rtf", b"Rar!")
"""How files of other forms begin that are often named .txt."""


@dataclass(frozen=True, slots=True)
class PlainLetter:
    """A letter as a text file."""

    name: str = "letter as text"
    channel: Channel = Channel.LETTER

    def accepts(self, resource: Resource) -> bool:
        """Take what is named so."""
        return resource.suffix in {".txt", ".text"}

    def read(self, resource: Resource, options: ReadOptions) -> Iterator[Reading]:
        """Yield the letter."""
        content = read_whole(resource, options.limits)
        written = Written(text=text_of(content), media_type="text/plain", content=content)
        yield draft_of(written, resource, options)


def text_of(content: bytes, declared: str | None = None) -> str:
    """Return a text's characters. Raises UnreadableError."""
    if content.startswith(OTHERS):
        message = Wording(
            "This is no text, whatever its name says. Give the file the ending of its own form, or export it as one."
        )
        raise UnreadableError(RejectionReason.UNREADABLE, message)
    return decode(content, declared).text
