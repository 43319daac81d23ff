"""The query language: what a person types becomes a tree, or an error that points at the character. Pure.

烧烤 油烟              both, or some of it where next to nothing has both
烧烤 AND 油烟          both
"夜间施工"             these words, next to each other
烧烤 OR 夜宵           one of them
-物业 NOT 物业         not this
1381234*               begins so
(烧烤 OR 夜宵) -餐饮    brackets group
channel:hotline topic:环境保护 place:430104 place:岳麓区 organ:市住建局 status:answered
name:张三 number:TS-2026-001 after:2026-01-01 before:2026-07-01
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Final, NoReturn

from graph.gazetteer import Gazetteer
from graph.organs import normalise_organ
from graph.records import CaseStatus, Channel
from graph.text.normalise import normalise
from graph.text.tokens import units
from search.documents import LEVELS
from search.query_tokens import STARS, QuerySyntaxError, Token, tokens_of
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

DEEPEST: Final = 20


@dataclass(frozen=True, slots=True)
class Words:
    """What stands between two blanks."""

    text: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """Next to each other, in this order."""

    text: str


@dataclass(frozen=True, slots=True)
class Prefix:
    """Begins so."""

    text: str


@dataclass(frozen=True, slots=True)
class Not:
    """Not this."""

    node: Node


@dataclass(frozen=True, slots=True)
class And:
    """All of these; none is everything."""

    nodes: tuple[Node, ...]
    number: str = ""
    """What a whole query may be besides: a number that was typed with blanks."""


@dataclass(frozen=True, slots=True)
class Or:
    """One of these."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Is:
    """A field has a value: `channel`, `status`, `topic`, `division`; or `organ`, a name in one spelling."""

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Named:
    """Names a person or a body so."""

    name: str


@dataclass(frozen=True, slots=True)
class Received:
    """Received on this day or later, or before it."""

    since: date | None = None
    before: date | None = None


Node = Words | Phrase | Prefix | Not | And | Or | Is | Named | Received

CHANNELS: Final = {one.lower(): one for one in Channel} | {
    "来信": Channel.LETTER, "来访": Channel.VISIT, "走访": Channel.VISIT, "热线": Channel.HOTLINE,
    "12345": Channel.HOTLINE, "12345热线": Channel.HOTLINE, "网信": Channel.WEB, "网上": Channel.WEB,
    "网络": Channel.WEB, "网上信访": Channel.WEB, "留言": Channel.WEB,
}  # fmt: skip
STATUSES: Final = {one.lower(): one for one in CaseStatus} | {
    "已登记": CaseStatus.REGISTERED, "待答复": CaseStatus.REGISTERED, "未答复": CaseStatus.REGISTERED,
    "已答复": CaseStatus.ANSWERED, "已回复": CaseStatus.ANSWERED,
}  # fmt: skip
DAY: Final = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
MISSING: Final = Wording("What is not wanted must follow here. Add it, or quote the word.")


def parse(text: str) -> And:
    """Return the tree of a query; raise QuerySyntaxError where there is none. Blank text is everything."""
    tokens = tokens_of(text)
    node = _Parser(tokens).either(0)
    return And(node.nodes if isinstance(node, And) else (node,), _number(text, tokens))


def without_field(text: str) -> str:
    """Return a query without a `number:` that begins it."""
    tokens = tokens_of(text)
    return re.split("[:：]", text, maxsplit=1)[1] if _asks_for_number(tokens) else text


def _asks_for_number(tokens: Sequence[Token]) -> bool:
    return bool(tokens) and tokens[0].kind == "field" and tokens[0].text == "number"


def _number(text: str, tokens: Sequence[Token]) -> str:
    """Return the number that a whole query may be, with blanks, dashes and brackets; nothing where it can be none."""
    if _asks_for_number(tokens):
        tokens, text = tokens[1:], without_field(text)
    several = len(tokens) > 1 and all(token.kind in {"word", "open", "close", "minus"} for token in tokens)
    return text if several and any(map(str.isdigit, text)) else ""


def _between(operator: str) -> Wording:
    return Wording("{operator} stands between two things. Add the missing one, or quote the word.", operator=operator)


