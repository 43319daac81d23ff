"""UTF-16 code units, in which browsers count: ranges and the positions of errors are told in them. Pure."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def code_units(text: str) -> Sequence[int]:
    """Return how many code units stand before each character of a text, and before its end."""
    if len(text.encode("utf-16-le", "surrogatepass")) == 2 * len(text):
        return range(len(text) + 1)
    return (0, *accumulate(2 if sign > "\uffff" else 1 for sign in text))
