"""From a query's tree to what an engine looks for, and to the tokens that are weighed and marked. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, time
from itertools import chain, groupby, pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, assert_never

from graph.text.normalise import normalise
from graph.text.sounds import MOST_SYLLABLES, alike, is_syllable, pairs, syllables
from graph.text.tokens import CODE, CODE_JOINT, FEWEST_DIGITS, INNER, LONGEST_CODE, UNIT, bigrams, units, words
from search.documents import ZONE
from search.engine import (
    AllOf,
    AnyOf,
    Between,
    Exact,
    ExactField,
    Leaf,
    Match,
    OneOf,
    Run,
    Starting,
    Term,
    TokenField,
    leaves,
)
from search.known_by import beginning_code, is_code, may_be_known, whole_code
from search.organs import organ_names
from search.query import And, Is, Named, Node, Not, Or, Phrase, Prefix, Received, Words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

WHOLE: Final = 3
"""Up to so many bigrams, all of them must be there; of more, as many as `ENOUGH` says: who types a sentence without
blanks remembers most of it, not all."""
ENOUGH: Final = 0.6
FEW: Final = 10
"""Where fewer hits hold all the words, those that hold some of them are hits, too: better than an empty page."""
MANY: Final = 6
FEW_OF_MANY: Final = 50
"""The same for what is typed in more bigrams than `MANY`: nobody words a sentence as another does. Measured on labelled
matters, asked for by the subject of one of their messages: 97 % of them are among the first 50, 93 % without."""
LOOSE: Final = 0.2
"""Where hardly anything holds all the words, so much of them is enough. Measured on real messages asked for by their
withheld subjects: 0.2 finds as many as 0 does, among a fortieth of the hits."""
CODED: Final = "="
"""Tells a code among the pairs by which a loose query finds: one may be written as a pair is."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A query, ready to be asked: `loosely` where `match` finds next to nothing.

    Hits are weighed by `leaves` and `words`, and `marks` are shown in them.
    """

    match: AllOf
    loose: Loose | None
    leaves: tuple[Leaf, ...]
    marks: tuple[Leaf, ...]
    """What is marked: of a phrase the phrase itself, not its pairs wherever they stand."""
    words: tuple[str, ...]
    """Chinese words, and the characters of what was typed; both are counted in texts as they are."""
    typed: tuple[str, ...]
    """The bigrams of what was typed as plain words, in which a slip may be."""
    common: frozenset[str] = frozenset()
    """Of those and of codes, the ones that make no hit by themselves where the query is asked loosely."""
    filed: AnyOf | None = None
    """The cases alone in which hits are filed."""
    known: Term | None = None
    """What has the number that the whole query may be."""

    @property
    def strictly(self) -> AllOf:
        """What is asked at first: all that was typed."""
        return self._within(self.match)

    @property
    def loosely(self) -> AllOf | None:
        """What is asked besides where that finds next to nothing: what holds some of it, and not all.

        None where there is nothing to be loose about.
        """
        if self.loose is None:
            return None
        some = self.loose.asked(self.common)
        return self._within(replace(some, without=(*some.without, self.match)))

    def _within(self, match: AllOf) -> AllOf:
        return match if self.filed is None else replace(match, nodes=(self.filed, *match.nodes))

    @property
    def few(self) -> int:
        """How many hits of `match` are too few, so that it is asked loosely."""
        return FEW_OF_MANY if len(self.typed) > MANY else FEW


@dataclass(frozen=True, slots=True)
class Loose:
    """The same question where some of the bigrams of its plain words and some of its codes are enough."""

    pairs: Mapping[str, Match]
    """What finds each of those bigrams, and each code."""
    strict: AllOf
    """What must hold besides."""

    def asked(self, common: frozenset[str]) -> AllOf:
        """Return what to look for, where the `common` bigrams alone make no hit."""
        needed = tuple(match for pair, match in self.pairs.items() if pair not in common)
        perhaps = tuple(match for pair, match in self.pairs.items() if pair in common)
        some = AnyOf(needed, math.ceil(len(needed) * LOOSE))
        return AllOf((some, *self.strict.nodes), self.strict.without, perhaps)


NOBODY: Final[Mapping[str, str]] = MappingProxyType({})


def compile_query(tree: And, slips: frozenset[str] = frozenset(), people: Mapping[str, str] = NOBODY) -> Compiled:
    """Return what to look for.

    For the bigrams that are `slips`, those that sound the same do as well. `people` has the codes by which who is named
    in a submission is found, by what is typed, for viewers who may; for others a name is found where a text has it.
    """
    tree = replace(tree, nodes=_spelt(tree.nodes))
    asked = _Asked(slips, people)
    wanted = [(node, normalise(node.name if isinstance(node, Named) else node.text)) for node in _wanted(tree)]
    plain = [text for node, text in wanted if isinstance(node, Words) and not _code(text)]
    typed = tuple(dict.fromkeys(pair for text in plain for pair in bigrams(text)))
    known = Term(TokenField.CODES, whole_code(tree.number)) if tree.number else None
    match = asked.all_of(tree.nodes)
    weighed = [leaf for node, text in wanted for leaf in asked.weighed(node, text)]
    marked = [leaf for node, text in wanted for leaf in asked.marked(node, text)]
    also = [] if known is None else [known]
    return Compiled(
        match=AllOf((AnyOf((match, known)),)) if known else match,
        loose=asked.loose(tree.nodes),
        leaves=tuple(dict.fromkeys([*weighed, *also])),
        marks=tuple(dict.fromkeys([*marked, *also])),
        words=tuple(
            dict.fromkeys((*(word for text in plain for word in words(text)), *"".join(filter(_chinese, typed))))
        ),
        typed=typed,
        known=known,
    )


def _spelt(nodes: Sequence[Node]) -> tuple[Node, ...]:
    """Return the same, with syllables in a row (yue lu) looked for by their sound, too, as if typed without blanks."""
    found: list[Node] = []
    for sound, run in groupby(map(_spelt_within, nodes), _syllable):
        several = tuple(run)
        letters = "".join(node.text for node in several if isinstance(node, Words))
        together = sound and 1 < len(several) <= MOST_SYLLABLES
        found += [Or((And(several), Words(letters)))] if together else several
    return tuple(found)


def _spelt_within(node: Node) -> Node:
    match node:
        case And(nodes):
            return And(_spelt(nodes))
        case Or(nodes):
            return Or(tuple(map(_spelt_within, nodes)))
        case _:
            return node


def _syllable(node: Node) -> bool:
    return isinstance(node, Words) and is_syllable(normalise(node.text))


def for_number(compiled: Compiled, tokens: tuple[str, ...]) -> Compiled:
    """Return a query that is a number so that what holds it behind a mask is found as well.

    Nothing is weighed: the texts show but the mask, so the newest come first. Marked is who is known by it.
    """
    hidden = tuple(Term(TokenField.CODES, token) for token in tokens)
    match = AllOf((AnyOf((*hidden, compiled.match)),))
    known = tuple(leaf for leaf in compiled.marks if isinstance(leaf, Term) and is_code(leaf.token))
    return Compiled(match=match, loose=None, leaves=(), marks=known, words=(), typed=())


class _Asked:
    """What to look for, with some bigrams taken for slips."""

    def __init__(self, slips: frozenset[str], people: Mapping[str, str]) -> None:
        self._slips = slips
        self._people = people

    def all_of(self, nodes: tuple[Node, ...]) -> AllOf:
        return AllOf(
            tuple(self._match(node) for node in nodes if not isinstance(node, Not)),
            tuple(self._match(node.node) for node in nodes if isinstance(node, Not)),
        )

    def _match(self, node: Node) -> Match:
        match node:
            case Words() | Phrase() | Prefix():
                return self._text(node, normalise(node.text))
            case Not(inner):
                return AllOf(without=(self._match(inner),))
            case And(nodes):
                return self.all_of(nodes)
            case Or(nodes):
                return AnyOf(tuple(self._match(one) for one in nodes))
            case Named(name):
                return self._named(name)
            case Is() | Received():
                return _restriction(node)
            case _:
                assert_never(node)

    def _named(self, name: str) -> Match:
        said = _phrase(normalise(name))
        code = self._people.get(name)
        return AnyOf((Term(TokenField.CODES, code), said)) if code else said

    def _text(self, node: Words | Phrase | Prefix, plain: str) -> Match:
        said = self._said(node, plain)
        known = _known(node, plain)
        return said if known is None else AnyOf((said, known))

    def _said(self, node: Words | Phrase | Prefix, plain: str) -> Match:
        match node:
            case Words():
                return self._words(plain)
            case Phrase():
                return _phrase(plain)
            case Prefix():
                return _prefix(plain)

    def loose(self, nodes: tuple[Node, ...]) -> Loose | None:
        """Return the same with some of the words' bigrams and codes enough, None where that is the same."""
        plain = [(node, normalise(node.text)) for node in nodes if isinstance(node, Words)]
        codes = {node: text for node, text in plain if _code(text)}
        pairs = {node: found for node, text in plain if node not in codes and (found := bigrams(text))}
        together: dict[str, Match] = {
            pair: _one_of(self._pair(pair)) for pair in dict.fromkeys(chain.from_iterable(pairs.values()))
        }
        together |= {CODED + text: self._text(node, text) for node, text in codes.items()}
        if len(together) < 2:
            return None
        strict = self.all_of(tuple(node for node in nodes if node not in pairs and node not in codes))
        return Loose(together, strict)

    def _words(self, plain: str) -> Match:
        if code := _code(plain):
            return _one_of(_coded(code))
        found = tuple(dict.fromkeys(bigrams(plain)))
        if not found:
            return _character(plain)
        needed = len(found) if len(found) <= WHOLE else math.ceil(len(found) * ENOUGH)
        return AnyOf(tuple(_one_of(self._pair(pair)) for pair in found), needed)

    def _pair(self, pair: str) -> tuple[Leaf, ...]:
        return (term(pair), sounding(pair)) if pair in self._slips else (term(pair),)

    def weighed(self, node: Words | Phrase | Prefix | Named, plain: str) -> Iterator[Leaf]:
        """Yield what is weighed of a text."""
        if _code(plain) or not (found := bigrams(plain)):
            yield from leaves(self._match(node))
            return
        yield from (leaf for pair in found for leaf in (self._pair(pair) if isinstance(node, Words) else [term(pair)]))
        if not isinstance(node, Named) and (known := _known(node, plain)):
            yield known

    def marked(self, node: Words | Phrase | Prefix | Named, plain: str) -> Iterator[Leaf]:
        """Yield what is marked of a text in hits."""
        yield from self.weighed(node, plain) if isinstance(node, Words) else leaves(self._match(node))


