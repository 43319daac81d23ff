"""What authorities are for, and all the names that each function goes by: the table `rules/organ_functions.tsv`.

A row is a function (or several, joined by `+`, where one office has them), its abbreviations, its other names, the
kinds that names end in, and why they are one. Names joined with each kind are full names. An abbreviation (城管) means
the authority without its kind too; a name without its kind (教育) does only where nothing else follows. `=` stands
before a name that takes no kind, `@4` behind one that authorities of that level alone have (as digits of the division's
code), and `-` for kinds where all names are full.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLE: Final = Path(__file__).parent / "rules" / "organ_functions.tsv"

# A province's office is a 厅 where a city's is a 局, and a branch of a city's office in a county is a 分局.
_KINDS_OF_OFFICES: Final = ("局", "厅@2", "分局@6")


class Form(IntEnum):
    """How much of a function's name is there."""

    STEM = 0
    """A word as well (教育): the authority's only at the end."""
    ABBREVIATION = 1
    FULL = 2


@dataclass(frozen=True, slots=True)
class FunctionName:
    """A name of a function."""

    text: str
    functions: tuple[str, ...]
    form: Form
    depth: int | None = None
    """How many digits the code of its division has, where authorities of one level alone are called so."""


def _row(line: str) -> Iterator[FunctionName]:
    joined, abbreviations, names, kinds, _ = line.split("\t")
    functions = tuple(joined.split("+"))
    if len(functions) == 1:
        yield FunctionName(joined, functions, Form.FULL)
    ends = [end for kind in kinds.split() if kind != "-" for end in (_KINDS_OF_OFFICES if kind == "局" else (kind,))]
    for names_of_form, form in ((abbreviations, Form.ABBREVIATION), (names, Form.STEM)):
        for name in names_of_form.split():
            if name.startswith("=") or not ends:
                yield _name(name.removeprefix("="), functions, Form.FULL)
            else:
                yield _name(name, functions, form)
                yield from (_name(name + end, functions, Form.FULL) for end in ends)


def _name(written: str, functions: tuple[str, ...], form: Form) -> FunctionName:
    text, _, depth = written.partition("@")
    return FunctionName(text, functions, form, int(depth) if depth else None)


@cache
def function_names() -> dict[str, FunctionName]:
    """Return the names by their text; of two forms the fuller one counts. No text stands for two functions."""
    found: defaultdict[str, list[FunctionName]] = defaultdict(list)
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        for name in _row(line):
            found[name.text].append(name)
    return {text: max(names, key=lambda name: (name.form, name.depth is None)) for text, names in found.items()}


@cache
def _longest() -> int:
    return max(map(len, function_names()))


def names_at(text: str, start: int) -> Iterator[FunctionName]:
    """Yield the names that stand at a position, the longest first."""
    names = function_names()
    for end in range(min(len(text), start + _longest()), start, -1):
        if name := names.get(text[start:end]):
            yield name


def names_an_authority(text: str, least: Form = Form.ABBREVIATION) -> bool:
    """Tell whether the name of a function stands anywhere in a text; a single character tells nothing."""
    found = (name for start in range(len(text)) for name in names_at(text, start))
    return any(len(name.text) > 1 and name.form >= least for name in found)
