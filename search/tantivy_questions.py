"""What an index of tantivy has, and a lookup in tantivy's words. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, assert_never

import tantivy
from tantivy import Occur, Query

from search.engine import AllOf, AnyOf, Between, Exact, Leaf, Lookup, Match, OneOf, Run, Starting, Term, TokenField
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
    builder.add_text_field(TokenField.BIGRAMS, tokenizer_name=TOKENISER, index_option="position")
    builder.add_text_field(TokenField.CODES, tokenizer_name=TOKENISER, index_option="basic")
    for name in ("seen", "case"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in ("channel", "kind", "status", "topic", "division", "organ", "month"):
        builder.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("recency", indexed=True, fast=True)
    builder.add_unsigned_field("arrival", fast=True)
    builder.add_float_field("lateness", fast=True)
    return builder.build()


SCHEMA: Final = _schema()
OURS: Final = Query.const_score_query(Query.term_query(SCHEMA, "about", "submission", "basic"), 0.0)
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
        ("seen", document.seen),
    ):
        for value in values:
            made.add_text(field, value)
    return made


def query_of(lookup: Lookup) -> Query:
    """Return what fits a lookup, scored by its weights."""
    must = [*_restrictions(lookup.filter), _match(lookup.match, lookup.weights)]
    if lookup.arrived_until is not None:
        must.append(_until("arrival", None, lookup.arrived_until + 1))
    if lookup.audience != AllOf():
        must.append(unweighed(lookup.audience))
    return _all(must)


def below(query: Query, bound: int | None) -> Query:
    """Return the same, of what was received before a `recency`."""
    if bound is None:
        return query
    return Query.boolean_query([(Occur.Must, query), (Occur.Must, _received(None, bound))])


def unweighed(match: Match) -> Query:
    """Return what fits, each with nothing for a score."""
    return _match(match, {})


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
    found = Query.range_query(
        SCHEMA, field, tantivy.FieldType.Unsigned, lower_bound=least, upper_bound=bound, include_upper=bound is None
    )
    return Query.const_score_query(found, 0.0)


def _match(match: Match, weights: Mapping[Leaf, float]) -> Query:
    match match:
        case Term() | OneOf() | Run() | Starting():
            return Query.const_score_query(holding(match), weights.get(match, 0.0))
        case Exact(field, value):
            return Query.const_score_query(Query.term_query(SCHEMA, field, value, "basic"), 0.0)
        case Between(since, until):
            return _between(since, until)
        case AnyOf(nodes, at_least) if 0 < len(nodes) == at_least:
            return _all([_match(node, weights) for node in nodes])
        case AnyOf(nodes, at_least):
            return Query.boolean_query([(Occur.Should, _match(node, weights)) for node in nodes], at_least)
        case AllOf(nodes, without, perhaps):
            perhaps = perhaps if weights else ()
            must, may = ([_match(node, weights) for node in some] for some in (nodes, perhaps))
            return _all(must, may, [unweighed(node) for node in without])
        case _:
            assert_never(match)


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
            yield Query.const_score_query(_any_of(field, [str(value) for value in values]), 0.0)
    for field, value in (("topic", chosen.topic), ("division", chosen.division)):
        if value:
            yield Query.const_score_query(Query.term_query(SCHEMA, field, value, "basic"), 0.0)
    if chosen.received_from or chosen.received_until:
        yield _between(chosen.received_from, chosen.received_until)


def _any_of(field: str, values: Sequence[str]) -> Query:
    """Return what has one of these values. A set of terms is read to its end; a few are skipped through."""
    if len(values) > FEW:
        return Query.term_set_query(SCHEMA, field, values)
    return Query.boolean_query([(Occur.Should, Query.term_query(SCHEMA, field, value, "basic")) for value in values])
