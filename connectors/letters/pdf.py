"""Letters as PDF: their text layer, and what is written in pages that are pictures.

The only module that imports the library which reads them.
"""

from __future__ import annotations

import io
import logging
import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pypdf
from pypdf.errors import FileNotDecryptedError, LimitReachedError

from connectors.connector import UnreadableError
from connectors.encodings import is_plausible
from connectors.letters import page_lines, recognising, symbols
from connectors.letters.drafting import Written, draft_of, read_whole
from connectors.letters.paragraphs import ENDS, Line, joined, without_marks
from connectors.letters.pdf_fields import filled_in
from connectors.letters.recognising import Recognised
from connectors.letters.scans import letter_of
from graph.records import Channel, RejectionReason
from graph.text.ideographs import as_ideographs
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pypdf import PageObject

    from connectors.connector import Limits, ReadOptions, Resource
    from graph.records import Reading

MEDIA_TYPE: Final = "application/pdf"
MOST_PAGES: Final = 2_000
HEAD: Final = 1_024
"""Bytes within which a PDF must say that it is one."""
_PRIVATE: Final = re.compile("[\ue000-\uf8ff]")
PRIVATE_SHARE: Final = 0.1
"""Of a text's characters that may be private ones: a rare name or a logo, where more are a font that tells nothing."""
SPARSE: Final = 50
"""Characters of a page below which it may be a picture, with the mark of a scanner or a stamp in its text layer."""
LARGE: Final = 400_000
"""Pixels of a page's pictures from which on they may be the page: an A4 page at 65 dots per inch. Logos have fewer."""
MORE: Final = 2
"""How many times as long as its text layer what is recognised of a page must be to take its place."""


@dataclass(frozen=True, slots=True)
class _Page:
    """A page's text layer, and whether the page is a picture."""

    lines: Sequence[Line] = ()
    is_picture: bool = False


# What the library would log quotes what it read; the faults that matter are refusals.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class PdfLetter:
    """A letter as a PDF."""

    name: str = "letter as PDF"
    channel: Channel = Channel.LETTER

    def accepts(self, resource: Resource) -> bool:
        """Take what is named so."""
        return resource.suffix == ".pdf"

    def read(self, resource: Resource, options: ReadOptions) -> Iterator[Reading]:
        """Yield the letter."""
        content = read_whole(resource, options.limits)
        found = written_in(content, options.limits)
        if found.confidence is None:
            yield draft_of(Written(text=found.text, media_type=MEDIA_TYPE, content=content), resource, options)
        else:
            yield draft_of(letter_of(found, MEDIA_TYPE, content), resource, options)


def written_in(content: bytes, limits: Limits) -> Recognised:
    """Return what is written in it: its text layer, with pages that are pictures recognised. Raises UnreadableError."""
    pages = _opened(content, limits)
    text = joined(line for page in pages for line in page.lines)
    told = bool(text) and _is_told(text)
    pictures = [number for number, page in enumerate(pages) if page.is_picture]
    if told and not pictures:
        return Recognised(text, None)
    typed = told and len(pictures) < len(pages)
    try:
        found = recognising.recognise(content, limits, pdf=True, pages=pictures if typed else None)
    except UnreadableError as error:
        if typed:  # as much as can be read without
            return Recognised(text, None)
        raise (_untold(error) if text and not told else error) from error
    return _completed(pages if told else [_Page() for _ in pages], {page["page"]: page for page in found})


def _completed(pages: Sequence[_Page], found: Mapping[int, recognising.Page]) -> Recognised:
    """Return the text of pages, of each what was recognised where that says more than its text layer."""
    lines: list[Line] = []
    used: list[recognising.Page] = []
    for number, page in enumerate(pages):
        read = list(page_lines.lines_of(found[number])) if number in found else []
        if sum(len(line.text) for line in read) > MORE * sum(len(line.text) for line in page.lines):
            used.append(found[number])
            lines += read
        else:
            lines += page.lines
    return Recognised(joined(lines), page_lines.confidence(used) if used else None)


