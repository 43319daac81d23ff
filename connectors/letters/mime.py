"""What a mail consists of: its words, what is attached, and mails within it, however they are wrapped and named."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from connectors.connector import UnreadableError
from connectors.encodings import decode
from connectors.letters import markup
from connectors.letters.flowed import unflowed
from connectors.letters.headers import charset_of
from connectors.letters.message import parsed
from connectors.letters.signed import signed_content
from graph.records import RejectionReason
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connectors.letters.message import Mail

WORDS: Final = frozenset({"text/plain", "text/html"})
SHORTEST_LETTER: Final = 50
"""Characters of words that are more than a remark on where others stand."""
MOST_PARTS: Final = 1_000
"""Parts of a mail: real ones have some dozens at most."""


@dataclass(slots=True)
class Parts:
    """What a mail consists of: its words, what is attached, and mails within it."""

    text: str = ""
    leaves: list[Mail] = field(default_factory=list)
    mails: list[Mail] = field(default_factory=list)


def parse(content: bytes, depth: int) -> Mail:
    """Return a mail. Raises UnreadableError where it is none, breaks off, or nests too deeply."""
    mail = parsed(content)
    if not mail.is_mail:
        message = Wording("This is no mail, whatever its name says: it has no headers. Save the mail anew as .eml.")
        raise UnreadableError(RejectionReason.UNREADABLE, message)
    level: list[tuple[Mail, bool]] = [(mail, False)]
    parts = deepest = 0
    while level:
        parts += len(level)
        if parts > MOST_PARTS:
            message = Wording("It has more than {most} parts. Pack the attachments into one file.", most=MOST_PARTS)
            raise UnreadableError(RejectionReason.BOMB, message)
        if any(part.is_cut_off and not within for part, within in level):
            message = Wording("It is cut off: its last part does not end. Copy it again from the mail program.")
            raise UnreadableError(RejectionReason.UNREADABLE, message)
        deepest += any(part.holds_mails for part, _ in level)
        if deepest > depth:
            message = Wording("Mails stand in mails more than {depth} deep. Forward the letter itself.", depth=depth)
            raise UnreadableError(RejectionReason.BOMB, message)
        level = [(inner, within or _is_whole(part)) for part, within in level for inner in _inner(part)]
    return mail


def _is_whole(part: Mail) -> bool:
    """Tell whether what stands in a part is all there, since its own end is."""
    return part.get_content_maintype() == "multipart" and not part.is_cut_off


def _inner(part: Mail) -> Sequence[Mail]:
    """Return the parts of a part, also those that another program wrapped; they are read once."""
    if part.opened is None:
        part.opened = list(_opened(part))
    return part.opened


def _opened(part: Mail) -> Iterator[Mail]:
    if part.is_multipart():
        if part.get_content_maintype() in {"multipart", "message"}:
            yield from part.parts
        return
    try:
        if part.holds_mails:
            inner = parsed(part.content(), part.level + 1)
            if inner.is_mail:
                yield inner
        elif part.is_sealed and (found := signed_content(part.content())) is not None:
            yield parsed(found, part.level + 1)
    except UnreadableError as error:
        if error.reason is RejectionReason.BOMB:
            raise  # what is only broken stays an attachment, and is told as such


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
    kind, inner = part.get_content_type(), _inner(part)
    if part.holds_mails and inner:
        return Parts(mails=list(inner))
    if part.is_sealed and inner:
        return _apart(inner[0], alone=alone)
    if inner:
        choice = kind == "multipart/alternative"
        apart = _alternatives(inner) if choice else [_apart(one) for one in inner]
        text = _best(inner, apart) if choice else _joined(apart)
        return Parts(
            text, [leaf for one in apart for leaf in one.leaves], [each for one in apart for each in one.mails]
        )
    if _is_words(part, kind, alone=alone):
        return Parts(_words(part))
    return Parts(leaves=[part])


def _alternatives(inner: Sequence[Mail]) -> list[Parts]:
    """Take the forms of the same words apart. One that cannot be read is a file where another says all of it."""
    apart, fault = [], None
    for one in inner:
        try:
            apart.append(_apart(one, alone=True))
        except UnreadableError as error:
            apart.append(Parts(leaves=[one]))
            fault = error
    if fault is not None and max(len(one.text) for one in apart) < SHORTEST_LETTER:
        raise fault
    return apart


def _is_words(part: Mail, kind: str, *, alone: bool) -> bool:
    """Tell whether a part is what a mail says, not what is attached: of several parts whole also one without edges."""
    if kind.startswith("multipart/"):
        return not _inner(part)
    return kind in WORDS and part.get_content_disposition() != "attachment" and (alone or part.name is None)


def _is_named_text(part: Mail) -> bool:
    return _is_words(part, part.get_content_type(), alone=True)


def _words(part: Mail) -> str:
    content, charset = part.content(), charset_of(part)
    if part.get_content_type() == "text/html":
        return markup.text_of(content, charset)
    text = decode(content, charset).text
    if _said(part, "format") == "flowed":
        text = unflowed(text, delete=_said(part, "delsp") == "yes")
    return text.strip()


def _said(part: Mail, name: str) -> str:
    """Return what a part's type says besides, in small letters."""
    given = part.get_param(name)
    return given.lower() if isinstance(given, str) else ""


def _joined(apart: Sequence[Parts]) -> str:
    return "\n\n".join(one.text for one in apart if one.text)


def _best(inner: Sequence[Mail], apart: Sequence[Parts]) -> str:
    """Return the same words as they are plain, unless those only say that there are others."""
    plain = [one.text for part, one in zip(inner, apart, strict=True) if part.get_content_type() == "text/plain"]
    longest = max((one.text for one in apart), key=len, default="")
    text = plain[0] if plain else ""
    return text if len(text) * 2 >= len(longest) else longest
