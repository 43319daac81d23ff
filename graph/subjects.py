"""One submission as a transaction of intake sees it: what it has, and what the record that arrives changes. Pure.

What a submission has (mentions, events, places …) are parts. A later revision keeps those that it says again, drops
those that it no longer says, and adds the new ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast
from uuid import UUID

import orjson

from graph.accused import Accused
from graph.ids import new_id, organ_id, place_id
from graph.records import (
    CallBackDraft,
    CaseId,
    DocumentDraft,
    EventKind,
    MentionRole,
    OrganRole,
    PetitionKind,
    Replaced,
    ReplyDraft,
    RevisionId,
    SubmissionId,
)
from graph.steps import Step, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from graph.drafts import Prepared, PreparedMention
    from graph.identity import Vault


class PartKind(StrEnum):
    """What a submission has several of."""

    MENTION = "mention"
    EVENT = "event"
    DOCUMENT = "document"
    PLACE = "case_place"
    ORGAN = "case_organ"
    ACCUSED = "case_accused"


KEPT_ALWAYS: Final = frozenset({PartKind.DOCUMENT, PartKind.ACCUSED})
"""What stays though a later record no longer says it: an attachment that came once, and whoever was accused once, since
the protection of whoever accuses does not end because somebody sends another text (Art. 30)."""


PETITIONING: Final = frozenset({MentionRole.PETITIONER, MentionRole.REPRESENTATIVE, MentionRole.AGENT})
"""Whose matter it is."""
REPLACED_EVENTS: Final[dict[str, Replaced]] = {
    EventKind.REPLIED: Replaced.REPLIES,
    EventKind.CALLED_BACK: Replaced.CALL_BACKS,
}
"""By which word a record says that it tells of all events of a kind."""


@dataclass(slots=True)
class Part:
    """One thing a submission has; `key` tells whether two are the same, `value` is what a new one is made from."""

    id: UUID
    key: object
    since: UUID | None = None
    until: UUID | None = None
    again: UUID | None = None
    """The revision that arrived and says it once more."""
    fresh: bool = False
    value: object = None

    @property
    def holds(self) -> bool:
        """Tell whether the submission still says it."""
        return self.until is None


@dataclass(frozen=True, slots=True)
class EventDraft:
    """An event as a record tells of it."""

    kind: EventKind
    at: datetime
    at_given: bool
    organ: str | None
    body: str
    satisfaction: str | None


class Arrival(NamedTuple):
    """A record for this submission; `place` is its place among those given to intake."""

    place: int
    prepared: Prepared


class Revision(NamedTuple):
    """A revision to be written: what arrived, and which of its contents differ from the one before."""

    id: RevisionId
    number: int
    prepared: Prepared
    fields: tuple[str, ...]


def _nothing() -> dict[PartKind, list[Part]]:
    return {kind: [] for kind in PartKind}


@dataclass(slots=True, kw_only=True)
class Subject:
    """A submission, new or standing, and the revision that arrived for it."""

    id: SubmissionId
    case: CaseId
    new: bool
    digest: bytes = b""
    columns: dict[str, object] = field(default_factory=dict)
    """What the last revision says in full, as `columns_of`; empty for a new submission."""
    count: int = 0
    receipt_code: str = ""
    unnamed: bool = False
    """Whether it accuses somebody of whom nobody knows yet of which organ."""
    decided: PetitionKind | None = None
    """What a person decided that it is, None where nobody did."""
    overruled: bool = False
    """Whether what was decided holds no longer, since what arrives accuses somebody anew."""
    first_revision: RevisionId | None = None
    """The id that the claim gave to the first revision of a new submission."""
    parts: dict[PartKind, list[Part]] = field(default_factory=_nothing)
    replayed: bool = False
    """What arrives was said by an earlier revision: an older export read again, or a push sent late."""
    revision: Revision | None = None
    """What is to be written, None where nothing new arrived."""

    @property
    def changed(self) -> bool:
        """Tell whether anything is to be written."""
        return self.revision is not None

    @property
    def latest(self) -> Revision:
        """Return the revision that is to be written; there is one where `changed`."""
        if self.revision is None:
            raise AssertionError("nothing new arrived")
        return self.revision

    def arrive(self, prepared: Prepared, vault: Vault) -> bool:
        """Take a record in; return False where it says nothing new."""
        if self.replayed or prepared.digest == self.digest:
            return False
        prepared = self._protected(prepared)
        if self._is_copy(prepared, vault):
            return False
        prepared = self._completed(prepared)
        self.count += 1
        revision = self.first_revision or RevisionId(new_id())
        columns = columns_of(prepared)
        fields = [name for name, value in columns.items() if self.columns and self.columns[name] != value]
        wanted = wanted_parts(prepared, vault)
        self._report(wanted.pop(PartKind.EVENT), prepared.draft.replaces, revision, vault)
        wanted[PartKind.MENTION] += self._still_named(prepared)
        wanted[PartKind.ORGAN] += self._still_taking_part(prepared, wanted[PartKind.ORGAN])
        for kind, parts in wanted.items():
            self._revise(kind, parts, revision)
        named = prepared.accused
        self._accuse(prepared, named.organs, revision)
        self.unnamed = self.unnamed or (not named.complete and self._accuses_anew(prepared, columns))
        if self.columns:
            fields += [kind for kind in PartKind if self._touched(kind, revision)]
        self.revision = Revision(revision, self.count, prepared, tuple(fields))
        self.digest, self.columns = prepared.digest, columns
        return True

    @property
    def _carries(self) -> bool:
        """Tell whether what a record leaves out stays: of an accusation it stays with who could see that (Art. 30)."""
        return bool(self.columns) and self.columns["kind"] != PetitionKind.ACCUSATION

    def _completed(self, prepared: Prepared) -> Prepared:
        """Return a record with what earlier ones said and it leaves out: silence takes nothing back."""
        if not self._carries:
            return prepared
        replaces = prepared.draft.replaces
        if prepared.topic is None and Replaced.TOPIC not in replaces:
            prepared = replace(prepared, topic=cast("str | None", self.columns["topic"]))
        if Replaced.DETAILS not in replaces:
            said = orjson.loads(orjson.dumps(prepared.details))
            stood = cast("dict[str, Any]", self.columns["details"])
            left_out = {
                name: stood[name] for name, value in said.items() if value is None and stood.get(name) is not None
            }
            prepared = replace(prepared, details=replace(prepared.details, **left_out)) if left_out else prepared
        return prepared

    def _protected(self, prepared: Prepared) -> Prepared:
        """Return a record as it counts.

        What was an accusation stays one, whatever its source says later (Art. 30). What a person decided holds, until
        the source accuses somebody anew. What came twice came when it did so first.
        """
        if prepared.draft.imprint and self.columns:
            first = min(prepared.draft.received_at, cast("datetime", self.columns["received_at"]))
            prepared = replace(prepared, draft=replace(prepared.draft, received_at=first))
        if self.columns.get("kind") == PetitionKind.ACCUSATION:
            return replace(prepared, draft=replace(prepared.draft, kind=PetitionKind.ACCUSATION))
        if self.decided is None:
            return prepared
        if prepared.draft.kind is PetitionKind.ACCUSATION and self._says_anew(prepared):
            self.overruled = True
            return prepared
        return replace(prepared, draft=replace(prepared.draft, kind=self.decided), accused=Accused())

    def _is_copy(self, prepared: Prepared, vault: Vault) -> bool:
        """Tell whether it is a mail that came by another way, too: of that it says nothing but when."""
        if not prepared.draft.imprint or self.columns != columns_of(prepared):
            return False
        for kind, wanted in wanted_parts(prepared, vault).items():
            said, held = {key for key, _ in wanted}, {part.key for part in self.parts[kind] if part.holds}
            if said - held or (kind not in KEPT_ALWAYS and held - said):
                return False
        return True

    def _says_anew(self, prepared: Prepared) -> bool:
        """Tell whether an accusation is another than the one that somebody decided on: by its words or its accused."""
        named = {part.key for part in self.parts[PartKind.MENTION]}
        accused = {one.digest for one in prepared.mentions if one.draft.role is MentionRole.RESPONDENT}
        words = (prepared.draft.title, prepared.draft.text)
        return not accused <= named or words != (self.columns["title"], self.columns["body"])

    def _touched(self, kind: PartKind, revision: RevisionId) -> bool:
        return any(revision in (part.since if part.fresh else None, part.until) for part in self.parts[kind])

    def _revise(self, kind: PartKind, wanted: Iterable[tuple[object, object]], revision: RevisionId) -> None:
        standing: dict[object, list[Part]] = {}
        for part in self.parts[kind]:
            if part.holds:
                standing.setdefault(part.key, []).append(part)
        for key, value in wanted:
            if same := standing.get(key):
                same.pop().again = revision
            else:
                self.parts[kind].append(Part(new_id(), key, since=revision, fresh=True, value=value))
        if kind not in KEPT_ALWAYS:
            for dropped in standing.values():
                for part in dropped:
                    part.until = revision

    def _report(
        self,
        told: Iterable[tuple[object, object]],
        replaces: frozenset[Replaced],
        revision: RevisionId,
        vault: Vault,
    ) -> None:
        """Add the events that a record tells of to those that were told; one that is told again is the same event.

        What tells more of one stands in its place. Where the record says that it replaces them, all others end.
        """
        parts = self.parts[PartKind.EVENT]
        standing = [part for part in parts if part.holds and not part.fresh]
        for key, value in told:
            same, less = _told_before(standing, key, cast("EventDraft", value), vault)
            if same:
                same.again = revision
                standing.remove(same)
                continue
            if less:
                less.until = revision
                standing.remove(less)
            parts.append(Part(new_id(), key, since=revision, fresh=True, value=value))
        for part in standing:
            if REPLACED_EVENTS.get(cast("Step", part.value).kind) in replaces:
                part.until = revision

    def _still_named(self, prepared: Prepared) -> list[tuple[object, object]]:
        """Return who petitioned by earlier records, where this one names nobody in that role.

        Others that a record named go with its words: whom a matter moves to sees what it says, not what it said.
        """
        if Replaced.MENTIONS in prepared.draft.replaces or not self._carries:
            return []
        named = {one.draft.role for one in prepared.mentions}
        return [
            (part.key, None)
            for part in self.parts[PartKind.MENTION]
            if part.holds and not part.fresh and part.value in PETITIONING - named
        ]

    def _still_taking_part(
        self, prepared: Prepared, wanted: Iterable[tuple[object, object]]
    ) -> list[tuple[object, object]]:
        """Return the organs of earlier records that keep their part: by what they answered, or since none is named."""
        told = {key for key, _ in wanted}
        left_out = prepared.draft.organ is None and Replaced.ORGAN not in prepared.draft.replaces
        stays = left_out and self._carries
        steps = (part.value for part in self.parts[PartKind.EVENT] if part.holds)
        answered = {step.organ for step in steps if isinstance(step, Step)}
        return [
            (part.key, None)
            for part in self.parts[PartKind.ORGAN]
            if part.holds and part.key not in told and (stays or organ_of(part)[0] in answered)
        ]

    def _accuse(self, prepared: Prepared, organs: Sequence[str], revision: RevisionId) -> None:
        """Take an accusation's respondents as its accused; organisations among them are so as organs too (Art. 30)."""
        wanted: list[tuple[object, object]] = []
        if prepared.draft.kind is PetitionKind.ACCUSATION:
            respondents = {one.digest for one in prepared.mentions if one.draft.role is MentionRole.RESPONDENT}
            mentions = (part for part in self.parts[PartKind.MENTION] if part.holds and part.key in respondents)
            wanted += [(("mention", part.id), None) for part in mentions]
            wanted += [(("organ", organ_id(organ)), organ) for organ in organs]
        self._revise(PartKind.ACCUSED, wanted, revision)

    def _accuses_anew(self, prepared: Prepared, columns: dict[str, object]) -> bool:
        """Tell whether others may be accused than before: by new mentions, or where there are none by other words."""
        if not self.columns or self.columns["kind"] != PetitionKind.ACCUSATION:
            return True
        if any(one.draft.role is MentionRole.RESPONDENT for one in prepared.mentions):
            return any(part.fresh and accused_of(part)[0] == "mention" for part in self.parts[PartKind.ACCUSED])
        return any(self.columns[name] != columns[name] for name in ("title", "body"))

    def fresh(self, kind: PartKind) -> list[Part]:
        """Return the parts of a kind that are to be written."""
        return [part for part in self.parts[kind] if part.fresh]

    def said_again(self, kind: PartKind) -> list[Part]:
        """Return the parts of a kind that stand in the database and were said once more."""
        return [part for part in self.parts[kind] if part.again is not None and not part.fresh]

    def dropped(self, kind: PartKind) -> list[Part]:
        """Return the parts of a kind that stand in the database and hold no longer."""
        return [part for part in self.parts[kind] if not part.fresh and part.until is not None]


