"""Whether this process lives, whether it can work, and how it does: what is known, without asking anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson
from starlette.responses import Response

from casegraph.metrics import CONTENT_TYPE
from casegraph.refusals import JSON
from casegraph.watch import State

if TYPE_CHECKING:
    from casegraph.metrics import Metrics
    from casegraph.watch import Watch

SERVES: Final = {
    "database": frozenset({State.OK, State.BUSY}),
    "index": frozenset({State.OK, State.AWAY, State.BEHIND}),
}
"""States in which requests are answered. Without its search engine a server still takes in, reads and decides, and one
that has much to do does too: to take it from the proxy would be worse."""


def healthz() -> Response:
    """Answer that the process lives."""
    return Response(orjson.dumps({"alive": True}), media_type=JSON)


def readyz(watch: Watch) -> Response:
    """Answer whether requests can be served: 200, or 503 with what is missing, in words that anybody may read.

    How many seconds ago that was found out is told with it.
    """
    checks = watch.states()
    ready = all(state in SERVES[name] for name, state in checks.items())
    ages = {name: round(age, 1) for name, age in watch.ages().items()}
    body = {"ready": ready, "checks": checks, "seconds": ages}
    return Response(orjson.dumps(body), status_code=200 if ready else 503, media_type=JSON)


def metrics(watch: Watch, kept: Metrics) -> Response:
    """Answer with every figure."""
    return Response(kept.exposition(watch), headers={"content-type": CONTENT_TYPE})
