"""How what a mail carries is wrapped for its way (RFC 2045, 6), and unwrapped so that nothing is lost unseen. Pure."""

from __future__ import annotations

import binascii
import re
from typing import Final

from connectors.connector import UnreadableError
from graph.records import RejectionReason
from wording import Wording

BASE64: Final = "base64"
QUOTED: Final = "quoted-printable"
UUENCODED: Final = "x-uuencode"
WRAPPED: Final = frozenset({BASE64, QUOTED, UUENCODED})
"""Encodings under which other bytes stand there than are meant."""
_SPELLINGS: Final = {
    "base64": BASE64, "quotedprintable": QUOTED,
    "xuuencode": UUENCODED, "uuencode": UUENCODED, "xuue": UUENCODED, "uue": UUENCODED,
}  # fmt: skip
_COMMENT: Final = re.compile(r"\([^()]*\)")
_STREAMS: Final = re.compile(rb"=*+(?:[A-Za-z0-9+/]++=*+)*+")
_STREAM: Final = re.compile(rb"([A-Za-z0-9+/]++)(=*+)")
_BLANKS_AT_END: Final = re.compile(rb"(?<![ \t])[ \t]++(?=\r?\n|\Z)")


def encoding_of(said: str) -> str:
    """Return the encoding that a header names: quotes, comments, semicolons and case say nothing."""
    words = re.split(r"[\s;,\"']+", _COMMENT.sub(" ", said))
    first = next(filter(None, words), "")
    return _SPELLINGS.get(re.sub(r"[^a-z0-9]", "", first.lower()), first)


def unwrapped(content: bytes, encoding: str) -> bytes:
    """Return what was wrapped. Raises UnreadableError where it is damaged."""
    if not content.strip():
        return b""
    if encoding.lower().startswith("x-") and encoding not in WRAPPED:
        message = Wording(
            "It is wrapped in a way of its program's own. Ask for it as base64, or save it in that program."
        )
        raise UnreadableError(RejectionReason.UNREADABLE, message)
    try:
        match encoding:
            case "base64":
                return from_base64(content)
            case "quoted-printable":
                return binascii.a2b_qp(_BLANKS_AT_END.sub(b"", content))
            case "x-uuencode":
                return b"".join(_uuencoded(content.splitlines()))
    except binascii.Error:
        message = Wording(
            "Its {encoding} is broken: the file was damaged on its way. Ask for it again.", encoding=encoding
        )
        raise UnreadableError(RejectionReason.UNREADABLE, message) from None
    return content


def from_base64(content: bytes) -> bytes:
    """Return what one or several streams of base64 hold, padded or not. Raises binascii.Error where one is damaged."""
    bare = b"".join(content.split())
    try:
        return binascii.a2b_base64(bare, strict_mode=True)  # as most write it
    except binascii.Error:
        pass
    if not _STREAMS.fullmatch(bare):
        raise binascii.Error(Wording("a character of no base64"))
    return b"".join(_stream(digits, padded=bool(padding)) for digits, padding in _STREAM.findall(bare))


def _stream(digits: bytes, *, padded: bool) -> bytes:
    """Return a stream's bytes: unpadded it is whole where its last digit holds nothing beyond the last byte."""
    missing = -len(digits) % 4
    decoded = binascii.a2b_base64(digits + b"=" * missing)
    if missing and not padded and binascii.b2a_base64(decoded, newline=False).rstrip(b"=") != digits:
        raise binascii.Error(Wording("cut off within a byte"))
    return decoded


def _uuencoded(lines: list[bytes]) -> list[bytes]:
    """Return the bytes between `begin` and `end`. Raises binascii.Error where either is missing or a line is broken."""
    begin = next((place for place, line in enumerate(lines) if line.startswith(b"begin ")), None)
    if begin is None:
        raise binascii.Error(Wording("no beginning"))
    decoded: list[bytes] = []
    for line in lines[begin + 1 :]:
        if line.strip() == b"end":
            return decoded
        length = (((line[0] - 32) & 63) * 4 + 5) // 3 if line else 0  # some programs fill lines up with anything
        decoded.append(binascii.a2b_uu(line[:length]))
    raise binascii.Error(Wording("no end"))
