"""Organs as sources name them: one spelling for one organ, and the division it sits in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from graph.divisions import prefix_of
from graph.text.nfkc import nfkc
from graph.text.numbers import found

if TYPE_CHECKING:
    from graph.gazetteer import Gazetteer

_BLANKS: Final = re.compile(r"[\s\u200b\ufeff]+")
_WRAPPED: Final = re.compile(
    r"^[\[【〔「『《<(\"“”'‘’](?P<inside>[^\[\]【】〔〕「」『』《》<>()\"“”'‘’]*)[\]】〕」』》>)\"“”'‘’]$"
)
_NOTE: Final = re.compile(r"[(（\[【〔「『《<][^()（）\[\]【】〔〕「」『』《》<>]*[)）\]】〕」』》>]")
"""A note in brackets that holds no other."""
_APART: Final = "、"
"""Stands where a number was cut out, so that what it kept apart makes no other name."""
_EDGES: Final = " ,.;:、。，；：·-—_/\\|"
# How an organ speaks of its own level: 市住建局 is the prefecture's, 区教育局 and 县教育局 the county's.
_OWN_LEVEL: Final = {"省": 2, "市": 4, "州": 4, "区": 6, "县": 6}
_SAYS_LEVEL: Final = re.compile(r"^(?:中共)?(?:本|我)?(?P<level>[省市州区县])(?![域间])")
_PARTY: Final = "中共"
"""Before the division's name in the names of the Party's organs (中共长沙市委); the division is the same."""


def normalise_organ(name: str) -> str:
    """Return an organ's name in one spelling: half width, no blanks, no wrapping brackets, no marks at its ends.

    Numbers of people are cut out, and with them the note in brackets that one stands in. 市, 区 and 县 at the
    beginning stay: they say which level's organ it is.
    """
    # Blanks can keep apart what NFKC composes, hence once more.
    # A blank keeps numbers apart, too, hence cut before.
    plain = nfkc(without_numbers(name))
    spelled = nfkc(_BLANKS.sub("", plain))
    while True:
        bare = without_numbers(spelled).strip(_EDGES)
        if wrapped := _WRAPPED.match(bare):
            bare = wrapped["inside"]
        if bare == spelled:
            return bare
        spelled = bare


def seat_of(name: str, gazetteer: Gazetteer) -> str | None:
    """Return the prefix of the division whose organ it is, by its name."""
    code = division_of(name, gazetteer)
    return prefix_of(code) if code else None


def level_of(name: str) -> str:
    """Return how a name that begins with its level alone says that (区, 我市), nothing where it does not."""
    says = _SAYS_LEVEL.match(name)
    return says[0] if says else ""


def without_numbers(name: str) -> str:
    """Return a name with each number of a person cut out, and the note in brackets that one stands in."""
    while found(name):
        name = _NOTE.sub(lambda note: _APART if found(note[0]) else note[0], name)
        pieces, at = [], 0
        for one in found(name):
            pieces += [name[at : one.start], _APART]
            at = one.end
        name = "".join(pieces) + name[at:]
    return name


def division_of(name: str, gazetteer: Gazetteer) -> str | None:
    """Return the code of the division that an organ's name begins with, else of the level of home that it names."""
    spelled = normalise_organ(name)
    found, _ = gazetteer.leading(spelled.removeprefix(_PARTY))
    if found:
        return found.code
    says = _SAYS_LEVEL.match(spelled)
    if says is None:
        return None
    # 区 and 县 are also said of a county-level city's parts, hence only as deep as home itself is.
    depth = _OWN_LEVEL[says["level"]]
    division = gazetteer.by_code(gazetteer.home[:depth]) if len(gazetteer.home) >= depth else None
    return division.code if division else None
