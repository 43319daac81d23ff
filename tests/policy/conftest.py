"""The application on the village, and all that its answers depend on."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import httpx
import pytest

from casegraph.app import executor_of
from resolvers.limits import DocumentLimits
from resolvers.trusted import Trusted
from search import grouping, service
from tests.api.conftest import api
from tests.attacks.conftest import served
from tests.policy import village
from tests.policy.asking import Library, Parts
from tests.policy.viewers import NAME, Cast
from tests.policy.wire import Wire
from tests.reference.graph import load
from tests.reference.search import LATEST
from tests.reference.values import Values, values_of
from tests.viewers import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from resolvers.execution import Executor
    from tests.api.conftest import Api

__all__ = ["api"]


@pytest.fixture
async def filled(api: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    """Give the application on the village. Searches are all asked at one time, which their cursors tell."""
    for module in (service, grouping):
        monkeypatch.setattr(module, "_now", lambda: LATEST)
    await village.build(api.services)
    return api


@pytest.fixture
def executor(filled: Api) -> Executor:
    """Give what answers."""
    return executor_of(filled.services, replace(DocumentLimits(), explain=True, cost=1_000_000), Trusted())


PLAIN: Final = {"accept-encoding": "identity"}
"""Answers as they are, so that what is counted is what was said."""


@pytest.fixture
async def wire(filled: Api) -> AsyncIterator[Wire]:
    """Give the application on the village as it is served, and a client of its port."""
    # The reference computes on the same loop: a limit that ran out meanwhile would cut the client off.
    limits = dict.fromkeys(("idle_seconds", "head_seconds", "body_seconds"), 3_600.0)
    async with served(filled, **limits) as line, httpx.AsyncClient(trust_env=False, timeout=60, headers=PLAIN) as http:
        yield Wire(line.port, http)


@pytest.fixture
async def parts(filled: Api) -> AsyncIterator[Parts]:
    """Give what the reference answers from."""
    async with filled.services.pool.acquire() as connection:
        graph = await load(connection)
    library = Library()
    yield Parts(graph, filled.services.vault, filled.services.taxonomy.all(), library)
    await asyncio.to_thread(library.close)  # each of its indexes runs a loop of its own


@pytest.fixture
async def values(parts: Parts) -> Values:
    """Give what arguments are chosen from: of the whole graph, what is hidden from the viewer as well."""
    return await asyncio.to_thread(values_of, parts.world(replace(EVERYTHING, name=NAME)))


@pytest.fixture
def cast(parts: Parts) -> Cast:
    """Give who could be whom."""
    return Cast.of(parts.graph)
