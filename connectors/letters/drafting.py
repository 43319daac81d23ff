"""From what a letter's file says to a draft: its title, its day, who signed it, what is kept of it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

import orjson

from connectors import labels, values
from connectors.connector import UnreadableError
from connectors.encodings import check_characters
from connectors.labels import Label
from connectors.letters.senders import with_sender
from connectors.letters.signing import read_signed
from connectors.moments import Clock
from connectors.rows import title_of
from connectors.values import ValueFault
from graph.records import MAX_KEPT, Channel, DocumentDraft, Draft, LetterDetails, RejectionReason
from graph.text.ideographs import as_ideographs
from wording import Wording

if TYPE_CHECKING:
    from connectors.connector import Limits, ReadOptions, Resource
    from connectors.letters.signing import Signed

LONGEST_TITLE: Final = 60
"""Characters of a first line that is a title rather than the beginning of the text."""
_SALUTATION: Final = re.compile(r"[：:，,]$|^(?:尊敬|敬爱|亲爱|您好|你好|各位)|(?:您好|你好)[！!。]?$")
_BLANK_LINES: Final = re.compile(r"\n{3,}")
_NUMERALS: Final = {char: str(digit % 10) for digit, char in enumerate("〇一二三四五六七八九零○Ｏ")} | {
    "零": "0", "○": "0", "Ｏ": "0",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A letter as its file gives it, not yet read for who signed it."""

    text: str
    media_type: str
    content: bytes
    """The file."""
    title: str | None = None
    external_id: str | None = None
    imprint: str = ""
    received_at: datetime | None = None
    sender: str | None = None
    email: str | None = None
    documents: tuple[DocumentDraft, ...] = ()
    enclosures: int | None = None
    confidence: float | None = None
    """How sure the recognition of its text was; None where it was not recognised in a picture."""
    is_picture: bool = False
    """Whether the file is a picture of the letter, and so a document: its text may be recognised wrongly."""
    whole: bool = True
    """Whether all that it says is in text and documents; else a file too large for a payload becomes a document."""


def read_whole(resource: Resource, limits: Limits) -> bytes:
    """Return a letter's file. Raises UnreadableError where it is empty or too large, OSError."""
    size = resource.size
    if size > limits.letter:
        message = Wording(
            "The file has {size} bytes, at most {letter} are read. Send its attachments apart.",
            size=size,
            letter=limits.letter,
        )
        raise UnreadableError(RejectionReason.TOO_LARGE, message)
    content = resource.read()
    if not content.strip(b" \t\r\n\0\xef\xbb\xbf\xff\xfe"):
        raise UnreadableError(RejectionReason.EMPTY, Wording("The file is empty. Copy it again."))
    return content


def draft_of(written: Written, resource: Resource, options: ReadOptions, where: str = "") -> Draft:
    """Return the draft of a letter. Raises UnreadableError."""
    text = as_ideographs(_tidy(written.text))
    if len(text) > options.limits.text:
        message = Wording(
            "{count} characters stand there, at most {text} are read. Send it as an attachment.",
            count=len(text),
            text=options.limits.text,
        )
        raise UnreadableError(RejectionReason.TOO_LARGE, message, where=where)
    check_characters(f"{written.title or ''}{written.sender or ''}{written.email or ''}{text}")
    given = as_ideographs(written.title or "") or None
    signed = read_signed(text, title=given)
    title, body = _titled(given or signed.title, signed.text)
    if not body:
        message = Wording(
            "There is no text in it: nothing could be handled. Type the letter, or enter it in the register."
        )
        raise UnreadableError(RejectionReason.MISSING_FIELD, message, where=where)
    clock = Clock.at(options.zone, datetime.now(UTC))
    documents = _documents(written, resource, options.limits)
    return Draft(
        channel=Channel.LETTER,
        source=options.source,
        external_id=written.external_id,
        imprint=written.imprint,
        received_at=written.received_at or _received(signed, resource, clock),
        title=title,
        text=body,
        confidence=written.confidence,
        payload=_payload(written.content),
        position=f"{resource.name} {where}".strip(),
        mentions=with_sender(signed.mentions, written.sender, written.email),
        documents=documents,
        details=LetterDetails(
            postmarked_on=_day(signed.dates.get(Label.POSTMARKED), clock),
            signatories=signed.signatories,
            enclosures=written.enclosures,
        ),
    )


