"""From the API's search to the engine's and back."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Final, Protocol, TypeVar
from uuid import UUID

from graph.ids import place_id
from graph.records import CaseStatus, Channel, PetitionKind
from resolvers.conditions import chosen_of, clean, division_prefix, month_of
from resolvers.pages import checked_size
from schema import answers
from schema.enums import FacetName, PassageField
from schema.errors import argument
from schema.ids import global_id, key_of
from schema.scalars import BigInt
from schema.types import Case, Organ, PageInfo, Place, Submission
from search import records as engine
from search.documents import LEVELS
from search.facets import MOST

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from graph.records import SubmissionId
    from graph.scope import Scope
    from schema import inputs
    from search.grouping import CasePage
    from search.similar import Similar
    from search.standing import Standing


T = TypeVar("T")


class Searcher(Protocol):
    """What answers a search: an engine, whichever it is."""

    async def search(self, request: engine.SearchRequest, scope: Scope) -> engine.SearchPage: ...
    async def standing(self, scope: Scope) -> Standing: ...
    async def matches(
        self, request: engine.SearchRequest, scope: Scope, division: str | None
    ) -> tuple[SubmissionId, ...]: ...
    async def similar(
        self, to: SubmissionId, scope: Scope, *, first: int, own_case: bool = False
    ) -> tuple[Similar, ...]: ...


class CaseSearcher(Protocol):
    """What answers a search by case."""

    async def search(self, request: engine.SearchRequest, scope: Scope) -> CasePage: ...


CODE_LENGTH: Final = 6
"""Digits of a division's code in GB/T 2260."""
MOST_CASES: Final = 50
"""Cases of one page: for each, its own submissions are searched."""


def request_of(
    asked: inputs.SearchAsked, largest: int, zone: ZoneInfo, *, numbers: bool = False
) -> engine.SearchRequest:
    """Return what the engine is asked; with `numbers`, a whole number finds what holds it behind a mask."""
    with argument("query"):
        text = clean("query", asked.query)
    with argument("filter"):
        chosen = filter_of(asked.filter, zone)
    with argument("first"):
        size = checked_size(asked.first, largest)
    return engine.SearchRequest(
        text=text,
        filter=chosen,
        order=engine.SearchOrder(asked.order),
        first=size,
        after=asked.after,
        facets=tuple(dict.fromkeys(engine.FacetName(name) for name in asked.facets)),
        numbers=numbers,
    )


def filter_of(chosen: inputs.SearchFilter | None, zone: ZoneInfo) -> engine.SearchFilter:
    """Return what hits must be; raise RequestError where a value cannot be."""
    if chosen is None:
        return engine.SearchFilter()
    with argument("topic"):
        topic = None if chosen.topic is None else clean("topic", chosen.topic)
    with argument("division"):
        division = None if chosen.division is None else division_prefix(chosen.division)
    with argument("receivedAt"):
        received_from, received_until = _stretch(chosen.received_at, zone)
    return engine.SearchFilter(
        channels=tuple(Channel(one) for one in _chosen(chosen.channel) or ()),
        kinds=tuple(PetitionKind(one) for one in _chosen(chosen.kind) or ()),
        statuses=tuple(CaseStatus(one) for one in _chosen(chosen.status) or ()),
        topic=topic,
        division=division,
        organs=tuple(_organs(chosen.organs or ())),
        received_from=received_from,
        received_until=received_until,
    )


def _organs(ids: Sequence[str]) -> Iterator[str]:
    for place, one in enumerate(ids):
        with argument(f"organs.{place}"):
            yield str(key_of("Organ", one))


