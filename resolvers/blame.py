"""Where in a document an error stands: at the value of the argument that is to blame, or what of it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import FieldNode, ListValueNode, ObjectValueNode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graphql import Node, ValueNode


def blamed(nodes: Sequence[Node], extensions: Mapping[str, Any] | None) -> list[Node]:
    """Return what is to blame of a field: what its error names, the field itself where it names nothing."""
    argument = (extensions or {}).get("argument")
    if not argument or not nodes or not isinstance(nodes[0], FieldNode):
        return list(nodes)
    first, *parts = str(argument).split(".")
    given = next((one.value for one in nodes[0].arguments or () if one.name.value == first), None)
    return list(nodes) if given is None else [_inside(given, parts)]


def _inside(value: ValueNode, parts: Sequence[str]) -> ValueNode:
    """Return the part of a value, as far as it is written out: a variable may hold the rest."""
    for part in parts:
        match value:
            case ObjectValueNode():
                found = next((one.value for one in value.fields if one.name.value == part), None)
            case ListValueNode() if part.isdecimal() and int(part) < len(value.values):
                found = value.values[int(part)]
            case _:
                found = None
        if found is None:
            return value
        value = found
    return value
