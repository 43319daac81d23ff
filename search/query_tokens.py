"""The pieces of a query: words, phrases, fields, and the signs of the language where they are signs. Pure.

A sign is one of the language only where it has something to work on: a bracket that closes nothing, a dash or a comma
that stands alone, a bar at an end are what pasted texts have, and are looked for no more than other signs are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from graph.errors import InvalidError
from graph.text.nfkc import nfkc
from graph.text.normalise import normalise
from graph.text.tokens import units
from search.code_units import code_units
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LONGEST: Final = 1_000
"""Characters of a query."""

Kind = Literal["open", "close", "minus", "not", "and", "or", "field", "word", "phrase"]

TOKEN: Final = re.compile(
    r"\s*(?:(?P<open>[(（])|(?P<close>[)）])|(?P<quote>[\"“”＂])|(?P<minus>[-－](?=\S))"
    r"|(?P<sign>\|{1,2}|｜{1,2}|&&|＆＆)|(?P<field>[A-Za-zＡ-Ｚａ-ｚ\u4e00-\u9fff]+)[:：]\s*(?=\S)"
    r"|(?P<word>(?:(?!&&|＆＆)[^\s()（）\"“”＂|｜])+))"
)
WORD: Final = re.compile(r"(?:(?!&&|＆＆)[^\s()（）\"“”＂|｜])+")
QUOTES: Final = '"“”＂'
STARS: Final = ("*", "＊")
"""Signs of the language, as a Chinese keyboard has them in full width, too."""
FIELDS: Final = {
    "channel": "channel", "渠道": "channel", "topic": "topic", "类别": "topic", "place": "place", "division": "place",
    "地区": "place", "organ": "organ", "单位": "organ", "status": "status", "状态": "status", "name": "name",
    "姓名": "name", "number": "number", "编号": "number", "after": "after", "before": "before",
}  # fmt: skip
MARKS: Final[dict[str, Kind]] = {"open": "open", "close": "close", "minus": "minus"}
CAPITALS: Final[dict[str, Kind]] = {"AND": "and", "OR": "or", "NOT": "not"}
"""Operators wherever they stand alone; in small letters they are words."""
SIGNS: Final[dict[str, Kind]] = {"&": "and", "&&": "and", "|": "or", "||": "or"}
CONJUNCTIONS: Final[dict[str, Kind]] = {
    "和": "and", "与": "and", "及": "and", "以及": "and", "并且": "and", "或": "or", "或者": "or",
}  # fmt: skip
"""Operators between two things; elsewhere they are words."""
BEGINNING: Final = frozenset({"open", "minus", "not", "field", "word", "phrase"})
"""What something that is looked for begins with."""
ENDING: Final = frozenset({"close", "word", "phrase"})


class QuerySyntaxError(InvalidError):
    """A query cannot be understood. `position` is where it goes wrong, in UTF-16 code units from 0, as ranges are."""

    def __init__(self, message: Wording, position: int) -> None:
        told = Wording("{message} (character {character})", message=message, character=position + 1)
        super().__init__("query", told)
        self.position = position


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of a query; `at` is where it stands, in UTF-16 code units. A field's text is its name in `FIELDS`."""

    kind: Kind
    text: str
    at: int

    @property
    def yields(self) -> bool:
        """Whether it is an operator where it has two things to join, and nothing elsewhere."""
        return self.kind in {"and", "or"} and nfkc(self.text) not in CAPITALS

    @property
    def says_something(self) -> bool:
        """Whether there is something in it to look for."""
        return bool(units(normalise(self.text)))


def tokens_of(text: str) -> list[Token]:
    """Return the pieces of a query; raise QuerySyntaxError where one is never closed."""
    places = code_units(text)
    if len(text) > LONGEST:
        raise QuerySyntaxError(Wording("A query has at most {longest} characters.", longest=LONGEST), places[LONGEST])
    return _Settling(list(_scanned(text, places))).settled()


def _scanned(text: str, places: Sequence[int]) -> Iterator[Token]:
    at = 0
    while match := TOKEN.match(text, at):
        group = str(match.lastgroup)
        start, at = match.start(group), match.end()
        match group:
            case "quote":
                end = next((place for place in range(start + 1, len(text)) if text[place] in QUOTES), None)
                if end is None:
                    # With nothing behind it, it quotes nothing.
                    if units(normalise(text[at:])):
                        raise QuerySyntaxError(Wording("This quotation mark is never closed. Close it."), places[start])
                    continue
                at = end + 1
                token = Token("phrase", text[start + 1 : end], places[start])
                starred = token.says_something and text.startswith(STARS, at)
                yield replace(token, kind="word", text=f"{token.text}*") if starred else token
                at += starred
            case "field" if normalise(match["field"]) not in FIELDS:
                # 时间：三点 is no field of ours: it is what it looks like, words.
                word = WORD.match(text, start)
                assert word is not None  # noqa: S101 - a field's name is one
                yield _word(word[0], places[start])
                at = word.end()
            case "field":
                yield Token("field", FIELDS[normalise(match["field"])], places[start])
            case "open" | "close" | "minus":
                yield Token(MARKS[group], match[group], places[start])
            case _:
                yield _word(match[group], places[start])


def _word(text: str, at: int) -> Token:
    plain = nfkc(text)
    return Token(CAPITALS.get(plain) or SIGNS.get(plain) or "word", text, at)


class _Settling:
    """Settles of each sign whether it is one of the language, going once through the pieces."""

    def __init__(self, scanned: Sequence[Token]) -> None:
        self._scanned = scanned
        self._kept: list[Token] = []
        self._open = 0

    def settled(self) -> list[Token]:
        for place, token in enumerate(self._scanned):
            self._settle(token, self._scanned[place + 1] if place + 1 < len(self._scanned) else None)
        self._end()
        while self._last == "open":
            self._kept.pop()
            self._end()
        return self._kept

    @property
    def _last(self) -> Kind | None:
        return self._kept[-1].kind if self._kept else None

    def _settle(self, token: Token, following: Token | None) -> None:
        match token.kind:
            case "close":
                self._close(token)
            case "word" | "phrase" if self._last == "field":
                self._kept.append(token)
            case "word" | "phrase" if not token.says_something:
                self._drop("minus")
            case "word":
                self._kept.append(self._joining(token, following) or token)
            case "and" | "or" if token.yields and self._last not in ENDING:
                return
            case _:
                self._open += token.kind == "open"
                self._kept.append(token)

    def _joining(self, word: Token, following: Token | None) -> Token | None:
        """Return a word as the operator that it is between two things; None where it is not between such."""
        kind = CONJUNCTIONS.get(normalise(word.text))
        if kind is None or self._last not in ENDING or following is None or following.kind not in BEGINNING:
            return None
        return replace(word, kind=kind)

    def _close(self, token: Token) -> None:
        if not self._open:
            return
        self._open -= 1
        self._end()
        if self._last == "open":
            self._kept.pop()
            self._drop("minus")
        else:
            self._kept.append(token)

    def _end(self) -> None:
        """Leave out what has nothing behind it to work on."""
        while self._kept and (self._last == "minus" or self._kept[-1].yields):
            self._kept.pop()

    def _drop(self, kind: Kind) -> None:
        while self._last == kind:
            self._kept.pop()
