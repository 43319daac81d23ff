"""The application that a server runs: every route, and what surrounds them."""

from __future__ import annotations

import re
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final, Protocol

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import Mount, Route, WebSocketRoute

from casegraph import graphiql, home, probes
from casegraph.allowances import AllHeldError, Allowance
from casegraph.compression import Compressed
from casegraph.cross_origin import CrossOrigin
from casegraph.faults import Masked
from casegraph.graphql_http import GraphQLOverHTTP
from casegraph.graphql_ws import GraphQLOverWebSocket
from casegraph.hosts import KnownNames
from casegraph.lookup import LookUp
from casegraph.metrics import Measured, Metrics
from casegraph.push import take_push
from casegraph.refusals import RefusalError, busy
from casegraph.signin.gate import GRAPHQL, Gate, viewer_for
from casegraph.signin.pages import Pages
from casegraph.spoken import Spoken
from casegraph.uploads import take_upload, text_layer
from graph.errors import InvalidError
from graph.policy import Action
from graph.scope import scope as scope_of
from resolvers.conditions import Instance
from resolvers.doors import Commands, Doors, Intake, Retry, Revealing, Saving
from resolvers.execution import Executor, Following
from resolvers.following import Follows
from resolvers.limits import DocumentLimits
from resolvers.reader import Reader
from resolvers.roots import GraphReads, Sources, Topics
from resolvers.shared_reads import SharedReads
from resolvers.trusted import Trusted
from resolvers.turns import BusyError, Lanes
from resolvers.writes import GraphWrites
from schema import schema
from schema.errors import LimitError
from schema.ids import global_id
from schema.ports import Context
from search.grouping import CaseSearch
from search.suggestions import vocabulary_of
from sync.changes import LARGEST_PAGE, changes, lines
from sync.tail import Tail
from wording import Wording, verbatim
from wording.languages import spoken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

    from casegraph.client_limits import ClientLimits
    from casegraph.signin.service import SignIn
    from casegraph.watch import Watch
    from connectors.connector import ReadOptions
    from graph.database import Pool
    from graph.identity import Vault
    from graph.policy import Viewer
    from graph.uploads import Uploads
    from resolvers.search import Searcher

TAKEN: Final = frozenset({"GET", "HEAD", "POST"})
NDJSON = "application/x-ndjson"
CHANGES_A_PAGE = 100
COUNT: Final = re.compile(r"\d{1,9}\Z", re.ASCII)


class Services(Protocol):
    """What the application needs; `casegraph.services` makes it."""

    @property
    def pool(self) -> Pool: ...
    @property
    def reader(self) -> Reader: ...
    @property
    def vault(self) -> Vault: ...
    @property
    def intake(self) -> Intake: ...
    @property
    def uploads(self) -> Uploads: ...
    @property
    def commands(self) -> Commands: ...
    @property
    def retry(self) -> Retry: ...
    @property
    def revealing(self) -> Revealing: ...
    @property
    def search(self) -> Searcher: ...
    @property
    def saving(self) -> Saving: ...
    @property
    def taxonomy(self) -> Topics: ...
    @property
    def read_options(self) -> ReadOptions: ...
    @property
    def clock(self) -> Callable[[], datetime]: ...
    @property
    def signin(self) -> SignIn: ...
    @property
    def proxy(self) -> str | None: ...
    @property
    def watch(self) -> Watch: ...
    @property
    def client_limits(self) -> ClientLimits: ...


def executor_of(services: Services, limits: DocumentLimits, trusted: Trusted) -> Executor:
    """Return what answers operations by these services."""
    reader, instance = services.reader, Instance(services.read_options.zone, services.vault)
    sources = Sources(
        reader, services.search, CaseSearch(services.search), vocabulary_of(services.taxonomy.all()),
        services.taxonomy, instance, limits.page_size,
    )  # fmt: skip
    text_of = text_layer(services.read_options.limits)
    lanes = Lanes.of(reader.pool.get_max_size(), services.pool.get_max_size())
    shared = SharedReads(reader, Tail(services.pool), lanes.looking)
    subscriptions = Allowance(services.client_limits.subscriptions_per_viewer)

    def doors(viewer: Viewer) -> Doors:
        return Doors(
            intake=services.intake, commands=services.commands, retry=services.retry,
            uploads=services.uploads.of(viewer.name), text_of=text_of, clock=services.clock,
            zone=instance.zone, revealing=services.revealing, saving=services.saving,
        )  # fmt: skip

    def context(viewer: Viewer) -> Context:
        return Context(
            reads=GraphReads(sources, viewer),
            writes=GraphWrites(doors(viewer), viewer),
            follows=Follows(shared, instance, viewer),
        )

    @contextmanager
    def held(viewer: Viewer) -> Iterator[None]:
        with ExitStack() as stack:
            try:
                stack.enter_context(subscriptions.one(viewer.name))
            except AllHeldError:
                most = subscriptions.most
                told = Wording("You have {most} subscriptions going on, as many as one may. Complete one.", most=most)
                raise LimitError("LIMIT_SUBSCRIPTIONS", told, limit=most, asked=most + 1) from None
            yield

    return Executor(
        schema.build(), reader=reader, vault=services.vault, limits=limits, context=context, trusted=trusted,
        zone=str(instance.zone),
        following=Following(held, services.client_limits.event_seconds), lanes=lanes,
    )  # fmt: skip


