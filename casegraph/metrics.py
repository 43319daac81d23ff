"""Figures for Prometheus, kept per application rather than in the library's global registry."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from casegraph.watch import State
from search.alerting import READER as ALERTS
from search.indexer import READER as SEARCH

if TYPE_CHECKING:
    from graphql import GraphQLError
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from casegraph.watch import Watch

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
ROUTES: Final = (
    "/graphql", "/healthz", "/readyz", "/receipts", "/session", "/metrics", "/intake", "/uploads", "/sync/changes",
    "/static",
)  # fmt: skip
METHODS: Final = frozenset({"GET", "HEAD", "POST", "OPTIONS"})


class Metrics:
    """What is counted and timed."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "casegraph_requests", "Requests answered.", ("route", "method", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "casegraph_request_seconds", "How long answers took.", ("route",), buckets=SECONDS, registry=self._registry
        )
        self._counted: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        """By route, method and status: looking them up by labels costs as much as counting."""
        self._errors = Counter(
            "casegraph_graphql_errors", "Errors in GraphQL answers.", ("code",), registry=self._registry
        )
        self._lag = Gauge(
            "casegraph_reader_lag", "Journal entries that a reader has still to read.", ("reader",),
            registry=self._registry,
        )  # fmt: skip
        self._silent = Gauge(
            "casegraph_follower_silent_seconds", "How long ago a follower of the journal was heard of.", ("follower",),
            registry=self._registry,
        )  # fmt: skip
        self._trouble = Gauge(
            "casegraph_follower_trouble", "Whether a follower says that it cannot go on.", ("follower",),
            registry=self._registry,
        )  # fmt: skip
        self._aside = Gauge(
            "casegraph_set_aside", "Submissions or saved searches that a reader failed at.", ("reader",),
            registry=self._registry,
        )  # fmt: skip
        self._database = Gauge("casegraph_database_up", "Whether the database answers.", registry=self._registry)
        self._age = Gauge(
            "casegraph_seen_seconds", "How long ago that was found out.", ("of",), registry=self._registry
        )
        self._engine = Gauge("casegraph_search_up", "Whether the search engine answers.", registry=self._registry)
        self._circuit = Gauge(
            "casegraph_search_circuit_open", "Whether searches are refused at once since the engine was away.",
            registry=self._registry,
        )  # fmt: skip

    def answered(self, path: str, method: str, status: int, seconds: float) -> None:
        """Count a request under its route, so that no path of anybody's making becomes a label."""
        route = next((known for known in ROUTES if path == known or path.startswith(known + "/")), "other")
        key = (route, method if method in METHODS else "other", status)
        counted = self._counted.get(key)
        if counted is None:
            counted = self._counted[key] = (self._requests.labels(*key), self._seconds.labels(route))
        counted[0].inc()
        counted[1].observe(seconds)

    def failed(self, errors: list[GraphQLError]) -> None:
        """Count the errors of a GraphQL answer."""
        for error in errors:
            self._errors.labels((error.extensions or {}).get("code", "UNKNOWN")).inc()

    def exposition(self, watch: Watch) -> bytes:
        """Write everything, with how far readers are behind the journal, and how what is needed was when last seen.

        Where the journal stands itself is told to nobody.
        A reader that could not be asked when it was looked at is left out: how far it was is no news.
        """
        states, known = watch.states(), watch.figures
        self._database.set(states["database"] in {State.OK, State.BUSY})
        self._engine.set(known.searching and states["index"] not in {State.AWAY, State.UNKNOWN})
        self._circuit.set(known.circuit_open)
        self._age.clear()
        for name, age in watch.ages().items():
            self._age.labels(name).set(age)
        self._lag.clear()
        indexed = {} if known.indexed is None else {"search": known.indexed}
        for reader, reached in (known.readers | indexed).items():
            self._lag.labels(reader).set(max(known.position - reached, 0))
        for gauge in (self._silent, self._trouble, self._aside):
            gauge.clear()
        for one in known.followers:
            self._silent.labels(one.name).set(one.silent)
            self._trouble.labels(one.name).set(one.trouble is not None)
        for reader in (SEARCH, ALERTS):
            self._aside.labels(reader).set(known.aside.get(reader, 0))
        return generate_latest(self._registry)


class Measured:
    """Times every HTTP request."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and note how it was answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            self._metrics.answered(scope["path"], scope["method"], status, time.perf_counter() - began)
