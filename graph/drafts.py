"""From what a source sent to what the graph can take in: checked, keyed, resolved against the vocabularies. Pure.

No database is asked here and nothing is sealed yet, so that a record that turns out to be known costs little.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Final

import orjson

from graph.accused import accused_by, names_of
from graph.belonging import Said, places_named
from graph.identity import normal_account, normal_identity, normal_name, normal_phone
from graph.organ_cells import organs_in
from graph.organ_names import OrganNames
from graph.places import find_source_places
from graph.records import (
    Draft,
    HotlineDetails,
    LetterDetails,
    MentionDraft,
    Refusal,
    RejectionReason,
    Unread,
    UnreadField,
    key_fault,
    usable_key,
)
from graph.sealing import Shown, show, shown_details, shown_id
from graph.text.numbers import masked
from graph.times import AHEAD, misplaced
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date, datetime

    from graph.accused import Accused
    from graph.belonging import Homes
    from graph.identity import Vault
    from graph.places import SourcePlace
    from graph.records import Details
    from graph.topics import Taxonomy

_UNUSABLE: Final = re.compile("[\0\ud800-\udfff]")
_UNSAID: Final = frozenset({"payload", "position", "unread", "replaces"})
"""What of a draft is no part of what it says."""


MOST_CELLS: Final = 4_096
"""Cells that name organs and are kept understood."""


@dataclass(frozen=True, slots=True)
class PreparedMention:
    """A mention with the keyed hashes by which it is found again."""

    draft: MentionDraft
    digest: bytes
    name_hash: bytes | None
    identity_hash: bytes | None
    phone_hash: bytes | None
    account_hash: bytes | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A draft ready to be taken in."""

    draft: Draft
    external_id: str
    """As it may stand in clear."""
    key: bytes
    """What makes two records the same record, as `record_key`."""
    content: bytes
    """All it says in canonical form; equal contents are the same revision."""
    digest: bytes
    topic: str | None
    division: str | None
    """The code without trailing pairs of zeros."""
    places: tuple[str, ...]
    """The codes of the divisions that it names: in its fields, else in its words."""
    source_places: tuple[SourcePlace, ...]
    reply_organs: tuple[str | None, ...]
    """Of each reply the organ that gave it, by its name in one spelling; of several, the first."""
    accused: Accused
    organ_names: Mapping[str, tuple[str, ...]]
    """Each organ that it was sent to or answered by, by its name in one spelling: all by which that is known."""
    mentions: tuple[PreparedMention, ...]
    shown: Shown
    """Title and text as they may stand in clear."""
    details: Details
    """What only its channel has, as it may stand in clear."""
    unread: tuple[UnreadField, ...]
    """What of the record stands in its payload alone, as it may stand in clear."""

    @property
    def title(self) -> str:
        """The title as it may stand in clear."""
        return self.shown.texts[0]

    @property
    def body(self) -> str:
        """The text as it may stand in clear."""
        return self.shown.texts[1]


def record_key(vault: Vault, source: str, external_id: str, holder: str = "", imprint: str = "") -> bytes:
    """Return the keyed hash by which a record is known again (16 bytes): of its source, its id there and who chose it.

    Whoever enters records at a desk has a space of keys alone (`holder`), so that no key tells of another's record.
    Where strangers choose ids, what they sent belongs to the key (`imprint`), so that no id hides another's record.
    """
    parts = [source, external_id, holder, imprint]
    while len(parts) > 2 and not parts[-1]:
        parts.pop()
    return vault.equality("record", "\0".join(parts))


def canonical(draft: Draft) -> bytes:
    """Return all that a draft says, but not where it stood; raise TypeError on lone surrogates."""
    documents = [(one.name, one.media_type, hashlib.sha256(one.content).hexdigest()) for one in draft.documents]
    # What most records do not say is left out, so that they stay the same records.
    replaced = [sorted(draft.replaces)] if draft.replaces else []
    return orjson.dumps((
        draft.channel, draft.received_at, draft.title, draft.text, draft.kind, draft.topic, draft.division, draft.organ,
        draft.mentions, draft.replies, draft.call_backs, documents, draft.details, *replaced,
    ))  # fmt: skip


def _texts(draft: Draft) -> Iterator[tuple[str, str]]:
    """Yield the path and value of every text of a draft."""
    stack: list[tuple[str, object]] = [
        (name.name, getattr(draft, name.name)) for name in fields(draft) if name.name not in _UNSAID
    ]
    while stack:
        path, value = stack.pop()
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, tuple):
            stack.extend((f"{path}[{number}]", one) for number, one in enumerate(value))
        elif hasattr(value, "__dataclass_fields__"):
            stack.extend((f"{path}.{name}", getattr(value, name)) for name in value.__dataclass_fields__)


def unusable(draft: Draft) -> str | None:
    """Return the path of a text with a character that PostgreSQL cannot store, None where there is none."""
    return next((path for path, value in _texts(draft) if _UNUSABLE.search(value)), None)


