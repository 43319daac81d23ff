"""What a client would rather have, as the headers `Accept` and `Accept-Encoding` say it (RFC 9110, 12.4.2). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def weighed(header: str) -> Iterator[tuple[str, float]]:
    """Yield what a header names with its weight: 1 where none is given, 0 where it is no number from 0 to 1."""
    for part in header.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        yield name, _weight(parameters)


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "q":
            try:
                weight = float(value)
            except ValueError:
                return 0.0
            return weight if 0 <= weight <= 1 else 0.0
    return 1.0
