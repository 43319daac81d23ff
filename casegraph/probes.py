"""Whether this process lives, whether it can work, and how it does."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING

import orjson
from starlette.responses import Response

from casegraph.metrics import CONTENT_TYPE
from casegraph.refusals import JSON
from graph import journal
from graph.database import DatabaseError, DatabaseUnreachable, statements
from graph.errors import DatabaseStateError
from graph.migrate import require_current
from search.engine import SearchUnavailableError

if TYPE_CHECKING:
    from casegraph.app import Services
    from casegraph.metrics import Metrics

logger = logging.getLogger("casegraph.probes")

SQL = statements("standing")
OK = "ok"
AWAY = "away"


async def healthz() -> Response:
    """Answer that the process lives."""
    return Response(orjson.dumps({"alive": True}), media_type=JSON)


async def readyz(services: Services) -> Response:
    """Answer whether requests can be served: 200, or 503 with what is missing, in words that anybody may read."""
    checks = {"database": await _database(services), "index": await _index(services)}
    # Without its search engine a server still takes in, reads and decides: to take it from the proxy would be worse.
    ready = all(check in (OK, AWAY) for check in checks.values()) and checks["database"] == OK
    return Response(
        orjson.dumps({"ready": ready, "checks": checks}), status_code=200 if ready else 503, media_type=JSON
    )


async def _database(services: Services) -> str:
    try:
        async with services.pool.acquire() as connection:
            await require_current(connection)
    except DatabaseStateError as error:
        logger.warning("%s", error)
        return "not of this version"
    except (DatabaseError, *DatabaseUnreachable) as error:
        logger.warning(
            "The database cannot be reached (%s). Look whether it runs, and at CASEGRAPH_DATABASE_URL.",
            type(error).__qualname__,
        )
        return AWAY
    return OK


async def _index(services: Services) -> str:
    try:
        position = await services.index_position()
    except SearchUnavailableError as error:
        logger.warning("%s", error)
        return AWAY
    if position is None:
        logger.warning("The search index has not been built. Run `python -m casegraph reindex`.")
        return "not built"
    return OK


async def metrics(services: Services, kept: Metrics) -> Response:
    """Answer with every figure."""
    async with services.pool.acquire() as connection:
        position = await journal.position(connection)
        readers: dict[str, int] = {row["name"]: row["position"] for row in await connection.fetch(SQL.readers)}
    health = await services.index_health()
    with suppress(SearchUnavailableError):
        indexed = await services.index_position()
        if indexed is not None:
            readers["search"] = indexed
    return Response(kept.exposition(position, readers, health), headers={"content-type": CONTENT_TYPE})
