"""The root that an engine answers: what it is asked, and its hits with the graph's nodes."""

from __future__ import annotations

import math
import re
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from graph.errors import InvalidError
from graph.policy import Action, Viewer, allows
from graph.records import CaseStatus, Channel, PetitionKind, SubmissionId
from graph.text.normalise import normalise
from schema.errors import RequestError
from schema.ids import global_id, key_of
from search.cursor import opened, sealed
from search.documents import index_document
from search.highlight import Marker
from search.query_tokens import QuerySyntaxError
from search.recency import recency
from search.records import FacetName, SearchFilter, SearchOrder, SearchRequest
from search.score import Scorer
from search.similar import LEAST, SHARE, said, telling
from search.suggestions import holds, organ_suggestions, place_of, place_suggestions, topic_suggestions
from tests.reference.fields import division_place, field
from tests.reference.filters import ZONE, allowed, clean, prefix_of
from tests.reference.graph import find
from tests.reference.index import sources
from tests.reference.lists import LARGEST_SIZE, checked_size, not_ours
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Sequence

    from search.cursor import After
    from search.records import FacetCount, Hit, Passage, SearchPage
    from tests.reference.fields import World
    from tests.reference.graph import Node

TOLD = 200
"""Values of a facet that are told; of the others it is said how many they are."""
LATEST = 1 << 42
"""Milliseconds since 1970: when searches are asked whose cursors are compared. Nothing comes in later."""
Asked = dict[str, Any]
CHOICES = ("channel", "kind", "status")


MOST_CASES = 50
SHOWN = 3


def request_of(asked: Asked, viewer: Viewer, largest: int = LARGEST_SIZE) -> SearchRequest:
    """Return what the engine is asked; raise where an argument is wrong."""
    chosen = asked["filter"] or {}
    received = _stretch(chosen.get("receivedAt") or {})
    values = {name: sorted(allowed(chosen.get(name)) or ()) for name in CHOICES}
    return SearchRequest(
        text=clean(asked["query"]),
        filter=SearchFilter(
            channels=tuple(Channel(one) for one in values["channel"]),
            kinds=tuple(PetitionKind(one) for one in values["kind"]),
            statuses=tuple(CaseStatus(one) for one in values["status"]),
            topic=None if chosen.get("topic") is None else clean(chosen["topic"]),
            division=None if chosen.get("division") is None else prefix_of(chosen["division"]),
            organs=tuple(str(key_of("Organ", one)) for one in chosen.get("organs") or ()),
            received_from=received.get("from"),
            received_until=received.get("until"),
        ),
        order=SearchOrder(asked["orderBy"]),
        first=checked_size(asked["first"], largest),
        numbers=allows(viewer, Action.REVEAL),
        after=asked["after"],
        facets=tuple(FacetName(name) for name in dict.fromkeys(asked["facets"] or ())),
    )


def _stretch(received: Asked) -> Asked:
    """Return from when on and until when, a month narrowed by what is asked besides."""
    month = received.get("month")
    if month is None:
        return received
    if not re.fullmatch("[0-9]{4}-(0[1-9]|1[0-2])", month) or not "0002" < month < "9999":
        raise RequestError("INVALID_VALUE", Wording("Not a month."))
    year, number = map(int, month.split("-"))
    first = datetime(year, number, 1, tzinfo=ZONE)
    following = (first + timedelta(days=32)).replace(day=1)
    return {
        "from": max(received.get("from") or first, first), "until": min(received.get("until") or following, following),
    }  # fmt: skip


@field("Query.search")
def search(world: World, _: Node, asked: Asked) -> Node:
    """Answer with the engine's page, or with nothing where a choice allows nothing."""
    request = request_of(asked, world.viewer)
    chosen = asked["filter"] or {}
    if chosen.get("organs") == [] or any(allowed(chosen.get(name)) == set() for name in CHOICES):
        return answer_of(world, request, None)
    try:
        return answer_of(world, request, world.search(request))
    except QuerySyntaxError:
        raise RequestError("QUERY_SYNTAX", Wording("Not understood.")) from None
    except InvalidError:
        raise not_ours() from None


