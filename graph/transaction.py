"""One transaction of intake: claim, apply, link, file, write, and end in the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from graph import journal
from graph.barriers import concerned, narrows, raise_barriers
from graph.casework import refresh_cases
from graph.database import statements
from graph.drafts import record_key
from graph.errors import InvalidError, NotFoundError
from graph.formerly import under_former_keys
from graph.ids import new_id
from graph.journal import Entry, EntryKind
from graph.linking import NewMention, NewSubmission
from graph.locks import SQL as LOCKS
from graph.outcomes import Change, Outcome
from graph.parts import settle_parts
from graph.partywork import recluster
from graph.positions import places_of, refused_place
from graph.receipts import receipt_code
from graph.records import (
    CaseId,
    Channel,
    MentionId,
    PartyId,
    PetitionKind,
    Refusal,
    RejectionId,
    RevisionId,
    SubmissionId,
)
from graph.scope import scope_of
from graph.seeing import sees
from graph.standing import load_standing
from graph.subjects import PETITIONING, Arrival, Part, PartKind, Subject, fold, mention_of, place_of
from graph.text.numbers import masked
from graph.writing import Writing, accuses
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime
    from uuid import UUID

    from graph.attachments import Attachments
    from graph.database import Connection
    from graph.drafts import Prepared
    from graph.gazetteer import Gazetteer
    from graph.identity import Vault
    from graph.linking import Filing, Linker, PartyDecision
    from graph.organ_names import OrganNames
    from graph.outcomes import Order

NEWS: Final = frozenset({Change.NEW, Change.REVISED})
"""What ends rejections: of a record that is known as it is, an older export may have come once more."""

OUT_OF_SIGHT: Final = Wording(
    "You entered something else under this id, which you may not revise now. Enter this under another."
)

SQL = statements("intake")


class Tools(NamedTuple):
    """What intake works with besides the database."""

    vault: Vault
    attachments: Attachments
    gazetteer: Gazetteer
    names: OrganNames
    linker: Linker


class Transaction:
    """Carries one order out. The caller opened the transaction and commits it right after `run`."""

    def __init__(self, connection: Connection, tools: Tools, order: Order) -> None:
        self._connection = connection
        self._tools = tools
        self._order = order
        self._entries: list[Entry] = []
        self._outcomes: dict[int, Outcome] = {}
        self._concerned: frozenset[str] = frozenset()
        """From whom something is hidden now that they could see."""

    async def run(self) -> dict[int, Outcome]:
        """Return what became of each record, by its index."""
        if self._order.authority:
            self._order.authority.require(self._order.sources)
        groups = fold(await under_former_keys(self._connection, self._order.arrivals, self._tools.vault))
        subjects = await self._subjects(groups)
        self._apply(groups, subjects)
        await self._settle()
        await self._reject()
        if changed := [subjects[key] for key in groups if subjects[key].changed]:
            await self._take_in(changed)
        if self._order.cursor:
            cursor = self._order.cursor
            await self._connection.execute(SQL.move_cursor, cursor.source, cursor.value, self._order.now)
        if self._entries:
            await journal.append(self._connection, self._entries)
            await raise_barriers(self._connection, self._concerned)
        return self._outcomes

    # Claims --------------------------------------------------------------------------------------------------------

    async def _subjects(self, groups: Mapping[bytes, Sequence[Arrival]]) -> dict[bytes, Subject]:
        """Claim the keys that nobody has, load what stands under the others, and hold both."""
        if not groups:
            return {}
        claims = {key: self._claim(arrivals[0].prepared) for key, arrivals in groups.items()}
        # Ids are made as records arrive; rows are claimed in the order of keys, in which all transactions claim.
        rows = [row for _, (_, row) in sorted(claims.items())]
        columns = [list(column) for column in zip(*rows, strict=True)]
        claimed = {row["id"] for row in await self._connection.fetch(SQL.claim, *columns)}
        subjects = {key: subject for key, (subject, _) in claims.items() if subject.id in claimed}
        known = [key for key in groups if key not in subjects]
        if known:
            digests = {key: groups[key][0].prepared.digest for key in known}
            subjects |= await load_standing(self._connection, digests, self._tools.vault)
        await self._refuse_erased(subjects)
        await self._require_seen({key: subjects[key] for key in known if groups[key][0].prepared.draft.holder})
        return subjects

    async def _require_seen(self, revised: Mapping[bytes, Subject]) -> None:
        """Raise InvalidError where somebody at a desk would revise what they entered once and may see no more."""
        authority = self._order.authority
        ids = [subject.id for subject in revised.values() if subject.columns and not subject.replayed]
        if authority and ids and not await sees(self._connection, authority.viewer, "submission", ids):
            raise InvalidError("externalId", OUT_OF_SIGHT)

    async def _refuse_erased(self, subjects: Mapping[bytes, Subject]) -> None:
        """Let records that somebody was erased from say nothing new, and note the first time that one comes again."""
        erased = [row["key"] for row in await self._connection.fetch(SQL.erased_records, list(subjects))]
        if not erased:
            return
        for key in erased:
            subjects[key].replayed = True
        if unclaimed := [subjects[key].id for key in erased if subjects[key].new]:
            await self._connection.execute(SQL.unclaim, unclaimed)
        for row in await self._connection.fetch(SQL.note_refused, erased, self._order.now):
            kind = EntryKind.REVISION_REFUSED
            self._entries.append(
                Entry(kind=kind, subject=row["submission"], actor=self._order.actor, at=self._order.now)
            )

    def _claim(self, prepared: Prepared) -> tuple[Subject, tuple[object, ...]]:
        draft = prepared.draft
        unnamed = not prepared.accused.complete
        subject = Subject(
            id=SubmissionId(new_id()), case=CaseId(new_id()), new=True, receipt_code=receipt_code(),
            first_revision=RevisionId(new_id()),
        )  # fmt: skip
        return subject, (
            subject.id, draft.channel, draft.source, prepared.external_id, draft.received_at, self._order.now,
            draft.kind, prepared.topic, prepared.division, subject.first_revision, prepared.digest,
            subject.receipt_code, subject.case, scope_of(prepared.division, draft.kind, unnamed=unnamed), prepared.key,
            unnamed,
        )  # fmt: skip

    def _apply(self, groups: Mapping[bytes, Sequence[Arrival]], subjects: Mapping[bytes, Subject]) -> None:
        for key, arrivals in groups.items():
            subject = subjects[key]
            for place, prepared in arrivals:
                change = Change.UNCHANGED
                if subject.new and subject.replayed:  # erased, and no longer there under this key
                    self._outcomes[place] = Outcome(
                        position=prepared.draft.position, change=change, external_id=prepared.draft.external_id
                    )
                    continue
                if subject.arrive(prepared, self._tools.vault):
                    change = Change.NEW if subject.new else Change.REVISED
                self._outcomes[place] = Outcome(
                    position=prepared.draft.position,
                    change=change,
                    submission=subject.id,
                    case=subject.case,
                    receipt_code=subject.receipt_code,
                    external_id=prepared.draft.external_id,
                    unread=prepared.unread,
                )

    # Linking and filing --------------------------------------------------------------------------------------------

    async def _take_in(self, changed: Sequence[Subject]) -> None:
        gone = {MentionId(part.id): part.until for subject in changed for part in subject.dropped(PartKind.MENTION)}
        mentions = [
            new_mention(part, accusing=accuses(subject))
            for subject in changed
            for part in subject.fresh(PartKind.MENTION)
            if part.holds
        ]
        decision = await self._tools.linker.parties(self._connection, mentions, list(gone))
        filings = await self._file(changed, decision)
        writing = Writing(self._order, self._tools.vault, self._tools.attachments, self._tools.gazetteer)
        touched = {subject.case for subject in changed if not subject.new} | {one.case for one in filings.values()}
        for subject in changed:
            writing.add(subject, decision, filings.get(subject.id))
        writing.link(decision)
        await writing.flush(self._connection)
        self._entries += writing.entries
        leaving = {decision.merged.get(party, party) for party in await self._parties_of(gone)}
        moved = await refresh_cases(
            self._connection, touched, mentions=gone.keys(), parties=leaving | decision.merged.keys()
        )
        await self._regroup(decision.merged, gone, leaving)
        accusing = {subject.case for subject in changed if accuses(subject)}
        await settle_parts(self._connection, touched | accusing, self._tools.names)
        stood = [subject for subject in changed if not subject.new or subject.id in filings]
        narrowed = {subject.case for subject in stood if narrows(subject)}
        self._concerned = await concerned(self._connection, narrowed | moved.rescoped)
        self._entries += [
            Entry(kind=EntryKind.CASE_MOVED, subject=case, actor=self._order.actor, at=self._order.now, state=status)
            for case, status in moved.statuses.items()
        ]
        self._note_filings(changed)

    async def _parties_of(self, mentions: Collection[MentionId]) -> list[PartyId]:
        if not mentions:
            return []
        return [PartyId(row["party"]) for row in await self._connection.fetch(SQL.parties_of, list(mentions))]

    async def _regroup(
        self, merged: Mapping[PartyId, PartyId], gone: Mapping[MentionId, UUID | None], leaving: AbstractSet[PartyId]
    ) -> None:
        """Let parties become others, and mentions end, which leave these parties. All their mentions are held."""
        connection = self._connection
        if merged:
            await connection.execute(SQL.merge_parties, list(merged), list(merged.values()))
        if gone:
            await connection.execute(SQL.drop_mentions, list(gone), list(gone.values()))
            await connection.fetch(LOCKS.hold_links, list(gone))
            await connection.execute(SQL.retire_links, list(gone), self._order.now)
            await recluster(connection, leaving)

    async def _file(self, changed: Sequence[Subject], decision: PartyDecision) -> Mapping[SubmissionId, Filing]:
        told = [new_submission(subject) for subject in changed]
        own = {subject.id: subject.case for subject in changed if subject.new}
        standing = frozenset(subject.case for subject in changed if not subject.new)
        filings = await self._tools.linker.filings(self._connection, told, decision, own, standing)
        for subject in changed:
            if filing := filings.get(subject.id):
                subject.case = filing.case
        return filings

    def _note_filings(self, changed: Sequence[Subject]) -> None:
        """Tell the outcomes which case a submission was filed under in the end."""
        cases = {subject.id: subject.case for subject in changed}
        for index, outcome in self._outcomes.items():
            if outcome.submission in cases:
                self._outcomes[index] = outcome.filed_under(cases[outcome.submission])

    # Rejections ----------------------------------------------------------------------------------------------------

    async def _settle(self) -> None:
        """End the rejections of records that are in now: by their ids, and by where they stood in a file."""
        news = (arrival for arrival in self._order.arrivals if self._outcomes[arrival.place].change in NEWS)
        rows: list[tuple[UUID | None, bytes | None, bytes | None]] = []
        for place, prepared in news:
            draft, submission = prepared.draft, self._outcomes[place].submission
            key = prepared.key if draft.external_id else None
            places = places_of(draft.position)
            hashes: list[bytes | None] = [
                place_hash(self._tools.vault, draft.source, draft.channel, one) for one in places
            ]
            rows += [(submission, key, one) for one in hashes or [None]]
        if not rows:
            return
        columns = [list(column) for column in zip(*rows, strict=True)]
        for row in await self._connection.fetch(SQL.settle, *columns, self._order.now):
            kind = EntryKind.REJECTION_RESOLVED
            self._entries.append(
                Entry(
                    kind=kind, subject=row["id"], object=row["resolved_to"], actor=self._order.actor, at=self._order.now
                )
            )  # fmt: skip

    async def _reject(self) -> None:
        order, vault = self._order, self._tools.vault
        refused = [
            (refusal.source, masked(refusal.position), vault.digest(refusal.payload), index, refusal)
            for index, refusal in order.refusals
        ]
        for _, position, digest, index, refusal in sorted(refused, key=lambda one: one[:4]):
            rejection, key = RejectionId(new_id()), vault.new_key()
            shown = masked(refusal.message)
            # As it is where it holds nothing to be masked: a message can be told in other languages, a text cannot.
            message = refusal.message if shown == refusal.message else shown
            row = await self._connection.fetchrow(
                SQL.reject, rejection, refusal.channel, refusal.source, position, refusal.reason,
                message, digest, key.seal(refusal.payload, rejection.bytes),
                key.wrapped, order.now, refusal.holder, refusal.records, self._key_of(refusal),
                self._place_of(refusal), bool(refusal.payload),
            )  # fmt: skip
            if row is None:
                raise NotFoundError("rejection", rejection)
            if row["opened"]:
                self._entries.append(
                    Entry(
                        kind=EntryKind.RECORD_REJECTED, subject=row["id"], actor=order.actor, at=order.now,
                        state=refusal.reason, digest=key.digest(refusal.payload),
                    )
                )  # fmt: skip
            self._outcomes[index] = Outcome(
                position=position,
                change=Change.REJECTED,
                rejection=row["id"],
                reason=refusal.reason,
                message=message,
                external_id=refusal.external_id,
                records=refusal.records,
            )

    def _key_of(self, refusal: Refusal) -> bytes | None:
        if refusal.external_id is None:
            return None
        return record_key(self._tools.vault, refusal.source, refusal.external_id, refusal.holder)

    def _place_of(self, refusal: Refusal) -> bytes | None:
        """Return the place of a refusal, None where it was of a push, or where its number is hidden in what is kept."""
        place = refused_place(refusal.position, refusal.channel, refusal.records)
        if place is None or masked(refusal.position) != refusal.position:
            return None
        return place_hash(self._tools.vault, refusal.source, refusal.channel, place)

    @staticmethod
    async def resolve(
        connection: Connection, rejection: RejectionId, submission: SubmissionId | None, *, actor: str, now: datetime
    ) -> None:
        """Close a rejection; raise NotFoundError where it is not open."""
        if not await connection.fetchval(SQL.resolve, rejection, submission, now):
            raise NotFoundError(Wording("open rejection"), rejection)
        kind = EntryKind.REJECTION_RESOLVED
        await journal.append(
            connection, [Entry(kind=kind, subject=rejection, object=submission, actor=actor, at=now)]
        )  # fmt: skip


def place_hash(vault: Vault, source: str, channel: Channel, place: str) -> bytes:
    """Return the keyed hash of a place in a file of a source."""
    return vault.equality("place", f"{source}\0{channel}\0{place}")


def new_mention(part: Part, *, accusing: bool) -> NewMention:
    """Return what linking needs of a mention that is about to be written."""
    mention = mention_of(part)
    return NewMention(
        id=MentionId(part.id),
        name_hash=mention.name_hash,
        identity_hash=mention.identity_hash,
        phone_hash=mention.phone_hash,
        account_hash=mention.account_hash,
        accusing=accusing,
    )


def new_submission(subject: Subject) -> NewSubmission:
    """Return what filing needs of a submission that is about to be written, or that says something else now."""
    prepared = subject.latest.prepared
    mentions = (part for part in subject.fresh(PartKind.MENTION) if part.holds)
    return NewSubmission(
        id=subject.id,
        received_at=prepared.draft.received_at,
        places=frozenset(place_of(part) for part in subject.parts[PartKind.PLACE] if part.holds),
        title=prepared.title,
        body=prepared.body,
        accusation=prepared.draft.kind is PetitionKind.ACCUSATION,
        filed=None if subject.new else subject.case,
        petitioners=tuple(MentionId(part.id) for part in mentions if mention_of(part).draft.role in PETITIONING),
    )
