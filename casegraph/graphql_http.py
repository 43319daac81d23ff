"""GraphQL over HTTP (the working group's specification): reads requests, picks status codes, writes answers.

The protocol is ours, because Strawberry's own view passes 53 of the specification's 61 audits.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import orjson
from graphql import OperationType
from starlette.requests import Request

from casegraph import graphiql
from casegraph.accepting import weighed
from casegraph.leaving import ClientGoneError, unless_gone
from casegraph.refusals import RefusalError, bounded_body, busy, content_type
from graph.policy import Action, allows
from resolvers.asked import Asked
from resolvers.preparation import NotTakenError
from resolvers.turns import BusyError
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from graphql import GraphQLError
    from starlette.types import Receive, Scope, Send

    from graph.policy import Viewer
    from resolvers.asked import Answer
    from resolvers.execution import Executor

MODERN: Final = "application/graphql-response+json"
PLAIN: Final = "application/json"
READING: Final = frozenset({"GET", "HEAD"})
"""Methods that change nothing: HEAD is asked and answered as GET is, without the body."""
QUERIES: Final = frozenset({OperationType.QUERY})
QUERIES_AND_MUTATIONS: Final = frozenset({OperationType.QUERY, OperationType.MUTATION})
LARGEST_BODY: Final = 1_048_576
"""Bytes of a request: inputs are texts of people, attachments go elsewhere."""


# Reading ----------------------------------------------------------------------------------------------------------


def accepted(header: str | None) -> str | None:
    """Return which media type to answer in, None where the client takes neither.

    A client that does not say gets plain JSON, as those did that are older than the specification.
    """
    if not header:
        return PLAIN
    best, answer = 0.0, None
    for media, weight in weighed(header):
        offered = MODERN if media == MODERN else PLAIN if media in {PLAIN, "application/*", "*/*"} else None
        if offered and weight > best:
            best, answer = weight, offered
    return answer


def shows_page(scope: Scope) -> bool:
    """Tell whether a browser asks to see the page rather than a program asking for data."""
    if scope["method"] not in READING:
        return False
    accept = b",".join(value for name, value in scope["headers"] if name == b"accept").decode("latin-1")
    return "text/html" in accept and (PLAIN not in accept or "query" not in Request(scope).query_params)


async def asked_of(request: Request, seconds: float) -> Asked:
    """Return what a request asks; raise RefusalError where it is not well formed, or its body comes too slowly."""
    if request.method in READING:
        given: Mapping[str, Any] = _of_address(request)
    else:
        given = await _of_body(request, seconds)
    return checked(given)


def _of_address(request: Request) -> dict[str, Any]:
    given: dict[str, Any] = dict(request.query_params)
    for name in ("variables", "extensions"):
        if given.get(name):
            given[name] = _json(given[name].encode(), f"`{name}`")
        else:
            given.pop(name, None)
    return given


async def _of_body(request: Request, seconds: float) -> dict[str, Any]:
    if content_type(request) != PLAIN:
        raise RefusalError(415, "UNSUPPORTED_MEDIA_TYPE", Wording("Send the request as {plain}.", plain=PLAIN))
    given = _json(await bounded_body(request, LARGEST_BODY, seconds), "the body")
    if not isinstance(given, dict):
        raise RefusalError(400, "BAD_REQUEST", Wording("The body must be one JSON object; batches are not taken."))
    return given


def _json(text: bytes, what: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise RefusalError(
            400, "BAD_REQUEST", Wording("{capitalize} must be JSON in UTF-8.", capitalize=what.capitalize())
        ) from None


def checked(given: Mapping[str, Any]) -> Asked:
    """Return what the parameters of a request ask; raise RefusalError where one has the wrong form."""
    query, variables = given.get("query"), given.get("variables")
    operation, extensions = given.get("operationName"), given.get("extensions")
    document_id = document_id_of(given)
    if document_id is None and (not isinstance(query, str) or not query.strip()):
        raise RefusalError(400, "BAD_REQUEST", Wording("`query` must be a document in GraphQL."))
    if variables is not None and not isinstance(variables, dict):
        raise RefusalError(400, "BAD_REQUEST", Wording("`variables` must be a JSON object."))
    if operation is not None and not isinstance(operation, str):
        raise RefusalError(400, "BAD_REQUEST", Wording("`operationName` must be a string."))
    if extensions is not None and not isinstance(extensions, dict):
        raise RefusalError(400, "BAD_REQUEST", Wording("`extensions` must be a JSON object."))
    explain = bool(extensions and extensions.get("explain") is True)
    return Asked(query, variables, operation or None, document_id, explain)


def document_id_of(given: Mapping[str, Any]) -> str | None:
    """Return which trusted document is asked for: by `documentId`, or as Apollo's clients do it."""
    found, extensions = given.get("documentId"), given.get("extensions")
    if found is None and not given.get("query") and isinstance(extensions, dict):
        persisted = extensions.get("persistedQuery")
        found = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    if found is not None and not isinstance(found, str):
        raise RefusalError(400, "BAD_REQUEST", Wording("`documentId` must be a string."))
    return found