@field("Query.similar")
def similar(world: World, _: Node, asked: Asked) -> list[Node]:
    """Answer with what holds enough of the telling terms of a submission, by looking at every other one."""
    key, size = key_of("Submission", asked["to"]), checked_size(asked["first"], MOST_CASES)
    every = {one.id: one for one in sources(world.graph, world.graph)}
    source = every.get(SubmissionId(key))
    if source is None:
        return []
    held = {one.id: set(" ".join(index_document(one).bigrams).split()) for one in every.values()}
    often = said(source)
    terms = telling(often, len(every), [sum(term.token in tokens for tokens in held.values()) for term in often])
    enough = max(LEAST, math.ceil(len(terms) * SHARE))
    # What others answered makes nobody say the same.
    own = {key: replace(one, replies=()) for key, one in every.items()}
    words = {key: set(" ".join(index_document(one).bigrams).split()) for key, one in own.items()}
    alike = [
        one
        for one in every.values()
        if one.id != key and sum(term.token in words[one.id] for term in terms) >= enough
        and (asked["ownCase"] or one.case != source.case)
    ]  # fmt: skip
    scorer, marker = Scorer(list(terms.items())), Marker(terms)
    points = {one.id: scorer.score(own[one.id]) for one in alike}
    ordered = sorted(alike, key=lambda one: (-points[one.id], -recency(one.received_at, one.id)))
    return [
        {
            "score": points[one.id], "passages": [passage_of(found) for found in marker.passages(own[one.id])],
            "node": find(world.graph, "Submission", one.id),
        }
        for one in ordered[:size]
    ]  # fmt: skip


@field("Query.suggest")
def suggest(world: World, _: Node, asked: Asked) -> list[Node]:
    """Answer by looking at every name there is."""
    typed, size = normalise(clean(asked["text"])).strip(), checked_size(asked["first"], MOST_CASES)
    organs = organ_suggestions([row["name"] for row in world.graph["organ"]])
    every = [*place_suggestions(), *topic_suggestions(world.topics), *organs]
    holding = [one for one in every if typed and holds(one, typed)]
    ordered = sorted(holding, key=lambda one: place_of(one, typed))
    return [{"kind": one.kind.name, "label": one.label, "query": one.query} for one in ordered[:size]]


@field("Query.searchCases")
def search_cases(world: World, _: Node, asked: Asked) -> Node:
    """Answer with the cases of all hits, each where its first hit stands, cut to the page."""
    request = request_of(asked, world.viewer, MOST_CASES)
    chosen = asked["filter"] or {}
    if chosen.get("organs") == [] or any(allowed(chosen.get(name)) == set() for name in CHOICES):
        return cases_of(world, request, None, ())
    try:
        return _cases(world, request)
    except QuerySyntaxError:
        raise RequestError("QUERY_SYNTAX", Wording("Not understood.")) from None
    except InvalidError:
        raise not_ours() from None


def _cases(world: World, request: SearchRequest) -> Node:
    order, given = _place(request.after)
    start = sealed(replace(given, key=None, below=None, given=frozenset()), order) if given.weights else None
    whole = world.search(replace(request, first=10_000, after=start))
    if request.after is not None and order is not whole.order:
        raise not_ours()
    groups: dict[UUID, list[Hit]] = {}
    for hit in whole.hits:
        groups.setdefault(hit.case, []).append(hit)
    behind = [hits for hits in groups.values() if _behind(opened(hits[0].cursor, order=whole.order), given)]
    return cases_of(world, request, whole, behind)


def _place(cursor: str | None) -> tuple[SearchOrder, After]:
    for order in SearchOrder:
        with suppress(InvalidError):
            return order, opened(cursor, order)
    raise not_ours()


def _behind(place: After, given: After) -> bool:
    """Tell whether a hit stands behind a cursor's: among those weighed, which are all here, or by time."""
    if given.key is not None:
        return place.key is not None and place.key > given.key
    return given.below is None or (place.below is not None and place.below < given.below)


