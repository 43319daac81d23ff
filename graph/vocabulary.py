"""What names are known: divisions, topics and organs, for whoever enters a record by hand.

A source may name an organ for the first time, since it knows its own. At a desk an organ that nobody knows is a slip of
the pen more often than a new one, and would become an organ whose staff nobody is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph.database import statements
from graph.ids import organ_id
from graph.organ_cells import organs_in

if TYPE_CHECKING:
    from collections.abc import Collection

    from graph.database import Pool
    from graph.gazetteer import Gazetteer
    from graph.organ_names import OrganNames
    from graph.policy import Viewer
    from graph.topics import Taxonomy

SQL = statements("intake")


class Vocabulary:
    """The names that one instance knows."""

    def __init__(self, *, pool: Pool, gazetteer: Gazetteer, taxonomy: Taxonomy, names: OrganNames) -> None:
        self._pool, self._gazetteer, self._taxonomy, self._names = pool, gazetteer, taxonomy, names

    def has_division(self, text: str) -> bool:
        """Tell whether a code or a name is that of one division."""
        return self._gazetteer.by_name(text) is not None

    def has_topic(self, text: str) -> bool:
        """Tell whether a name or a path is that of one topic."""
        return self._taxonomy.resolve(text) is not None

    async def unknown_organs(self, cells: Collection[str], by: Viewer) -> frozenset[str]:
        """Return those of some cells that name no organ, or one that nobody knows.

        Known is an authority whose division and function are understood, an organ that something names which is no
        accusation, and the viewer's own.
        """
        named = {cell: self._not_understood(cell) for cell in cells}
        asked = {organ_id(name) for names in named.values() for name in names or ()} - by.organs
        found = {row["id"] for row in await self._pool.fetch(SQL.known_organs, sorted(asked))} if asked else set()
        unknown = asked - found
        return frozenset(
            cell for cell, names in named.items() if names is None or any(organ_id(name) in unknown for name in names)
        )

    def _not_understood(self, cell: str) -> tuple[str, ...] | None:
        """Return the organs of a cell that are not understood by their names alone, None where it names none."""
        organs = organs_in(cell, self._names, self._gazetteer)
        return tuple(name for name in organs if not self._names.is_authority(name)) if organs else None
