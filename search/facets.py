"""Facets as answers give them: the most frequent first. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from search.records import FacetCount

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST: Final = 200
"""Values of one facet that are told, the most frequent: nobody reads more."""


def counts(buckets: Sequence[dict[str, Any]]) -> tuple[FacetCount, ...]:
    """Return an engine's buckets (`key`, `doc_count`) in one order: by count, then by value."""
    found = [FacetCount(str(bucket["key"]), int(bucket["doc_count"])) for bucket in buckets]
    return tuple(sorted(found, key=lambda one: (-one.count, one.value)))
