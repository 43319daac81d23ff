"""What every search engine offers: few verbs, over tokens that are cut elsewhere (`graph.text`). Contract.

An engine finds candidates, counts them and their facets. It never cuts text and never highlights. It weighs nothing
itself: a candidate's score is the sum of the weights that a lookup gives to what holds, so every engine takes the same;
the order of the best among them is `search.score`'s. Its index remembers the position in the journal that it holds, in
the same commit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from graph.errors import GraphError
from search.records import FacetName, SearchFilter, SearchOrder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractAsyncContextManager

    from graph.journal import Reached
    from graph.records import CaseId, Position, SubmissionId
    from search.records import FacetCount


class SearchUnavailableError(GraphError):
    """There is no index to search, or it cannot be read. It is built again by `reindex`, or by a worker that runs."""


class SearchAwayError(SearchUnavailableError):
    """The search engine does not answer now. It is asked again by itself; look whether it runs."""


class IndexMovedError(GraphError):
    """The index is not where it was: another one went live. Ask it for its position, and go on from there."""


class TokenField(StrEnum):
    """The kinds of tokens, each in a field of its own."""

    BIGRAMS = "bigrams"
    CODES = "codes"


class ExactField(StrEnum):
    """Fields whose values are compared whole. Topics and divisions hold every level above, too."""

    CHANNEL = "channel"
    KIND = "kind"
    STATUS = "status"
    TOPIC = "topic"
    DIVISION = "division"
    ORGAN = "organ"
    """Ids of the organs that have a part in the case it is filed in."""
    ORGAN_NAME = "organ_name"
    """All by which those organs are known (`search.organs`)."""
    CASE = "case"
    """The id of the case that answers for it."""
    SEEN = "seen"
    """By whom it is seen (`search.audience`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexDocument:
    """One submission as it is indexed: tokens joined by blanks, one bigram text for each text."""

    submission: SubmissionId
    case: CaseId
    bigrams: tuple[str, ...]
    codes: str
    channel: str
    kind: str
    status: str
    topics: tuple[str, ...]
    divisions: tuple[str, ...]
    organs: tuple[str, ...]
    organ_names: tuple[str, ...]
    month: str
    """`2026-11`, in the zone of the instance."""
    received_at: datetime
    seen: tuple[str, ...]

    @property
    def arrival(self) -> int:
        """When it came in, as milliseconds: its id is `uuidv7()` (RFC 9562)."""
        return arrival(self.submission)


def arrival(submission: SubmissionId) -> int:
    """Return when a submission came in, in milliseconds since 1970."""
    return submission.int >> 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What goes into the index at once, and from where in the journal to where it brings it."""

    documents: Sequence[IndexDocument]
    gone: Sequence[SubmissionId]
    after: Position
    position: Position
    link: bytes = b""
    """The journal's link at `position` (`graph.journal`); looked at where the position moves."""
    told_until: Position | None = None
    """How far the journal had come, at least, when the documents were made; where that is not said, to `position`."""

    @property
    def version(self) -> Position:
        """How new its documents are: what is written later wins by it, not by when it arrives."""
        return self.position if self.told_until is None else max(self.position, self.told_until)


# What is looked for ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Term:
    """Holds this token."""

    field: TokenField
    token: str


@dataclass(frozen=True, slots=True)
class OneOf:
    """Holds one of these tokens; a few hundred at most."""

    field: TokenField
    tokens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """Holds these bigrams one after the other."""

    bigrams: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Starting:
    """Holds a token that begins so."""

    field: TokenField
    prefix: str


@dataclass(frozen=True, slots=True)
class Exact:
    """Has this value."""

    field: ExactField
    value: str


@dataclass(frozen=True, slots=True)
class Between:
    """Was received from `since` on and before `until`; None is open."""

    since: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Fits at least so many of these."""

    nodes: tuple[Match, ...]
    at_least: int = 1


@dataclass(frozen=True, slots=True)
class AllOf:
    """Fits all of `nodes` and none of `without`; what holds of `perhaps` adds its weight."""

    nodes: tuple[Match, ...] = ()
    without: tuple[Match, ...] = ()
    perhaps: tuple[Match, ...] = ()


Leaf = Term | OneOf | Run | Starting
"""What text is found by, and what has a weight."""
Match = Leaf | Exact | Between | AnyOf | AllOf
GRAIN: Final = 8
"""Weights are whole eighths: sums of them are exact in the 32 bits that engines add in, in whatever order."""


def varies(match: Match, weights: Mapping[Leaf, float]) -> bool:
    """Tell whether what fits can have different scores: whether something weighed may hold or not.

    Where it does not, all candidates are equal, and the latest come first.
    """
    match match:
        case AnyOf(nodes, at_least):
            return any(map(weights.get, leaves(match))) and (at_least < len(nodes) or _vary(nodes, weights))
        case AllOf(nodes, _, perhaps):
            return any(map(weights.get, leaves(AnyOf(perhaps)))) or _vary(nodes, weights)
        case _:
            return False


def _vary(nodes: tuple[Match, ...], weights: Mapping[Leaf, float]) -> bool:
    return any(varies(node, weights) for node in nodes)


def leaves(match: Match) -> tuple[Leaf, ...]:
    """Return what text a match is found by, wherever it stands but in a `without`."""
    match match:
        case AnyOf(nodes) | AllOf(nodes):
            nodes += match.perhaps if isinstance(match, AllOf) else ()
            return tuple(dict.fromkeys(leaf for node in nodes for leaf in leaves(node)))
        case Exact() | Between():
            return ()
        case _:
            return (match,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """One question to an engine."""

    match: AllOf
    filter: SearchFilter = field(default_factory=SearchFilter)
    order: SearchOrder = SearchOrder.RELEVANCE
    weights: Mapping[Leaf, float] = field(default_factory=dict)
    """What each leaf of `match` that holds adds to a candidate's score, in whole eighths (`GRAIN`); nothing where it is
    not named, or stands in a `without`."""
    limit: int = 20
    below: int | None = None
    """The `recency` that candidates must lie below; for NEWEST alone."""
    arrived_until: int | None = None
    """The `arrival` up to which candidates came in; what came in later is not counted, either."""
    facets: tuple[FacetName, ...] = ()
    audience: AllOf = field(default_factory=AllOf)
    """What the asker may see of all that is indexed; nothing else is found, counted or weighed."""


class Candidate(NamedTuple):
    """One submission that matches. `recency` orders by time received, later first, and no two share it.

    The score is nothing by NEWEST, and where no score can differ from another (`varies`).

    By RELEVANCE the greatest scores come first, of equal ones the latest received. Where more than a thousand share the
    score at which a limit cuts, and were received about as late, an engine may take others of them.
    """

    submission: SubmissionId
    score: float
    recency: int


@dataclass(frozen=True, slots=True)
class Found:
    """What an engine found: all that match are counted, `candidates` are those asked for."""

    total: int
    candidates: tuple[Candidate, ...]
    facets: Mapping[FacetName, tuple[FacetCount, ...]]


@dataclass(frozen=True, slots=True)
class Health:
    """How an engine is, for who runs it."""

    says: str
    answers: bool = True
    """Whether it could be asked just now."""
    circuit_open: bool = False
    """Whether this process asks it no more but now and then, since it was away."""


class Engine(Protocol):
    """One index, or the live one of several generations."""

    async def position(self) -> Position | None:
        """Return the journal position that the index holds, None where there is no index.

        Raises SearchAwayError where the engine does not answer.
        """
        ...

    async def held(self) -> Reached | None:
        """Return the same with the journal's link there, by which it is known whether it is this journal."""
        ...

    async def health(self) -> Health:
        """Tell how the engine is. Raises nothing."""
        ...

    async def apply(self, batch: Batch) -> None:
        """Put documents in the place of those of the same submissions, take out those gone, and hold a position.

        Visible to every later `find`, and never half of it together with its position: what a killed one left is
        written again by the next. Where there is no index, or a damaged one, a new one is begun. Raises IndexMovedError
        where the index is not at the position that the batch goes on from. Only the process that holds the lock
        `indexer` may call it; what another sends nevertheless, and late, takes the place of nothing newer.
        """
        ...

    async def clear(self) -> None:
        """Begin an empty index in the place of the present one, which is of another database."""
        ...

    def rebuilding(self) -> AbstractAsyncContextManager[Engine]:
        """Give an engine on the next generation, which goes live in the place of the present one at the end.

        Until then the present one answers and is written. Where building fails, nothing has changed.
        """
        ...

    async def find(self, lookup: Lookup) -> Found:
        """Return what matches. Raises SearchUnavailableError."""
        ...

    async def frequencies(self, leaves: Sequence[Leaf], audience: AllOf) -> tuple[int, list[int]]:
        """Return how many documents the asker may see, and how many of them hold each leaf.

        Copies that were replaced do not count. Raises SearchUnavailableError.
        """
        ...

    async def close(self) -> None:
        """Let go of files, locks and connections."""
        ...
