"""How fast does the GraphQL API answer, beside what others would build on the same tables?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.table import Row


def measure() -> list[Row]:
    """Measure; imported when called, since the rival's server, whose memory is measured, comes from this package."""
    from bench.graphql import measuring  # noqa: PLC0415

    return measuring.measure()
