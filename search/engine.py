"""What every search engine offers: few verbs, over tokens that are cut elsewhere (`graph.text`). Contract.

An engine finds candidates, counts them and their facets. It never cuts text, never highlights, and the order of the
best candidates is not its own but `search.score`'s. Its index remembers the position in the journal that it holds, in
the same commit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from graph.errors import GraphError
from search.records import FacetName, SearchFilter, SearchOrder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graph.records import CaseId, Position, SubmissionId
    from search.records import FacetCount


class SearchUnavailableError(GraphError):
    """There is no index to search, or it cannot be read. It is built again by `reindex`, or by a worker that runs."""


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
    month: str
    """`2026-11`, in the zone of the instance."""
    received_at: datetime
    seen: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What goes into the index at once, and from where in the journal to where it brings it."""

    documents: Sequence[IndexDocument]
    gone: Sequence[SubmissionId]
    after: Position
    position: Position


# What is looked for ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Term:
    """Holds this token."""

    field: TokenField
    token: str


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
    """Fits all of `nodes` and none of `without`."""

    nodes: tuple[Match, ...] = ()
    without: tuple[Match, ...] = ()


Match = Term | Run | Starting | Exact | Between | AnyOf | AllOf


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """One question to an engine."""

    match: AllOf
    filter: SearchFilter = field(default_factory=SearchFilter)
    order: SearchOrder = SearchOrder.RELEVANCE
    limit: int = 20
    offset: int = 0
    """How many candidates to pass over; for RELEVANCE alone."""
    below: int | None = None
    """The `recency` that candidates must lie below; for NEWEST alone."""
    facets: tuple[FacetName, ...] = ()
    audience: AllOf = field(default_factory=AllOf)
    """What the asker may see of all that is indexed; nothing else is found, counted or weighed."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One submission that matches. `recency` orders by time received, later first, and no two share it."""

    submission: SubmissionId
    score: float
    recency: int


@dataclass(frozen=True, slots=True)
class Found:
    """What an engine found: all that match are counted, `candidates` are those asked for."""

    total: int
    candidates: tuple[Candidate, ...]
    facets: Mapping[FacetName, tuple[FacetCount, ...]]


class Engine(Protocol):
    """One index. Methods block: call them in a thread."""

    def position(self) -> Position | None:
        """Return the journal position that the index holds, None where there is no index."""
        ...

    def apply(self, batch: Batch) -> None:
        """Put documents in the place of those of the same submissions, take out those gone, and hold a position.

        One commit, visible to every later `find`. Where there is no index, or a damaged one, a new one is begun. Raises
        IndexMovedError where the index is not at the position that the batch goes on from. Only the process that holds
        the lock `indexer` may call it.
        """
        ...

    def clear(self) -> None:
        """Begin an empty index in the place of the present one, which is of another database."""
        ...

    def find(self, lookup: Lookup) -> Found:
        """Return what matches. Raises SearchUnavailableError."""
        ...

    def frequencies(self, terms: Sequence[Term | Starting], audience: AllOf) -> tuple[int, list[int]]:
        """Return how many documents the asker may see, and how many of them hold each term.

        Raises SearchUnavailableError.
        """
        ...

    def close(self) -> None:
        """Let go of files and locks."""
        ...
