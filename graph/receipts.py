"""Receipt codes (查询码): with one a petitioner sees, without an account, how the matter stands (Art. 21)."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from graph.database import statements

if TYPE_CHECKING:
    from datetime import datetime

    from graph.database import Connection

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32, no I, L, O and U: codes are read out over the telephone. Whoever reads one takes I and L for 1
and O for 0."""
LENGTH: Final = 13
"""Characters: 65 bits, not to be guessed."""

SQL = statements("receipts")

_BETWEEN: Final = re.compile(r"[\s-]")
"""What people write between the characters of a code."""
_CODE: Final = re.compile(f"[{ALPHABET}]{{{LENGTH}}}\\Z")
_LETTER_OF: Final = bytes.maketrans(bytes(range(256)), (ALPHABET * 8).encode())


def receipt_code() -> str:
    """Return a new code; it tells nothing of what it stands for."""
    return secrets.token_bytes(LENGTH).translate(_LETTER_OF).decode()


# Looking one up ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reply:
    """What an organ answered. `at` is None where the source did not say when."""

    organ: str | None
    at: datetime | None
    text: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """All that a code tells: nothing of who sent it, nor of others that the case joins."""

    channel: str
    received_at: datetime
    status: str
    replies: tuple[Reply, ...]


def read_code(text: str) -> str | None:
    """Return the code that somebody typed, None where it cannot be one."""
    plain = _BETWEEN.sub("", text).upper().translate(str.maketrans("ILO", "110"))
    return plain if _CODE.match(plain) else None


async def look_up(connection: Connection, code: str) -> Receipt | None:
    """Return how the submission of a code stands and what was answered to it, None where there is none."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        row = await connection.fetchrow(SQL.receipt, code)
        if row is None:
            return None
        replies = await connection.fetch(SQL.receipt_replies, row["id"])
    return Receipt(
        channel=row["channel"], received_at=row["received_at"], status=row["status"],
        replies=tuple(Reply(one["organ"], one["at"], one["body"]) for one in replies),
    )  # fmt: skip