def cases_of(world: World, request: SearchRequest, page: SearchPage | None, behind: Sequence[list[Hit]]) -> Node:
    """Return the connection of a page of cases."""
    whole = answer_of(world, request, page)
    edges = [case_of(world, hits, page.order) for hits in behind[: request.first]] if page else []
    return {
        "edges": edges,
        "page_info": {
            "has_next_page": len(behind) > request.first,
            "has_previous_page": request.after is not None,
            "start_cursor": edges[0]["cursor"] if edges else None,
            "end_cursor": edges[-1]["cursor"] if edges else None,
        },
        "submission_count": whole["total_count"],
        "loose_count": whole["loose_count"],
        "counts_withheld": False,
        "facets": whole["facets"],
        "index": whole["index"],
    }


def case_of(world: World, hits: list[Hit], order: SearchOrder) -> Node:
    """Return a case with its best hits of each channel."""
    channels: dict[str, list[Hit]] = {}
    for hit in hits:
        channels.setdefault(hit.channel, []).append(hit)
    place = opened(hits[0].cursor, order)
    return {
        # By NEWEST, too, it tells when it was asked.
        "cursor": sealed(replace(place, until=LATEST), order),
        "score": hits[0].score,
        "match_count": sum(not hit.loose for hit in hits),
        "loose_count": sum(hit.loose for hit in hits),
        "channels": [
            {"channel": channel, "hits": [hit_of(world, hit) for hit in own[:SHOWN]]}
            for channel, own in channels.items()
        ],
        "node": find(world.graph, "Case", hits[0].case),
    }


def answer_of(world: World, request: SearchRequest, page: SearchPage | None) -> Node:
    """Return the connection of a page."""
    edges = [hit_of(world, hit) for hit in (page.hits if page else ())]
    counts = page.facets if page else {}
    return {
        "edges": edges,
        "page_info": {
            "has_next_page": page is not None and page.has_next_page,
            "has_previous_page": request.after is not None,
            "start_cursor": edges[0]["cursor"] if edges else None,
            "end_cursor": edges[-1]["cursor"] if edges else None,
        },
        "total_count": page.total if page else 0,
        "loose_count": page.loose if page else 0,
        "counts_withheld": False,
        "facets": [
            {
                "name": name.value,
                "counts": [count_of(world, name, one) for one in counts.get(name, ())[:TOLD]],
                "more": max(len(counts.get(name, ())) - TOLD, 0),
            }
            for name in request.facets
        ],
        "index": {"complete": True, "share": 1.0, "missing": 0},
    }


def count_of(world: World, name: FacetName, counted: FacetCount) -> Node:
    """Return how many hits have a value; an organ with what the graph has of it."""
    told = {"value": counted.value, "count": counted.count, "organ": None, "division_place": None, "topic": None}
    if name is FacetName.ORGAN:
        key = UUID(counted.value)
        return told | {"value": global_id("Organ", key), "organ": find(world.graph, "Organ", key)}
    if name is FacetName.DIVISION:
        return told | {"division_place": division_place(world, {"division": counted.value}, {})}
    if name is FacetName.TOPIC:
        path = counted.value
        topic = {"path": path, "name": path.rpartition("/")[2], "level": path.count("/") + 1}
        return told | {"topic": topic}
    return told


def hit_of(world: World, hit: Hit) -> Node:
    """Return a hit with its submission as the graph has it."""
    node = find(world.graph, "Submission", hit.submission)
    told = [passage_of(one) for one in hit.passages]
    return {"cursor": hit.cursor, "score": hit.score, "loose": hit.loose, "passages": told, "node": node}


def passage_of(passage: Passage) -> Node:
    """Return a passage with what is marked in it."""
    ranges = [{"start": stretch.start, "end": stretch.end} for stretch in passage.ranges]
    return {"field": passage.field.upper(), "text": passage.text, "ranges": ranges}
