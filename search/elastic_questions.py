"""What an index of Elasticsearch has, and a lookup in Elasticsearch's words. Pure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, assert_never

import orjson

from search.engine import (
    AllOf,
    AnyOf,
    Between,
    Exact,
    Leaf,
    Lookup,
    Match,
    OneOf,
    Run,
    Starting,
    Term,
    TokenField,
    leaves,
    varies,
)
from search.facets import MOST, counts
from search.recency import recency
from search.records import FacetName, SearchOrder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from search.engine import IndexDocument
    from search.records import FacetCount, SearchFilter

Json = dict[str, Any]
INDEX: Final[Json] = orjson.loads((Path(__file__).parent / "elastic_index.json").read_bytes())
"""Its settings and mappings. It is refreshed by us, when a batch is whole. No source is kept: what is found is read
again from the graph, and texts lie in one place less. Deletions are remembered for an hour, so that a write that comes
late finds them."""
OURS: Final[Json] = {"term": {"about": "submission"}}
"""All but the document that holds the position."""
NOTHING: Final[Json] = {"match_none": {}}
EACH_SHARD: Final = 50_000
"""Values that each shard counts: more than any field has, the country's divisions included, so that sums are exact."""


def created(shards: int, aliases: Sequence[str]) -> Json:
    """Return what an index is made from."""
    settings = {"index": INDEX["settings"]["index"] | {"number_of_shards": shards}}
    return {"settings": settings, "mappings": INDEX["mappings"], "aliases": {alias: {} for alias in aliases}}


def document_of(document: IndexDocument) -> Json:
    """Return a document as it is indexed."""
    return {
        "about": "submission",
        "bigrams": document.bigrams,
        "codes": document.codes,
        "seen": document.seen,
        "case": str(document.case),
        "channel": document.channel,
        "kind": document.kind,
        "status": document.status,
        "topic": document.topics,
        "division": document.divisions,
        "organ": document.organs,
        "organ_name": document.organ_names,
        "month": document.month,
        "recency": recency(document.received_at, document.submission),
        "arrival": document.arrival,
    }


# Asking ------------------------------------------------------------------------------------------------------------


def search_of(lookup: Lookup, size: int, after: Sequence[Any] | None = None) -> Json:
    """Return the first `size` of what fits a lookup, or those that follow `after`, the sort values of one of them."""
    by_time = ordered_by_time(lookup)
    if after is None and lookup.order is SearchOrder.NEWEST and lookup.below is not None:
        # So what lies above is left out of the page and still counted.
        after = [lookup.below]
    order = [{"recency": "desc"}] if by_time else [{"_score": "desc"}, {"recency": "desc"}]
    asked = {
        "query": _query(lookup, by_time=by_time), "size": size, "sort": order, "_source": False,
        "track_total_hits": True,
    }  # fmt: skip
    if lookup.facets:
        asked["aggs"] = {name: _facet(name) for name in lookup.facets}
    return asked if after is None else asked | {"search_after": list(after)}


def ordered_by_time(lookup: Lookup) -> bool:
    """Tell whether the latest come first and nothing has a score."""
    return lookup.order is SearchOrder.NEWEST or not varies(lookup.match, lookup.weights)


def facets_of(lookup: Lookup, told: Mapping[str, Any]) -> dict[FacetName, tuple[FacetCount, ...]]:
    """Return the facets that were asked for, told the aggregations."""
    return {name: counts(told[name]["buckets"]) for name in lookup.facets}


def frequencies_of(counted: Sequence[Leaf], audience: AllOf) -> Json:
    """Return how many documents an asker may see, and how many of them hold each leaf."""
    asked: Json = {"query": {"bool": {"filter": [fitting(audience)]}}, "size": 0, "track_total_hits": True}
    if counted:
        asked["aggs"] = {"leaves": {"filters": {"filters": [fitting(leaf) for leaf in counted]}}}
    return asked


def _facet(name: FacetName) -> Json:
    ties = [{"_count": "desc"}, {"_key": "asc"}]
    return {"terms": {"field": name.lower(), "size": MOST, "shard_size": EACH_SHARD, "order": ties}}


def _query(lookup: Lookup, *, by_time: bool) -> Json:
    must = [] if by_time else [_weighed(lookup.match, lookup.weights)]
    fits = [*_restrictions(lookup.filter), *([fitting(lookup.match)] if by_time else [])]
    if lookup.arrived_until is not None:
        fits.append({"range": {"arrival": {"lte": lookup.arrived_until}}})
    if lookup.audience != AllOf():
        fits.append(fitting(lookup.audience))
    return {"bool": {"must": must, "filter": fits}}


def _weighed(match: Match, weights: Mapping[Leaf, float]) -> Json:
    """Return what fits, scored by the weights of what holds."""
    if not any(map(weights.get, leaves(match))):
        return _for_nothing(match)
    match match:
        case AnyOf(nodes, at_least):
            return {"bool": {"should": [_weighed(one, weights) for one in nodes], "minimum_should_match": at_least}}
        case AllOf(nodes, without, perhaps):
            must = [_weighed(one, weights) for one in nodes] or [_for_nothing(AllOf())]
            should = [_weighed(one, weights) for one in perhaps]
            return {"bool": {"must": must, "should": should, "must_not": [fitting(one) for one in without]}}
        case Exact() | Between():
            return _for_nothing(match)
        case _:
            return {"constant_score": {"filter": fitting(match), "boost": weights[match]}}


def _for_nothing(match: Match) -> Json:
    return {"constant_score": {"filter": fitting(match), "boost": 0.0}}


def fitting(match: Match) -> Json:
    """Return what fits, without a score. What nothing must hold for fits all but the document of the position."""
    match match:
        case Exact(field, value):
            return {"term": {field: value}}
        case Between(since, until):
            return _between(since, until)
        case AnyOf((), _):
            return NOTHING
        case AnyOf(nodes, at_least):
            return {"bool": {"should": [fitting(one) for one in nodes], "minimum_should_match": at_least}}
        case AllOf(nodes, without):
            must = [fitting(one) for one in nodes] or [OURS]
            return {"bool": {"filter": must, "must_not": [fitting(one) for one in without]}}
        case _:
            return _holding(match)


def _holding(leaf: Leaf) -> Json:
    match leaf:
        case Term(field, token):
            return {"term": {field: token}}
        case OneOf(field, tokens):
            return {"terms": {field: list(tokens)}}
        case Run(bigrams):
            return {"match_phrase": {TokenField.BIGRAMS: {"query": " ".join(bigrams), "analyzer": "whitespace"}}}
        case Starting(field, prefix):
            return {"prefix": {field: {"value": prefix}}}
        case _:
            assert_never(leaf)


def _between(since: datetime | None, until: datetime | None) -> Json:
    bounds = {"gte": since, "lt": until}
    known = {name: recency(at) for name, at in bounds.items() if at is not None}
    return {"range": {"recency": known}} if known else OURS


def _restrictions(chosen: SearchFilter) -> Iterator[Json]:
    several = {"channel": chosen.channels, "kind": chosen.kinds, "status": chosen.statuses, "organ": chosen.organs}
    for field, values in several.items():
        if values:
            yield {"terms": {field: [str(value) for value in values]}}
    if chosen.submissions:
        yield {"ids": {"values": list(chosen.submissions)}}
    for field, value in (("topic", chosen.topic), ("division", chosen.division)):
        if value:
            yield {"term": {field: value}}
    if chosen.received_from or chosen.received_until:
        yield _between(chosen.received_from, chosen.received_until)
