"""The engines that the contract holds for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from search.elastic_engine import open_elastic
from search.engine import Engine
from search.tantivy_engine import open_tantivy
from tests.elasticsearch.server import remove_indices

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Opening = Callable[[Path], Engine]
"""Opens the index of a folder, which need not be there yet."""
ENGINES: Final = ("elasticsearch", "tantivy")


@pytest.fixture(params=ENGINES)
def opening(request: pytest.FixtureRequest) -> Opening:
    """Each engine."""
    return opening_of(request, request.param)


def opening_of(request: pytest.FixtureRequest, engine: str) -> Opening:
    """Return what opens the indices of an engine; those of Elasticsearch are removed at the test's end."""
    if engine == "tantivy":
        return open_tantivy
    address: str = request.getfixturevalue("elasticsearch")
    prefixes: set[str] = set()
    request.addfinalizer(lambda: remove_indices(address, prefixes))

    def opened(folder: Path) -> Engine:
        prefixes.add(prefix_of(folder))
        return open_elastic(address, prefix_of(folder))

    return opened


def prefix_of(folder: Path) -> str:
    """Return the prefix that stands for a folder: the same for the same."""
    return f"test-{hashlib.sha256(str(folder).encode()).hexdigest()[:16]}"


@pytest.fixture
async def engine(opening: Opening, tmp_path: Path) -> AsyncIterator[Engine]:
    """Each engine, on an index of the test's own that is not there yet."""
    opened = opening(tmp_path / "index")
    yield opened
    await opened.close()