# Answering --------------------------------------------------------------------------------------------------------


def status_of(answer: Answer, media: str) -> int:
    """Return the status: plain JSON says 200 to every well-formed request, as clients of old expect."""
    return 400 if media == MODERN and not answer.executed else 200


class GraphQLOverHTTP:
    """Answers `/graphql` as an ASGI application: what else surrounds an endpoint costs as much as a small query."""

    def __init__(
        self,
        executor: Executor,
        viewer: Callable[[Scope], Viewer],
        on_errors: Callable[[list[GraphQLError]], None],
        body_seconds: float,
    ) -> None:
        self._executor = executor
        self._viewer = viewer
        self._on_errors = on_errors
        self._body_seconds = body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        request = Request(scope, receive)
        if shows_page(scope):
            await graphiql.page()(scope, receive, send)
            return
        media = accepted(request.headers.get("accept"))
        if media is None:
            refusal = RefusalError(
                406, "NOT_ACCEPTABLE", Wording("Answers come as {modern} or {plain}.", modern=MODERN, plain=PLAIN)
            )
            await refusal.response()(scope, receive, send)
            return
        try:
            asked = await asked_of(request, self._body_seconds)
            async with unless_gone(receive):
                answer = await self._answer(request, asked, media)
        except RefusalError as refusal:
            await refusal.response(f"{media}; charset=utf-8")(scope, receive, send)
        except ClientGoneError:
            return
        else:
            await _send(send, answer.body(), status_of(answer, media), media, with_body=request.method != "HEAD")

    async def _answer(self, request: Request, asked: Asked, media: str) -> Answer:
        try:
            viewer = self._viewer(request.scope)
            if asked.explain and not allows(viewer, Action.EXPLAIN):
                asked = replace(asked, explain=False)
            answer = await self._executor.execute(asked, viewer, _allowed(request.method))
        except NotTakenError:
            raise _not_taken(request.method, media) from None
        except BusyError as error:
            raise busy(error) from None
        if answer.errors:
            self._on_errors(answer.errors)
        return answer


async def _send(send: Send, body: bytes, status: int, media: str, *, with_body: bool) -> None:
    headers = [
        (b"content-type", f"{media}; charset=utf-8".encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),  # what one viewer sees is no other's
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body if with_body else b""})


def _not_taken(method: str, media: str) -> RefusalError:
    if method in READING:
        message = Wording("Only queries are answered by GET. Send this by POST.")
        return RefusalError(405, "METHOD_NOT_ALLOWED", message, headers={"allow": "POST"})
    message = Wording("Subscriptions are answered over a WebSocket (graphql-transport-ws) at this address.")
    return RefusalError(400 if media == MODERN else 200, "BAD_USER_INPUT", message)


def _allowed(method: str) -> frozenset[OperationType]:
    return QUERIES if method in READING else QUERIES_AND_MUTATIONS
