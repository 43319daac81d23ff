"""How fields are declared: each with its sentence, in a form that the type checker follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

import strawberry

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")


def told(description: str, **options: Any) -> Any:
    """Declare a field that holds its value."""
    return strawberry.field(description=description, **options)


def fetched(description: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare a field whose value a method gets."""
    return cast("Callable[[Callable[P, R]], Callable[P, R]]", strawberry.field(description=description))


def changing(description: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare a mutation."""
    return cast("Callable[[Callable[P, R]], Callable[P, R]]", strawberry.mutation(description=description))


def followed(description: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare a subscription."""
    return cast("Callable[[Callable[P, R]], Callable[P, R]]", strawberry.subscription(description=description))
