"""Asks as a viewer, and asks the reference over what that viewer sees; tells where the two differ."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from graphql import OperationType

from graph.errors import InvalidError
from graph.scope import scope
from resolvers.asked import Asked
from search.audience import audience
from search.engine import AllOf, Lookup
from search.records import SearchOrder
from tests.reference.executor import answer
from tests.reference.fields import World
from tests.reference.index import Index, sources
from tests.reference.lists import told_of
from tests.reference.policy import seen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graph.identity import Vault
    from graph.policy import Viewer
    from resolvers.execution import Executor
    from search.documents import Source
    from search.engine import Engine
    from search.records import SearchPage, SearchRequest
    from tests.reference.graph import Graph
    from tests.reference.queries import Question

QUERY = frozenset({OperationType.QUERY})
MOST = 10_000
"""Submissions that no graph of a test has."""
LONG_CURSOR = range(38, 60)
"""Characters that a sealed cursor has."""


@dataclass
class Library:
    """Indexes of what viewers see; many see the same."""

    kept: dict[tuple[Source, ...], Index] = field(default_factory=dict)

    def index(self, found: tuple[Source, ...], vault: Vault) -> Index:
        """Return the index of these sources."""
        if found not in self.kept:
            self.kept[found] = Index(found, vault)
        return self.kept[found]

    def close(self) -> None:
        """Close them all."""
        for index in self.kept.values():
            index.close()


@dataclass(frozen=True)
class Parts:
    """What worlds are made of: the whole graph, and what is beside it."""

    graph: Graph
    vault: Vault
    topics: Sequence[str]
    library: Library

    def world(self, viewer: Viewer) -> World:
        """Return all that an answer to a viewer may depend on."""
        left = seen(self.graph, viewer)

        def search(request: SearchRequest) -> SearchPage:
            return self.library.index(sources(left, self.graph), self.vault).search(request)

        return World(left, self.vault, self.topics, search, viewer)


async def post(executor: Executor, viewer: Viewer, query: str, **variables: Any) -> dict[str, Any]:
    """Return the whole answer that a viewer is given."""
    given: dict[str, Any] = json.loads((await executor.execute(Asked(query, variables), viewer, QUERY)).body())
    return given


async def differs(executor: Executor, viewer: Viewer, world: World, asked: Question) -> str:
    """Return what a viewer is told and what they should be, nothing where that is the same."""
    return await difference(world, asked, await post(executor, viewer, asked.query, **asked.variables))


async def difference(world: World, asked: Question, told: dict[str, Any]) -> str:
    """Return what was told and what should be, nothing where they are the same."""
    errors = frozenset(
        (tuple(error.get("path") or ()), error["extensions"]["code"]) for error in told.get("errors", ())
    )
    if any(not path and code.startswith("LIMIT_") for path, code in errors):
        return ""
    expected = await asyncio.to_thread(answer, world, asked.query, asked.variables)
    data, wanted = written(world, told.get("data")), written(world, expected.data)
    if data == wanted and errors == expected.errors:
        return ""
    return f"told {data}\n     {sorted(errors)}\nnot  {wanted}\n     {sorted(expected.errors)}"


async def counted(engine: Engine, viewer: Viewer) -> list[UUID]:
    """Return the submissions that an index counts and weighs for a viewer: all that it takes them to see."""
    asked = Lookup(match=AllOf(), order=SearchOrder.NEWEST, limit=MOST, audience=audience(scope(viewer)))
    return [UUID(bytes=one.submission.bytes) for one in (await engine.find(asked)).candidates]


def written(world: World, data: Any) -> str:
    """Return an answer as it is compared."""
    return json.dumps(plain(world, data), ensure_ascii=False)


def plain(world: World, told: Any) -> Any:
    """Return an answer with its sealed cursors opened, and 1 for 1.0: JSON has but one."""
    if isinstance(told, dict):
        return {name: plain(world, value) for name, value in told.items()}
    if isinstance(told, list):
        return [plain(world, value) for value in told]
    if isinstance(told, float) and told.is_integer():
        return int(told)
    if isinstance(told, str) and told.startswith("sealed: changes "):
        return reached(world, int(told.rpartition(" ")[2]))
    return opened(world, told) if isinstance(told, str) and len(told) in LONG_CURSOR else told


def opened(world: World, text: str) -> str:
    """Return what a sealed cursor says, any other text as it is."""
    for kind in ("timeline", "history", "alerts"):
        try:
            said = world.vault.open_cursor(kind, text)
        except InvalidError:
            continue
        return told_of(kind, *(int.from_bytes(said[at : at + 8], signed=True) for at in range(0, len(said), 8)))
    try:
        return reached(world, int.from_bytes(world.vault.open_cursor(f"changes/{world.viewer.name}", text)[:8]))
    except InvalidError:
        return text


def reached(world: World, position: int) -> str:
    """Return the last entry that is seen up to a position: where among those not seen a cursor stands is all one."""
    return told_of(
        "changes", max((one["position"] for one in world.graph["journal"] if one["position"] <= position), default=0)
    )
