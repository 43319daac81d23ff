"""Is this the same person, and is this the same matter? The seam behind which linking is done.

Both questions are answered while a submission is taken in, inside its transaction. `Linker` is the interface;
`ExactLinker` is the first one: exact keys only, and cautious. Every answer is an edge with its evidence, so a person
can undo it, and a person's "no" binds every later run: where one stands between two parties, only a proposal is made.
No score ever describes a person.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol
from uuid import UUID

from graph.database import statements
from graph.locks import SQL as LOCKS
from graph.locks import hold
from graph.parties import Clusters
from graph.records import CaseId, EdgeState, MentionId, PartyId, SubmissionId
from graph.text.likeness import bigram_set, likeness

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from graph.database import Connection

SAME_TEXT: Final = 0.8
"""Bigram likeness from which two texts of one party about one place are clearly the same: a copy with a new greeting
or a line added stays above it; two complaints about one estate by one neighbour measure under 0.5."""
CANDIDATES: Final = 20
"""Mentions looked at per key, and submissions per party: keys shared by more are a call centre's own number."""

SQL = statements("linking")


class Rule(StrEnum):
    """Why two mentions are one party."""

    IDENTITY = "IDENTITY"
    PHONE_AND_NAME = "PHONE_AND_NAME"
    ACCOUNT = "ACCOUNT"


