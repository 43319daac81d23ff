"""Letters as Word documents (.docx). The only module that imports the library which reads them."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import docx
from docx.oxml import parse_xml
from docx.oxml.ns import qn

from connectors.archives import check_archive
from connectors.connector import Resource, UnreadableError
from connectors.letters import recognising
from connectors.letters.drafting import Written, draft_of, read_whole
from connectors.letters.recognising import Recognised
from connectors.letters.scans import letter_of
from connectors.letters.word_body import lines_of
from graph.records import Channel, RejectionReason
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from connectors.connector import Limits, ReadOptions
    from graph.records import Reading

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SUFFIXES: Final = frozenset({".docx", ".docm", ".doc", ".wps"})
"""The older ones are taken to be told what to do with them."""
_DECLARED: Final = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_PROLOGUE: Final = 65_536
"""Bytes of a member among which its declarations stand: the standard allows none."""
_BLIP: Final = qn("a:blip")
_IMAGE_DATA: Final = "{urn:schemas-microsoft-com:vml}imagedata"
_REFERENCES: Final = (qn("r:embed"), qn("r:id"))
_PICTURES: Final = (b"\xff\xd8\xff", b"\x89PNG", b"II*\0", b"MM\0*", b"BM", b"RIFF")
_NOTES: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}s"


@dataclass(frozen=True, slots=True)
class WordLetter:
    """A letter as a Word document."""

    name: str = "letter as Word document"
    channel: Channel = Channel.LETTER

    def accepts(self, resource: Resource) -> bool:
        """Take what is named so; what it really is, reading tells."""
        return resource.suffix in SUFFIXES

    def read(self, resource: Resource, options: ReadOptions) -> Iterator[Reading]:
        """Yield the letter."""
        content = read_whole(resource, options.limits)
        found = written_in(content, options.limits)
        if found.confidence is not None:
            yield draft_of(letter_of(found, MEDIA_TYPE, content), resource, options)
            return
        if not found.text:
            message = Wording("There is no text in it. Type it, or enter the letter in the register.")
            raise UnreadableError(RejectionReason.MISSING_FIELD, message)
        yield draft_of(Written(text=found.text, media_type=MEDIA_TYPE, content=content), resource, options)


def written_in(content: bytes, limits: Limits) -> Recognised:
    """Return what is written in it: its text, or what is recognised in its pictures. Raises UnreadableError."""
    text, pictures = _opened(content, limits)
    if text or not pictures:
        return Recognised(text, None)
    if len(pictures) > limits.pages > 0:
        message = Wording(
            "It holds {count} pictures and no text, at most {pages} are recognised. Split it.",
            count=len(pictures),
            pages=limits.pages,
        )
        raise UnreadableError(RejectionReason.TOO_LARGE, message)
    pages = [page for picture in pictures for page in recognising.recognise(picture, limits, pdf=False)]
    return recognising.told(pages)


def text_of(content: bytes, limits: Limits) -> str:
    """Return a document's text, a line for each paragraph and each row of a table. Raises UnreadableError."""
    return _opened(content, limits)[0]


def _opened(content: bytes, limits: Limits) -> tuple[str, list[bytes]]:
    """Return a document's text and its pictures."""
    check_archive(Resource.from_bytes("document", content), limits)
    _check_declarations(content)
    try:
        document = docx.Document(io.BytesIO(content))
        text = "\n".join(lines_of(document.element.body, _notes(document))).strip()
        return text, list(_pictures(document))
    except RecursionError as error:
        message = Wording("Its tables stand in tables too deeply. Save it anew as plain text.")
        raise UnreadableError(RejectionReason.BOMB, message) from error
    except Exception as error:
        # The library raises whatever the packages below it do: for a missing part, a wrong type, broken XML.
        message = Wording(
            "It is no Word document, or a damaged one. Open it in a word processor and save it anew as .docx."
        )
        raise UnreadableError(RejectionReason.UNREADABLE, message) from error


def _check_declarations(content: bytes) -> None:
    """Refuse XML that declares entities, whatever the parser would make of them."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for member in archive.infolist():
            if not member.filename.lower().endswith((".xml", ".rels")):
                continue
            with archive.open(member) as stream:
                head = stream.read(_PROLOGUE)
            if _DECLARED.search(head.replace(b"\0", b"")):  # in UTF-16 as well
                message = Wording("Its XML declares entities, which no word processor does. Save it anew in one.")
                raise UnreadableError(RejectionReason.BOMB, message)


def _pictures(document: Any) -> Iterator[bytes]:
    """Yield the pictures of a document in the order in which they stand there, each once, but for drawings."""
    shown = document.element.body.iter(_BLIP, _IMAGE_DATA)
    for key in dict.fromkeys(found for one in shown for name in _REFERENCES if (found := one.get(name))):
        part = document.part.related_parts.get(key)
        if part is not None and part.blob.startswith(_PICTURES):
            yield part.blob


def _notes(document: Any) -> Callable[[str, str], Any]:
    """Return what finds a note by its kind and id."""

    @cache
    def gathered(kind: str) -> dict[str, Any]:
        related = [one.target_part for one in document.part.rels.values() if one.reltype == _NOTES.format(kind)]
        trees = [parse_xml(part.blob) for part in related]
        return {note.get(qn("w:id"), ""): note for tree in trees for note in tree.findall(qn(f"w:{kind}"))}

    return lambda kind, key: gathered(kind).get(key)
