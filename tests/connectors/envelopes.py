"""Signed messages for tests (RFC 5652), as programs write them that do not know their lengths, and those that do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

SIGNED = bytes.fromhex("06092a864886f70d010702")
DATA = bytes.fromhex("06092a864886f70d010701")


def value(tag: int, content: bytes, *, endless: bool = False) -> bytes:
    """Return a value with its length before it, or marks behind it."""
    if endless:
        return bytes([tag, 0x80]) + content + b"\0\0"
    size = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    length = bytes([len(content)]) if len(content) < 0x80 else bytes([0x80 + len(size)]) + size
    return bytes([tag]) + length + content


def pieces(parts: Iterable[bytes]) -> bytes:
    """Return pieces of a string."""
    return b"".join(value(0x04, part) for part in parts)


def opaque(content: bytes, *, endless: bool = True) -> bytes:
    """Return a signed message that holds a string of these pieces; who signed it is left out."""
    string = value(0x24, content, endless=endless)
    encapsulated = value(0x30, DATA + value(0xA0, string, endless=endless), endless=endless)
    signed = value(0x30, b"\x02\x01\x01\x31\0" + encapsulated, endless=endless)
    return value(0x30, SIGNED + value(0xA0, signed, endless=endless), endless=endless)
