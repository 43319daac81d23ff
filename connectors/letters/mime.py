"""Mail as it is, not as it should be: labels that lie, parts that break off, mails and signatures around others.

The library's older classes parse here: the newer ones raise on headers that are malformed in ways that mail is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email import errors, message_from_bytes, policy
from email.message import Message
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from connectors.connector import UnreadableError
from connectors.encodings import decode
from connectors.letters import markup, signed
from connectors.letters.framing import framed
from connectors.letters.headers import LONGEST, charset_of, file_name
from connectors.letters.transfer import WRAPPED, encoding_of, unwrapped
from graph.records import RejectionReason

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Mail: TypeAlias = "Message[str, str]"
MAILS: Final = frozenset({"message/rfc822", "message/global", "message/news"})
WORDS: Final = frozenset({"text/plain", "text/html"})
MOST_PARTS: Final = 1_000
"""Parts of a mail: real ones have some dozens at most."""
HEADERS: Final = ("from", "to", "subject", "date", "message-id", "received", "mime-version", "content-type")
"""A file that has none of these is no mail."""
MOST_LEVELS: Final = 50
"""Parts in parts, mails in mails among them: the library compares each line with the edges of all of them."""
_OF_PARAMETERS: Final = frozenset({"content-type", "content-disposition"})
"""Headers that the library takes apart by going back to their beginning at each semicolon."""
_AS_IT_IS: Final = policy.compat32.clone(max_line_length=None, mangle_from_=False)
_CUT_OFF: Final = (errors.CloseBoundaryNotFoundDefect, errors.StartBoundaryNotFoundDefect)
_UNPARTED: Final = re.compile(r"\A(\s*[\w!#$&^.+-]+/[\w!#$&^.+-]+)\s+(?=[\w-]+\s*=)")
"""A type whose program forgot the semicolon behind it."""
_TYPE: Final = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+")


@dataclass(slots=True)
class Parts:
    """What a mail consists of: its words, what is attached, and mails within it."""

    text: str = ""
    leaves: list[Mail] = field(default_factory=list)
    mails: list[Mail] = field(default_factory=list)


class _AsWritten(policy.Compat32):
    """Reads headers as they are, but none that takes longer than it is long; how a part is wrapped as it is meant."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        if len(value) > LONGEST and name.lower() in _OF_PARAMETERS:
            message = f"A header {name.title()} has {len(value)} characters, at most {LONGEST} are read."
            raise UnreadableError(RejectionReason.BOMB, f"{message} Forward the letter itself.")
        match name.lower():
            case "content-transfer-encoding":
                return name, encoding_of(value)
            case "content-type":
                return name, _UNPARTED.sub(r"\1; ", value)
        return name, value

    def header_fetch_parse(self, name: str, value: str) -> str:  # noqa: ARG002 - the library calls it so
        return value  # else bytes that are not ASCII become question marks


class _Part(Message):
    """A part that knows how deep it stands, so that reading ends where they stand too deep, and what it wraps."""

    _payload: object

    def __init__(self, *args: Any, level: int = 0, **named: Any) -> None:
        super().__init__(*args, **named)
        self.level = level
        self.opened: Sequence[Mail] | None = None

    def attach(self, payload: Any) -> None:
        payload.level = self.level + 1
        _check_level(payload.level)
        super().attach(payload)

    def get_content_type(self) -> str:
        """Return the type without what is no part of one: blanks, remarks."""
        given = super().get_content_type()
        found = _TYPE.match(given)
        return found[0] if found else given

    def get_content_maintype(self) -> str:
        """Return the first half of the type, by which the parser reads on: what is wrapped is read later."""
        kind = self.get_content_type()
        if kind.startswith("message/") and (kind not in MAILS or self.encoding in WRAPPED):
            return "application"
        return kind.partition("/")[0]

    @property
    def parts(self) -> Sequence[Mail]:
        """Return the parts that the parser found."""
        return self._payload if isinstance(self._payload, list) else ()

    @property
    def encoding(self) -> str:
        return str(self.get("content-transfer-encoding", ""))

    def content(self) -> bytes:
        """Return what stands in it. Raises UnreadableError where that is broken."""
        if self.is_multipart():
            return b"".join(bytes_of(part) for part in self.parts)
        # Asked for its text, the library puts question marks for what its label cannot say.
        return unwrapped(str(self._payload or "").encode("utf-8", "surrogateescape"), self.encoding)


def parse(content: bytes, depth: int) -> Mail:
    """Return a mail. Raises UnreadableError where it is none, breaks off, or nests too deeply."""
    mail = _parsed(content, 0)
    if not _is_mail(mail):
        message = "This is no mail, whatever its name says: it has no headers. Save the mail anew as .eml."
        raise UnreadableError(RejectionReason.UNREADABLE, message)
    level: list[tuple[Mail, bool]] = [(mail, False)]
    parts = deepest = 0
    while level:
        parts += len(level)
        if parts > MOST_PARTS:
            message = f"It has more than {MOST_PARTS} parts. Pack the attachments into one file."
            raise UnreadableError(RejectionReason.BOMB, message)
        if any(_is_cut_off(part) and not within for part, within in level):
            message = "It is cut off: its last part does not end. Copy it again from the mail program."
            raise UnreadableError(RejectionReason.UNREADABLE, message)
        deepest += any(_holds_mails(part) for part, _ in level)
        if deepest > depth:
            message = f"Mails stand in mails more than {depth} deep. Forward the letter itself."
            raise UnreadableError(RejectionReason.BOMB, message)
        level = [(inner, within or _is_whole(part)) for part, within in level for inner in inner_of(part)]
    return mail


