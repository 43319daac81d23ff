"""Answers a document by GraphQL's own synchronous execution, one plain function a field."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError, build_schema, execute_sync, parse, validate

from schema.scalars import BIG_INT, DATE, DATE_TIME
from schema.schema import print_sdl
from tests.reference import figures, history, roots, search
from tests.reference.fields import FIELDS

if TYPE_CHECKING:
    from graphql import GraphQLResolveInfo, GraphQLSchema

    from tests.reference.fields import World

DECLARED = (figures, history, roots, search)
"""What the root answers is declared there."""


@dataclass(frozen=True)
class Answer:
    """What was answered: its data, and where what went wrong."""

    data: Any
    errors: frozenset[tuple[tuple[str | int, ...], str]]


def _schema() -> GraphQLSchema:
    built = build_schema(print_sdl())
    for definition in (DATE_TIME, DATE, BIG_INT):
        vars(built.type_map[definition.name]).update(
            serialize=definition.serialize,
            coerce_output_value=definition.serialize,
            parse_value=definition.parse_value,
            coerce_input_value=definition.parse_value,
        )
    return built


SCHEMA = _schema()


def resolve(source: Any, info: GraphQLResolveInfo[World], **asked: Any) -> Any:
    """Answer a field: by its function, or by what its node tells."""
    world = info.context
    function = FIELDS.get((info.parent_type.name, info.field_name))
    return function(world, source, asked) if function else source[snake(info.field_name)]


def snake(name: str) -> str:
    """Return a field's name as nodes hold it."""
    return re.sub("[A-Z]", lambda match: "_" + match[0].lower(), name)


def answer(world: World, query: str, variables: dict[str, Any]) -> Answer:
    """Return what a document should be answered with."""
    document = parse(query)
    if wrong := validate(SCHEMA, document):
        return Answer(None, frozenset(_told(error, "GRAPHQL_VALIDATION_FAILED") for error in wrong))
    result = execute_sync(
        SCHEMA, document, root_value={}, context_value=world, variable_values=variables, field_resolver=resolve
    )
    return Answer(result.data, frozenset(_told(error, "BAD_USER_INPUT") for error in result.errors or ()))


def _told(error: GraphQLError, otherwise: str) -> tuple[tuple[str | int, ...], str]:
    """Return where an error is and its code; a fault of the reference itself is raised."""
    cause = error.original_error
    if cause is not None and not isinstance(cause, GraphQLError):
        raise cause
    return tuple(error.path or ()), str((error.extensions or {}).get("code", otherwise))
