"""Documents as `hypothesis_graphql` makes them of the schema, with our values in them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    build_schema,
    get_named_type,
    parse_value,
)
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import queries

from schema.schema import print_sdl
from tests.reference.queries import ONE_OF

if TYPE_CHECKING:
    from tests.reference.values import Values

Scalars = dict[str, "st.SearchStrategy[Any]"]
GOOD_TO_BAD = 5
UNASKED = {"Mutation", "Subscription"}


def made(values: Values, count: int) -> list[str]:
    """Return queries of a schema in which each argument with values of its own has a scalar of its own."""
    schema = build_schema(print_sdl())
    scalars: Scalars = {}
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLInputObjectType):
            scalars |= _placed(values, kind.name, kind.fields)
        elif isinstance(kind, GraphQLObjectType) and kind.name not in UNASKED:
            for name, one in kind.fields.items():
                scalars |= _placed(values, f"{kind.name}.{name}", one.args)
    found: list[str] = []

    @given(queries(schema, custom_scalars=scalars))
    @settings(max_examples=count, phases=[Phase.generate], database=None)
    def collect(text: str) -> None:
        found.append(text)

    collect()
    return found


def _placed(values: Values, owner: str, asked: dict[str, Any]) -> Scalars:
    """Give arguments their scalars, and return what these are drawn from."""
    scalars: Scalars = {}
    asked.pop("last", None)
    if owner in ONE_OF:
        # One thing must be named, and no more; which one is left to our own documents.
        *others, named = ONE_OF[owner]
        for other in others:
            del asked[other]
        asked[named].type = GraphQLNonNull(asked[named].type)
    for name, one in asked.items():
        choice = values.at(f"{owner}.{name}", None) if _is_scalar(one) else None
        if choice:
            scalar = GraphQLScalarType(f"{owner}_{name}".replace(".", "_"))
            # A page's size is always given: unbounded lists of lists take seconds.
            one.type = GraphQLNonNull(scalar) if name == "first" else _with(one.type, scalar)
            drawn = st.sampled_from([*choice.good * GOOD_TO_BAD, *choice.bad])
            scalars[scalar.name] = drawn.map(lambda value: parse_value(json.dumps(value)))
    return scalars


def _is_scalar(asked: Any) -> bool:
    return isinstance(get_named_type(asked.type), GraphQLScalarType)


def _with(kind: Any, scalar: GraphQLScalarType) -> Any:
    """Return a type with another scalar in it."""
    if isinstance(kind, GraphQLNonNull):
        return GraphQLNonNull(_with(kind.of_type, scalar))
    return GraphQLList(_with(kind.of_type, scalar)) if isinstance(kind, GraphQLList) else scalar