def term(pair: str) -> Term:
    """Return what finds a pair of characters."""
    return Term(TokenField.BIGRAMS, pair)


def sounding(pair: str) -> OneOf:
    """Return what finds the pairs that sound as one does with one other character."""
    return OneOf(TokenField.BIGRAMS, alike(pair))


def _chinese(pair: str) -> bool:
    return len(pair) == 2 and not pair.isascii()


def _one_of(nodes: tuple[Match, ...]) -> Match:
    return nodes[0] if len(nodes) == 1 else AnyOf(nodes)


def _restriction(node: Is | Received) -> Match:
    if isinstance(node, Is) and node.field == "organ":
        return _one_of(tuple(Exact(ExactField.ORGAN_NAME, name) for name in organ_names(node.value)))
    if isinstance(node, Is):
        return Exact(ExactField(node.field), node.value)
    return Between(_begin(node.since), _begin(node.before))


def _begin(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), ZONE) if day else None


def _known(node: Words | Phrase | Prefix, plain: str) -> Term | Starting | None:
    """Return what finds whatever is known by a number that was typed; None where that is no such number."""
    if not may_be_known(plain):
        return None
    if isinstance(node, Prefix):
        return Starting(TokenField.CODES, beginning_code(plain))
    return Term(TokenField.CODES, whole_code(plain))


