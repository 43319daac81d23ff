"""What is asked of search, and what it answers. No engine's own types appear here."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from graph.records import CaseId, CaseStatus, Channel, PetitionKind, SubmissionId
from search.standing import COVERED, Standing


class FacetName(StrEnum):
    """What hits can be counted by: topics by path (`城乡建设/安全生产`), divisions by code, months by `2026-11`.

    Organs are counted by their ids.
    """

    CHANNEL = "CHANNEL"
    KIND = "KIND"
    STATUS = "STATUS"
    TOPIC = "TOPIC"
    DIVISION = "DIVISION"
    ORGAN = "ORGAN"
    MONTH = "MONTH"


class SearchOrder(StrEnum):
    """Which hit comes first."""

    RELEVANCE = "RELEVANCE"
    NEWEST = "NEWEST"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchFilter:
    """What a hit must be; an empty tuple or None asks nothing. Times are aware, `until` is excluded."""

    channels: tuple[Channel, ...] = ()
    kinds: tuple[PetitionKind, ...] = ()
    statuses: tuple[CaseStatus, ...] = ()
    topic: str | None = None
    """A path; everything below it counts."""
    division: str | None = None
    """A GB/T 2260 code without its trailing pairs of zeros (`4301`); everything below it counts."""
    organs: tuple[str, ...] = ()
    """Ids of organs, one of which has a part in its case."""
    submissions: tuple[str, ...] = ()
    """Ids of submissions, a few hundred at most, of which it is one; it is how new ones alone are asked for."""
    received_from: datetime | None = None
    received_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """One question. `text` is the query language of `search.query`; empty text asks for everything."""

    text: str = ""
    filter: SearchFilter = field(default_factory=SearchFilter)
    order: SearchOrder = SearchOrder.RELEVANCE
    first: int = 20
    after: str | None = None
    facets: tuple[FacetName, ...] = ()
    cases: tuple[CaseId, ...] = ()
    """What leads the cases that hits are filed in; empty asks nothing."""
    numbers: bool = False
    """Whether the asker may find people by a whole number or name that masks hide (`Action.REVEAL`)."""


@dataclass(frozen=True, slots=True)
class Range:
    """A stretch of a text in UTF-16 code units, `end` excluded."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A stretch of the original text with what matched in it.

    `field` is `title`, `body`, `reply` or `document`; or `number`, of a number by which it is known.
    """

    field: str
    text: str
    ranges: tuple[Range, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One submission that matches."""

    submission: SubmissionId
    case: CaseId
    leading: CaseId
    """What leads the case that it is filed in, seen or not. Never told."""
    channel: Channel
    score: float
    loose: bool
    """Whether it holds some of what was asked for, and not all."""
    passages: tuple[Passage, ...]
    cursor: str


@dataclass(frozen=True, slots=True)
class FacetCount:
    """How many hits have this value."""

    value: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """The answer. Counts are of all hits, not of this page; facets of those that hold all that was asked for."""

    total: int | None
    """How many hold all. None where counts are withheld: the index has not caught up yet with a change of who may see
    what."""
    loose: int | None
    """How many more hold some of it and are hits, too, since next to nothing holds all; None where withheld."""
    hits: tuple[Hit, ...]
    has_next_page: bool
    order: SearchOrder = SearchOrder.RELEVANCE
    """The order that the hits are in: what has no words to weigh comes newest first, whatever is asked."""
    facets: dict[FacetName, tuple[FacetCount, ...]]
    standing: Standing = COVERED
    """How much of the graph the index covered."""
