"""The engines that the contract holds for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from search.engine import Engine
from search.tantivy_engine import open_tantivy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Opening = Callable[[Path], Engine]
"""Opens the index of a folder, which need not be there yet."""
ENGINES: dict[str, Opening] = {"tantivy": open_tantivy}


@pytest.fixture(params=sorted(ENGINES))
def opening(request: pytest.FixtureRequest) -> Opening:
    """Each engine."""
    return ENGINES[request.param]


@pytest.fixture
async def engine(opening: Opening, tmp_path: Path) -> AsyncIterator[Engine]:
    """Each engine, on an index of the test's own that is not there yet."""
    opened = opening(tmp_path / "index")
    yield opened
    await opened.close()
