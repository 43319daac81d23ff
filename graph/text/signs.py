"""The form of a text in which numbers are looked for: one sign for one, and those that nobody sees left out. Pure.

Digits of every script are ASCII ones, and so are letters and signs in full width, bold or in circles. What may be a
digit and mostly is something else (words for numbers, the marks of lists and powers) is a sign of its own (`SPELT`).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

SPELT: Final = "".join(map(chr, range(0xE000, 0xE00A)))
"""Stand for the ten digits where they are spelt; of the private planes, and no text's own: those are left out."""
AS_DIGITS: Final = {ord(sign): str(value) for value, sign in enumerate(SPELT)}
TAKEN: Final = "\ue00a"
"""Stands for what is read already: it belongs to no number any more."""

_UNSEEN: Final = "\0"
_UNSEEN_CATEGORIES: Final = frozenset({"Cc", "Cf", "Co", "Me", "Mn"})
"""Controls, directions, joiners, private signs, and marks put on the sign before (a keycap's frame among them)."""
_FILLERS: Final = "\u115f\u1160\u3164\uffa0\u2800"
"""Letters by their category, blanks to who reads."""
_LINE_ENDS: Final = "\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029"
_LIKE_X: Final = "×ХхΧχ"
"""Taken for the X that ends an identity number."""
_SAID: Final = {"幺": 1, "两": 2, "洞": 0, "拐": 7, "勾": 9}
"""Digits of who dictates, which Unicode does not know all of."""


class _Signs(dict[int, int | str]):
    def __missing__(self, code: int) -> int | str:
        """Work a sign out once; there are only as many as Unicode has."""
        self[code] = plain = _plain(chr(code))
        return plain


def _plain(sign: str) -> str:
    if (decimal := unicodedata.decimal(sign, None)) is not None:
        return str(decimal)
    value = _SAID.get(sign, unicodedata.numeric(sign, -1))
    if value in range(10):
        return SPELT[int(value)]
    return _form(sign)


def _form(sign: str) -> str:
    if sign in _LINE_ENDS or sign.isspace():
        return "\n" if sign in _LINE_ENDS else " "
    if sign in _FILLERS or unicodedata.category(sign) in _UNSEEN_CATEGORIES:
        return _UNSEEN
    if unicodedata.category(sign) == "Pd" or sign == "\N{MINUS SIGN}":
        return "-"
    wide = unicodedata.normalize("NFKC", sign)
    return "X" if sign in _LIKE_X else wide if len(wide) == 1 else sign


_SIGNS: Final = _Signs()


@dataclass(frozen=True, slots=True)
class Plain:
    """A text's form, and where in the text each of its signs stands."""

    text: str
    _places: Sequence[int] | None
    """Its end as well; None where they are the same."""

    @classmethod
    def of(cls, text: str) -> Plain:
        """Return the form of a text."""
        plain = text.translate(_SIGNS)
        if _UNSEEN not in plain:
            return cls(plain, None)
        places = [*(at for at, sign in enumerate(plain) if sign != _UNSEEN), len(plain)]
        return cls(plain.replace(_UNSEEN, ""), places)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where a part of the form stands in the text, with what nobody sees behind it."""
        return (start, end) if self._places is None else (self._places[start], self._places[end])


def plain_digits(text: str) -> str:
    """Return a text's form with every digit, spelt ones too, in ASCII."""
    return Plain.of(text).text.translate(AS_DIGITS)