def _stretch(chosen: inputs.InstantFilter | None, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
    """Return from when on, and until when: both of a month, narrowed by what is asked besides."""
    if chosen is None:
        return None, None
    begins, ends = chosen.from_, chosen.until
    if chosen.month is not None:
        with argument("month"):
            first, following = month_of(chosen.month, zone)
        begins, ends = max(begins or first, first), min(ends or following, following)
    return begins, ends


def indexed(division: str | None) -> str | None:
    """Return a division that is indexed and holds all of this one: not every length of a code has a level."""
    return (
        next((division[:digits] for digits in reversed(LEVELS) if digits <= len(division)), None) if division else None
    )


def _chosen(chosen: inputs.ChannelFilter | inputs.KindFilter | inputs.StatusFilter | None) -> tuple[str, ...] | None:
    return None if chosen is None else chosen_of(chosen.equals, chosen.any_of)


def impossible(chosen: inputs.SearchFilter | None) -> bool:
    """Tell whether a choice allows nothing, which the engine's filter cannot say."""
    if chosen is None:
        return False
    return chosen.organs == [] or any(_chosen(one) == () for one in (chosen.channel, chosen.kind, chosen.status))


class Referring(Protocol):
    """Refers to a node, which is read afterwards."""

    def __call__(self, kind: type[T], key: UUID) -> T: ...


def answer_of(page: engine.SearchPage, asked: inputs.SearchAsked, ref: Referring) -> answers.SearchConnection:
    """Return the API's answer."""
    edges = [_hit_of(hit, ref) for hit in page.hits]
    return answers.SearchConnection(
        edges=edges,
        page_info=_info_of(edges, asked, more=page.has_next_page),
        total_count=_counted(page.total),
        loose_count=_counted(page.loose),
        counts_withheld=page.total is None,
        facets=[] if page.total is None else _facets_of(page, asked.facets, ref),
        index=answers.IndexStanding(**asdict(page.standing)),
    )


def cases_of(page: CasePage, asked: inputs.SearchAsked, ref: Referring) -> answers.CaseSearchConnection:
    """Return the API's answer by case."""
    edges = [
        answers.CaseHit(
            cursor=found.cursor,
            score=found.score,
            match_count=_counted(found.matches),
            loose_count=_counted(found.loose),
            channels=[
                answers.ChannelHits(channel=channel, hits=[_hit_of(hit, ref) for hit in hits])
                for channel, hits in found.channels.items()
            ],
            node=ref(Case, found.case),
        )
        for found in page.cases
    ]
    return answers.CaseSearchConnection(
        edges=edges,
        page_info=_info_of(edges, asked, more=page.has_next_page),
        submission_count=_counted(page.total),
        loose_count=_counted(page.loose),
        counts_withheld=page.total is None,
        facets=[] if page.total is None else _facets_of(page, asked.facets, ref),
        index=answers.IndexStanding(**asdict(page.standing)),
    )


def _counted(number: int | None) -> BigInt | None:
    return None if number is None else BigInt(number)


def _hit_of(hit: engine.Hit, ref: Referring) -> answers.SearchHit:
    return answers.SearchHit(
        cursor=hit.cursor,
        score=hit.score,
        loose=hit.loose,
        passages=[_passage_of(passage) for passage in hit.passages],
        node=ref(Submission, hit.submission),
    )


def similar_of(found: Similar, ref: Referring) -> answers.SimilarHit:
    """Return the API's answer of one that is similar."""
    return answers.SimilarHit(
        score=found.score,
        passages=[_passage_of(passage) for passage in found.passages],
        node=ref(Submission, found.submission),
    )


def _info_of(
    edges: Sequence[answers.SearchHit | answers.CaseHit], asked: inputs.SearchAsked, *, more: bool
) -> PageInfo:
    return PageInfo(
        has_next_page=more,
        has_previous_page=asked.after is not None,
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=edges[-1].cursor if edges else None,
    )


def _passage_of(passage: engine.Passage) -> answers.Passage:
    return answers.Passage(
        field=PassageField(passage.field.upper()),
        text=passage.text,
        ranges=[answers.Range(start=one.start, end=one.end) for one in passage.ranges],
    )


def _facets_of(page: engine.SearchPage | CasePage, wanted: Sequence[FacetName], ref: Referring) -> list[answers.Facet]:
    return [_facet_of(name, page.facets.get(engine.FacetName(name), ()), ref) for name in dict.fromkeys(wanted)]


def _facet_of(name: FacetName, found: Sequence[engine.FacetCount], ref: Referring) -> answers.Facet:
    counts = [_count_of(name, one, ref) for one in found[:MOST]]
    return answers.Facet(name=name, counts=counts, more=len(found) - len(counts))


def _count_of(name: FacetName, found: engine.FacetCount, ref: Referring) -> answers.FacetCount:
    told = answers.FacetCount(value=found.value, organ=None, division_place=None, topic=None, count=BigInt(found.count))
    match name:
        case FacetName.ORGAN:
            key = UUID(found.value)
            told.value, told.organ = global_id("Organ", key), ref(Organ, key)
        case FacetName.DIVISION:
            told.division_place = ref(Place, place_id(found.value.ljust(CODE_LENGTH, "0")))
        case FacetName.TOPIC:
            told.topic = topic_of(found.value)
    return told


def topic_of(path: str) -> answers.Topic:
    """Return a topic of the taxonomy by its path."""
    return answers.Topic(path=path, name=path.rpartition("/")[2], level=path.count("/") + 1)
