"""The names of Elasticsearch's indices and aliases, built and read in this one place. Pure.

{prefix}-{version}-{id}           one index
{prefix}-{version}-{id}.write     its own alias, by which it is written: with `require_alias` a write that comes
                                  after the index was removed is refused, where its name would be made anew
{prefix}-{version}-{id}.building  its alias until it goes live
{prefix}-{version}-live           the alias of the live one, by which all is asked
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from graph.times import LEGAL_ZONE
from search.generations import edition

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Standing:
    """Which indices of ours there are."""

    live: str | None
    building: tuple[str, ...]
    others: tuple[str, ...]
    """Neither live nor being built: of another version, or left behind."""


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one instance's indices; several instances share a cluster by different prefixes."""

    prefix: str
    zone: ZoneInfo = LEGAL_ZONE
    """Of the months that are counted: an index of another zone is one of another version."""

    @property
    def live(self) -> str:
        """The alias by which the live index is asked."""
        return f"{self.prefix}-{edition(self.zone)}-live"

    @property
    def every(self) -> str:
        """A pattern that fits all indices of ours; what else it fits is left out by `standing`."""
        return f"{self.prefix}-*"

    def fresh(self) -> str:
        """Return the name of an index that is not there yet."""
        return f"{self.prefix}-{edition(self.zone)}-{uuid4().hex[:12]}"

    def standing(self, aliases: Mapping[str, Any]) -> Standing:
        """Return what there is, told all indices with their aliases."""
        ours = {
            index: set(told["aliases"])
            for index, told in sorted(aliases.items())
            if re.fullmatch(rf"{re.escape(self.prefix)}-\d+-[0-9a-f]{{12}}", index)
        }
        live = next((index for index, names in ours.items() if self.live in names), None)
        building = tuple(index for index, names in ours.items() if index != live and building_alias(index) in names)
        return Standing(live, building, tuple(index for index in ours if index != live and index not in building))


def write_alias(index: str) -> str:
    """Return the alias by which an index is written."""
    return f"{index}.write"


def building_alias(index: str) -> str:
    """Return the alias that an index has until it goes live."""
    return f"{index}.building"
