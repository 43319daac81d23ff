"""From a query's tree to what an engine looks for, and to the tokens that are weighed and marked. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING, Final, assert_never

from graph.text.normalise import normalise
from graph.text.tokens import CODE, CODE_JOINT, bigrams, units, words
from search.documents import ZONE
from search.engine import AllOf, AnyOf, Between, Exact, ExactField, Match, Run, Starting, Term, TokenField
from search.query import And, Is, Node, Not, Or, Phrase, Prefix, Received, Words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date

WHOLE: Final = 3
"""Up to so many bigrams, all of them must be there; of more, as many as `ENOUGH` says: who types a sentence without
blanks remembers most of it, not all."""
ENOUGH: Final = 0.6


@dataclass(frozen=True, slots=True)
class Compiled:
    """A query, ready to be asked; `terms` are what hits are weighed by and what is marked in them."""

    match: AllOf
    terms: tuple[Term, ...]


def compile_query(tree: And) -> Compiled:
    """Return what to look for."""
    terms = dict.fromkeys(term for node in _wanted(tree) for term in _terms(node))
    return Compiled(_all(tree.nodes), tuple(terms))


def _all(nodes: tuple[Node, ...]) -> AllOf:
    asked = tuple(_match(node) for node in nodes if not isinstance(node, Not))
    return AllOf(
        nodes=asked,
        without=tuple(_match(node.node) for node in nodes if isinstance(node, Not)),
    )


def _match(node: Node) -> Match:
    match node:
        case Words() | Phrase() | Prefix():
            return TEXT[type(node)](normalise(node.text))
        case Not(inner):
            return AllOf(without=(_match(inner),))
        case And(nodes):
            return _all(nodes)
        case Or(nodes):
            return AnyOf(tuple(_match(one) for one in nodes))
        case Is() | Received():
            return _restriction(node)
        case _:
            assert_never(node)


def _restriction(node: Is | Received) -> Match:
    if isinstance(node, Is):
        return Exact(ExactField(node.field), node.value)
    return Between(_begin(node.since), _begin(node.before))


def _begin(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), ZONE) if day else None


def _words(plain: str) -> Match:
    if _is_code(plain):
        return Term(TokenField.CODES, _code(plain))
    pairs = tuple(dict.fromkeys(bigrams(plain)))
    if not pairs:
        return Term(TokenField.UNITS, units(plain)[0])
    at_least = len(pairs) if len(pairs) <= WHOLE else math.ceil(len(pairs) * ENOUGH)
    some = AnyOf(tuple(Term(TokenField.BIGRAMS, pair) for pair in pairs), at_least)
    return AllOf((some,), better=tuple(Term(TokenField.WORDS, word) for word in dict.fromkeys(words(plain))))


def _is_code(plain: str) -> bool:
    """Tell whether a text is one number or code, such as 138-1234-5678."""
    return CODE.fullmatch(plain) is not None


def _code(plain: str) -> str:
    return CODE_JOINT.sub("", plain)[:64]


def _phrase(plain: str) -> Match:
    pairs = tuple(bigrams(plain))
    if pairs:
        return Run(pairs)
    return Term(TokenField.CODES if _is_code(plain) else TokenField.UNITS, units(plain)[0])


def _prefix(plain: str) -> Match:
    if _is_code(plain):
        return Starting(TokenField.CODES, _code(plain))
    return _phrase(plain)


TEXT: Final[Mapping[type, Callable[[str], Match]]] = {Words: _words, Phrase: _phrase, Prefix: _prefix}
"""How each kind of text is looked for in its normal form."""


# What is weighed and marked ----------------------------------------------------------------------------------------


def _wanted(node: Node) -> Iterator[Words | Phrase | Prefix]:
    """Yield the texts that a hit is wanted for, but not those it must not hold."""
    match node:
        case Words() | Phrase() | Prefix():
            yield node
        case And(nodes) | Or(nodes):
            for one in nodes:
                yield from _wanted(one)
        case Not() | Is() | Received():
            return
        case _:
            assert_never(node)


def _terms(node: Words | Phrase | Prefix) -> Iterator[Term]:
    plain = normalise(node.text)
    if _is_code(plain):
        yield Term(TokenField.CODES, _code(plain))
        return
    pairs = bigrams(plain)
    if not pairs:
        yield Term(TokenField.UNITS, units(plain)[0])
    for pair in pairs:
        yield Term(TokenField.BIGRAMS, pair)
    for word in words(plain):
        yield Term(TokenField.WORDS, word)
