"""Faults of ours outside GraphQL: told by a number alone, and logged without their message, as those in it are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casegraph.refusals import RefusalError, away
from resolvers.failures import apology, noted, unavailable
from schema.errors import INTERNAL

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


def refusal_of(error: Exception, where: str) -> RefusalError:
    """Return what is told of an error that nothing else has answered, and log it."""
    if told := unavailable(error):
        return away(told)
    incident = noted(error, where)
    return RefusalError(500, INTERNAL, apology(incident), incident=incident)


class Masked:
    """Answers what went wrong further in. An exception that got out would be logged by the server, message and all."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except Exception as error:
            if begun:
                raise
            await refusal_of(error, repr(scope["path"])).response()(scope, receive, send)
