"""Words of a header that stand in ASCII (RFC 2047), also as programs cut them, in base64 or in a character. Pure."""

from __future__ import annotations

import binascii
import re
from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

from connectors.connector import UnreadableError
from connectors.encodings import decode
from connectors.letters.transfer import from_base64
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WORD: Final = re.compile(r"=\?([^?\s*]{1,40})(?:\*[^?\s]{0,20})?\?([bBqQ])\?(.*?)(?:\?=|\?\Z|\Z)", re.DOTALL)
"""Of the last one the end may be cut off."""
OF_SEVERAL_BYTES: Final = ("utf", "gb", "x-gbk", "big5", "cp936")
"""How the names of encodings begin in which a character can be cut."""
LONGEST_CHARACTER: Final = 4
CUT: Final = "…"
"""Stands where a header breaks off within a character."""


class _Word(NamedTuple):
    charset: str
    encoding: str
    payload: str
    written: str


def read_words(text: str) -> str:
    """Return a header's text with its encoded words read. One that cannot be read stays as it stands."""
    return "".join(_pieces(text)) if "=?" in text else text


def _pieces(text: str) -> Iterator[str]:
    run: list[_Word] = []
    at = 0
    for found in WORD.finditer(text):
        between = text[at : found.start()]
        if between.strip() or not run:
            yield from _read(run)
            yield between
            run = []
        run.append(_Word(found[1].lower(), found[2].lower(), found[3], found[0]))
        at = found.end()
    yield from _read(run)
    yield text[at:]


def _read(run: Sequence[_Word]) -> Iterator[str]:
    """Yield the text of words that follow one another. Those of one charset may part a character among them."""
    for charset, group in groupby(run, key=lambda word: word.charset):
        words = list(group)
        text = _decoded(words, charset)
        yield " ".join(word.written for word in words) if text is None else text


def _decoded(words: Sequence[_Word], charset: str) -> str | None:
    """Return the text of words of one charset, None where nobody can tell it."""
    for content in _contents(words):
        try:
            return decode(content, charset).text
        except UnreadableError:
            continue
    return next((text for content in _beginnings(words) if (text := _begun(content, charset))), None)


def _contents(words: Sequence[_Word]) -> Iterator[bytes]:
    """Yield what words may hold: each its own, or all of them one stream of base64 that was cut anywhere."""
    ways = [_each_own, _one_stream]
    if _is_cut(words):
        ways.reverse()
    for way in ways:
        try:
            yield way(words)
        except binascii.Error:
            continue


def _is_cut(words: Sequence[_Word]) -> bool:
    """Tell whether words fill groups of base64 only together."""
    lengths = [len("".join(word.payload.split())) for word in words]
    return any(length % 4 for length in lengths) and sum(lengths) % 4 == 0


def _each_own(words: Sequence[_Word]) -> bytes:
    return b"".join(_own(word.payload.encode(), word.encoding) for word in words)


def _one_stream(words: Sequence[_Word]) -> bytes:
    if any(word.encoding != "b" for word in words):
        raise binascii.Error(Wording("another encoding"))
    return from_base64("".join(word.payload for word in words).encode())


def _own(payload: bytes, encoding: str) -> bytes:
    return from_base64(payload) if encoding == "b" else binascii.a2b_qp(payload.replace(b"_", b" "))


def _beginnings(words: Sequence[_Word]) -> Iterator[bytes]:
    """Yield what words may hold where the last of them was cut."""
    yield from _contents(words)
    if all(word.encoding == "b" for word in words):
        stream = "".join("".join(word.payload.split()) for word in words).encode()
        try:
            yield from_base64(stream[: len(stream) & ~3])
        except binascii.Error:
            return


def _begun(content: bytes, charset: str) -> str | None:
    """Return the text before a character that its program cut, marked so, None where that is not what is wrong."""
    for missing in range(LONGEST_CHARACTER if charset.startswith(OF_SEVERAL_BYTES) else 1):
        if len(content) <= missing or (missing and content[-missing] < 0x80):
            return None
        try:
            return decode(content[: len(content) - missing], charset).text + CUT
        except UnreadableError:
            continue
    return None