def build_app(services: Services, limits: DocumentLimits | None = None, trusted: Trusted | None = None) -> ASGIApp:
    """Return the application; the caller opens and closes the services.

    Every request goes through the gate, which knows the few addresses that are open to all; what one may do besides
    asking stands with its route.
    """
    executor = executor_of(services, limits or DocumentLimits(), trusted or Trusted())
    lanes, metrics = executor.lanes, Metrics()
    client = services.client_limits
    over_http = GraphQLOverHTTP(executor, viewer_for, metrics.failed, client.body_seconds)
    over_websocket = GraphQLOverWebSocket(executor, services.signin, metrics.failed, client, services.proxy)

    async def healthz(_: Request) -> Response:
        return probes.healthz()

    async def readyz(_: Request) -> Response:
        return probes.readyz(services.watch)

    async def figures(request: Request) -> Response:
        viewer_for(request.scope, Action.OPERATE)
        return probes.metrics(services.watch, metrics)

    async def intake(request: Request) -> Response:
        return await take_push(request, services, viewer_for(request.scope, Action.PUSH), lanes.writing)

    async def upload(request: Request) -> Response:
        return await take_upload(request, services, viewer_for(request.scope, Action.SUBMIT), lanes.writing)

    async def follow(request: Request) -> Response:
        async with lanes.light.of(viewer_for(request.scope).name):
            return await follow_changes(request, services)

    routes = Starlette(
        routes=[
            WebSocketRoute(GRAPHQL, over_websocket),
            Route(GRAPHQL, _not_so, methods=["GET", "POST"]),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/receipts/{code}", LookUp(services.pool, services.proxy).answer),
            Route("/metrics", figures),
            Route("/intake/{source}", intake, methods=["POST"]),
            Route("/uploads", upload, methods=["POST"]),
            Route("/sync/changes", follow),
            *Pages(services.signin).routes(),
            Route(home.ADDRESS, home.answer),
            Mount(graphiql.ADDRESS, graphiql.files()),
        ],
        middleware=[Middleware(Masked)],
        exception_handlers={RefusalError: _refused, BusyError: _busy, HTTPException: _http},
    )
    gate = Gate(Front(over_http, routes), services.signin)
    names = services.signin.ways.names
    inner = Compressed(CrossOrigin(Masked(gate), names), names)
    return Measured(Spoken(KnownNames(inner, names), spoken()), metrics)


class Front:
    """Gives requests to `/graphql` to what answers them, and all others to the routes."""

    def __init__(self, graphql: ASGIApp, routes: ASGIApp) -> None:
        self._graphql = graphql
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "websocket" and scope["path"] != GRAPHQL:
            # Starlette would close it without a word of why.
            await RefusalError(404, "NOT_FOUND", Wording("No WebSocket is answered here.")).response()(
                scope, receive, send
            )
            return
        taken = scope["type"] == "http" and scope["path"] == GRAPHQL and scope["method"] in TAKEN
        await (self._graphql if taken else self._routes)(scope, receive, send)


async def follow_changes(request: Request, services: Services) -> Response:
    """Answer `GET /sync/changes?after=&first=` with a line for each change, and one with the cursor."""
    first = _page_size(request.query_params.get("first", str(CHANGES_A_PAGE)))
    try:
        scope = scope_of(viewer_for(request.scope))
        async with services.reader.lent(scope) as reading:
            page = await changes(reading, services.vault, scope.name, request.query_params.get("after") or None, first)
    except InvalidError as error:
        raise RefusalError(400, "INVALID_VALUE", error.message, argument=error.field) from error
    return Response(b"".join(lines(page, global_id)), media_type=NDJSON, headers={"cache-control": "no-store"})


def _page_size(text: str) -> int:
    if not COUNT.match(text):
        raise RefusalError(400, "INVALID_VALUE", Wording("`first` must be a whole number."), argument="first")
    if int(text) > LARGEST_PAGE:
        message = Wording("A page has at most {largest} changes.", largest=LARGEST_PAGE)
        raise RefusalError(400, "LIMIT_PAGE_SIZE", message, limit=LARGEST_PAGE, asked=int(text))
    return int(text)


async def _not_so(_: Request) -> Response:
    raise HTTPException(405)


async def _refused(_: Request, error: Exception) -> Response:
    if not isinstance(error, RefusalError):
        raise error
    return error.response()


async def _busy(_: Request, error: Exception) -> Response:
    if not isinstance(error, BusyError):
        raise error
    return busy(error).response()


async def _http(_: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    codes = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}
    code = codes.get(error.status_code, "BAD_REQUEST")
    return RefusalError(error.status_code, code, verbatim(error.detail), headers=error.headers).response()