def columns_of(prepared: Prepared) -> dict[str, object]:
    """Return what a record says in a submission's own columns, as they are read back from the tables and opened.

    Title and body are as received: a digit that a mask hides is news. Of the details nothing is kept but what is shown.
    """
    draft = prepared.draft
    return {
        "received_at": draft.received_at,
        "title": draft.title,
        "body": draft.text,
        "kind": str(draft.kind),
        "topic": prepared.topic,
        "division": prepared.division,
        "details": orjson.loads(orjson.dumps(prepared.details)),
    }


def wanted_parts(prepared: Prepared, vault: Vault) -> dict[PartKind, list[tuple[object, object]]]:
    """Return what a record says the submission has, by kind, each with its key."""
    draft = prepared.draft
    replies = zip(draft.replies, prepared.reply_organs, strict=True)
    events = [_reply_event(reply, organ, draft.received_at) for reply, organ in replies]
    answered_at = max((event.at for event in events), default=draft.received_at)
    events += [_call_back_event(call, answered_at) for call in draft.call_backs]
    places: list[object] = [place_id(prepared.place_code)] if prepared.place_code else []
    places += [place.id for place in prepared.source_places]
    organs = {(organ_id(organ), OrganRole.RESPONSIBLE): organ for organ in prepared.organ_names}
    return {
        PartKind.MENTION: [(mention.digest, mention) for mention in prepared.mentions],
        PartKind.EVENT: [(vault.digest(orjson.dumps(event)), event) for event in events],
        PartKind.DOCUMENT: [
            (vault.digest(one.name.encode() + b"\0" + one.content), one) for one in draft.documents
        ],
        PartKind.PLACE: [(place, None) for place in dict.fromkeys(places)],
        PartKind.ORGAN: list(organs.items()),
    }  # fmt: skip


