"""Keeps searches for their owners, to be told of new matches: each command is one transaction that ends in the journal.

A saved search belongs to whoever saved it, and to nobody else it is there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from graph import journal
from graph.database import statements, transaction
from graph.errors import ConflictError, InvalidError, NotFoundError
from graph.ids import new_id
from graph.journal import Entry, EntryKind
from graph.policy import Action, require
from graph.records import Position, SavedSearchId, SubmissionId
from graph.scope import scope
from search import documents
from search.alerts import filter_given, lookup_of, require_matter
from search.audience import audience
from search.engine import SearchUnavailableError
from wording import Wording

if TYPE_CHECKING:
    from datetime import datetime

    from graph.database import Connection, Pool
    from graph.policy import Viewer
    from search.engine import Engine, Lookup
    from search.records import SearchFilter

SQL = statements("alerts")
MOST: Final = 50
"""Searches that one owner may save: each is asked anew whenever something comes in."""
WIDEST: Final = 10_000
"""Submissions that a search may find when it is saved: they are kept with it, so that none of them is ever told. It is
as many as Elasticsearch gives at once, too."""
LONGEST_NAME: Final = 200
TRIES: Final = 5
"""How often a search is asked before it is saved, where entries are matched meanwhile: once a second at most."""
BEHIND: Final = Wording("The search index has not caught up yet. Try again in a moment.")
TOO_WIDE: Final = Wording(
    "This finds more than {widest:,} submissions already. Narrow it, by a place or a topic; or "
    "add `after:` with today's date, to be told of what is received from then on.",
    widest=WIDEST,
)


@dataclass(frozen=True, slots=True)
class Present:
    """What a search finds now, of what its owner sees, in an index that holds a position or more."""

    held: Position
    found: tuple[SubmissionId, ...]


class Saving:
    """Saves, renames and deletes searches."""

    def __init__(self, *, pool: Pool, engine: Engine) -> None:
        self._pool = pool
        self._engine = engine

    async def save(self, *, name: str, text: str, chosen: SearchFilter, by: Viewer, now: datetime) -> SavedSearchId:
        """Save a search; what it finds already is not told.

        Raises ForbiddenError, InvalidError (QuerySyntaxError among them) for what cannot be saved, ConflictError where
        there are too many, SearchUnavailableError.
        """
        require(by, Action.SAVE)
        _require_name(name)
        require_matter("query", text)
        for given in filter(None, (chosen.topic, chosen.division)):
            require_matter("filter", given)
        lookup = replace(lookup_of(text, chosen), limit=WIDEST + 1, audience=audience(scope(by)))
        search = SavedSearchId(new_id())
        for _ in range(TRIES):
            present = await self._present(lookup)
            async with transaction(self._pool) as connection:
                # Entries that were matched since would have been so without this search.
                if await connection.fetchval(SQL.hold_reader) > present.held:
                    continue
                await _require_room(connection, present, by)
                await connection.execute(
                    SQL.add_search, search, by.name, name, text, filter_given(chosen), now, present.held, present.found
                )
                await _note(connection, EntryKind.SEARCH_SAVED, search, by, now)
                return search
        raise SearchUnavailableError(BEHIND)

    async def _present(self, lookup: Lookup) -> Present:
        held = await self._engine.position()
        if held is None:
            raise SearchUnavailableError(Wording("There is no search index yet. It is built by a worker that runs."))
        found = await self._engine.find(lookup)
        return Present(held, tuple(one.submission for one in found.candidates))

    async def rename(self, *, search: SavedSearchId, name: str, by: Viewer, now: datetime) -> None:
        """Give one's saved search another name; raise InvalidError for none, NotFoundError where it is not one's."""
        _require_name(name)
        async with transaction(self._pool) as connection:
            if await connection.fetchval(SQL.rename_search, search, by.name, name) is None:
                raise NotFoundError(Wording("saved search"), search)
            await _note(connection, EntryKind.SEARCH_RENAMED, search, by, now)

    async def delete(self, *, search: SavedSearchId, by: Viewer, now: datetime) -> None:
        """Delete one's saved search and what it was told; raise NotFoundError where it is not one's."""
        async with transaction(self._pool) as connection:
            if await connection.fetchval(SQL.delete_search, search, by.name) is None:
                raise NotFoundError(Wording("saved search"), search)
            await _note(connection, EntryKind.SEARCH_DELETED, search, by, now)


def _require_name(name: str) -> None:
    if not name.strip() or len(name) > LONGEST_NAME or "\0" in name:
        raise InvalidError("name", Wording("Give a name of 1 to {longest} characters.", longest=LONGEST_NAME))
    require_matter("name", name)


async def _require_room(connection: Connection, present: Present, by: Viewer) -> None:
    """Raise what keeps one more search of an owner from being saved."""
    # First: until the index has followed, what it finds may tell of what the owner sees no more.
    if await connection.fetchval(documents.SQL.barrier, list(scope(by).audiences)) > present.held:
        raise SearchUnavailableError(BEHIND)
    if len(present.found) > WIDEST:
        raise InvalidError("query", TOO_WIDE)
    if await connection.fetchval(SQL.count_searches, by.name) >= MOST:
        raise ConflictError(Wording("You have {most} saved searches. Delete one that you need no more.", most=MOST))


async def _note(connection: Connection, kind: EntryKind, search: SavedSearchId, by: Viewer, now: datetime) -> None:
    await journal.append(connection, [Entry(kind=kind, subject=search, actor=by.name, at=now)])
