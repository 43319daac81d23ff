"""What the fonts of papers draw that is no text of its own: signs of Symbol and the Wingdings, and forms of setting.

A word processor names a sign by a font and a code, and writes the code as a private character (U+F0B7) or as a letter;
exported as a PDF it may have lost the font. The table `rules/symbols.tsv` says what each draws.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from graph.text.nfkc import nfkc

TABLE: Final = Path(__file__).parent.parent / "rules" / "symbols.tsv"
FONTS: Final = ("wingdings3", "wingdings2", "wingdings", "webdings", "symbol")
SYMBOL: Final = "symbol"
PRIVATE: Final = 0xF000
"""Where a font of signs keeps its codes."""
BULLET: Final = "\uf0b7"
USUAL: Final = "wingdings"
"""Whose codes private characters are where no font is named: bullets and boxes are hardly ever of another."""
_PRIVATE: Final = re.compile("[\uf020-\uf0ff]")
_FORMS: Final = re.compile("[\ufb00-\ufb06\ufe10-\ufe19\ufe30-\ufe48]")
_LONG: Final = {"\N{PRESENTATION FORM FOR VERTICAL HORIZONTAL ELLIPSIS}": "…",
                "\N{PRESENTATION FORM FOR VERTICAL TWO DOT LEADER}": "‥"}  # fmt: skip


@cache
def _tables() -> dict[str, dict[int, str]]:
    """Return what each font draws by its codes, as private characters and as letters."""
    tables: defaultdict[str, dict[int, str]] = defaultdict(dict)
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        font, written, sign = line.split("\t")
        code = int(written, 16)
        tables[font] |= {PRIVATE + code: sign, code: sign, ord(_letter(code)): sign}
    return dict(tables)


@cache
def _unnamed() -> dict[int, str]:
    return _only_private(USUAL) | {ord(BULLET): _tables()[SYMBOL][ord(BULLET)]}


def _letter(code: int) -> str:
    """Return how Western Windows writes a code, and thus how a font without any encoding of its own is read."""
    return bytes([code]).decode("cp1252", "ignore") or chr(code)


def _only_private(font: str) -> dict[int, str]:
    return {code: sign for code, sign in _tables()[font].items() if code >= PRIVATE}


@lru_cache(maxsize=1_000)
def _family(font: str) -> str | None:
    """Return which font of signs a name means: `ABCDEF+SymbolMT`, `Wingdings 2`, `Wingdings-Regular`."""
    bare = re.sub(r"^/?(?:[A-Z]{6}\+)?|[^A-Za-z0-9]", "", font).lower()
    return next((known for known in FONTS if bare.startswith(known)), None)


def drawn(text: str, font: str, *, decoded: bool = False) -> str:
    """Return what a font draws for a text; `decoded` where the letters of Symbol were told into characters already."""
    family = _family(font)
    if family is None:
        return text.translate(_unnamed()) if _PRIVATE.search(text) else text
    return text.translate(_only_private(family) if decoded and family == SYMBOL else _tables()[family])


def sign(code: int, font: str) -> str:
    """Return what a font draws for a code, whether it is written as U+F0B7 or as B7."""
    return drawn(chr(code), font)


def as_typed(text: str) -> str:
    """Return a text with letters for ligatures and the signs of rows for those of columns."""
    return _FORMS.sub(lambda form: _typed(form[0]), text)


def _typed(form: str) -> str:
    plain = _LONG.get(form) or nfkc(form)
    if form < "\ufe10" or not plain.isascii():
        return plain
    return "".join(chr(ord(char) + 0xFEE0) for char in plain)