def _moments(draft: Draft) -> Iterator[tuple[str, date | None]]:
    """Yield every instant and day of a draft, by its path; the last line behind all doors."""
    yield "received_at", draft.received_at
    yield from ((f"replies[{number}].at", one.at) for number, one in enumerate(draft.replies))
    yield from ((f"call_backs[{number}].at", one.at) for number, one in enumerate(draft.call_backs))
    match draft.details:
        case LetterDetails(postmarked_on=day):
            yield "postmarked_on", day
        case HotlineDetails(due_at=due):
            yield "due_at", due


def refuse(draft: Draft, reason: RejectionReason, message: str) -> Refusal:
    """Turn a draft down, keeping it as received."""
    return Refusal(
        channel=draft.channel,
        source=draft.source,
        position=draft.position,
        reason=reason,
        message=message,
        payload=draft.payload,
        holder=draft.holder,
        # Of a mail the id is not all that it is known by, so the rejection ends by its file.
        external_id=None if draft.imprint else usable_key(draft.external_id),
    )


def _shown(unread: UnreadField) -> UnreadField:
    """Return a name as it may stand in clear: a heading may be somebody's number."""
    return replace(unread, name=masked(unread.name), nearest=unread.nearest and masked(unread.nearest))


def said_of(draft: Draft, organ: str | None) -> Said:
    """Return what a draft says of where its matter is; its organ in one spelling."""
    return Said(division=draft.division, scene=draft.scene, organ=organ, title=draft.title)


class Preparer:
    """Prepares drafts against one instance's vocabularies and keys."""

    def __init__(self, vault: Vault, homes: Homes, taxonomy: Taxonomy) -> None:
        self._vault = vault
        self._homes = homes
        self.names = OrganNames(homes.own)
        self._taxonomy = taxonomy
        # A source names the same few organs again and again.
        self._organs = lru_cache(MOST_CELLS)(lambda cell: organs_in(cell, self.names, homes.own))

    def prepare(self, draft: Draft, now: datetime) -> Prepared | Refusal:
        """Check a draft and resolve what it names."""
        for named, moment in _moments(draft):
            if moment is not None and (where := misplaced(moment, now + AHEAD)):
                return refuse(
                    draft,
                    RejectionReason.DATE,
                    Wording("{named}: this date lies {where}; correct it", named=named, where=where),
                )
        try:
            content = canonical(draft)
        except TypeError:
            content = b"\\u0000"
        if b"\\u0000" in content and (path := unusable(draft)):
            message = Wording(
                "{path} holds a NUL or half a character. Export it again as UTF-8, then retry.", path=path
            )
            return refuse(draft, RejectionReason.BAD_CHARACTER, message)
        external_id = draft.external_id or self._vault.digest(draft.payload).hex()
        if fault := key_fault(external_id):
            return refuse(draft, RejectionReason.BAD_VALUE, fault)
        return self._resolved(draft, external_id, content)

    def _resolved(self, draft: Draft, external_id: str, content: bytes) -> Prepared:
        organs = self._organs(draft.organ) if draft.organ else ()
        replied = [self._organs(reply.organ) if reply.organ else () for reply in draft.replies]
        belongs = self._homes.belonging(draft.source, said_of(draft, next(iter(organs), None)))
        division = belongs.division
        topic = self._taxonomy.resolve(draft.topic)
        return Prepared(
            draft=draft,
            external_id=shown_id(external_id),
            key=record_key(self._vault, draft.source, external_id, draft.holder, draft.imprint),
            content=content,
            digest=self._vault.digest(content),
            topic=topic,
            division=division,
            places=places_named(belongs, f"{draft.title}\n{draft.text}", self._homes.of(draft.source)),
            source_places=find_source_places(f"{draft.title}\n{draft.text}", draft.source),
            reply_organs=tuple(next(iter(some), None) for some in replied),
            accused=accused_by(draft, self.names, division),
            organ_names={name: names_of(name, self.names, division) for name in chain(organs, *replied)},
            mentions=tuple(self._mention(draft.source, mention) for mention in draft.mentions),
            shown=show(self._vault, draft.title, draft.text),
            details=shown_details(draft.details),
            unread=(*map(_shown, draft.unread), *self._unresolved(draft, topic)),
        )

    def _unresolved(self, draft: Draft, topic: str | None) -> Iterator[UnreadField]:
        """Yield what names nothing that the vocabularies have, so that it is not kept as what it was meant for."""
        if draft.topic and topic is None:
            yield UnreadField("topic", Unread.NO_SUCH)
        if draft.division and self._homes.of(draft.source).by_name(draft.division) is None:
            yield UnreadField("division", Unread.NO_SUCH)

    def _mention(self, source: str, mention: MentionDraft) -> PreparedMention:
        hashed = self._vault.equality
        identity = normal_identity(mention.identity_number) if mention.identity_number else None
        phone = normal_phone(mention.phone) if mention.phone else None
        return PreparedMention(
            draft=mention,
            digest=self._vault.digest(orjson.dumps(mention)),
            name_hash=hashed("name", normal_name(mention.name)) if mention.name else None,
            identity_hash=hashed("identity", identity) if identity else None,
            phone_hash=hashed("phone", phone) if phone else None,
            account_hash=hashed("account", normal_account(source, mention.account)) if mention.account else None,
        )
