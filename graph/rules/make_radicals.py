"""Makes `radicals.tsv`, which ideograph a radical or a stroke looks like, as fonts and PDFs confuse them.

The table is the property Equivalent_Unified_Ideograph of the Unicode Character Database (UAX #38's companion file
`EquivalentUnifiedIdeograph.txt`), which NFKC covers for the Kangxi radicals alone. Run it from the project's root with
that file: `python -m graph.rules.make_radicals EquivalentUnifiedIdeograph.txt`.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

LINE: Final = re.compile(r"([0-9A-F]{4,5})(?:\.\.([0-9A-F]{4,5}))?\s*;\s*([0-9A-F]{4,5})")


def pairs(text: str) -> Iterator[tuple[str, str]]:
    """Yield each radical or stroke and its ideograph, in the order of their codes."""
    for first, last, ideograph in LINE.findall(text):
        for code in range(int(first, 16), int(last or first, 16) + 1):
            yield chr(code), chr(int(ideograph, 16))


if __name__ == "__main__":
    lines = "".join(f"{one}\t{other}\n" for one, other in pairs(Path(sys.argv[1]).read_text(encoding="utf-8")))
    Path(__file__).with_name("radicals.tsv").write_text(lines, encoding="utf-8")
