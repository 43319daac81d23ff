"""Whatever is asked is answered as a plain reading of the whole graph would answer it."""

from __future__ import annotations

import asyncio
import random
from functools import partial
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from graph.scope import scope as scope_of
from resolvers.limits import DocumentLimits
from search import grouping, service
from tests.api.conftest import Api, client_of
from tests.policy.asking import written
from tests.reference import town
from tests.reference.executor import answer
from tests.reference.fields import World
from tests.reference.graph import load
from tests.reference.made import made
from tests.reference.policy import seen
from tests.reference.queries import Question, question
from tests.reference.search import LATEST
from tests.reference.smaller import smallest
from tests.reference.values import values_of
from tests.viewers import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from search.records import SearchPage, SearchRequest
    from tests.reference.values import Values


EXAMPLES = 1
"""How many questions of our own are asked for each of the profile's examples."""


@pytest.fixture
async def api(api: Api) -> AsyncIterator[Api]:
    """Give the application without a limit on what chance asks for: what is refused is compared with nothing."""
    async with client_of(api.services, DocumentLimits(cost=1_000_000)) as http:
        yield Api(api.services, http)


@pytest.fixture
async def world(api: Api, monkeypatch: pytest.MonkeyPatch) -> World:
    """Give all that answers depend on, of a graph that holds much; the engine is asked from another thread."""
    for module in (service, grouping):
        monkeypatch.setattr(module, "_now", lambda: LATEST)
    await town.build(api.services)
    loop = asyncio.get_running_loop()

    def search(request: SearchRequest) -> SearchPage:
        return asyncio.run_coroutine_threadsafe(
            api.services.search.search(request, scope_of(EVERYTHING)), loop
        ).result()

    async with api.services.pool.acquire() as connection:
        graph = await load(connection)
    return World(seen(graph, EVERYTHING), api.services.vault, api.services.taxonomy.all(), search, EVERYTHING)


@pytest.fixture
async def values(world: World) -> Values:
    """Give what arguments are chosen from."""
    return await asyncio.to_thread(values_of, world)


@pytest.mark.long
@pytest.mark.no_cover
async def test_every_answer_is_the_reference_s(api: Api, world: World, values: Values) -> None:
    """Data to the order of its fields, and where which error is."""
    for _ in range(EXAMPLES * settings().max_examples):
        await agree(api, world, question(Random(random.getrandbits(64)), values))  # noqa: S311 - nothing secret


@pytest.mark.long
@pytest.mark.no_cover
async def test_so_is_every_answer_to_a_stranger_s_questions(api: Api, world: World, values: Values) -> None:
    """The same for documents that a library makes of the schema, which knows nothing of how ours are written."""
    for text in made(values, settings().max_examples // 2):
        await agree(api, world, Question(text, {}))


async def agree(api: Api, world: World, asked: Question) -> None:
    """Ask both; what differs is told by its smallest question."""
    if await differs(api, world, asked):
        asked = await smallest(asked, partial(differs, api, world))
        pytest.fail(f"{asked}\n{await differs(api, world, asked)}")


async def differs(api: Api, world: World, asked: Question) -> str:
    """Return what is told and what should be, nothing where they are the same. No answer may hold a connection."""
    told = await api.post(asked.query, **asked.variables)
    # Whoever reads keeps the one connection that it had.
    for pool, kept in ((api.services.pool, 0), (api.services.reader.pool, 1)):
        if pool.get_size() - pool.get_idle_size() > kept:
            pool.terminate()  # Closing it would wait for the connection for ever.
            pytest.fail(f"{asked}\nholds a connection")
    errors = frozenset(
        (tuple(error.get("path") or ()), error["extensions"]["code"]) for error in told.get("errors", ())
    )
    if any(not path and code.startswith("LIMIT_") for path, code in errors):
        return ""
    expected = await asyncio.to_thread(answer, world, asked.query, asked.variables)
    data, wanted = written(world, told.get("data")), written(world, expected.data)
    same = data == wanted and errors == expected.errors
    return "" if same else f"told {data}\n     {sorted(errors)}\nnot  {wanted}\n     {sorted(expected.errors)}"
