"""Which organs stand in one cell? Names one behind the other, each cut to the organ itself. Pure.

Marks part names; brackets keep together what stands in them. A conjunction or a blank parts two names only where both
sides are understood as authorities, since 住房和城乡建设局 is one. A name without its division has that of the one
before it. People, telephones and parts (主办) that stand with a name in brackets are no piece of it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from graph.organ_functions import Form, names_at
from graph.organ_names import LONGEST
from graph.organ_words import JOINT, NOTE, tells_a_person
from graph.organs import level_of, normalise_organ, without_numbers
from graph.text.nfkc import nfkc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graph.gazetteer import Gazetteer
    from graph.organ_names import OrganNames

_INNER: Final = r"[(\[【〔][^()\[\]【】〔〕]*[)\]】〕]"
_BRACKETED: Final = rf"[(\[【〔][^()\[\]【】〔〕]*(?:{_INNER}[^()\[\]【】〔〕]*)*[)\]】〕]"
_PIECE: Final = re.compile(rf"(?:{_BRACKETED}|[^、,;/|&+\n\r\t])+")
_NOTE: Final = re.compile(rf"(?<=.)[(\[【〔](?P<said>[^()\[\]【】〔〕]*(?:{_INNER}[^()\[\]【】〔〕]*)*)(?:[)\]】〕]|$)")
"""A note behind a name; at the very end the closing bracket may be missing."""
_PARTS: Final = "主办|协办|承办|会办|牵头|主责|配合|责任|办理|受理|转办|督办"
_LABEL: Final = re.compile(rf"^(?:{_PARTS})(?:单位|部门|机关)?:")
_OTHERS: Final = re.compile(r"等(?:[\d一二三四五六七八九十几多两]{0,3}[个家])?(?:有关|相关)?(?:单位|部门|机关)?$")
_SAID_WITH: Final = re.compile(
    rf"(?:{_PARTS})(?:单位|部门|机关)?|(?:联系|经办|承办|负责|责任|具体|对接)人(?:员)?|(?:联系|办公|值班)?(?:电话|手机)(?:号码?)?|tel|姓名"
)
"""What notes say of who and how, besides names and numbers."""
_APART: Final = re.compile(r"[、,;:/|\s()\[\]【】〔〕]+")
_NUMBER: Final = re.compile(r"[\d+*#-]+(?:转\d+)?")
_OFFICE_ENDS: Final = frozenset("局委办府院厅所队处站心道镇乡会部科室校社司团")
"""What names of offices end in: a conjunction behind anything else is inside one (人力资源和社会保障局)."""


def organs_in(cell: str, names: OrganNames, gazetteer: Gazetteer) -> tuple[str, ...]:
    """Return the organs that a cell names, each once, by their names in one spelling."""
    found: dict[str, None] = {}
    division = ""
    # Before marks part anything: between the groups of a number any may stand.
    for piece in _PIECE.findall(nfkc(without_numbers(cell))):
        for part in _parted(_cut(piece), names):
            said = _division_said(part, gazetteer)
            whole = part if said else _within(part, division, names)
            division = said or division
            if name := normalise_organ(whole):
                found[name] = None
    return tuple(found)


def _cut(piece: str) -> str:
    """Return a piece without what stands there besides the organ's name."""
    bare = _NOTE.sub(lambda note: "" if _tells_of_people(note["said"]) else note[0], piece.strip())
    return _OTHERS.sub("", _LABEL.sub("", bare)).strip()


def _tells_of_people(note: str) -> bool:
    """Tell whether a note says only who, by which number and in which part; (交警支队) is a piece of the name."""
    words = (_NUMBER.sub("", _SAID_WITH.sub("", word)) for word in _APART.split(note.casefold()))
    return all(map(_is_somebody, words))


def _is_somebody(word: str) -> bool:
    match = NOTE.fullmatch(word.removeprefix("老").removeprefix("小"))
    return match is not None and tells_a_person(match)


def _parted(piece: str, names: OrganNames) -> Iterator[str]:
    """Yield the names that blanks and conjunctions part, where each is understood by itself."""
    first, *others = piece.split() or [""]
    words = [first, *(word for word in others if not _is_somebody(_NUMBER.sub("", word)))]
    if len(words) > 1 and not all(names.is_authority(word) for word in words):
        words = [" ".join(words)]
    for word in words:
        yield from _joined(word, names)


def _joined(word: str, names: OrganNames) -> Iterator[str]:
    start = 0
    for joint in JOINT.finditer(word) if len(word) <= LONGEST else ():
        left, right = word[start : joint.start()], word[joint.end() :]
        if left[-1:] in _OFFICE_ENDS and names.is_authority(left) and names.is_authority(f"{left}、{right}"):
            yield left
            start = joint.end()
    yield word[start:]


def _division_said(name: str, gazetteer: Gazetteer) -> str:
    """Return the beginning of a name that says its division or its level, nothing where it says none."""
    return name[: len(name) - len(gazetteer.leading(name)[1])] or level_of(name)


def _within(name: str, division: str, names: OrganNames) -> str:
    """Return a name that says no division with that of the names before it, where it is an office's in full."""
    office = any(one.form is Form.FULL and len(one.text) == len(name) for one in names_at(name, 0))
    whole = f"{division}{name}"
    return whole if division and (office or names.is_authority(whole)) else name
