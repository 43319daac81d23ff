"""Saves searches on a graph in the making, and follows it with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from search.alerting import Alerter
from search.indexer import Indexer
from search.records import SearchFilter
from tests.graph.factory import NOW
from tests.viewers import EVERYTHING

if TYPE_CHECKING:
    from graph.policy import Viewer
    from graph.records import SavedSearchId
    from tests.api.conftest import Services


async def save(
    services: Services, text: str, by: Viewer = EVERYTHING, chosen: SearchFilter | None = None
) -> SavedSearchId:
    """Save a search of what is indexed next."""
    await Indexer(pool=services.pool, engine=services.engine).catch_up()
    return await services.saving.save(name=text or "全部", text=text, chosen=chosen or SearchFilter(), by=by, now=NOW)


async def follow(services: Services) -> None:
    """Index what came in, and raise alerts of it."""
    await Indexer(pool=services.pool, engine=services.engine).catch_up()
    await Alerter(pool=services.pool, engine=services.engine, clock=lambda: NOW).catch_up()
