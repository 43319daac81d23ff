"""The bench of a lone viewer, tiny: it measures by the real plans on the real database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.attacks.lone import LIGHT, Rounds, lone
from resolvers.asked import Answer
from resolvers.limits import DocumentLimits
from resolvers.turns import HEAVY
from tests.attacks.test_steps import executor_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.long
async def test_a_lone_viewer_is_measured_with_turns_and_without(
    data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One short round; how fast it is is no matter of a test."""
    monkeypatch.setattr("bench.year.REAL", tmp_path)  # thousands of real messages would be taken in first
    row = await lone(data_folder, 200, Rounds(1, 0.1))
    assert row.name == "attacks.lone"
    assert row.value > 0
    assert row.ratio is not None
    assert row.ratio > 0


def test_what_a_lone_viewer_asks_is_light() -> None:
    """Heavy questions have turns of their own."""
    preparation = executor_of(DocumentLimits()).preparation
    assert LIGHT
    for asked in LIGHT:
        prepared = preparation.prepare(asked)
        assert not isinstance(prepared, Answer)
        assert preparation.plan(prepared).cost < HEAVY
