"""Letters as mail (.eml): by whom they are, also where an office passed them on, and what is attached to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from connectors.connector import UnreadableError
from connectors.letters import headers, mime, stamps
from connectors.letters.attachments import document_of, named, usable
from connectors.letters.drafting import Written, draft_of, read_whole
from connectors.letters.forwards import bare, is_official, passed_on
from connectors.letters.framing import imprint
from connectors.letters.mime import SHORTEST_LETTER, Parts
from connectors.letters.signing import read_signed
from connectors.moments import Clock
from connectors.values import ValueFault
from graph.records import Channel, DocumentDraft, RejectionReason
from wording import Wording

if TYPE_CHECKING:
    from connectors.connector import Limits, ReadOptions, Resource
    from connectors.letters.message import Mail
    from graph.records import Reading

MEDIA_TYPE: Final = "message/rfc822"
LONGEST_COVER: Final = 200
"""Characters of the words with which an office passes a letter on; more are a letter of their own."""
LONGEST_ID: Final = 500
LONGEST_HINT: Final = 100
"""Characters of a mail that only says that the letter is attached."""
PACKETS: Final = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
"""What Outlook writes to those of whom it believes that they use Outlook."""
PACKET: Final = b"\x78\x9f\x3e\x22"
"""How such a packet begins, whatever it is called."""
COVER: Final = "转信附言.txt"


@dataclass(slots=True)
class _Letter:
    """A letter within a mail, and the words with which others passed it on."""

    mail: Mail
    parts: Parts
    covers: list[str] = field(default_factory=list)
    fault: UnreadableError | None = None
    text: str = ""
    title: str | None = None
    sender: str | None = None
    email: str | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class MailLetter:
    """A letter as a mail."""

    name: str = "letter as mail"
    channel: Channel = Channel.LETTER

    def accepts(self, resource: Resource) -> bool:
        """Take what is named so."""
        return resource.suffix == ".eml"

    def read(self, resource: Resource, options: ReadOptions) -> Iterator[Reading]:
        """Yield the letter, or each where an office passed several on; a broken attachment is a refusal of its own."""
        content = read_whole(resource, options.limits)
        mail = mime.parse(content, options.limits.depth)
        letters = _letters(mail)
        received = _received(mail, options)
        outer = _id(mail)
        sent = imprint(content) if outer else ""
        for number, letter in enumerate(letters, 1):
            several = len(letters) > 1
            whole = Written(
                text="",
                media_type=MEDIA_TYPE,
                content=(several and letter.mail.file()) or content,
                external_id=f"{outer}#{number}" if outer and several else outer,
                imprint=sent,
                received_at=received,
                whole=False,
            )
            where = f"letter {number}" if several else ""
            try:
                yield from _read(letter, whole, resource, options, where)
            except UnreadableError as error:
                error.where = " ".join(dict.fromkeys(filter(None, (where, error.where))))
                yield error.refusal(self.channel, resource.name, options.source, resource.kept())


def _read(letter: _Letter, whole: Written, resource: Resource, options: ReadOptions, where: str) -> Iterator[Reading]:
    """Yield refusals of attachments, then the letter. Raises UnreadableError where it cannot be read."""
    _fill(letter, options.limits.depth)
    documents: list[DocumentDraft] = []
    for document in _documents(letter, options.limits, where):
        if isinstance(document, DocumentDraft):
            documents.append(document)
        else:
            yield document.refusal(Channel.LETTER, resource.name, options.source, resource.kept())
    _take_enclosed(letter, documents)
    written = replace(
        whole,
        text=letter.text,
        title=letter.title,
        sender=letter.sender,
        email=letter.email,
        confidence=letter.confidence,
        documents=(*documents, *_covers(letter)),
        enclosures=len(letter.parts.leaves) + len(letter.parts.mails) or None,
    )
    yield draft_of(written, resource, options, where)


def _letters(mail: Mail) -> list[_Letter]:
    """Return the letters in a mail: itself, or those that it only passes on. Their words are not read yet."""
    try:
        parts = mime.parts_of(mail)
    except UnreadableError as error:
        return [_Letter(mail, Parts(), fault=error)]
    if not parts.mails or not _is_cover(parts.text):
        return [_Letter(mail, parts)]
    found = [letter for inner in parts.mails for letter in _letters(inner)]
    for letter in found:
        if parts.text:
            letter.covers.append(parts.text)
    found[0].parts.leaves += parts.leaves
    return found


def _fill(letter: _Letter, depth: int) -> None:
    """Read the words of a letter: the mail's own, or those that it quotes only to pass them on."""
    if letter.fault is not None:
        raise letter.fault
    letter.text, letter.title = letter.parts.text, headers.header(letter.mail, "subject")
    letter.sender, letter.email = headers.sender(letter.mail)
    for _ in range(depth):
        inner = passed_on(letter.text, letter.title)
        if inner is None or not _is_cover(inner.cover):
            break
        if inner.cover:
            letter.covers.append(inner.cover)
        letter.text, letter.title = inner.text, inner.title or bare(letter.title or "") or None
        letter.sender, letter.email = inner.sender, inner.email


