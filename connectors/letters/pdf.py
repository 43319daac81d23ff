"""Letters as PDF with a text layer. The only module that imports the library which reads them."""

from __future__ import annotations

import io
import logging
import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pypdf
from pypdf.errors import FileNotDecryptedError, LimitReachedError

from connectors import labels
from connectors.connector import UnreadableError
from connectors.encodings import is_plausible
from connectors.letters import symbols
from connectors.letters.drafting import Written, draft_of, read_whole
from graph.records import Channel, RejectionReason
from graph.text.ideographs import as_ideographs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pypdf import PageObject

    from connectors.connector import Limits, ReadOptions, Resource
    from graph.records import Reading

MEDIA_TYPE: Final = "application/pdf"
MOST_PAGES: Final = 2_000
HEAD: Final = 1_024
"""Bytes within which a PDF must say that it is one."""
_PAGE_NUMBER: Final = re.compile(
    r"\s*(?:[-—–]\s*\d{1,4}\s*[-—–]|第\s*\d{1,4}\s*页(?:\s*(?:[共/，,]\s*)?(?:共\s*)?\d{1,4}\s*页)?)\s*"
)
_ENDS: Final = tuple("。！？；：!?;:")
_BEGINNINGS: Final = ("  ", "\u3000", *"·•●○■□◆◇▪☐☑☒✓✔✗✘➢→★☆※")
"""How a line begins that goes on with nothing: set in, or with the sign of a list."""
_PRIVATE: Final = re.compile("[\ue000-\uf8ff]")
PRIVATE_SHARE: Final = 0.1
"""Of a text's characters that may be private ones: a rare name or a logo, where more are a font that tells nothing."""

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
        text = text_of(content, options.limits)
        if not text:
            message = (
                "It has no text layer: it is a picture of a letter. Run a text recognition over it, or enter the "
                "letter in the register of letters."
            )
            raise UnreadableError(RejectionReason.MISSING_FIELD, message)
        yield draft_of(Written(text=text, media_type=MEDIA_TYPE, content=content), resource, options)


def text_of(content: bytes, limits: Limits) -> str:
    """Return the text layer, empty where there is none. Raises UnreadableError."""
    if b"%PDF" not in content[:HEAD]:
        message = "This is no PDF, whatever its name says. Open it with its own program and export it as one."
        raise UnreadableError(RejectionReason.UNREADABLE, message)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pages = _pages(content, limits)
    except FileNotDecryptedError as error:
        raise _locked() from error
    except (LimitReachedError, RecursionError) as error:
        message = "Something in it unpacks to far more than a letter holds. Print it as a PDF anew."
        raise UnreadableError(RejectionReason.BOMB, message) from error
    except UnreadableError:
        raise
    except Exception as error:
        # The library raises whatever a damaged object makes it stumble over, from its own errors to KeyError.
        message = "It is cut off or damaged. Copy it again, or print it as a PDF anew."
        raise UnreadableError(RejectionReason.UNREADABLE, message) from error
    text = _unwrapped([line for page in pages for line in _lines(page)])
    if text and not _is_told(text):
        message = "Its text layer cannot be told into characters: its fonts do not say which. Run a text recognition."
        raise UnreadableError(RejectionReason.ENCODING, message)
    return text


def _pages(content: bytes, limits: Limits) -> list[str]:
    reader = pypdf.PdfReader(io.BytesIO(content))
    if reader.is_encrypted and not reader.decrypt(""):  # many are locked against printing only
        raise _locked()
    if len(reader.pages) > MOST_PAGES:
        message = f"It has {len(reader.pages)} pages, at most {MOST_PAGES} are read. Split it."
        raise UnreadableError(RejectionReason.TOO_LARGE, message)
    found: list[str] = []
    size = 0
    for page in reader.pages:
        found.append(_text(page))
        size += len(found[-1])
        if size > limits.text:
            message = f"It holds more than {limits.text} characters. Send it as an attachment of a letter."
            raise UnreadableError(RejectionReason.TOO_LARGE, message)
    return found


def _text(page: PageObject) -> str:
    """Return what a page says, its fonts' signs as the characters that they draw."""
    pieces: list[str] = []

    def visit(
        text: str, _matrix: object, _text_matrix: object, font: Mapping[str, object] | None, _size: float
    ) -> None:
        pieces.append(symbols.drawn(text, str((font or {}).get("/BaseFont", "")), decoded=True))

    page.extract_text(visitor_text=visit)
    return symbols.as_typed(as_ideographs("".join(pieces)))


def _is_told(text: str) -> bool:
    """Tell whether a text layer says its characters; the few private ones that no table knows stay as they are."""
    told = _PRIVATE.sub("", text)
    return len(told) >= (1 - PRIVATE_SHARE) * len(text) and is_plausible(told)


def _lines(page: str) -> list[str]:
    """Return a page's lines without its number at the foot or head."""
    lines = page.splitlines()
    while lines and not lines[-1].strip():
        lines.pop()
    for place in (-1, 0):
        if lines and _PAGE_NUMBER.fullmatch(lines[place]):
            lines.pop(place)
    return lines


def _unwrapped(lines: Sequence[str]) -> str:
    """Join lines that only the paper's edge parted: those that are full, before one that begins nothing new."""
    widest = max(map(len, lines), default=0)
    joined: list[str] = []
    full = False
    for line in lines:
        begins = not line.strip() or line.startswith(_BEGINNINGS) or _stands_alone(line)
        joined += ["\n", line] if begins or not full else [line]
        full = widest > 10 and len(line) >= widest - 1 and not (len(line) < widest and line.endswith(_ENDS))
    return "".join(joined).strip()


def _stands_alone(line: str) -> bool:
    """Tell whether a line is a date, or says what it is about."""
    return bool(labels.DATE.fullmatch(line.strip()) or labels.segments(line))


def _locked() -> UnreadableError:
    message = "It is protected by a password. Save it without one and take that in."
    return UnreadableError(RejectionReason.ENCRYPTED, message)
