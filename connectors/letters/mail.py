"""Letters as mail (.eml): by whom they are, also where an office passed them on, and what is attached to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from connectors.connector import UnreadableError
from connectors.letters import mime
from connectors.letters.attachments import document_of, named, usable
from connectors.letters.drafting import Written, draft_of, read_whole
from connectors.letters.signing import read_signed
from connectors.moments import Clock
from connectors.values import ValueFault
from graph.records import Channel, DocumentDraft, RejectionReason

if TYPE_CHECKING:
    from connectors.connector import Limits, ReadOptions, Resource
    from connectors.letters.mime import Mail, Parts
    from graph.records import Reading

MEDIA_TYPE: Final = "message/rfc822"
LONGEST_COVER: Final = 200
"""Characters of the words with which an office passes a letter on; more are a letter of their own."""
LONGEST_ID: Final = 500
COVER: Final = "转信附言.txt"


@dataclass(slots=True)
class _Letter:
    """A letter within a mail, and the words with which others passed it on."""

    mail: Mail
    parts: Parts
    covers: list[str] = field(default_factory=list)


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
        letters = _letters(mail, options.limits.depth)
        received = _received(mail, options)
        outer = _id(mail)
        for number, letter in enumerate(letters, 1):
            where = f"letter {number}" if len(letters) > 1 else ""
            external_id = f"{outer}#{number}" if outer and where else outer
            documents: list[DocumentDraft] = []
            for document in _documents(letter, options.limits, where):
                if isinstance(document, DocumentDraft):
                    documents.append(document)
                else:
                    yield document.refusal(self.channel, resource.name, options.source, resource.kept())
            name, address = mime.sender(letter.mail)
            written = Written(
                text=letter.parts.text,
                media_type=MEDIA_TYPE,
                content=content,
                title=mime.header(letter.mail, "subject"),
                external_id=external_id,
                received_at=received,
                sender=name,
                email=address,
                documents=(*documents, *_covers(letter)),
                enclosures=len(letter.parts.leaves) or None,
                whole=False,
            )
            yield draft_of(written, resource, options, where)


def _letters(mail: Mail, depth: int) -> list[_Letter]:
    """Return the letters in a mail: itself, or those that it only passes on."""
    parts = mime.parts_of(mail)
    if not parts.mails or depth < 0 or not _is_cover(parts.text):
        return [_Letter(mail, parts)]
    found = [letter for inner in parts.mails for letter in _letters(inner, depth - 1)]
    for letter in found:
        if parts.text:
            letter.covers.append(parts.text)
    found[0].parts.leaves += parts.leaves
    return found


def _is_cover(text: str) -> bool:
    return len(text) <= LONGEST_COVER and not read_signed(text).mentions


def _documents(letter: _Letter, limits: Limits, where: str) -> Iterator[DocumentDraft | UnreadableError]:
    """Yield what is attached, a fault for what cannot be kept."""
    for number, leaf in enumerate(letter.parts.leaves, 1):
        try:
            media_type = leaf.get_content_type()
            content = mime.content_of(leaf)
            if content:
                yield document_of(named(mime.file_name(leaf), media_type, number), media_type, content, limits)
        except UnreadableError as error:
            error.where = f"{where} attachment {number}".strip()
            yield error
    for number, inner in enumerate(letter.parts.mails, len(letter.parts.leaves) + 1):
        yield _attached_mail(inner, number, limits)


def _attached_mail(mail: Mail, number: int, limits: Limits) -> DocumentDraft:
    """Return a mail that a letter only encloses."""
    try:
        subject, text = mime.header(mail, "subject"), mime.parts_of(mail).text
    except UnreadableError:
        subject, text = None, ""
    name = named(f"{subject}.eml" if subject else None, MEDIA_TYPE, number)
    return DocumentDraft(name=name, media_type=MEDIA_TYPE, content=mail.as_bytes(), text=usable(text, limits))


def _covers(letter: _Letter) -> list[DocumentDraft]:
    """Return the words of those who passed a letter on: they are not the letter's, and not lost."""
    return [
        DocumentDraft(name=COVER, media_type="text/plain", content=cover.encode(), text=cover)
        for cover in letter.covers
    ]


def _id(mail: Mail) -> str | None:
    found = mime.header(mail, "message-id")
    return found if found and len(found) <= LONGEST_ID else None


def _received(mail: Mail, options: ReadOptions) -> datetime | None:
    """Return when a mail came, None where it does not say. Raises UnreadableError where it says what cannot be."""
    clock = Clock.at(options.zone, datetime.now(UTC))
    fault: ValueFault | None = None
    for said in mime.times(mail):
        try:
            found = clock.moment(mime.moment(said) or said)
        except ValueFault as wrong:
            fault = wrong
            continue
        if found is not None:
            return found
    if fault is not None:
        raise UnreadableError(RejectionReason.DATE, f"The mail's Date header: {fault.message}.")
    return None
