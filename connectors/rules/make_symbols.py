"""Makes `symbols.tsv`, what the codes of Symbol, Webdings and the Wingdings draw: a line a sign, with font and code.

The mapping is the one that the package `mammoth` publishes (BSD-2-Clause, made from the fonts' own tables). What it has
in planes that few fonts draw becomes the sign that people type: a square for each box, one arrow for each direction.
Run it from the project's root, where that is installed: `python -m connectors.rules.make_symbols`.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mammoth.docx.dingbats import dingbats

if TYPE_CHECKING:
    from collections.abc import Iterator

TYPED: Final = {
    "•": "·", "🗸": "✓", "🗹": "☑", "🗷": "☒", "🗵": "☒", "🗴": "✗", "🗶": "✘", "◻": "☐", "□": "☐", "❑": "☐", "❒": "☐",
    "◼": "■", "⬛": "■", "⚫": "●", "⬤": "●", "⮚": "➢", "⬧": "◆", "⯀": "■", "⬥": "◆",
    "🕿": "☎", "🕾": "☎", "🖂": "✉", "🞀": "◀", "🞁": "▲", "🞂": "▶", "🞃": "▼",
}  # fmt: skip
"""Signs that are typed in another way. A Symbol bullet is the middle dot of Chinese lists."""
BOXES: Final = range(0x1F78E, 0x1F794)
"""White squares with borders of six widths."""
ARROW: Final = re.compile(
    r"(?:ARROW|HARPOON)|(?:LEFT|RIGHT|UP|DOWN|NORTH|SOUTH)\w*WARDS .*(?:ARROWHEAD|TRIANGLE-HEADED)", re.ASCII
)
DIRECTIONS: Final = {
    "LEFT RIGHT": "↔", "UP DOWN": "↕", "NORTH WEST": "↖", "NORTH EAST": "↗", "SOUTH EAST": "↘", "SOUTH WEST": "↙",
    "LEFTWARDS": "←", "RIGHTWARDS": "→", "UPWARDS": "↑", "DOWNWARDS": "↓",
}  # fmt: skip
PRIVATE: Final = "\uf8ff"


def typed(sign: str) -> str:
    """Return a sign as people type it."""
    if ord(sign) in BOXES:
        return "☐"
    if sign in TYPED or ord(sign) < 0x10000:
        return TYPED.get(sign, sign)
    name = unicodedata.name(sign, "")
    if ARROW.search(name):
        return next((arrow for direction, arrow in DIRECTIONS.items() if direction in name), sign)
    return sign


def signs() -> Iterator[tuple[str, int, str]]:
    """Yield each font's name in one word, a code and what it draws."""
    for (font, code), drawn in dingbats.items():
        if code > 0x20 and chr(drawn) != PRIVATE:
            yield font.replace(" ", "").lower(), code, typed(chr(drawn))


if __name__ == "__main__":
    lines = "".join(f"{font}\t{code:02X}\t{sign}\n" for font, code, sign in sorted(signs()))
    Path(__file__).with_name("symbols.tsv").write_text(lines, encoding="utf-8")
