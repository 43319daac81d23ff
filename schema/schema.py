"""The schema as one value, and its printed form."""

from __future__ import annotations

from functools import cache

import strawberry

from schema import answers, types
from schema.mutations import Mutation
from schema.query import Query
from schema.scalars import configuration
from schema.subscriptions import Subscription

NODES = (
    types.Case, types.Submission, types.Revision, types.Document, types.Mention, types.Party, types.Place,
    types.Organ, types.Event, answers.Rejection, answers.SavedSearch,
)  # fmt: skip


@cache
def build() -> strawberry.Schema:
    """Return the schema, which is one for all who ask for it: to make it takes a tenth of a second."""
    return strawberry.Schema(
        query=Query, mutation=Mutation, subscription=Subscription, types=NODES, config=configuration()
    )


def print_sdl() -> str:
    """Return the schema in GraphQL's schema language, as `schema.graphql` holds it."""
    return build().as_str() + "\n"
