"""Receipt codes (查询码): with one a petitioner sees, without an account, how the matter stands (Art. 21)."""

from __future__ import annotations

import secrets
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32, no I, L, O and U: codes are read out over the telephone. Whoever reads one takes I and L for 1
and O for 0."""
LENGTH: Final = 13
"""Characters: 65 bits, not to be guessed."""

_LETTER_OF: Final = bytes.maketrans(bytes(range(256)), (ALPHABET * 8).encode())


def receipt_code() -> str:
    """Return a new code; it tells nothing of what it stands for."""
    return secrets.token_bytes(LENGTH).translate(_LETTER_OF).decode()
