"""`make bench [ONLY=name]`: run the benchmarks, print a table, write `bench/results.json`.

Every figure is a ratio against something measured in the same run, since machines are noisy and differ.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

from bench import (
    asking,
    attacks,
    belonging,
    compressing,
    finding,
    graphql,
    masking,
    parsing,
    recognition,
    search,
    searching,
    writes,
    year,
)
from bench.table import RESULTS, Row, lines, save

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

BENCHMARKS: Final[Mapping[str, Callable[[], list[Row]]]] = {
    "asking": asking.measure,
    "attacks": attacks.measure,
    "belonging": belonging.measure,
    "compressing": compressing.measure,
    "finding": finding.measure,
    "graphql": graphql.measure,
    "masking": masking.measure,
    "parsing": parsing.measure,
    "recognition": recognition.measure,
    "search": search.measure,
    "searching": searching.measure,
    "writes": writes.measure,
    "year": year.measure,
}


def main() -> int:
    """Run what the command line names, or all."""
    only = [name for name in sys.argv[1:] if name]
    if unknown := set(only) - BENCHMARKS.keys():
        print(f"There is no benchmark {', '.join(sorted(unknown))}. There are: {', '.join(BENCHMARKS)}.")
        return 2
    rows: list[Row] = []
    for name, measure in BENCHMARKS.items():
        if not only or name in only:
            print(f"… {name}", file=sys.stderr, flush=True)
            rows += measure()
    save(rows)
    print("\n".join(lines(rows)))
    print(f"Also in {RESULTS.relative_to(RESULTS.parent.parent)}.")
    return 0


if __name__ == "__main__":
    os.environ.setdefault("CASEGRAPH_LOG_LEVEL", "WARNING")
    sys.exit(main())
