"""What an index of tantivy has, and a lookup in tantivy's words. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, assert_never

import tantivy
from tantivy import Occur, Query

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
)
from search.facets import MOST, counts
from search.recency import recency, share_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from search.engine import IndexDocument
    from search.records import FacetName, SearchFilter

TOKENISER: Final = "blanks"
HALF: Final = 64
"""Bits of half an id."""
LATENESS: Final = 1e-3
"""How much of its score a candidate gains by being late: less than an eighth for sums up to 125, and in 32 bits still
so fine that it tells two days apart. tantivy breaks no tie but by where a document lies."""
FEW: Final = 10
REGEX_SIGNS: Final = frozenset(r".+*?()|[]{}^$\-&~#")


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("submission", tokenizer_name="raw", index_option="basic")
    for name in ("high", "low"):
        builder.add_unsigned_field(name, fast=True)  # the submission's id again: read without looking a document up
    builder.add_text_field("about", tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("position", stored=True)
    builder.add_text_field("link", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field(TokenField.BIGRAMS, tokenizer_name=TOKENISER, index_option="position")
    builder.add_text_field(TokenField.CODES, tokenizer_name=TOKENISER, index_option="basic")
    for name in ("seen", "case", "organ_name"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in ("channel", "kind", "status", "topic", "division", "organ", "month"):
        builder.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("recency", indexed=True, fast=True)
    builder.add_unsigned_field("arrival", fast=True)
    builder.add_float_field("lateness", fast=True)
    return builder.build()


SCHEMA: Final = _schema()
OURS: Final = Query.term_query(SCHEMA, "about", "submission", "basic")
"""All but the document that holds the position."""


def document_of(document: IndexDocument) -> tantivy.Document:
    """Return a document as it is indexed."""
    made = tantivy.Document(
        submission=str(document.submission), case=str(document.case), about="submission", codes=document.codes,
        channel=document.channel, kind=document.kind, status=document.status, month=document.month,
    )  # fmt: skip
    made.add_unsigned("high", document.submission.int >> HALF)
    made.add_unsigned("low", document.submission.int & (1 << HALF) - 1)
    received = recency(document.received_at, document.submission)
    made.add_unsigned("recency", received)
    made.add_unsigned("arrival", document.arrival)
    # tantivy multiplies a score by log2(2 + value).
    made.add_float("lateness", 2 ** (1 + LATENESS * share_of(received)) - 2)
    for field, values in (
        ("bigrams", document.bigrams),
        ("topic", document.topics),
        ("division", document.divisions),
        ("organ", document.organs),
        ("organ_name", document.organ_names),
        ("seen", document.seen),
    ):
        for value in values:
            made.add_text(field, value)
    return made


def query_of(lookup: Lookup, *, by_time: bool) -> Query:
    """Return what fits a lookup, scored by its weights unless that is for nothing."""
    fits = [*_restrictions(lookup.filter)]
    if lookup.arrived_until is not None:
        fits.append(_until("arrival", None, lookup.arrived_until + 1))
    if lookup.audience != AllOf():
        fits.append(fitting(lookup.audience))
    if by_time:
        return _all([fitting(lookup.match), *fits])
    return _all([_weighed(lookup.match, lookup.weights), *map(_for_nothing, fits)])


def below(query: Query, bound: int | None) -> Query:
    """Return the same, of what was received before a `recency`."""
    return query if bound is None else _all([query, _received(None, bound)])


def facets_of(searcher: tantivy.Searcher, query: Query, names: Sequence[FacetName]) -> dict[FacetName, Any]:
    """Return what fits a query, counted."""
    if not names:
        return {}
    asked = {name: {"terms": {"field": name.lower(), "size": MOST}} for name in names}
    answer = searcher.aggregate(query, asked)
    return {name: counts(answer[name]["buckets"]) for name in names}


def _received(least: int | None, bound: int | None) -> Query:
    if least is None and bound is None:
        return OURS
    return _until("recency", least, bound)


def _until(field: str, least: int | None, bound: int | None) -> Query:
    """Return what has a number of at least `least` and below `bound`."""
    return Query.range_query(
        SCHEMA, field, tantivy.FieldType.Unsigned, lower_bound=least, upper_bound=bound, include_upper=bound is None
    )


def _weighed(match: Match, weights: Mapping[Leaf, float]) -> Query:
    """Return what fits, scored by the weights of what holds."""
    if not any(map(weights.get, leaves(match))):
        return _for_nothing(fitting(match))
    match match:
        case AnyOf(nodes, at_least):
            return _any_of([_weighed(node, weights) for node in nodes], at_least)
        case AllOf(nodes, without, perhaps):
            must, may = ([_weighed(node, weights) for node in some] for some in (nodes, perhaps))
            return _all(must or [_for_nothing(OURS)], may, list(map(fitting, without)))
        case Exact() | Between():
            return _for_nothing(fitting(match))
        case _:
            return Query.const_score_query(holding(match), weights[match])


def _for_nothing(query: Query) -> Query:
    return Query.const_score_query(query, 0.0)


def fitting(match: Match) -> Query:
    """Return what fits, by any score."""
    match match:
        case Exact(field, value):
            return Query.term_query(SCHEMA, field, value, "basic")
        case Between(since, until):
            return _between(since, until)
        case AnyOf(nodes, at_least):
            return _any_of(list(map(fitting, nodes)), at_least)
        case AllOf(nodes, without):
            return _all(list(map(fitting, nodes)), without=list(map(fitting, without)))
        case _:
            return holding(match)


def _any_of(queries: Sequence[Query], at_least: int = 1) -> Query:
    if 0 < len(queries) == at_least:
        return _all(queries)
    return Query.boolean_query([(Occur.Should, query) for query in queries], at_least)


def _all(must: Sequence[Query], perhaps: Sequence[Query] = (), without: Sequence[Query] = ()) -> Query:
    """Return what fits all of these. Only what fits none of anything must be told from the position's document."""
    wanted = must or [OURS]
    if len(wanted) == 1 and not perhaps and not without:
        return wanted[0]
    clauses = ((Occur.Must, wanted), (Occur.Should, perhaps), (Occur.MustNot, without))
    return Query.boolean_query([(occur, query) for occur, queries in clauses for query in queries])


