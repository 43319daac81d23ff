"""What a benchmark found, as rows for people and for machines. Pure but for `save`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

RESULTS: Final = Path(__file__).parent / "results.json"
HEADINGS: Final = ("name", "value", "unit", "reference", "ratio", "goal", "holds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure. `ratio` is the value over the reference's, which was measured in the same run."""

    name: str
    value: float
    unit: str
    reference: str = ""
    """What it is compared with, and what that measured."""
    ratio: float | None = None
    goal: str = ""
    holds: bool | None = None
    """Whether the goal is reached; None where there is none."""

    def cells(self) -> tuple[str, ...]:
        """Return the row as it is printed."""
        return (
            self.name,
            f"{self.value:,.2f}" if abs(self.value) < 100 else f"{self.value:,.0f}",
            self.unit,
            self.reference,
            "" if self.ratio is None else f"{self.ratio:.2f}",
            self.goal,
            {None: "", True: "yes", False: "NO"}[self.holds],
        )


def lines(rows: Sequence[Row]) -> Iterable[str]:
    """Yield a table with one line a row."""
    cells = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEADINGS))]
    for line in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()


def save(rows: Sequence[Row]) -> None:
    """Write the rows for machines, those of other benchmarks of an earlier run left as they are."""
    kept = {row["name"]: row for row in (orjson.loads(RESULTS.read_bytes()) if RESULTS.exists() else [])}
    kept |= {row.name: asdict(row) for row in rows}
    RESULTS.write_bytes(orjson.dumps(list(kept.values()), option=orjson.OPT_INDENT_2))