def _take_enclosed(letter: _Letter, documents: list[DocumentDraft]) -> None:
    """Let an enclosed document be the letter where the mail only says so. Raises UnreadableError for a sealed mail."""
    text = letter.text.strip()
    if text and not ("附" in text and len(text) <= LONGEST_HINT and not read_signed(text).mentions):
        return
    shortest = SHORTEST_LETTER if text else 1
    enclosed = [
        document
        for document in documents
        if len(document.text) >= (shortest if document.confidence is None else SHORTEST_LETTER)
    ]
    pages = enclosed if len(enclosed) == 1 else _photographed(documents)
    if pages:
        letter.covers += [text] if text else []
        letter.text = "\n".join(page.text for page in pages)
        letter.confidence = min((page.confidence for page in pages if page.confidence is not None), default=None)
    elif not text or not enclosed:
        _check_open(letter.parts.leaves)


def _check_open(leaves: list[Mail]) -> None:
    """Raise UnreadableError where a mail without words of its own has them in something that nobody reads here."""
    if any(leaf.get_content_type() == "application/pgp-encrypted" or leaf.is_sealed for leaf in leaves):
        message = Wording(
            "The mail is encrypted. Ask for it in plain, or open it in the mail program and forward its text."
        )
        raise UnreadableError(RejectionReason.ENCRYPTED, message)
    if any(_is_packet(leaf) for leaf in leaves):
        message = Wording(
            "Outlook packed the mail into winmail.dat, which is not read here. Open it in Outlook and "
            "save it as text, or ask the sender to send it as plain text or HTML."
        )
        raise UnreadableError(RejectionReason.UNREADABLE, message)


def _is_packet(leaf: Mail) -> bool:
    if leaf.get_content_type() in PACKETS or (leaf.name or "").lower() == "winmail.dat":
        return True
    try:
        return leaf.content().startswith(PACKET)
    except UnreadableError:
        return False


def _photographed(documents: Sequence[DocumentDraft]) -> list[DocumentDraft]:
    """Return the pages of a letter that came as pictures, each by itself, where nothing else that can be read did."""
    written = [document for document in documents if document.text]
    pages = [document for document in written if document.media_type.startswith("image/")]
    return pages if len(pages) == len(written) and sum(len(one.text) for one in pages) >= SHORTEST_LETTER else []


def _is_cover(text: str) -> bool:
    return len(text) <= LONGEST_COVER and (is_official(text) or not read_signed(text).mentions)


def _documents(letter: _Letter, limits: Limits, where: str) -> Iterator[DocumentDraft | UnreadableError]:
    """Yield what is attached, a fault for what cannot be kept."""
    for number, leaf in enumerate(letter.parts.leaves, 1):
        try:
            media_type = leaf.get_content_type()
            content = leaf.content()
            if content:
                yield document_of(named(leaf.name, media_type, number), media_type, content, limits)
        except UnreadableError as error:
            error.where = f"{where} attachment {number}".strip()
            yield error
    for number, inner in enumerate(letter.parts.mails, len(letter.parts.leaves) + 1):
        yield _attached_mail(inner, number, limits)


def _attached_mail(mail: Mail, number: int, limits: Limits) -> DocumentDraft:
    """Return a mail that a letter only encloses, with all words in it."""
    subject = _subject(mail)
    name = named(f"{subject}.eml" if subject else None, MEDIA_TYPE, number)
    text = usable("\n\n".join(_all_words(mail, limits)), limits)
    return DocumentDraft(name=name, media_type=MEDIA_TYPE, content=mail.file(), text=text)


def _all_words(mail: Mail, limits: Limits) -> Iterator[str]:
    """Yield what stands in an enclosed mail and in what is enclosed in it, as far as it can be read."""
    try:
        parts = mime.parts_of(mail)
    except UnreadableError:
        return
    yield parts.text
    enclosed = _documents(_Letter(mail, parts), limits, "")
    yield from (document.text for document in enclosed if isinstance(document, DocumentDraft) and document.text)


def _subject(mail: Mail) -> str | None:
    try:
        return headers.header(mail, "subject")
    except UnreadableError:
        return None


def _covers(letter: _Letter) -> list[DocumentDraft]:
    """Return the words of those who passed a letter on: they are not the letter's, and not lost."""
    return [
        DocumentDraft(name=COVER, media_type="text/plain", content=cover.encode(), text=cover)
        for cover in letter.covers
    ]


def _id(mail: Mail) -> str | None:
    try:
        found = headers.header(mail, "message-id")
    except UnreadableError:
        return None
    return found if found and len(found) <= LONGEST_ID else None


def _received(mail: Mail, options: ReadOptions) -> datetime | None:
    """Return when a mail came, None where it does not say. Raises UnreadableError where it says what cannot be."""
    clock = Clock.at(options.zone, datetime.now(UTC))
    fault: ValueFault | None = None
    for name, said in headers.times(mail):
        try:
            found = clock.moment(stamps.moment(said, options.zone) or said)
        except ValueFault as wrong:
            fault = wrong if name == "date" else fault
            continue
        if found is not None:
            return found
    if fault is not None:
        raise UnreadableError(
            RejectionReason.DATE, Wording("The mail's Date header: {message}.", message=fault.message)
        )
    return None
