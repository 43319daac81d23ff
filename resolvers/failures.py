"""The one shape of errors: `extensions.code` always, and nothing internal ever."""

from __future__ import annotations

import logging
import re
import traceback
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from graphql import GraphQLError, VariableDefinitionNode
from strawberry.exceptions import StrawberryInputCoercionError

from graph.database import is_away, is_short
from graph.errors import GraphError, InvalidError
from graph.files import is_of_files
from graph.policy import ForbiddenError
from resolvers.blame import blamed
from schema.errors import INTERNAL
from search.engine import SearchUnavailableError
from search.query_tokens import QuerySyntaxError
from wording import Wording
from wording.catalogue import parts, told

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = logging.getLogger("casegraph.graphql")


class Stage(StrEnum):
    """How far an operation had come."""

    PARSE = "GRAPHQL_PARSE_FAILED"
    VALIDATE = "GRAPHQL_VALIDATION_FAILED"
    EXECUTE = "BAD_USER_INPUT"


UNAVAILABLE: Final = "UNAVAILABLE"
SEARCH_UNAVAILABLE: Final = "SEARCH_UNAVAILABLE"
AGAIN: Final = 5
"""Seconds after which it is worth asking again: an embedded server that ended is up by then."""
UNREACHABLE: Final = Wording("The database cannot be reached just now. Try again.")
NO_ROOM: Final = Wording(
    "This cannot be kept or read here just now, and nothing was written. Try again later; the operator's log says why."
)


def shaped(error: GraphQLError, stage: Stage) -> GraphQLError:
    """Return an error as it may be told: with a code, and masked where nobody outside can mend it."""
    if error.extensions and "code" in error.extensions:
        return error
    cause = _cause(error)
    # A number of thousands of digits is no number to Python, which says so by ValueError.
    of_value = isinstance(cause, StrawberryInputCoercionError) or (
        stage is Stage.VALIDATE and type(cause) is ValueError
    )
    if cause is None or of_value:
        return _told(error, without_values(error.message), {"code": str(stage)})
    told = _domain(cause)
    return _masked(error, cause) if told is None else _told(error, *told)


VALUES: Final = (
    (re.compile(r"(cannot represent [^:]*?): .*", re.DOTALL), r"\1."),
    (re.compile(r"\bValue .* does not exist in ('\w+' enum).*", re.DOTALL), r"The value does not exist in \1."),
    (re.compile(r"unknown field '(?![_A-Za-z][_0-9A-Za-z]*')[^\n]*", re.DOTALL), "an unknown field."),
    (re.compile(r"[,.?]? *(\b[Ff]ound: |but encountered error ).*", re.DOTALL), "."),
    (re.compile(r"\b(Name|Int|Float|String|BlockString|Comment) ['\"].*", re.DOTALL), r"\1."),
)
"""How graphql-core quotes the values that it was given, and what is left without."""
NAME: Final = re.compile(r"\w+")
DIGITS: Final = 5
"""Digits by which a name that was typed may be somebody's number: no name of the schema has as many."""


def without_values(message: str) -> str:
    """Return what graphql-core says of an argument without the value, which may be somebody's name or number.

    Whoever sent it has it; logs and screens between need not.
    """
    for pattern, left in VALUES:
        message = pattern.sub(left, message)
    return NAME.sub(lambda name: "…" if sum(map(str.isdigit, name[0])) >= DIGITS else name[0], message)


def _domain(cause: Exception) -> tuple[str, dict[str, object]] | None:
    """Return what is told of an error that whoever asks can understand, None for any other."""
    match cause:
        case QuerySyntaxError():
            # Of a history it is `matching` that is searched for; it says so itself.
            return cause.message, {"code": "QUERY_SYNTAX", "position": cause.position, "argument": "query"}
        case InvalidError():
            return cause.message, {"code": "INVALID_VALUE", "argument": cause.field}
        case GraphError():
            return str(cause), {"code": _code(cause)}
        case _ if told := unavailable(cause):
            return told, {"code": UNAVAILABLE, "retryAfter": AGAIN}
        case _:
            return None


def unavailable(cause: Exception) -> Wording | None:
    """Return what is told where something cannot be had for the moment, None of any other error.

    That a disk is full or cannot be used is logged as well: nothing else looks at it.
    """
    if is_away(cause):
        return UNREACHABLE
    if isinstance(cause, OSError) and is_of_files(cause):
        logger.error("A file cannot be kept or read: %s (%s). Look at the disk.", cause.strerror, cause.filename)
        return NO_ROOM
    if is_short(cause):
        logger.error("PostgreSQL lacks room, memory or locks (%s). Look at its disk and its log.", type(cause).__name__)
        return NO_ROOM
    return None


def _code(error: GraphError) -> str:
    if isinstance(error, SearchUnavailableError):
        return SEARCH_UNAVAILABLE
    return "FORBIDDEN" if isinstance(error, ForbiddenError) else "NOT_POSSIBLE"


def _cause(error: GraphQLError) -> Exception | None:
    """Return what was raised, None where it was GraphQL itself."""
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause


def formatted(error: GraphQLError) -> dict[str, Any]:
    """Return an error as a client is told it, in the language of whoever asks; graphql-core speaks English alone."""
    shown: dict[str, Any] = {**error.formatted}
    if isinstance(error.message, Wording):
        shown["message"] = told(error.message)
        shown["extensions"] = (error.extensions or {}) | parts(error.message)
    return shown


def noted(cause: Exception, where: object) -> str:
    """Log where something went wrong without its message, which may name somebody; return the incident's number."""
    incident = uuid4().hex
    frames = "".join(traceback.format_tb(cause.__traceback__))
    logger.error("incident %s: %s at %s\n%s", incident, type(cause).__qualname__, where, frames)
    return incident


def apology(incident: str) -> Wording:
    """Return all that is told of an incident."""
    return Wording("Something went wrong here. Tell the operator this number: {incident}.", incident=incident)


def _masked(error: GraphQLError, cause: Exception) -> GraphQLError:
    incident = noted(cause, error.path)
    return _told(error, apology(incident), {"code": INTERNAL, "incident": incident})


def _told(error: GraphQLError, message: str, extensions: Mapping[str, object]) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=blamed(error.nodes or (), extensions),
        source=None if error.nodes else error.source,
        positions=None if error.nodes else error.positions,
        path=error.path,
        extensions=dict(extensions) | _variable(error),
    )


def _variable(error: GraphQLError) -> dict[str, object]:
    """Return the name of the variable that an error is about, as it may be told; nothing where it is about none."""
    named = [one.variable.name.value for one in error.nodes or () if isinstance(one, VariableDefinitionNode)]
    return {"variable": without_values(named[0])} if named and error.path is None else {}
