"""A mail's file as it was before programs copied it about: its marks, blank lines and line ends put right. Pure."""

from __future__ import annotations

import hashlib
import re
from typing import Final

from connectors.encodings import MARKS

_BLANK_LINES: Final = re.compile(rb"\A(?:[ \t]*+[\r\n]++)++")
_BLANK_LINE: Final = re.compile(rb"\n\r*+\n")
_BREAK: Final = re.compile(rb"(?<!\r)\r*+\n")
_LONE: Final = re.compile(rb"(?<!\r)\r++(?!\n)")
_HEADER: Final = re.compile(rb"[!-9;-~]++[ \t]*+:|[ \t]|From ")
_SOUND: Final = re.compile(rb"(?:(?:[!-9;-~]++:|[ \t])[^\r\n]*+\r?\n)*+")
_BLANK_BEFORE_COLON: Final = re.compile(rb"\A([!-9;-~]++)[ \t]++:")
_FOLD: Final = re.compile(rb"\n[ \t]++")
_KNOWN: Final = re.compile(rb"(?:from|to|subject|date|message-id|mime-version|content-[a-z-]+)[ \t]*+:", re.IGNORECASE)

SENT: Final = frozenset({
    b"from", b"sender", b"subject", b"date", b"content-type", b"content-transfer-encoding", b"content-disposition",
})  # fmt: skip
"""Headers that a sender writes and that are read here; stations on the way write others."""


def framed(content: bytes) -> bytes:
    """Return a mail's file with headers that a parser finds: nothing before them, each on a line of its own."""
    content = _BLANK_LINES.sub(b"", _unmarked(content))
    if b"\n" not in content:
        content = content.replace(b"\r", b"\n")
    head = _head(content)
    if b"\r\r\n" in head:  # a program that wrote it as text ended lines twice
        content = _BREAK.sub(b"\r\n", content)
        head = _head(content)
    return content if _SOUND.fullmatch(head) else _joined(head) + content[len(head) :]


def _unmarked(content: bytes) -> bytes:
    """Return a file without the mark of its encoding; one saved in UTF-16 in UTF-8, which labels do not hide."""
    for mark, name in MARKS:
        if content.startswith(mark):
            bare = content[len(mark) :]
            try:
                return bare.decode(name).encode() if name != "utf-8" else bare
            except UnicodeDecodeError:
                return content
    return content


def _head(content: bytes) -> bytes:
    """Return all before the first blank line."""
    found = _BLANK_LINE.search(content)
    return content[: found.start() + 1] if found else content


def _joined(head: bytes) -> bytes:
    """Return headers each line of which is one or goes on with one; what stands amid them is of the one above."""
    lines = [_BLANK_BEFORE_COLON.sub(rb"\1:", line) for line in _BREAK.split(_LONE.sub(b" ", head))]
    last = max((place for place, line in enumerate(lines) if _KNOWN.match(line)), default=0)
    for place, line in enumerate(lines[:last]):
        if not _HEADER.match(line):
            goes_on = place and not line.startswith(b">From ")
            lines[place] = b" " + line if goes_on else b"X-Unread: " + line
    return b"\n".join(lines)


def imprint(content: bytes) -> str:
    """Return the digest of what a mail's sender wrote: the same whichever way it came and whoever saved it."""
    whole = framed(content)
    head = _head(whole)
    lines = (line.partition(b":") for line in _FOLD.sub(b" ", head).split(b"\n"))
    sent = [b"%s:%s\n" % (name.lower(), b" ".join(value.split())) for name, _, value in lines if name.lower() in SENT]
    body = whole[len(head) :]
    if b"\r" in body:
        body = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return hashlib.sha256(b"".join(sent) + b"\n" + body.strip()).hexdigest()