def _told_before(
    standing: Sequence[Part], key: object, event: EventDraft, vault: Vault
) -> tuple[Part | None, Part | None]:
    """Return the event that says all that this one does, else the one of which this one says all, and more."""
    if not standing:
        return None, None
    if same := next((part for part in standing if part.key == key), None):
        return same, None
    step = step_of(event, vault)
    same = next((part for part in standing if cast("Step", part.value).says(step)), None)
    return same, next((part for part in standing if step.says(cast("Step", part.value))), None)


def step_of(event: EventDraft, vault: Vault) -> Step:
    """Return an event that a record tells of as it will stand in the tables."""
    organ = organ_id(event.organ) if event.organ else None
    words = words_of(event.body, vault)
    return Step(event.kind, event.at if event.at_given else None, organ, words, event.satisfaction)


def _reply_event(reply: ReplyDraft, organ: str | None, received_at: datetime) -> EventDraft:
    return EventDraft(EventKind.REPLIED, reply.at or received_at, reply.at is not None, organ, reply.text, None)


def _call_back_event(call: CallBackDraft, answered_at: datetime) -> EventDraft:
    return EventDraft(
        EventKind.CALLED_BACK, call.at or answered_at, call.at is not None, None, call.note or "", call.satisfaction
    )


def fold(arrivals: Iterable[Arrival]) -> dict[bytes, list[Arrival]]:
    """Gather the repeats of each record, in the order in which the first of each arrived."""
    gathered: dict[bytes, list[Arrival]] = {}
    for arrival in arrivals:
        gathered.setdefault(arrival.prepared.key, []).append(arrival)
    return gathered


