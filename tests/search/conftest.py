"""The engines that the contract holds for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.engines import ENGINES, opening_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from search.engine import Engine
    from tests.engines import Opening


@pytest.fixture(params=ENGINES)
def opening(request: pytest.FixtureRequest) -> Opening:
    """Each engine."""
    return opening_of(request, request.param)


@pytest.fixture
async def engine(opening: Opening, tmp_path: Path) -> AsyncIterator[Engine]:
    """Each engine, on an index of the test's own that is not there yet."""
    opened = opening(tmp_path / "index")
    yield opened
    await opened.close()
