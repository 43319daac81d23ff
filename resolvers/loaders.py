"""Gathers what the fields of one operation ask for, so that each kind of question is one statement."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, TypeVar

from strawberry.dataloader import DataLoader

from graph.reads import count_of, page_of, rows_of
from schema.errors import LimitError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from graph.database import Row
    from graph.reads import Page
    from resolvers.snapshot import Snapshot

Name = TypeVar("Name")
Loader = TypeVar("Loader")

LARGEST_ANSWER: Final = 50_000
"""Rows that one field may ask for over all its parents: two nested pages of 200, and no third."""


class Loaders:
    """The loaders of one operation. `nodes` are by key, `lists`, `pages` and `counts` by what they belong to."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._nodes: dict[str, DataLoader[UUID | str, Row | None]] = {}
        self._lists: dict[str, DataLoader[UUID, list[Row]]] = {}
        self._pages: dict[tuple[str, Page], DataLoader[UUID, list[Row]]] = {}
        self._counts: dict[str, DataLoader[UUID, int]] = {}

    def forget(self) -> None:
        """Drop everything loaded, as after a change."""
        for loaders in (self._nodes, self._lists, self._pages, self._counts):
            loaders.clear()

    def nodes(self, name: str) -> DataLoader[UUID | str, Row | None]:
        """Return the loader of a statement that answers each key with one row or none."""

        async def load(keys: Sequence[UUID | str]) -> list[Row | None]:
            rows = {row["asked"]: row for row in await self._snapshot.fetch(rows_of(name, keys))}
            return [rows.get(key) for key in keys]

        return _made(self._nodes, name, lambda: DataLoader(load_fn=load))

    def lists(self, name: str) -> DataLoader[UUID, list[Row]]:
        """Return the loader of a statement that answers each parent with all its rows."""

        async def load(parents: Sequence[UUID]) -> list[list[Row]]:
            return _grouped(parents, await self._snapshot.fetch(rows_of(name, parents)))

        return _made(self._lists, name, lambda: DataLoader(load_fn=load))

    def pages(self, name: str, page: Page) -> DataLoader[UUID, list[Row]]:
        """Return the loader of a statement that answers each parent with the same stretch of its rows."""

        async def load(parents: Sequence[UUID]) -> list[list[Row]]:
            asked = len(parents) * page.size
            if asked > LARGEST_ANSWER:
                message = (
                    f"This field asks for {asked} rows, at most {LARGEST_ANSWER} are given. Ask for smaller pages."
                )
                raise LimitError("LIMIT_ROWS", message, limit=LARGEST_ANSWER, asked=asked)
            return _grouped(parents, await self._snapshot.fetch(page_of(name, page, parents=parents)))

        return _made(self._pages, (name, page), lambda: DataLoader(load_fn=load))

    def counts(self, name: str) -> DataLoader[UUID, int]:
        """Return the loader of a statement that counts each parent's rows."""

        async def load(parents: Sequence[UUID]) -> list[int]:
            totals = {
                row["parent"]: row["total"] for row in await self._snapshot.fetch(count_of(name, parents=parents))
            }
            return [totals.get(parent, 0) for parent in parents]

        return _made(self._counts, name, lambda: DataLoader(load_fn=load))


def _made(kept: dict[Name, Loader], name: Name, make: Callable[[], Loader]) -> Loader:
    if name not in kept:
        kept[name] = make()
    return kept[name]


def _grouped(parents: Sequence[UUID], rows: Sequence[Row]) -> list[list[Row]]:
    groups: dict[UUID, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["parent"]].append(row)
    return [groups[parent] for parent in parents]
