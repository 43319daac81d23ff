"""Mail as it is, not as it should be: headers in raw Chinese, labels that lie, parts that break off.

The library's older classes parse here: the newer ones raise on headers that are malformed in ways that mail is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email import errors, message_from_bytes, policy
from email.header import decode_header
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from connectors.connector import UnreadableError
from connectors.encodings import decode
from connectors.letters import markup
from connectors.letters.senders import name_and_address
from graph.records import RejectionReason

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

Mail: TypeAlias = "Message[str, str]"
MOST_PARTS: Final = 1_000
"""Parts of a mail: real ones have some dozens at most."""
HEADERS: Final = ("from", "subject", "date", "message-id", "received")
"""A file that has none of these is no mail."""
MOST_LEVELS: Final = 50
"""Parts in parts, mails in mails among them: the library compares each line with the edges of all of them."""
LONGEST_HEADER: Final = 4_000
_OF_PARAMETERS: Final = frozenset({"content-type", "content-disposition"})
"""Headers that the library takes apart by going back to their beginning at each semicolon."""
_AS_IT_IS: Final = policy.compat32.clone(max_line_length=None, mangle_from_=False)
_BROKEN: Final = (
    errors.InvalidBase64PaddingDefect,
    errors.InvalidBase64CharactersDefect,
    errors.InvalidBase64LengthDefect,
)
_CUT_OFF: Final = (errors.CloseBoundaryNotFoundDefect, errors.StartBoundaryNotFoundDefect)
_WORD: Final = re.compile(r"=\?[^?\s]{1,40}\?[bBqQ]\?[^?]*\?=")


@dataclass(slots=True)
class Parts:
    """What a mail consists of: its words, what is attached, and mails within it."""

    text: str = ""
    leaves: list[Mail] = field(default_factory=list)
    mails: list[Mail] = field(default_factory=list)


class _Bounded(policy.Compat32):
    """Reads headers as they are, but none that takes longer than it is long."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        if len(value) > LONGEST_HEADER and name.lower() in _OF_PARAMETERS:
            message = f"A header {name.title()} has {len(value)} characters, at most {LONGEST_HEADER} are read."
            raise UnreadableError(RejectionReason.BOMB, f"{message} Forward the letter itself.")
        return name, value


class _Part(Message):
    """A part that knows how deep it stands, so that reading ends where they stand too deep."""

    level = 0

    def attach(self, payload: Any) -> None:
        payload.level = self.level + 1
        if payload.level > MOST_LEVELS:
            message = f"Its parts stand in parts more than {MOST_LEVELS} deep. Forward the letter itself."
            raise UnreadableError(RejectionReason.BOMB, message)
        super().attach(payload)


def parse(content: bytes, depth: int) -> Mail:
    """Return a mail. Raises UnreadableError where it is none, breaks off, or nests too deeply."""
    mail = message_from_bytes(content, _Part, policy=_Bounded())
    if not any(name in mail for name in HEADERS):
        message = "This is no mail, whatever its name says: it has no headers. Save the mail anew as .eml."
        raise UnreadableError(RejectionReason.UNREADABLE, message)
    level, parts, deepest = [mail], 0, 0
    while level:
        parts += len(level)
        if parts > MOST_PARTS:
            message = f"It has more than {MOST_PARTS} parts. Pack the attachments into one file."
            raise UnreadableError(RejectionReason.BOMB, message)
        if any(isinstance(defect, _CUT_OFF) for part in level for defect in part.defects):
            message = "It is cut off: its last part does not end. Copy it again from the mail program."
            raise UnreadableError(RejectionReason.UNREADABLE, message)
        deepest += any(part.get_content_type() == "message/rfc822" for part in level)
        if deepest > depth:
            message = f"Mails stand in mails more than {depth} deep. Forward the letter itself."
            raise UnreadableError(RejectionReason.BOMB, message)
        level = [inner for part in level for inner in _inner(part)]
    return mail


def _inner(part: Mail) -> list[Mail]:
    payload = part.get_payload()
    return [inner for inner in payload if isinstance(inner, Message)] if isinstance(payload, list) else []


def header(mail: Mail, name: str) -> str | None:
    """Return a header's text, decoded. Raises UnreadableError where its characters cannot be told."""
    raw = next((value for key, value in mail.raw_items() if key.lower() == name), None)
    if raw is None:
        return None
    return unfolded(_bytes(raw)[:LONGEST_HEADER])


