"""Facets as answers give them: the most frequent first. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from search.records import FacetCount

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDEST: Final = 10_000
"""Values of one facet that engines count: more than there are organs in a province."""
MOST: Final = 200
"""Values of one facet that the API tells, the most frequent; of the others it says how many they are."""


def counts(buckets: Sequence[dict[str, Any]]) -> tuple[FacetCount, ...]:
    """Return an engine's buckets (`key`, `doc_count`) in one order: by count, then by value."""
    found = [FacetCount(str(bucket["key"]), int(bucket["doc_count"])) for bucket in buckets]
    return tuple(sorted(found, key=lambda one: (-one.count, one.value)))