def _opened(content: bytes, limits: Limits) -> list[_Page]:
    if b"%PDF" not in content[:HEAD]:
        message = Wording("This is no PDF, whatever its name says. Open it with its own program and export it as one.")
        raise UnreadableError(RejectionReason.UNREADABLE, message)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _with_lines(_pages(content, limits))
    except FileNotDecryptedError as error:
        raise _locked() from error
    except (LimitReachedError, RecursionError) as error:
        message = Wording("Something in it unpacks to far more than a letter holds. Print it as a PDF anew.")
        raise UnreadableError(RejectionReason.BOMB, message) from error
    except UnreadableError:
        raise
    except Exception as error:
        # The library raises whatever a damaged object makes it stumble over, from its own errors to KeyError.
        message = Wording("It is cut off or damaged. Copy it again, or print it as a PDF anew.")
        raise UnreadableError(RejectionReason.UNREADABLE, message) from error


def _pages(content: bytes, limits: Limits) -> Iterator[tuple[str, bool]]:
    """Yield the text layer of each page, and whether the page is a picture. Raises whatever the library does."""
    reader = pypdf.PdfReader(io.BytesIO(content))
    if reader.is_encrypted and not reader.decrypt(""):  # many are locked against printing only
        raise _locked()
    if len(reader.pages) > MOST_PAGES:
        message = Wording(
            "It has {count} pages, at most {most} are read. Split it.", count=len(reader.pages), most=MOST_PAGES
        )
        raise UnreadableError(RejectionReason.TOO_LARGE, message)
    size = 0
    for page in reader.pages:
        text = _text(page)
        size += len(text)
        if size > limits.text:
            message = Wording(
                "It holds more than {text} characters. Send it as an attachment of a letter.", text=limits.text
            )
            raise UnreadableError(RejectionReason.TOO_LARGE, message)
        yield text, len("".join(text.split())) < SPARSE and _pixels(page.get("/Resources")) >= LARGE


def _with_lines(pages: Iterable[tuple[str, bool]]) -> list[_Page]:
    """Return pages with their lines, which are full where they are as long as the longest of all."""
    given = [(without_marks(text.splitlines(), str), is_picture) for text, is_picture in pages]
    widest = max((len(line) for lines, _ in given for line in lines), default=0)
    return [_Page([_line(line, widest) for line in lines], is_picture) for lines, is_picture in given]


def _line(text: str, widest: int) -> Line:
    return Line(text, widest > 10 and len(text) >= widest - 1 and not (len(text) < widest and text.endswith(ENDS)))


def _pixels(resources: Any) -> int:
    """Return how many pixels the pictures of a page have, also those within its forms, each once."""
    count, seen, waiting = 0, set[int](), [resources]
    while waiting:
        for held in ((waiting.pop() or {}).get("/XObject") or {}).values():
            one = held.get_object()
            if id(one) in seen:
                continue
            seen.add(id(one))
            if one.get("/Subtype") == "/Image":
                count += int(one.get("/Width", 0)) * int(one.get("/Height", 0))
            waiting.append(one.get("/Resources"))
    return count


def _text(page: PageObject) -> str:
    """Return what a page says, its fonts' signs as the characters that they draw."""
    pieces: list[str] = []

    def visit(
        text: str, _matrix: object, _text_matrix: object, font: Mapping[str, object] | None, _size: float
    ) -> None:
        pieces.append(symbols.drawn(text, str((font or {}).get("/BaseFont", "")), decoded=True))

    page.extract_text(visitor_text=visit)
    lines = ["".join(pieces), *filter(str.strip, filled_in(page))]
    return symbols.as_typed(as_ideographs("\n".join(lines)))


def _is_told(text: str) -> bool:
    """Tell whether a text layer says its characters; the few private ones that no table knows stay as they are."""
    told = _PRIVATE.sub("", text)
    return len(told) >= (1 - PRIVATE_SHARE) * len(text) and is_plausible(told)


def _untold(why: UnreadableError) -> UnreadableError:
    message = Wording(
        "Its text layer cannot be told into characters: its fonts do not say which. {message}", message=why.message
    )
    return UnreadableError(RejectionReason.ENCODING, message)


def _locked() -> UnreadableError:
    message = Wording("It is protected by a password. Save it without one and take that in.")
    return UnreadableError(RejectionReason.ENCRYPTED, message)