def _parsed(content: bytes, level: int) -> Mail:
    _check_level(level)
    return message_from_bytes(framed(content), partial(_Part, level=level), policy=_AsWritten())


def _check_level(level: int) -> None:
    if level > MOST_LEVELS:
        message = f"Its parts stand in parts more than {MOST_LEVELS} deep. Forward the letter itself."
        raise UnreadableError(RejectionReason.BOMB, message)


def _is_mail(part: Mail) -> bool:
    return any(name in part for name in HEADERS)


def _is_cut_off(part: Mail) -> bool:
    return any(isinstance(defect, _CUT_OFF) for defect in part.defects)


def _is_whole(part: Mail) -> bool:
    """Tell whether what stands in a part is all there, since its own end is."""
    return part.get_content_maintype() == "multipart" and not _is_cut_off(part)


def _holds_mails(part: Mail) -> bool:
    kind = part.get_content_type()
    return kind in MAILS or (kind.startswith(("application/", "text/plain")) and _is_named(part, ".eml"))


def inner_of(part: Mail) -> Sequence[Mail]:
    """Return the parts of a part, also those that another program wrapped; they are read once."""
    if isinstance(part, _Part):
        if part.opened is None:
            part.opened = list(_opened(part))
        return part.opened
    return ()


def _opened(part: _Part) -> Iterator[Mail]:
    if part.is_multipart():
        if part.get_content_type() in MAILS or part.get_content_maintype() == "multipart":
            yield from part.parts
        return
    try:
        if _holds_mails(part):
            inner = _parsed(part.content(), part.level + 1)
            if _is_mail(inner):
                yield inner
        elif is_sealed(part) and (found := signed.signed_content(part.content())) is not None:
            yield _parsed(found, part.level + 1)
    except UnreadableError as error:
        if error.reason is RejectionReason.BOMB:
            raise  # what is only broken stays an attachment, and is told as such


def is_sealed(part: Mail) -> bool:
    """Tell whether a part says that it holds others, signed or encrypted."""
    kind = part.get_content_type()
    return kind in signed.MEDIA_TYPES or (kind.startswith("application/") and _is_named(part, ".p7m"))


def _is_named(part: Mail, suffix: str) -> bool:
    return (file_name(part) or "").lower().endswith(suffix)


def content_of(part: Mail) -> bytes:
    """Return what is attached. Raises UnreadableError where it is broken."""
    return part.content() if isinstance(part, _Part) else b""


def bytes_of(mail: Mail) -> bytes:
    """Return a mail within a mail as a file of its own."""
    try:
        return mail.as_bytes(policy=_AS_IT_IS)
    except (errors.MessageError, ValueError, LookupError, TypeError, AttributeError):
        return b""  # what is malformed in ways that the library reads but does not write


def parts_of(mail: Mail) -> Parts:
    """Take a mail apart. Raises UnreadableError where its words cannot be read."""
    parts = _apart(mail, alone=True)
    if not parts.text:  # some programs name the letter's own words like a file
        named = next((leaf for leaf in parts.leaves if _is_named_text(leaf)), None)
        if named is not None:
            parts.leaves.remove(named)
            parts.text = _words(named)
    return parts


def _apart(part: Mail, *, alone: bool = False) -> Parts:
    """Take a part apart; `alone` where nothing else can be the words."""
    kind, inner = part.get_content_type(), inner_of(part)
    if _holds_mails(part) and inner:
        return Parts(mails=list(inner))
    if is_sealed(part) and inner:
        return _apart(inner[0], alone=alone)
    if inner:
        choice = kind == "multipart/alternative"
        apart = [_apart(one, alone=choice) for one in inner]
        text = _best(inner, apart) if choice else _joined(apart)
        return Parts(
            text, [leaf for one in apart for leaf in one.leaves], [each for one in apart for each in one.mails]
        )
    if _is_words(part, kind, alone=alone):
        return Parts(_words(part))
    return Parts(leaves=[part])


def _is_words(part: Mail, kind: str, *, alone: bool) -> bool:
    """Tell whether a part is what a mail says, not what is attached: of several parts whole also one without edges."""
    if kind.startswith("multipart/"):
        return not inner_of(part)
    return kind in WORDS and part.get_content_disposition() != "attachment" and (alone or file_name(part) is None)


def _is_named_text(part: Mail) -> bool:
    return _is_words(part, part.get_content_type(), alone=True)


def _words(part: Mail) -> str:
    content, charset = content_of(part), charset_of(part)
    if part.get_content_type() == "text/html":
        return markup.text_of(content, charset)
    return decode(content, charset).text.strip()


def _joined(apart: Sequence[Parts]) -> str:
    return "\n\n".join(one.text for one in apart if one.text)


def _best(inner: Sequence[Mail], apart: Sequence[Parts]) -> str:
    """Return the same words as they are plain, unless those only say that there are others."""
    plain = [one.text for part, one in zip(inner, apart, strict=True) if part.get_content_type() == "text/plain"]
    longest = max((one.text for one in apart), key=len, default="")
    text = plain[0] if plain else ""
    return text if len(text) * 2 >= len(longest) else longest
