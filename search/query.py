"""The query language: what a person types becomes a tree, or an error that points at the character. Pure.

烧烤 油烟              both
"夜间施工"             these words, next to each other
烧烤 OR 夜宵           one of them
-物业                  not this
1381234*               begins so
(烧烤 OR 夜宵) -餐饮    brackets group
channel:hotline topic:环境保护 place:430104 place:岳麓区 organ:岳麓区教育局 status:answered
after:2026-01-01 before:2026-07-01
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Final

from graph.errors import InvalidError
from graph.gazetteer import Gazetteer
from graph.ids import organ_id
from graph.organs import normalise_organ
from graph.records import CaseStatus, Channel
from graph.text.normalise import normalise
from graph.text.tokens import units
from search.documents import LEVELS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DEEPEST: Final = 20
LONGEST: Final = 1_000
"""Characters of a query."""


class QuerySyntaxError(InvalidError):
    """A query cannot be understood. `position` is the character (from 0) where it goes wrong."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__("query", f"{message} (character {position + 1})")
        self.position = position


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


@dataclass(frozen=True, slots=True)
class Or:
    """One of these."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Is:
    """A field has a value: `channel`, `status`, `topic`, `division`, `organ` (by its id)."""

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Received:
    """Received on this day or later, or before it."""

    since: date | None = None
    before: date | None = None


Node = Words | Phrase | Prefix | Not | And | Or | Is | Received

FIELDS: Final = {
    "channel": "channel", "渠道": "channel", "topic": "topic", "类别": "topic", "place": "place", "division": "place",
    "地区": "place", "organ": "organ", "单位": "organ", "status": "status", "状态": "status", "after": "after",
    "before": "before", "number": "number", "编号": "number",
}  # fmt: skip
TOKEN: Final = re.compile(
    r"\s*(?:(?P<open>[(（])|(?P<close>[)）])|(?P<quote>[\"“”])|(?P<minus>[-－](?=\S))"
    r"|(?P<field>[A-Za-z\u4e00-\u9fff]+)[:：](?=\S)|(?P<word>[^\s()（）\"“”]+))"
)
ALTERNATIVE: Final = frozenset({"OR", "ＯＲ", "|", "｜", "或者"})
STARS: Final = ("*", "＊")
"""Signs of the language, as a Chinese keyboard has them in full width, too."""
QUOTES: Final = '"“”'


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of a query."""

    kind: str
    text: str
    at: int


def parse(text: str) -> And:
    """Return the tree of a query; raise QuerySyntaxError where there is none. Blank text is everything."""
    if len(text) > LONGEST:
        raise QuerySyntaxError(f"A query has at most {LONGEST} characters.", LONGEST)
    parser = _Parser(text, list(_tokens(text)))
    node = parser.either(0)
    if parser.here is not None:
        raise QuerySyntaxError("This bracket closes nothing. Remove it, or open one before.", parser.here.at)
    return node if isinstance(node, And) else And((node,))


def _tokens(text: str) -> list[Token]:
    found: list[Token] = []
    at = 0
    while match := TOKEN.match(text, at):
        kind = str(match.lastgroup)
        start = match.start(kind)
        if kind == "quote":
            end = next((place for place in range(start + 1, len(text)) if text[place] in QUOTES), None)
            if end is None:
                raise QuerySyntaxError("This quotation mark is never closed. Close it, or remove it.", start)
            found.append(Token("phrase", text[start + 1 : end], start))
            at = end + 1
        elif kind == "field" and match["field"].lower() not in FIELDS:
            # 时间：三点 is no field of ours: it is what it looks like, words.
            word = re.compile(r"[^\s()（）\"“”]+").match(text, start)
            assert word is not None  # noqa: S101  # a field's name is one
            found.append(Token("word", word[0], start))
            at = word.end()
        else:
            found.append(Token(kind, match[kind], start))
            at = match.end()
    return found


