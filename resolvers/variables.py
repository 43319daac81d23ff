"""What an operation's variables change of its plan, and what only of its values. Pure."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from graphql import ListValueNode, ObjectValueNode, VariableNode

from graph.divisions import prefix_of
from resolvers.conditions import division_named

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from graphql import FieldNode, ValueNode

OF_ANY_VALUE = "·"
"""Stands for a value that travels as a parameter: another one in its place is answered by the same plan."""


LONGEST_CODE = 12
LARGEST_SIZE = 10_000
"""The largest page that an instance may be set to: no greater number makes another plan."""


def shape_of(value: Any) -> Hashable:
    """Return what of a variable's value the plan depends on: whether it is there, sizes, choices and orders."""
    if value is None or isinstance(value, bool | Enum):
        return value
    if isinstance(value, int):
        return value if 0 <= value <= LARGEST_SIZE else OF_ANY_VALUE
    if isinstance(value, dict):
        # What is counted inside an input is no page's size.
        return tuple((name, OF_ANY_VALUE if type(one) is int else shape_of(one)) for name, one in value.items())
    if isinstance(value, list):
        # A choice is the same however often something is named; of ids each may cost as much as the first.
        return tuple(dict.fromkeys(value)) if all(isinstance(one, Enum) for one in value) else len(value)
    if isinstance(value, str):
        # Each level of a division's code or a topic's path is looked up by an index of its own.
        return _level_of(value)
    return OF_ANY_VALUE


def _level_of(text: str) -> int:
    """Return how many digits the code of a division has, or minus how many steps down a topic is."""
    if text.isdecimal() and len(text) <= LONGEST_CODE:
        return len(prefix_of(text))
    named = division_named(text)
    return -text.count("/") if named is None else len(named)


def shapes_of(variables: Mapping[str, Any]) -> Hashable:
    """Return what of all variables the plan depends on; one that is absent is not one that is null."""
    return tuple(sorted((name, shape_of(value)) for name, value in variables.items()))


def uses_variables(node: FieldNode) -> bool:
    """Tell whether a field's arguments hold a variable."""
    return any(_holds_variable(argument.value) for argument in node.arguments or ())


def _holds_variable(value: ValueNode) -> bool:
    match value:
        case VariableNode():
            return True
        case ListValueNode():
            return any(_holds_variable(one) for one in value.values)
        case ObjectValueNode():
            return any(_holds_variable(one.value) for one in value.fields)
        case _:
            return False
