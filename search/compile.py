"""From a query's tree to what an engine looks for, and to the tokens that are weighed and marked. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING, Final, assert_never

from graph.text.normalise import normalise
from graph.text.tokens import CODE, CODE_JOINT, LONGEST_CODE, UNIT, bigrams, units, words
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
LOOSE: Final = 0.2
"""Where hardly anything holds all the words, so much of them is enough. Measured on real messages asked for by their
withheld subjects: 0.2 finds as many as 0 does, among a fortieth of the hits."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A query, ready to be asked: `loose` is asked where `match` finds next to nothing.

    Hits are weighed by `terms` and `words`, and `terms` are marked in them.
    """

    match: AllOf
    loose: AllOf | None
    terms: tuple[Term | Starting, ...]
    words: tuple[str, ...]


def compile_query(tree: And) -> Compiled:
    """Return what to look for."""
    wanted = [(node, normalise(node.text)) for node in _wanted(tree)]
    plain = [text for node, text in wanted if isinstance(node, Words) and not _code(text)]
    return Compiled(
        match=_all(tree.nodes),
        loose=_loose(tree.nodes),
        terms=tuple(dict.fromkeys(term for node, text in wanted for term in _terms(node, text))),
        words=tuple(dict.fromkeys(word for text in plain for word in words(text))),
    )


def for_number(compiled: Compiled, tokens: tuple[str, ...]) -> Compiled:
    """Return a query that is a number so that what holds it behind a mask is found as well.

    Nothing is weighed or marked: the texts show but the mask, so the newest come first.
    """
    hidden = tuple(Term(TokenField.CODES, token) for token in tokens)
    return Compiled(match=AllOf((AnyOf((*hidden, compiled.match)),)), loose=None, terms=(), words=())


def _all(nodes: tuple[Node, ...]) -> AllOf:
    return AllOf(
        tuple(_match(node) for node in nodes if not isinstance(node, Not)),
        tuple(_match(node.node) for node in nodes if isinstance(node, Not)),
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


def _loose(nodes: tuple[Node, ...]) -> AllOf | None:
    """Return the same with some of the plain words' bigrams enough, None where that is the same."""
    plain = {node: bigrams(normalise(node.text)) for node in nodes if isinstance(node, Words)}
    plain = {node: pairs for node, pairs in plain.items() if pairs and not _code(normalise(node.text))}
    pairs = dict.fromkeys(pair for found in plain.values() for pair in found)
    if len(pairs) < 2:
        return None
    strict = _all(tuple(node for node in nodes if node not in plain))
    return AllOf((_some(tuple(pairs), LOOSE), *strict.nodes), strict.without)


def _some(pairs: tuple[str, ...], share: float) -> AnyOf:
    return AnyOf(tuple(Term(TokenField.BIGRAMS, pair) for pair in pairs), math.ceil(len(pairs) * share))


def _restriction(node: Is | Received) -> Match:
    if isinstance(node, Is):
        return Exact(ExactField(node.field), node.value)
    return Between(_begin(node.since), _begin(node.before))


def _begin(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), ZONE) if day else None


def _words(plain: str) -> Match:
    pairs = tuple(dict.fromkeys(bigrams(plain)))
    if _code(plain) or not pairs:
        return _single(plain)
    return _some(pairs, 1 if len(pairs) <= WHOLE else ENOUGH)


def _single(plain: str) -> Term | Starting:
    """Return what finds a code, or one Chinese character: each is the beginning of a bigram, or stands alone."""
    if code := _code(plain):
        return Term(TokenField.CODES, code)
    return Starting(TokenField.BIGRAMS, units(plain)[0])


def _code(plain: str) -> str:
    """Return the one number or code that a text is, without its joints; nothing where it is no code.

    Signs around it are not part of it: a number that is pasted with its comma is still looked for whole.
    """
    found = CODE.search(plain)
    if found is None or UNIT.search(plain[: found.start()]) or UNIT.search(plain, found.end()):
        return ""
    return CODE_JOINT.sub("", found[0])[:LONGEST_CODE]


def _phrase(plain: str) -> Match:
    pairs = tuple(bigrams(plain))
    return _single(plain) if _code(plain) or not pairs else Run(pairs)


def _prefix(plain: str) -> Match:
    return Starting(TokenField.CODES, code) if (code := _code(plain)) else _phrase(plain)


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


def _terms(node: Words | Phrase | Prefix, plain: str) -> Iterator[Term | Starting]:
    pairs, code = bigrams(plain), _code(plain)
    if code and isinstance(node, Prefix):
        yield Starting(TokenField.CODES, code)
    elif code or not pairs:
        yield _single(plain)
    else:
        yield from (Term(TokenField.BIGRAMS, pair) for pair in pairs)