def unfolded(raw: bytes) -> str:
    """Return a header's text from its bytes, nothing where it is encoded wrongly."""
    text = raw.decode("ascii") if raw.isascii() else decode(raw).text
    text = re.sub(r"\r?\n[ \t]*", " ", text)
    if not _WORD.search(text):
        return text.strip()
    try:
        words = decode_header(text)
    except errors.HeaderParseError:
        return ""
    pieces = []
    for piece, charset in words:
        if isinstance(piece, str):
            pieces.append(piece)
        elif charset is None:
            pieces.append(piece.decode("raw-unicode-escape"))
        else:
            pieces.append(decode(piece, charset).text)
    return "".join(pieces).strip()


def _bytes(raw: str) -> bytes:
    """Return what the parser read: it keeps bytes that are not ASCII as half characters."""
    return raw.encode("utf-8", "surrogateescape")


def sender(mail: Mail) -> tuple[str | None, str | None]:
    """Return the sender's name and address; None for what is not there."""
    raw = next((value for key, value in mail.raw_items() if key.lower() == "from"), "")[:LONGEST_HEADER]
    if _bytes(raw).isascii():
        name, address = name_and_address(re.sub(r"\r?\n[ \t]*", " ", raw))
        name = unfolded(_bytes(name))
    else:
        name, address = name_and_address(unfolded(_bytes(raw)))
    name = name.strip("\"' \t")
    if "@" not in address:
        address = ""
    return (None if not name or "@" in name else name), address or None


def times(mail: Mail) -> Iterator[str]:
    """Yield what says when a mail came, as written: the last station's stamp first, then the sender's own."""
    for name in ("received", "date"):
        said = header(mail, name)
        if said is not None:
            yield said.rpartition(";")[2].strip()


def moment(written: str) -> datetime | None:
    """Read a mail's date, naive where it names no zone; None where it is none."""
    try:
        return parsedate_to_datetime(written)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def file_name(part: Mail) -> str | None:
    """Return the name of an attachment, whichever way it is encoded."""
    for name, place in (("filename", "content-disposition"), ("name", "content-type")):
        given = part.get_param(name, header=place)
        if given is None:
            continue
        try:
            if isinstance(given, tuple):
                charset, _, value = given
                return decode(value.encode("raw-unicode-escape"), charset or None).text
            return unfolded(_bytes(given))
        except (UnreadableError, UnicodeError):
            return None
    return None


def content_of(part: Mail) -> bytes:
    """Return what is attached. Raises UnreadableError where it is broken."""
    content = part.get_payload(decode=True)
    if any(isinstance(defect, _BROKEN) for defect in part.defects):
        message = "Its base64 is broken: the file was damaged on its way. Ask for it again."
        raise UnreadableError(RejectionReason.UNREADABLE, message)
    return content if isinstance(content, bytes) else b""


def bytes_of(mail: Mail) -> bytes:
    """Return a mail within a mail as a file of its own."""
    try:
        return mail.as_bytes(policy=_AS_IT_IS)
    except (errors.MessageError, ValueError, LookupError, TypeError, AttributeError):
        return b""  # what is malformed in ways that the library reads but does not write


def parts_of(mail: Mail) -> Parts:
    """Take a mail apart. Raises UnreadableError where its words cannot be read."""
    kind = mail.get_content_type()
    if kind == "message/rfc822":
        return Parts(mails=_inner(mail))
    if mail.is_multipart():
        inner = [parts_of(part) for part in _inner(mail)]
        text = _best(mail, inner) if kind == "multipart/alternative" else _joined(inner)
        return Parts(
            text, [leaf for one in inner for leaf in one.leaves], [each for one in inner for each in one.mails]
        )
    if kind in {"text/plain", "text/html"} and not _is_attached(mail):
        return Parts(_words(mail, kind))
    return Parts(leaves=[mail])


def _is_attached(part: Mail) -> bool:
    return part.get_content_disposition() == "attachment" or file_name(part) is not None


def _words(part: Mail, kind: str) -> str:
    charset = part.get_param("charset")
    label = charset[2] if isinstance(charset, tuple) else charset
    content = content_of(part)
    if kind == "text/html":
        return markup.text_of(content, label)
    return decode(content, label).text.strip()


def _joined(inner: list[Parts]) -> str:
    return "\n\n".join(one.text for one in inner if one.text)


def _best(mail: Mail, inner: list[Parts]) -> str:
    """Return the same words as they are plain, unless those only say that there are others."""
    plain = [one.text for part, one in zip(_inner(mail), inner, strict=True) if part.get_content_type() == "text/plain"]
    longest = max((one.text for one in inner), key=len, default="")
    text = plain[0] if plain else ""
    return text if len(text) * 2 >= len(longest) else longest