@dataclass(frozen=True, slots=True)
class LinkKey:
    """Mentions with an equal key are one party by this rule."""

    rule: Rule
    value: bytes

    @property
    def lock(self) -> bytes:
        """The row of `link_key` that whoever links by it holds."""
        return self.rule.encode() + b"/" + self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMention:
    """A mention about to be written, with its keyed hashes."""

    id: MentionId
    name_hash: bytes | None
    identity_hash: bytes | None
    phone_hash: bytes | None
    account_hash: bytes | None
    accusing: bool = False
    """Whether it comes with an accusation."""

    def link_keys(self) -> tuple[LinkKey, ...]:
        """Return the keys by which it may be linked."""
        keys = []
        if self.identity_hash:
            keys.append(LinkKey(Rule.IDENTITY, self.identity_hash))
        if self.phone_hash and self.name_hash:
            keys.append(LinkKey(Rule.PHONE_AND_NAME, self.phone_hash + self.name_hash))
        if self.account_hash:
            keys.append(LinkKey(Rule.ACCOUNT, self.account_hash))
        return tuple(keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSubmission:
    """A submission about to be filed."""

    id: SubmissionId
    received_at: datetime
    places: frozenset[UUID]
    title: str
    body: str
    petitioners: tuple[MentionId, ...]
    accusation: bool = False
    filed: CaseId | None = None
    """The case of one that stands already and says something else now: it stays, but others are compared with it."""


@dataclass(frozen=True, slots=True)
class PartyEdge:
    """Two mentions that are, or may be, one party."""

    low: MentionId
    high: MentionId
    state: EdgeState
    rule: Rule


@dataclass(frozen=True, slots=True)
class PartyDecision:
    """The edges to write, the party of each new mention, and which standing parties became another."""

    edges: tuple[PartyEdge, ...] = ()
    parties: Mapping[MentionId, PartyId] = field(default_factory=dict)
    merged: Mapping[PartyId, PartyId] = field(default_factory=dict)
    gone: tuple[MentionId, ...] = ()
    """Mentions that end in this transaction: nothing is filed by them any more."""


@dataclass(frozen=True, slots=True)
class Filing:
    """The case that a submission is filed under, and why."""

    case: CaseId
    score: float
    alike: SubmissionId
    """The submission whose text is clearly the same."""


class Linker(Protocol):
    """Decides who is who and what belongs together. Locks what it decides on; writes nothing."""

    async def parties(
        self, connection: Connection, mentions: Sequence[NewMention], gone: Sequence[MentionId]
    ) -> PartyDecision:
        """Decide the party of each new mention; `gone` end now: hold the parties that they leave."""
        ...

    async def filings(
        self,
        connection: Connection,
        submissions: Sequence[NewSubmission],
        decision: PartyDecision,
        own_cases: Mapping[SubmissionId, CaseId],
        also: frozenset[CaseId],
    ) -> Mapping[SubmissionId, Filing]:
        """Decide which new submissions are filed under a case that is there; the others keep one of their own.

        The cases `also` will change in this transaction for other reasons: they are held together with those found.
        """
        ...


# Who is who: pure -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KnownMention:
    """A mention in the graph that has one of the keys asked for."""

    id: MentionId
    party: PartyId
    accusing: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What the graph knows of the keys asked for; `parted` holds pairs of parties that a person keeps apart."""

    by_key: Mapping[LinkKey, Sequence[KnownMention]]
    parted: frozenset[tuple[PartyId, PartyId]] = frozenset()
    leaving: frozenset[PartyId] = frozenset()

    def parties(self) -> frozenset[PartyId]:
        """Return every party met."""
        return self.leaving | {mention.party for mentions in self.by_key.values() for mention in mentions}


Targets = dict[PartyId, tuple[MentionId, Rule]]
"""By party: the mention of it that a key leads to, and by which rule."""


def decide_parties(mentions: Sequence[NewMention], known: Known) -> PartyDecision:
    """Link each new mention to one mention of each party that shares a key, in the order they arrive.

    Between one that came with an accusation and one that did not, an edge is only proposed: else two who are seen would
    become one, though what joined them may not be seen.
    """
    clusters = Clusters()
    holders = {key: list(found) for key, found in known.by_key.items()}
    for one in (one for found in holders.values() for one in found):
        clusters.join(one.id, MentionId(one.party))
    edges: list[PartyEdge] = []
    for mention in mentions:
        keys = mention.link_keys()
        alike: Targets = {}
        unlike: Targets = {}
        for key in keys:
            for other in holders.get(key, ()):
                targets = alike if other.accusing is mention.accusing else unlike
                targets.setdefault(clusters.find(MentionId(other.party)), (other.id, key.rule))
        state = EdgeState.PROPOSED if _kept_apart(alike, known.parted, clusters) else EdgeState.ACCEPTED
        edges += [_edge(mention.id, found, state, rule) for found, rule in alike.values()]
        edges += [_edge(mention.id, found, EdgeState.PROPOSED, rule) for found, rule in unlike.values()]
        if state is EdgeState.ACCEPTED:
            for joined, _ in alike.values():
                clusters.join(mention.id, joined)
        _hold(holders, keys, KnownMention(mention.id, clusters.find(mention.id), mention.accusing))
    return PartyDecision(
        edges=tuple(edges),
        parties={mention.id: clusters.find(mention.id) for mention in mentions},
        merged={
            party: now for party in known.parties() if (now := clusters.find(MentionId(party))) != party
        },
    )  # fmt: skip


def _hold(holders: dict[LinkKey, list[KnownMention]], keys: Sequence[LinkKey], mention: KnownMention) -> None:
    """Let those that follow be linked to a mention, if it is among the first that have a key, as in the graph."""
    for key in keys:
        if len(held := holders.setdefault(key, [])) < CANDIDATES:
            held.append(mention)


def _edge(one: MentionId, other: MentionId, state: EdgeState, rule: Rule) -> PartyEdge:
    return PartyEdge(min(one, other), max(one, other), state, rule)


def _kept_apart(
    targets: Mapping[PartyId, object], parted: frozenset[tuple[PartyId, PartyId]], clusters: Clusters
) -> bool:
    if len(targets) < 2 or not parted:
        return False
    apart = {
        frozenset((clusters.find(MentionId(one)), clusters.find(MentionId(other)))) for one, other in parted
    }  # fmt: skip
    return any(frozenset((one, other)) in apart for one in targets for other in targets if one != other)


# What belongs together: pure --------------------------------------------------------------------------------------


@dataclass(slots=True)
class FiledSubmission:
    """A submission of one of the parties that is filed already; its bigrams are made when first compared."""

    id: SubmissionId
    case: CaseId
    received_at: datetime
    places: frozenset[UUID]
    text: str
    accusation: bool
    """An accusation stays with its like, or it would hide their case from who handles it."""
    bigrams: frozenset[str] = frozenset()

    def likeness(self, bigrams: frozenset[str]) -> float:
        """Return how alike this one's text is."""
        self.bigrams = self.bigrams or bigram_set(self.text)
        return likeness(self.bigrams, bigrams)


def same_place(one: frozenset[UUID], other: frozenset[UUID]) -> bool:
    """Tell whether two submissions name a place in common, or neither names any."""
    return bool(one & other) if one or other else True


def choose_filing(
    submission: NewSubmission, bigrams: frozenset[str], filed: Sequence[FiledSubmission]
) -> Filing | None:
    """Return the filed submission of the same place whose text is clearly the same and most alike, the oldest first."""
    alike = [
        (-score, other.received_at, other.id, other.case)
        for other in filed
        if other.accusation is submission.accusation
        and same_place(submission.places, other.places)
        and (score := other.likeness(bigrams)) >= SAME_TEXT
    ]
    if not alike:
        return None
    score, _, chosen, case = min(alike)
    return Filing(case=case, score=-score, alike=chosen)


# The first linker -------------------------------------------------------------------------------------------------


class ExactLinker:
    """Same identity number, same phone and name, same account: one party. Same party, place and text: one case."""

    async def parties(
        self, connection: Connection, mentions: Sequence[NewMention], gone: Sequence[MentionId]
    ) -> PartyDecision:
        """Hold the keys, look up who has them, hold their parties, decide."""
        keys = sorted({key for mention in mentions for key in mention.link_keys()}, key=lambda key: key.lock)
        if not keys and not gone:
            return PartyDecision(parties={mention.id: PartyId(mention.id) for mention in mentions})
        gone = tuple(gone)
        await connection.execute(LOCKS.hold_keys, [key.lock for key in keys])

        async def look() -> Known:
            leaving = await connection.fetch(SQL.parties_of, gone) if gone else ()
            return replace(
                await self._known(connection, keys, gone), leaving=frozenset(row["party"] for row in leaving)
            )

        known = await hold(connection, look, Known.parties, LOCKS.hold_parties)
        return replace(decide_parties(mentions, known), gone=gone)

    @staticmethod
    async def _known(connection: Connection, keys: Sequence[LinkKey], gone: Sequence[MentionId]) -> Known:
        rows = await connection.fetch(
            SQL.known_mentions, [key.rule for key in keys], [key.value for key in keys], CANDIDATES, gone
        )
        by_key: dict[LinkKey, list[KnownMention]] = {}
        for row in rows:
            key = LinkKey(Rule(row["rule"]), row["value"])
            by_key.setdefault(key, []).append(
                KnownMention(MentionId(row["id"]), PartyId(row["party"]), row["accusing"])
            )
        known = Known(by_key)
        parties = known.parties()
        if len(parties) < 2:
            return known
        parted = await connection.fetch(SQL.parted_parties, list(parties))
        return Known(by_key, frozenset((row["one"], row["other"]) for row in parted))

    async def filings(
        self,
        connection: Connection,
        submissions: Sequence[NewSubmission],
        decision: PartyDecision,
        own_cases: Mapping[SubmissionId, CaseId],
        also: frozenset[CaseId],
    ) -> Mapping[SubmissionId, Filing]:
        """Compare each submission with what its petitioners have filed before, in the order they arrive."""
        now = {decision.parties[mention] for one in submissions for mention in one.petitioners}
        # The tables still know those that are merged in this transaction by their former names.
        asked = {party: party for party in now} | {old: new for old, new in decision.merged.items() if new in now}

        async def look() -> dict[PartyId, list[FiledSubmission]]:
            return await self._filed(connection, asked, decision.gone) if asked else {}

        def cases(found: dict[PartyId, list[FiledSubmission]]) -> frozenset[CaseId]:
            return also | {one.case for filed in found.values() for one in filed}

        filed = await hold(connection, look, cases, LOCKS.hold_cases)
        # Comparing twenty letters of a hundred pages takes a second, in which nobody else would be answered.
        return await asyncio.to_thread(decide_filings, submissions, decision.parties, own_cases, filed)

    @staticmethod
    async def _filed(
        connection: Connection, asked: Mapping[PartyId, PartyId], gone: Sequence[MentionId]
    ) -> dict[PartyId, list[FiledSubmission]]:
        """Return what each party has petitioned for, under the name that `asked` gives it."""
        found: dict[PartyId, list[FiledSubmission]] = {}
        for row in await connection.fetch(SQL.filed_submissions, sorted(asked), CANDIDATES, gone):
            one = FiledSubmission(
                id=row["id"], case=row["case_id"], received_at=row["received_at"], places=frozenset(row["places"]),
                text=f"{row['title']}\n{row['body']}", accusation=row["accusation"],
            )  # fmt: skip
            for party in {asked[party] for party in row["parties"]}:
                found.setdefault(party, []).append(one)
        return found


def decide_filings(
    submissions: Sequence[NewSubmission],
    parties: Mapping[MentionId, PartyId],
    own_cases: Mapping[SubmissionId, CaseId],
    filed: dict[PartyId, list[FiledSubmission]],
) -> dict[SubmissionId, Filing]:
    """File each submission under the case of the most alike one of its petitioners, or under its own. Pure."""
    several = _seen_twice(submissions, parties)
    decided: dict[SubmissionId, Filing] = {}
    for submission in submissions:
        mine = {parties[mention] for mention in submission.petitioners}
        if submission.filed:
            _renew(submission, submission.filed, mine, filed)
            continue
        if not mine & (several | filed.keys()):
            continue
        text = f"{submission.title}\n{submission.body}"
        bigrams = bigram_set(text)
        # Once, however many of its petitioners it shares.
        earlier = list({one.id: one for party in sorted(mine) for one in filed.get(party, ())[-CANDIDATES:]}.values())
        filing = choose_filing(submission, bigrams, earlier)
        if filing:
            decided[submission.id] = filing
        case = filing.case if filing else own_cases[submission.id]
        itself = FiledSubmission(
            submission.id, case, submission.received_at, submission.places, text, submission.accusation, bigrams
        )
        for party in mine:
            filed.setdefault(party, []).append(itself)
    return decided


def _renew(
    submission: NewSubmission, case: CaseId, mine: Iterable[PartyId], filed: dict[PartyId, list[FiledSubmission]]
) -> None:
    """Let those that arrive after a revision be compared with what it says now."""
    itself = FiledSubmission(
        submission.id, case, submission.received_at, submission.places, f"{submission.title}\n{submission.body}",
        submission.accusation,
    )  # fmt: skip
    for known in filed.values():
        known[:] = [itself if one.id == submission.id else one for one in known]
    for party in mine:
        filed.setdefault(party, []).append(itself)


def _seen_twice(submissions: Sequence[NewSubmission], parties: Mapping[MentionId, PartyId]) -> set[PartyId]:
    """Return the parties that petition in more than one of these submissions."""
    seen: set[PartyId] = set()
    twice: set[PartyId] = set()
    for submission in submissions:
        mine = {parties[mention] for mention in submission.petitioners}
        twice |= mine & seen
        seen |= mine
    return twice