def cut(arrivals: Iterable[Arrival], longest: int) -> Iterator[list[Arrival]]:
    """Cut records into batches in which no key says two different things.

    So each batch holds one revision of a submission at most, and the graph does not depend on how records are cut.
    """
    batch: list[Arrival] = []
    says: dict[bytes, bytes] = {}
    for arrival in arrivals:
        prepared = arrival.prepared
        if len(batch) == longest or says.get(prepared.key, prepared.digest) != prepared.digest:
            yield batch
            batch, says = [], {}
        batch.append(arrival)
        says[prepared.key] = prepared.digest
    if batch:
        yield batch


# What a part was made from, by its kind ---------------------------------------------------------------------------


def mention_of(part: Part) -> PreparedMention:
    """Return the mention that a fresh MENTION part stands for."""
    return cast("PreparedMention", part.value)


def event_of(part: Part) -> EventDraft:
    """Return the event that a fresh EVENT part stands for."""
    return cast("EventDraft", part.value)


def document_of(part: Part) -> DocumentDraft:
    """Return the attachment that a fresh DOCUMENT part stands for."""
    return cast("DocumentDraft", part.value)


def place_of(part: Part) -> UUID:
    """Return the place that a PLACE part points to."""
    return cast("UUID", part.key)


def organ_of(part: Part) -> tuple[UUID, OrganRole]:
    """Return the organ that an ORGAN part points to, and its role."""
    return cast("tuple[UUID, OrganRole]", part.key)


def accused_of(part: Part) -> tuple[str, UUID]:
    """Return what an ACCUSED part points to: `mention` or `organ`, and its id."""
    return cast("tuple[str, UUID]", part.key)
