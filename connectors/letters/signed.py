"""What stands within a signature that wraps it (RFC 8551, 3.5.2; RFC 5652, 5): read, and not checked for whose it is.

Only the way to the content is walked; all else in such a file says who signed, which no letter's words depend on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

MEDIA_TYPES: Final = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
SIGNED: Final = bytes.fromhex("2a864886f70d010702")
DATA: Final = bytes.fromhex("2a864886f70d010701")
_SEQUENCE: Final = 0x30
_IDENTIFIER: Final = 0x06
_OCTETS: Final = 0x04
_CONTENT: Final = 0xA0
_CONSTRUCTED: Final = 0x20
_OPEN: Final = 0x80
"""A length that says that marks of two zeros end it."""
_END: Final = b"\0\0"
_LONG: Final = 0x1F
_MOST_DEEP: Final = 20


class _Value(NamedTuple):
    tag: int
    begin: int
    end: int
    """Where its content ends."""
    after: int


class _FormError(Exception):
    """It is not of the form that is looked for."""


def signed_content(sealed: bytes) -> bytes | None:
    """Return what was signed, None where nothing stands there: it is encrypted, or no message of this kind."""
    try:
        outer = _value(sealed, 0)
        identifier, content = _first_two(sealed, outer, _SEQUENCE)
        if sealed[identifier.begin : identifier.end] != SIGNED:
            return None
        signed = next(_values(sealed, content))
        encapsulated = next(value for value in _values(sealed, signed) if value.tag == _SEQUENCE)
        identifier, content = _first_two(sealed, encapsulated, _SEQUENCE)
        if sealed[identifier.begin : identifier.end] != DATA:
            return None
        return b"".join(_octets(sealed, next(_values(sealed, content)), 0))
    except (_FormError, StopIteration):
        return None


def _first_two(sealed: bytes, value: _Value, tag: int) -> tuple[_Value, _Value]:
    """Return what a pair of an identifier and its content consists of."""
    if value.tag != tag:
        raise _FormError
    inner = _values(sealed, value)
    identifier, content = next(inner), next(inner)
    if identifier.tag != _IDENTIFIER or content.tag != _CONTENT:
        raise _FormError
    return identifier, content


def _octets(sealed: bytes, value: _Value, depth: int) -> Iterator[bytes]:
    """Yield the pieces of a string: some programs write it in many."""
    if depth > _MOST_DEEP:
        raise _FormError
    if value.tag == _OCTETS:
        yield sealed[value.begin : value.end]
    elif value.tag == _OCTETS | _CONSTRUCTED:
        for piece in _values(sealed, value):
            yield from _octets(sealed, piece, depth + 1)
    else:
        raise _FormError


def _values(sealed: bytes, outer: _Value) -> Iterator[_Value]:
    """Yield what stands in a value."""
    at = outer.begin
    while at < outer.end:
        value = _value(sealed, at)
        yield value
        at = value.after


def _value(sealed: bytes, at: int, depth: int = 0) -> _Value:
    """Return the value that begins there (X.690, 8.1). Raises _FormError where none does."""
    if depth > _MOST_DEEP or at + 2 > len(sealed) or sealed[at] & _LONG == _LONG:
        raise _FormError
    tag, length, begin = sealed[at], sealed[at + 1], at + 2
    if length == _OPEN:
        end = begin
        while sealed[end : end + 2] != _END:
            end = _value(sealed, end, depth + 1).after
        return _Value(tag, begin, end, end + len(_END))
    if length > _OPEN:
        begin, size = begin + length - _OPEN, sealed[begin : begin + length - _OPEN]
        length = int.from_bytes(size, "big")
    if begin + length > len(sealed):
        raise _FormError
    return _Value(tag, begin, begin + length, begin + length)