class _Parser:
    def __init__(self, text: str, tokens: list[Token]) -> None:
        self._text, self._tokens, self._next = text, tokens, 0

    @property
    def here(self) -> Token | None:
        """The token that comes next."""
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _take(self) -> Token:
        token = self._tokens[self._next]
        self._next += 1
        return token

    def _or_is_here(self) -> bool:
        return self.here is not None and self.here.kind == "word" and self.here.text in ALTERNATIVE

    def either(self, depth: int) -> Node:
        """Parse alternatives."""
        nodes = [self._all(depth)]
        while self._or_is_here():
            at = self._take().at
            nodes.append(self._all(depth))
            if And(()) in nodes:
                raise QuerySyntaxError("OR stands between two things. Add the missing one, or remove it.", at)
        return nodes[0] if len(nodes) == 1 else Or(tuple(nodes))

    def _all(self, depth: int) -> Node:
        nodes: list[Node] = []
        while (token := self.here) and token.kind != "close" and not self._or_is_here():
            nodes.append(self._one(depth))
        return nodes[0] if len(nodes) == 1 and not isinstance(nodes[0], Not) else And(tuple(nodes))

    def _one(self, depth: int) -> Node:
        token = self._take()
        if depth > DEEPEST:
            raise QuerySyntaxError(f"Brackets stand at most {DEEPEST} deep.", token.at)
        match token.kind:
            case "open":
                return self._group(token, depth)
            case "minus":
                if self.here is None or self.here.kind == "close":
                    raise QuerySyntaxError("What is not wanted must follow the minus.", token.at)
                return Not(self._one(depth + 1))
            case "field":
                return self._field(token)
            case "phrase":
                return Phrase(_something(token.text, token.at))
            case _:
                return _word(token)

    def _group(self, token: Token, depth: int) -> Node:
        node = self.either(depth + 1)
        if self.here is None:
            raise QuerySyntaxError("This bracket is never closed. Close it, or remove it.", token.at)
        self._take()
        if node == And(()):
            raise QuerySyntaxError("There is nothing in these brackets. Remove them.", token.at)
        return node

    def _field(self, token: Token) -> Node:
        value = self.here
        if value is None or value.kind not in {"word", "phrase"}:
            raise QuerySyntaxError(f"`{token.text}:` needs a value.", token.at)
        self._take()
        return RESTRICTIONS[FIELDS[token.text.lower()]](value)


def _word(token: Token) -> Node:
    text = token.text
    if text.endswith(STARS) and len(text) > 1:
        return Prefix(_something(text[:-1], token.at))
    return Words(_something(text, token.at))


def _something(text: str, at: int) -> str:
    if not units(normalise(text)):
        raise QuerySyntaxError("There is no letter, digit or Chinese character to look for here. Remove it.", at)
    return text


def _one_of(value: Token, allowed: dict[str, str]) -> str:
    try:
        return str(allowed[value.text.lower()])
    except KeyError:
        raise QuerySyntaxError(f"This must be one of {', '.join(allowed)}.", value.at) from None


@cache
def _gazetteer() -> Gazetteer:
    return Gazetteer()


def _division(value: Token) -> str:
    digits = normalise(value.text)
    if digits.isascii() and digits.isdecimal():
        return _division_code(digits, value.at)
    found = _gazetteer().by_name(value.text)
    if found is None:
        message = "This is no division, or several have this name. Give its code of GB/T 2260, or its full name."
        raise QuerySyntaxError(message, value.at)
    return _division_code(found.code, value.at)


def _division_code(digits: str, at: int) -> str:
    """Return a code without the zeros that only fill it up."""
    if len(digits) not in LEVELS:
        raise QuerySyntaxError("A division's code has 2, 4, 6, 9 or 12 digits.", at)
    for above in reversed(LEVELS):
        if len(digits) > above and not digits[above:].strip("0"):
            digits = digits[:above]
    return digits


def _topic(value: Token) -> str:
    topic = value.text.strip("/ \u3000")
    if not topic:
        raise QuerySyntaxError("A topic is a path, such as 城乡建设/安全生产.", value.at)
    return topic


def _day(value: Token) -> date:
    try:
        return date.fromisoformat(value.text)
    except ValueError:
        raise QuerySyntaxError("A day is written 2026-07-01.", value.at) from None


RESTRICTIONS: Final[Mapping[str, Callable[[Token], Node]]] = {
    "channel": lambda value: Is("channel", _one_of(value, {one.lower(): one for one in Channel})),
    "status": lambda value: Is("status", _one_of(value, {one.lower(): one for one in CaseStatus})),
    "topic": lambda value: Is("topic", _topic(value)),
    "place": lambda value: Is("division", _division(value)),
    # An organ's id is made of its name; of one that is nowhere there is no hit.
    "organ": lambda value: Is("organ", str(organ_id(normalise_organ(value.text)))),
    "number": lambda value: Phrase(_something(value.text, value.at)),
    "after": lambda value: Received(since=_day(value)),
    "before": lambda value: Received(before=_day(value)),
}
"""What each field makes of its value."""
