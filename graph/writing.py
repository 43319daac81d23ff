"""From subjects and decisions to rows and journal entries. What belongs to a person is sealed here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

import orjson

from graph.cases import EventFacts, SubmissionFacts, derive
from graph.database import statements
from graph.identity import mask_account, mask_address, mask_email, mask_identity, mask_name, mask_phone
from graph.ids import new_id, organ_id
from graph.journal import Entry, EntryKind
from graph.organs import seat_of
from graph.records import EdgeState, MentionId, MentionRole, PartyKind, PetitionKind
from graph.rows import Writes
from graph.scope import scope_of
from graph.sealing import show
from graph.subjects import (
    Part,
    PartKind,
    Revision,
    Subject,
    accused_of,
    document_of,
    event_of,
    mention_of,
    organ_of,
    place_of,
)
from graph.text.numbers import masked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from graph.attachments import Attachments
    from graph.database import Connection
    from graph.gazetteer import Gazetteer
    from graph.identity import Vault
    from graph.linking import Filing, PartyDecision
    from graph.outcomes import Order
    from graph.places import SourcePlace
    from graph.records import MentionDraft

PROTECTED: Final = frozenset({MentionRole.PETITIONER, MentionRole.REPRESENTATIVE, MentionRole.AGENT})
"""Whoever petitions is masked, organisations too; an organisation that others name is public knowledge."""

SQL = statements("intake")


class Writing:
    """Gathers what one transaction of intake writes; `flush` writes it."""

    def __init__(self, order: Order, vault: Vault, attachments: Attachments, gazetteer: Gazetteer) -> None:
        self._actor, self._now = order.actor, order.now
        self._vault, self._attachments, self._gazetteer = vault, attachments, gazetteer
        self._writes = Writes()
        self._organs: dict[UUID, str] = {}
        self._places: dict[UUID, SourcePlace] = {}
        self._known: set[UUID] = set()
        """Organs and places that something tells of which is no accusation."""
        self._submissions: list[tuple[object, ...]] = []
        self._refiled: list[tuple[UUID, UUID]] = []
        self._dropped: dict[PartKind, list[tuple[UUID, UUID | None]]] = {kind: [] for kind in DROP}
        self._again: dict[PartKind, list[tuple[UUID, UUID | None]]] = {kind: [] for kind in AGAIN}
        self._overruled: list[UUID] = []
        self.entries: list[Entry] = []

    # One subject ---------------------------------------------------------------------------------------------------

    def add(self, subject: Subject, decision: PartyDecision, filing: Filing | None) -> None:
        """Gather a changed subject's rows and entries."""
        self._revision(subject, subject.latest)
        if subject.new:
            self._file(subject, filing)
        else:
            self._renew(subject)
        for part in subject.fresh(PartKind.MENTION):
            self._mention(subject, part, decision)
        for part in subject.fresh(PartKind.DOCUMENT):
            self._document(subject, part)
        for part in subject.fresh(PartKind.EVENT):
            self._event(subject, part)
        self._edges(subject)
        for kind in AGAIN:
            self._again[kind] += [(part.id, part.again) for part in subject.said_again(kind)]
        for kind in DROP:
            self._dropped[kind] += [(part.id, part.until) for part in subject.dropped(kind)]
        found = subject.latest.prepared.source_places
        self._places |= {place.id: place for place in found}
        if not accuses(subject):
            self._known |= {place.id for place in found}

    def _revision(self, subject: Subject, revision: Revision) -> None:
        prepared, key = revision.prepared, self._vault.new_key()
        draft, shown = prepared.draft, prepared.shown
        self._writes.add(
            "submission_revision", revision.id, subject.id, revision.number, self._now, prepared.title, prepared.body,
            prepared.details, prepared.digest, masked(draft.position), key.seal(draft.payload, revision.id.bytes),
            key.wrapped, scope_in(subject), shown.seal(key, revision.id), shown.hashes, draft.confidence,
        )  # fmt: skip
        kind = EntryKind.SUBMISSION_RECEIVED if revision.number == 1 else EntryKind.SUBMISSION_REVISED
        self.entries.append(
            Entry(
                kind=kind, subject=subject.id, object=subject.case, actor=self._actor, at=self._now,
                state=PetitionKind.ACCUSATION if accuses(subject) and revision.number > 1 else None,
                fields=revision.fields, revisions=(revision.id,), digest=key.digest(prepared.content),
            )
        )  # fmt: skip

    def _renew(self, subject: Subject) -> None:
        latest = subject.latest.prepared
        self._submissions.append((
            subject.id, latest.draft.received_at, latest.draft.kind, latest.topic, latest.division,
            subject.latest.id, subject.count, latest.digest, subject.unnamed,
        ))  # fmt: skip
        if subject.overruled:
            self._overruled.append(subject.id)

    def _file(self, subject: Subject, filing: Filing | None) -> None:
        """Write the edge to the submission's case, and the case where it is its own."""
        evidence: dict[str, str] = {"rule": "OWN_CASE"}
        if filing:
            evidence = {"rule": "SAME_PARTY_PLACE_AND_TEXT", "alike": str(filing.alike)}
            self._refiled.append((subject.id, subject.case))
            self._note(EntryKind.SUBMISSION_FILED, subject.id, subject.case)
        else:
            self._open(subject)
        self._writes.add(
            "filing", new_id(), subject.id, subject.case, *self._decided(evidence, filing.score if filing else 1.0)
        )

    def _open(self, subject: Subject) -> None:
        latest, events = (
            subject.latest.prepared,
            [event_of(part) for part in subject.fresh(PartKind.EVENT) if part.holds],
        )
        submission = SubmissionFacts(
            id=subject.id, channel=latest.draft.channel, received_at=latest.draft.received_at, registered_at=self._now,
            kind=latest.draft.kind, topic=latest.topic, division=latest.division, title=latest.title,
            unnamed=subject.unnamed,
        )  # fmt: skip
        facts = derive([submission], [EventFacts(kind=event.kind, at=event.at) for event in events])
        self._writes.add("case", subject.case, subject.case, *facts.row())
        self._note(EntryKind.CASE_OPENED, subject.case, subject.id, state=facts.status)

    def _note(self, kind: EntryKind, subject: UUID, other: UUID | None = None, state: str | None = None) -> None:
        self.entries.append(
            Entry(kind=kind, subject=subject, object=other, actor=self._actor, at=self._now, state=state)
        )  # fmt: skip

    def _decided(
        self, evidence: object, score: float | None = 1.0, state: EdgeState = EdgeState.ACCEPTED
    ) -> tuple[object, ...]:
        return state, score, evidence, self._actor, self._now

    # Its parts -----------------------------------------------------------------------------------------------------

    def _mention(self, subject: Subject, part: Part, decision: PartyDecision) -> None:
        mention = mention_of(part)
        draft, key = mention.draft, self._vault.new_key()
        self._writes.add(
            "mention", part.id, subject.id, part.since, part.until, draft.role, draft.kind, *shown_mention(draft),
            mention.name_hash, mention.identity_hash, mention.phone_hash, mention.account_hash, mention.digest,
            key.seal(orjson.dumps(draft), part.id.bytes), key.wrapped,
            decision.parties.get(MentionId(part.id), part.id), scope_in(subject), accuses(subject),
        )  # fmt: skip

    def _document(self, subject: Subject, part: Part) -> None:
        document, key = document_of(part), self._vault.new_key()
        file = key.digest(document.content).hex()
        self._attachments.put(file, key.seal(document.content, part.id.bytes))
        shown = show(self._vault, document.name, document.text.replace("\0", ""))
        name, body = shown.texts
        self._writes.add(
            "document", part.id, subject.id, part.since, name, masked(document.media_type), len(document.content),
            part.key, file, body, key.wrapped, scope_in(subject), shown.seal(key, part.id), shown.hashes,
            document.confidence,
        )  # fmt: skip

    def _event(self, subject: Subject, part: Part) -> None:
        event = event_of(part)
        organ = self._organ(event.organ, known=not accuses(subject)) if event.organ else None
        shown = show(self._vault, event.body)
        # A key of its own only where there is something to seal: most answers hold no number.
        key = None if shown.original is None else self._vault.new_key()
        self._writes.add(
            "event", part.id, subject.id, subject.case, event.kind, event.at, event.at_given, organ, *shown.texts,
            event.satisfaction, part.since, part.until, part.key, scope_in(subject), key and shown.seal(key, part.id),
            key and key.wrapped, shown.hashes, part.since,
        )  # fmt: skip
        self._note(EntryKind.EVENT_RECORDED, part.id, subject.case, state=event.kind)

    def _organ(self, name: str, *, known: bool) -> UUID:
        organ = organ_id(name)
        self._organs[organ] = name
        if known:
            self._known.add(organ)
        return organ

    def _edges(self, subject: Subject) -> None:
        known, scope = not accuses(subject), scope_in(subject)
        edge = self._decided({"rule": "SUBMISSION_SAYS"})
        gone = self._decided({"rule": "SUBMISSION_SAYS"}, state=EdgeState.RETIRED)
        waits = self._decided({"rule": "SUBMISSION_SAYS"}, state=EdgeState.PROPOSED)
        for part in subject.fresh(PartKind.PLACE):
            decided = edge if part.holds else gone
            self._writes.add("case_place", part.id, subject.case, place_of(part), subject.id, *decided, scope)
        for part in subject.fresh(PartKind.ORGAN):
            self._organ(str(part.value), known=known)
            decided = (waits if subject.unnamed else edge) if part.holds else gone
            self._writes.add("case_organ", part.id, subject.case, *organ_of(part), subject.id, *decided, scope)
        for part in subject.fresh(PartKind.ACCUSED):
            kind, accused = accused_of(part)
            if kind == "organ":
                self._organ(str(part.value), known=False)
            mention, organ = (accused, None) if kind == "mention" else (None, accused)
            decided = edge if part.holds else gone
            self._writes.add("case_accused", part.id, subject.case, mention, organ, subject.id, *decided)

    def link(self, decision: PartyDecision) -> None:
        """Gather the edges between mentions."""
        for edge in decision.edges:
            decided = self._decided({"rule": edge.rule}, state=edge.state)
            self._writes.add("same_party", new_id(), edge.low, edge.high, *decided)
            accepted = edge.state is EdgeState.ACCEPTED
            self._note(EntryKind.PARTIES_JOINED if accepted else EntryKind.PARTIES_PROPOSED, edge.low, edge.high)

    # To the tables -------------------------------------------------------------------------------------------------

    async def flush(self, connection: Connection) -> None:
        """Write everything gathered, but not the entries; mentions that stand are left alone: they are locked later."""
        if self._submissions:
            await connection.execute(SQL.supersede, [row[0] for row in self._submissions])
        if self._places:
            # By full name, so that a city (A市) is written before its counties (A市A3区), which refer to it.
            places = sorted(self._places.values(), key=lambda place: place.full_name)
            await connection.executemany(SQL.add_place, [
                (place.id, place.source, place.name, place.full_name, place.level, place.parent) for place in places
            ])  # fmt: skip
        if self._organs:
            organs = [(organ, name, seat_of(name, self._gazetteer)) for organ, name in sorted(self._organs.items())]
            await connection.execute(SQL.add_organs, *_columns(organs))
        if self._known:
            await connection.execute(SQL.know_organs, sorted(self._known & self._organs.keys()))
            await connection.execute(SQL.know_places, sorted(self._known & self._places.keys()))
        await self._writes.flush(connection)
        await self._update(connection)

    async def _update(self, connection: Connection) -> None:
        if self._refiled:
            await connection.execute(SQL.refile_new, *_columns(self._refiled))
        if self._submissions:
            await connection.execute(SQL.renew, *_columns(self._submissions))
        for kind, statement in DROP.items():
            if dropped := self._dropped[kind]:
                await connection.execute(statement, *_columns(dropped))
        for kind, statement in AGAIN.items():
            if again := self._again[kind]:
                await connection.execute(statement, *_columns(again))
        if self._overruled:
            await connection.execute(SQL.overrule, self._overruled)


