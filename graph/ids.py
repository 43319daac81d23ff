"""Ids: UUIDv7 (RFC 9562) for what happens, UUIDv5 for what is the same on every instance."""

from __future__ import annotations

from functools import lru_cache
from uuid import UUID, uuid5

from uuid_utils.compat import uuid7

NAMESPACE = UUID("6f1d7d0e-2f0a-5b6e-9f57-0d2b8a5f3c11")
"""The root of every name-based id; changing it would make every place and organ another one."""

__all__ = ["new_id", "organ_id", "place_id"]

new_id = uuid7


@lru_cache(maxsize=65_536)
def place_id(key: str) -> UUID:
    """Return the id of a division (`key` is its GB/T 2260 code) or of a source's place (`source/full name`)."""
    return uuid5(NAMESPACE, f"place:{key}")


@lru_cache(maxsize=65_536)
def organ_id(name: str) -> UUID:
    """Return the id of the organ of this normalised name."""
    return uuid5(NAMESPACE, f"organ:{name}")
