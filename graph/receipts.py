"""Receipt codes (查询码): with one a petitioner sees, without an account, how the matter stands (Art. 21)."""

from __future__ import annotations

import secrets
from typing import Final

ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No 0 and O, 1, I and L, no U: codes are read out over the telephone."""
LENGTH: Final = 13
"""Characters: 63 bits, not to be guessed."""


def receipt_code() -> str:
    """Return a new code; it tells nothing of what it stands for."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
