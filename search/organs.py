"""By what names an organ is looked for: so that usual spellings of one have something in common. Pure.

Besides its name and the keys of the organs that it names (`graph.accused.names_of`), that is what such an organ does,
alone and at its level: 城管局 finds that of each district, 市住建局 that of each city.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

from graph.accused import names_of
from graph.gazetteer import Gazetteer
from graph.organ_functions import names_at
from graph.organ_names import OrganNames
from graph.text.normalise import normalise

if TYPE_CHECKING:
    from collections.abc import Iterator

LEVELS: Final = {"省": 2, "市": 4, "州": 4, "区": 6, "县": 6}
"""How an organ speaks of its own level, and the digits of such a division's code."""


@cache
def _names() -> OrganNames:
    return OrganNames(Gazetteer())


@lru_cache(maxsize=16_384)
def organ_names(name: str, near: str | None = None) -> tuple[str, ...]:
    """Return all by which an organ is looked for; `near` is the division that it sits in."""
    known = names_of(name, _names(), near)
    keys = [key.partition("/") for key in known if "/" in key and key[0].isdigit()]
    done = [one for division, _, function in keys for one in (f"/{function}", f"{len(division)}/{function}")]
    return tuple(dict.fromkeys((*known, *done, *_without_division(name))))


def _without_division(name: str) -> Iterator[str]:
    """Yield what an organ does whose name tells no more than that, and perhaps its level."""
    plain = normalise(name).strip()
    level = LEVELS.get(plain[:1])
    for said, at in ((plain, ""), (plain[1:], level)):
        functions = next((one.functions for one in names_at(said, 0) if one.text == said), ()) if at is not None else ()
        yield from (f"{at}/{function}" for function in functions)