DROP: Final[Mapping[PartKind, str]] = {
    PartKind.EVENT: SQL.drop_events,
    PartKind.PLACE: SQL.drop_places,
    PartKind.ORGAN: SQL.drop_organs,
}


AGAIN: Final[Mapping[PartKind, str]] = {PartKind.DOCUMENT: SQL.bring_again, PartKind.EVENT: SQL.tell_again}


def accuses(subject: Subject) -> bool:
    """Tell whether what a subject says now is an accusation."""
    return subject.latest.prepared.draft.kind is PetitionKind.ACCUSATION


def scope_in(subject: Subject) -> int:
    """Return the scope of what a subject brings, as if it stood in a case alone.

    Where it stands with others, their case is derived again afterwards, and its scope given to all that is in it.
    """
    prepared = subject.latest.prepared
    return scope_of(prepared.division, prepared.draft.kind, unnamed=subject.unnamed)


def _columns(rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]


def shown_mention(draft: MentionDraft) -> tuple[str | None, ...]:
    """Return what everybody may see of a mention: name, identity, phone, address, account, e-mail."""
    public = draft.kind is PartyKind.ORGANISATION and draft.role not in PROTECTED

    def mask(value: str | None, how: Callable[[str], str]) -> str | None:
        # What a mask leaves may hold a number where one was typed into the wrong field.
        return masked(how(value)) if value else None

    return (
        mask(draft.name, str if public else mask_name),
        mask(draft.identity_number, mask_identity),
        mask(draft.phone, mask_phone),
        mask(draft.address, mask_address),
        mask(draft.account, mask_account),
        mask(draft.email, mask_email),
    )
