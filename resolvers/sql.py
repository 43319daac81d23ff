"""JSON as SQL writes it: texts put together from constants and expressions. Pure.

PostgreSQL's `concat` makes an object in about half the time of `json_build_object`, since the keys are constants.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_ARGUMENTS: Final = 90
"""PostgreSQL's functions take a hundred."""


class Constant(str):
    """A piece of JSON that is known when the plan is made; every other piece is an expression."""

    __slots__ = ()


def quoted(text: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def merged(pieces: Sequence[str]) -> list[str]:
    """Return the pieces with neighbouring constants made one."""
    found: list[str] = []
    for piece in pieces:
        if isinstance(piece, Constant) and found and isinstance(found[-1], Constant):
            found[-1] = Constant(found[-1] + piece)
        else:
            found.append(piece)
    return found


def concatenated(pieces: Sequence[str]) -> str:
    """Return the expression that puts pieces together; a null expression adds nothing."""
    arguments = [quoted(piece) if isinstance(piece, Constant) else piece for piece in merged(pieces)]
    if not arguments:
        return "''"
    if len(arguments) == 1:
        return arguments[0] if arguments[0].startswith("'") else f"concat({arguments[0]})"
    while len(arguments) > MOST_ARGUMENTS:
        arguments = [
            f"concat({', '.join(arguments[place : place + MOST_ARGUMENTS])})"
            for place in range(0, len(arguments), MOST_ARGUMENTS)
        ]
    return f"concat({', '.join(arguments)})"


def or_null(expression: str) -> str:
    """Return an expression of JSON that is `null` where there is nothing."""
    return f"coalesce({expression}, 'null')"


def object_of(members: Sequence[tuple[str, Sequence[str]]]) -> list[str]:
    """Return the pieces of an object from its keys and the pieces of their values."""
    pieces: list[str] = [Constant("{")]
    for place, (key, value) in enumerate(members):
        pieces += [Constant(f'{"," if place else ""}"{key}":'), *value]
    return [*pieces, Constant("}")]
