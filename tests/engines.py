"""Both search engines, opened on indices that belong to one test."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from graph.times import LEGAL_ZONE
from search.elastic_engine import open_elastic
from search.engine import Engine
from search.tantivy_engine import open_tantivy

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    import pytest

    from tests.elasticsearch.server import Indices

Opening = Callable[[Path], Engine]
"""Opens the index of a folder, which need not be there yet."""
ENGINES: Final = ("elasticsearch", "tantivy")


def opening_of(request: pytest.FixtureRequest, engine: str, shards: int = 1, zone: ZoneInfo = LEGAL_ZONE) -> Opening:
    """Return what opens the indices of an engine; those of Elasticsearch are removed at the test's end."""
    if engine == "tantivy":
        return lambda folder: open_tantivy(folder, zone)
    indices: Indices = request.getfixturevalue("elasticsearch")
    prefixes: set[str] = set()
    request.addfinalizer(lambda: indices.leave(prefixes))

    def opened(folder: Path) -> Engine:
        prefixes.add(prefix_of(folder))
        return open_elastic(indices.address, prefix_of(folder), shards=shards, zone=zone)

    return opened


def prefix_of(folder: Path) -> str:
    """Return the prefix that stands for a folder: the same for the same."""
    return f"test-{hashlib.sha256(str(folder).encode()).hexdigest()[:16]}"