class _Parser:
    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens, self._next = tokens, 0

    @property
    def here(self) -> Token | None:
        """The token that comes next."""
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _at(self, *kinds: str) -> bool:
        return self.here is not None and self.here.kind in kinds

    def _take(self) -> Token:
        token = self._tokens[self._next]
        self._next += 1
        return token

    def either(self, depth: int) -> Node:
        """Parse alternatives."""
        nodes = [self._all(depth)]
        while self._at("or"):
            at = self._take().at
            nodes.append(self._all(depth))
            if And(()) in nodes:
                raise QuerySyntaxError(_between("OR"), at)
        return nodes[0] if len(nodes) == 1 else Or(tuple(nodes))

    def _all(self, depth: int) -> Node:
        nodes: list[Node] = []
        joined = False
        while self.here and not self._at("close", "or"):
            both = self._both(depth)
            joined = joined or len(both) > 1
            nodes.append(both[0] if len(both) == 1 else And(tuple(both)))
        # What AND joins stays a node of its own: it is never loosened, as words of the query itself are.
        return nodes[0] if len(nodes) == 1 and not joined and not isinstance(nodes[0], Not) else And(tuple(nodes))

    def _both(self, depth: int) -> list[Node]:
        """Parse one thing, and those that AND joins to it."""
        both = [self._one(depth)]
        while self._at("and"):
            at = self._take().at
            if self.here is None or self._at("close", "or"):
                raise QuerySyntaxError(_between("AND"), at)
            both.append(self._one(depth))
        return both

    def _one(self, depth: int) -> Node:
        token = self._take()
        if depth > DEEPEST:
            raise QuerySyntaxError(Wording("Brackets stand at most {deepest} deep.", deepest=DEEPEST), token.at)
        match token.kind:
            case "open":
                return self._group(token, depth)
            case "minus" | "not":
                if self.here is None or self._at("close", "and", "or"):
                    raise QuerySyntaxError(MISSING, token.at)
                return Not(self._one(depth + 1))
            case "and":
                raise QuerySyntaxError(_between("AND"), token.at)
            case "field":
                return self._field(token)
            case "phrase":
                return Phrase(token.text)
            case _:
                return _word(token)

    def _group(self, token: Token, depth: int) -> Node:
        node = self.either(depth + 1)
        if self.here is None:
            raise QuerySyntaxError(Wording("This bracket is never closed. Close it, or remove it."), token.at)
        self._take()
        return node

    def _field(self, token: Token) -> Node:
        value = self.here
        if value is None or value.kind not in {"word", "phrase"}:
            raise QuerySyntaxError(Wording("`{text}:` needs a value.", text=token.text), token.at)
        self._take()
        return RESTRICTIONS[token.text](value)


def _word(token: Token) -> Node:
    text = _something(token.text, token.at)
    return Prefix(text[:-1]) if token.kind == "word" and text.endswith(STARS) else Words(text)


def _numbered(value: Token) -> Node:
    node = _word(value)
    return Phrase(node.text) if isinstance(node, Words) else node


def _something(text: str, at: int) -> str:
    if not units(normalise(text)):
        raise QuerySyntaxError(
            Wording("There is no letter, digit or Chinese character to look for here. Remove it."), at
        )
    return text


def _one_of(value: Token, allowed: Mapping[str, str]) -> str:
    try:
        return str(allowed[normalise(value.text)])
    except KeyError:
        raise QuerySyntaxError(
            Wording("This must be one of {allowed}.", allowed=", ".join(allowed)), value.at
        ) from None


@cache
def _gazetteer() -> Gazetteer:
    return Gazetteer()


def _division(value: Token) -> str:
    digits = normalise(value.text)
    if digits.isascii() and digits.isdecimal():
        return _division_code(digits, value.at)
    found = _gazetteer().by_name(value.text)
    if found is None:
        message = Wording(
            "This is no division, or several have this name. Give its code of GB/T 2260, or its full name."
        )
        raise QuerySyntaxError(message, value.at)
    return _division_code(found.code, value.at)


def _division_code(digits: str, at: int) -> str:
    """Return a code without the zeros that only fill it up."""
    if len(digits) not in LEVELS:
        raise QuerySyntaxError(Wording("A division's code has 2, 4, 6, 9 or 12 digits."), at)
    for above in reversed(LEVELS):
        if len(digits) > above and not digits[above:].strip("0"):
            digits = digits[:above]
    return digits


def _topic(value: Token) -> str:
    topic = value.text.strip("/ \u3000")
    if not topic:
        raise QuerySyntaxError(Wording("A topic is a path, such as 城乡建设/安全生产."), value.at)
    return topic


def _day(value: Token) -> date:
    day = DAY.fullmatch(normalise(value.text))
    try:
        return date(*map(int, day.groups())) if day else _no_day(value)
    except ValueError:
        return _no_day(value)


def _no_day(value: Token) -> NoReturn:
    raise QuerySyntaxError(Wording("A day is written 2026-07-01."), value.at) from None


RESTRICTIONS: Final[Mapping[str, Callable[[Token], Node]]] = {
    "channel": lambda value: Is("channel", _one_of(value, CHANNELS)),
    "status": lambda value: Is("status", _one_of(value, STATUSES)),
    "topic": lambda value: Is("topic", _topic(value)),
    "place": lambda value: Is("division", _division(value)),
    "organ": lambda value: Is("organ", normalise_organ(_something(value.text, value.at))),
    "name": lambda value: Named(_something(value.text, value.at)),
    "number": _numbered,
    "after": lambda value: Received(since=_day(value)),
    "before": lambda value: Received(before=_day(value)),
}
"""What each field makes of its value."""


def names(node: Node) -> frozenset[str]:
    """Return the names that are asked for."""
    match node:
        case Named(name):
            return frozenset({name})
        case And(nodes) | Or(nodes):
            return frozenset().union(*map(names, nodes))
        case Not(inner):
            return names(inner)
        case _:
            return frozenset()
