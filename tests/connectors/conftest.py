"""What tests of what sources sent share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connectors.letters import recognising

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def without_recogniser() -> Iterator[None]:
    """No recogniser is installed, so that a letter is told the same of on every machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recognising, "LIBRARIES", ("no_such_library",))
        yield
