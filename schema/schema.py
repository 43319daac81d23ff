"""The schema as one value, and its printed form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import strawberry

from schema import answers, types
from schema.mutations import Mutation
from schema.query import Query
from schema.scalars import configuration

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from graphql import GraphQLError
    from strawberry.extensions import SchemaExtension
    from strawberry.types import ExecutionContext

NODES = (
    types.Case, types.Submission, types.Revision, types.Document, types.Mention, types.Party, types.Place,
    types.Organ, types.Event, answers.Rejection,
)  # fmt: skip


class QuietSchema(strawberry.Schema):
    """A schema that does not log errors by itself: their messages may hold what nobody should read in a log."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Leave logging to the extension that masks errors."""


def build(extensions: Sequence[Callable[[], SchemaExtension]] = ()) -> strawberry.Schema:
    """Return the schema; `extensions` are made anew for each operation."""
    return QuietSchema(query=Query, mutation=Mutation, types=NODES, config=configuration(), extensions=list(extensions))


def print_sdl() -> str:
    """Return the schema in GraphQL's schema language, as `schema.graphql` holds it."""
    return build().as_str() + "\n"
