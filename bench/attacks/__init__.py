"""What do others notice of somebody who attacks?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.attacks import fairness, lone, sockets

if TYPE_CHECKING:
    from bench.table import Row


def measure() -> list[Row]:
    """Measure each attack."""
    return [*fairness.measure(), *lone.measure(), *sockets.measure()]