def holding(leaf: Leaf) -> Query:
    """Return what holds a leaf, by tantivy's own score."""
    match leaf:
        case Term(field, token):
            return Query.term_query(SCHEMA, field, token, "basic")
        case OneOf(field, tokens):
            return Query.term_set_query(SCHEMA, field, tokens)
        case Run((bigram,)):
            return Query.term_query(SCHEMA, TokenField.BIGRAMS, bigram, "basic")
        case Run(bigrams):
            return Query.phrase_query(SCHEMA, TokenField.BIGRAMS, list(bigrams))
        case Starting(field, prefix):
            escaped = "".join(f"\\{sign}" if sign in REGEX_SIGNS else sign for sign in prefix)
            return Query.regex_query(SCHEMA, field, f"{escaped}.*")
        case _:
            assert_never(leaf)


def _between(since: datetime | None, until: datetime | None) -> Query:
    return _received(None if since is None else recency(since), None if until is None else recency(until))


def _restrictions(chosen: SearchFilter) -> Iterator[Query]:
    several = {
        "channel": chosen.channels, "kind": chosen.kinds, "status": chosen.statuses, "organ": chosen.organs,
        "submission": chosen.submissions,
    }  # fmt: skip
    for field, values in several.items():
        if values:
            yield _one_of(field, [str(value) for value in values])
    for field, value in (("topic", chosen.topic), ("division", chosen.division)):
        if value:
            yield Query.term_query(SCHEMA, field, value, "basic")
    if chosen.received_from or chosen.received_until:
        yield _between(chosen.received_from, chosen.received_until)


def _one_of(field: str, values: Sequence[str]) -> Query:
    """Return what has one of these values. A set of terms is read to its end; a few are skipped through."""
    if len(values) > FEW:
        return Query.term_set_query(SCHEMA, field, values)
    return _any_of([Query.term_query(SCHEMA, field, value, "basic") for value in values])