def _tidy(text: str) -> str:
    """Return a text with one kind of line end and at most one blank line between paragraphs."""
    lines = re.split(r"\r{0,2}\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]", text)
    return _BLANK_LINES.sub("\n\n", "\n".join(line.rstrip(values.STRIPPED) for line in lines)).strip("\n")


def _titled(given: str | None, text: str) -> tuple[str, str]:
    """Return title and text: a first line that is a title is no text."""
    if given and (title := " ".join(given.split())):
        return title, text or title
    first, _, rest = text.partition("\n")
    first, rest = first.strip(values.STRIPPED), rest.strip(values.STRIPPED)
    if rest and first and len(first) <= LONGEST_TITLE and not _is_prose(first):
        return first, rest
    lines = [line for line in text.split("\n") if line.strip() and not _SALUTATION.search(line.strip(values.STRIPPED))]
    return title_of("\n".join(lines) or text), text


def _is_prose(line: str) -> bool:
    return bool(_SALUTATION.search(line)) or line.endswith(("。", "！", "？", "；", "!", "?", ";", "."))


def _received(signed: Signed, resource: Resource, clock: Clock) -> datetime:
    """Return when a letter came in: as it says, else the day it was written, else when its file was made.

    The day in the letter stays the same however often its file is copied, and starts no clock late.
    """
    said = signed.dates.get(Label.RECEIVED)
    if said is not None:
        return _moment(said, clock)
    written = signed.dates.get(Label.WRITTEN)
    if written is not None:
        return _moment(written, clock)
    return _written_on_disk(resource) or datetime.now(UTC)


def _written_on_disk(resource: Resource) -> datetime | None:
    """Return when a file was made, None for what came by another way. Raises OSError."""
    if resource.path is None or resource.content is not None:
        return None
    return datetime.fromtimestamp(resource.path.stat().st_mtime, UTC)


def _moment(said: str, clock: Clock) -> datetime:
    """Read a labelled date. Raises UnreadableError."""
    found = labels.DATE.search(said)
    try:
        moment = clock.moment(_arabic(found[0]) if found and len(found[0]) >= len(said) - 4 else said)
    except ValueFault as fault:
        raise UnreadableError(fault.reason, Wording("The letter's date: {message}.", message=fault.message)) from fault
    if moment is None:
        raise UnreadableError(
            RejectionReason.DATE, Wording("The letter's date is blank. Write it as 2019-04-25, or delete it.")
        )
    return moment


def _day(said: str | None, clock: Clock) -> date | None:
    return None if said is None else _moment(said, clock).astimezone(clock.zone).date()


def _arabic(written: str) -> str:
    """Return a date in figures: 二〇二四年十月二十五日 as 2024年10月25日."""
    bare = re.sub(r"\s", "", written)
    if bare[0].isascii():
        return bare
    year, month, day = re.split(r"[年月]", bare.removesuffix("日"))
    return f"{''.join(_NUMERALS.get(char, '') for char in year)}年{_small(month)}月{_small(day)}日"


def _small(number: str) -> int:
    """Read a number below a hundred: 十, 十二, 二十, 三十一."""
    tens, ten, ones = number.rpartition("十")
    if not ten:
        return int(_NUMERALS.get(ones, "0"))
    return int(_NUMERALS.get(tens, "1")) * 10 + int(_NUMERALS.get(ones, "0"))


def _payload(content: bytes) -> bytes:
    """Return what is kept of the record as received: all of it, or its size and digest where it is too large."""
    if len(content) <= MAX_KEPT:
        return content
    return orjson.dumps({"size": len(content), "sha256": hashlib.sha256(content).hexdigest()})


def _documents(written: Written, resource: Resource, limits: Limits) -> tuple[DocumentDraft, ...]:
    large = len(written.content) > MAX_KEPT and written.whole
    if not large and not written.is_picture:
        return written.documents
    if len(written.content) > limits.attachment:
        message = Wording(
            "The file has {count} bytes, at most {attachment} are kept. Split it.",
            count=len(written.content),
            attachment=limits.attachment,
        )
        raise UnreadableError(RejectionReason.TOO_LARGE, message)
    original = DocumentDraft(
        name=PurePath(resource.name).name, media_type=written.media_type, content=written.content, text=""
    )
    return (*written.documents, original)
