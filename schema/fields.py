"""How fields are declared: each with its sentence, in a form that the type checker follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar, cast

import strawberry

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")

COST: Final = "cost"
"""Where a Strawberry field's metadata holds its cost."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a field that Python answers costs besides the nodes that it leads to, in rows.

    A row is what one of a page takes, some 10 µs; measured on 26,000 submissions, where each figure holds for the worst
    arguments that were found.
    """

    once: int
    each: int = 0
    """For each element that `first` asks for."""
    facet: int = 0
    """For each of `facets`."""


WRITTEN: Final = Cost(once=1_000)
"""A mutation: a transaction with its locks, its journal and its index entries."""


def told(description: str, **options: Any) -> Any:
    """Declare a field that holds its value."""
    return strawberry.field(description=description, **options)


def fetched(description: str, cost: Cost) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare a field whose value a method gets."""
    return cast(
        "Callable[[Callable[P, R]], Callable[P, R]]", strawberry.field(description=description, metadata={COST: cost})
    )


def changing(description: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare a mutation."""
    return cast(
        "Callable[[Callable[P, R]], Callable[P, R]]",
        strawberry.mutation(description=description, metadata={COST: WRITTEN}),
    )


def followed(description: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare a subscription."""
    return cast("Callable[[Callable[P, R]], Callable[P, R]]", strawberry.subscription(description=description))