def _coded(code: str) -> tuple[Match, ...]:
    """Return what finds a code that is typed: itself, what it is a part of, and what it is the sound of."""
    found: list[Match] = [Term(TokenField.CODES, code)]
    if len(code) >= FEWEST_DIGITS and any(map(str.isdecimal, code)):
        found.append(Starting(TokenField.CODES, code))
    if len(code) >= FEWEST_DIGITS and code.isdecimal():
        found.append(Starting(TokenField.CODES, INNER + code))
    for way in syllables(code):
        heard = tuple(OneOf(TokenField.BIGRAMS, pairs(one, other)) for one, other in pairwise(way))
        found.append(heard[0] if len(heard) == 1 else AllOf(heard))
    return tuple(found)


def _character(plain: str) -> Starting:
    """Return what finds one Chinese character: it is the beginning of a bigram, or stands alone."""
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
    if code := _code(plain):
        return Term(TokenField.CODES, code)
    found = tuple(bigrams(plain))
    return Run(found) if found else _character(plain)


def _prefix(plain: str) -> Match:
    return Starting(TokenField.CODES, code) if (code := _code(plain)) else _phrase(plain)


def _wanted(node: Node) -> Iterator[Words | Phrase | Prefix | Named]:
    """Yield the texts that a hit is wanted for, but not those it must not hold."""
    match node:
        case Words() | Phrase() | Prefix() | Named():
            yield node
        case And(nodes) | Or(nodes):
            for one in nodes:
                yield from _wanted(one)
        case Not() | Is() | Received():
            return
        case _:
            assert_never(node)
