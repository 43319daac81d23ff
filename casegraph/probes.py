"""Whether this process lives, whether it can work, and how it does."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import orjson
from starlette.responses import Response

from casegraph.metrics import CONTENT_TYPE
from casegraph.refusals import JSON
from graph import journal
from graph.database import DatabaseError, DatabaseUnreachable, statements
from graph.errors import DatabaseStateError
from graph.migrate import require_current

if TYPE_CHECKING:
    from casegraph.app import Services
    from casegraph.metrics import Metrics

logger = logging.getLogger("casegraph.probes")

SQL = statements("standing")
OK = "ok"


async def healthz() -> Response:
    """Answer that the process lives."""
    return Response(orjson.dumps({"alive": True}), media_type=JSON)


async def readyz(services: Services) -> Response:
    """Answer whether requests can be served: 200, or 503 with what is missing, in words that anybody may read."""
    checks = {"database": await _database(services), "index": await _index(services)}
    ready = all(check == OK for check in checks.values())
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
        return "away"
    return OK


async def _index(services: Services) -> str:
    if await services.index_position() is None:
        logger.warning("The search index has not been built. Run `python -m casegraph reindex`.")
        return "not built"
    return OK


async def metrics(services: Services, kept: Metrics) -> Response:
    """Answer with every figure."""
    async with services.pool.acquire() as connection:
        position = await journal.position(connection)
        readers: dict[str, int] = {row["name"]: row["position"] for row in await connection.fetch(SQL.readers)}
    indexed = await services.index_position()
    if indexed is not None:
        readers["search"] = indexed
    return Response(kept.exposition(position, readers), headers={"content-type": CONTENT_TYPE})
