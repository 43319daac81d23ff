"""Ideographs in place of what only looks like them: radicals, strokes and the forms kept for old encodings. Pure.

Fonts draw 小 for the Kangxi radical ⼩ too, so a PDF's text layer may name either, and so does what is pasted from it.
Nobody types a radical. Full-width letters and signs are typed, and stay.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

from graph.text.nfkc import nfkc

TABLE: Final = Path(__file__).parent.parent / "rules" / "radicals.tsv"
COMPATIBLE: Final = (*range(0xF900, 0xFB00), *range(0x2F800, 0x2FA20))
_ALIKE: Final = re.compile("[\u2e80-\u2fd5\u31c0-\u31e3\uf900-\ufaff\U0002f800-\U0002fa1f]")


@cache
def alike() -> dict[int, str]:
    """Return the ideograph of each character that only looks like one."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    table = {ord(one): ideograph for one, ideograph in (line.split("\t") for line in lines)}
    compatible = {code: nfkc(chr(code)) for code in COMPATIBLE}
    return table | {code: ideograph for code, ideograph in compatible.items() if ideograph != chr(code)}


def as_ideographs(text: str) -> str:
    """Return a text with ideographs for all that only look like them, one for one; all else as it is."""
    return text.translate(alike()) if _ALIKE.search(text) else text
