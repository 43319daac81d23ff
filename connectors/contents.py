"""What a table is by its first bytes, whatever its name says: programs write one form under the name of another."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from connectors.archives import NO_MEMBERS, OLE, ZIP
from connectors.connector import UnreadableError
from graph.records import RejectionReason
from wording import Wording

if TYPE_CHECKING:
    from connectors.connector import Resource

LOOKED_AT: Final = 4_096
"""Bytes from which the form is told."""
_OLDEST: Final = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x08")
"""How workbooks of before 1997 begin, which stand in no container."""
_OTHERS: Final = (b"%PDF", b"{\\rtf", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b")
_ARCHIVED: Final = re.compile(rb"\s*(?:mime-version|from|x-ole|content-type):[^\n]*\n", re.IGNORECASE)
"""How a web page that was saved with all its pictures in one file begins: as a mail does."""
_MARKUP: Final = re.compile(
    r"\s*+(?:<!--|<\?xml|<!doctype\s|<(?:html|head|meta|body|table|thead|tbody|tr|style|div|center|font)\b)",
    re.IGNORECASE,
)


class Content(Enum):
    """How a table is read."""

    WORKBOOK = auto()
    MARKUP = auto()
    """A web page, or a workbook written as XML."""
    TEXT = auto()


def content_of(resource: Resource) -> Content:
    """Tell how to read what is called a table. Raises UnreadableError where it is none, OSError."""
    head = resource.head(LOOKED_AT)
    if head.startswith((OLE, ZIP, NO_MEMBERS)):
        return Content.WORKBOOK
    if head.startswith(_OLDEST):
        raise UnreadableError(RejectionReason.UNREADABLE, _TOO_OLD)
    if head.startswith(_OTHERS):
        raise UnreadableError(RejectionReason.UNREADABLE, _NO_TABLE)
    if _ARCHIVED.match(head) and b"multipart" in head.lower():
        raise UnreadableError(RejectionReason.UNREADABLE, _WEB_ARCHIVE)
    return Content.MARKUP if _MARKUP.match(_letters(head)) else Content.TEXT


def _letters(head: bytes) -> str:
    """Return what can be told of a text before its encoding is known: its letters of ASCII."""
    return head.replace(b"\0", b"").decode("ascii", "ignore")


_TOO_OLD: Final = Wording(
    "The workbook is in a form of before 1997. Open it in a spreadsheet program, save it as .xlsx and take that in."
)
_NO_TABLE: Final = Wording(
    "This is no table, whatever its name says. Open it with its own program and export the table as .xlsx or .csv."
)
_WEB_ARCHIVE: Final = Wording(
    "This is a web page that was saved with its pictures in one file. Open it in a spreadsheet "
    "program, save it as .xlsx and take that in."
)
