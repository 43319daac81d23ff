"""Are the files of a tantivy index as they were written? Each ends in its own checksum, which tantivy never compares.

A file is its body, a footer in JSON that holds the CRC-32 of the body, the footer's length and a magic number. Only
files that the index's list of segments names are looked at: what is being written next is not whole yet.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, BinaryIO, Final

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAGIC: Final = (1337).to_bytes(4, "little")
TAIL: Final = 8
"""Bytes of the footer's length and the magic number."""
LONGEST_FOOTER: Final = 4_096
PIECE: Final = 1 << 20
DATA: Final = frozenset({".fast", ".fieldnorm", ".idx", ".pos", ".store", ".term"})


def damaged(folder: Path, meta: str) -> str | None:
    """Return the name of a file that is not as it was written, None where all are; `meta` names the list of segments.

    A file that is not there is none: merging takes files away while this looks, and tantivy tells of lost ones itself.
    """
    try:
        paths = list(_files(folder, orjson.loads((folder / meta).read_bytes())["segments"]))
    except (ValueError, TypeError, KeyError):
        return meta
    for path in paths:
        try:
            with path.open("rb") as file:
                if not _whole(file):
                    return path.name
        except FileNotFoundError:
            continue
    return None


def _files(folder: Path, segments: list[dict[str, object]]) -> Iterator[Path]:
    for segment in segments:
        stem = str(segment["segment_id"]).replace("-", "")
        for suffix in DATA:
            yield folder / f"{stem}{suffix}"
        if isinstance(deletes := segment["deletes"], dict):
            yield folder / f"{stem}.{deletes['opstamp']}.del"


def _whole(file: BinaryIO) -> bool:
    size = file.seek(0, 2)
    if size < TAIL:
        return False
    file.seek(size - TAIL)
    length, magic = int.from_bytes(file.read(4), "little"), file.read(4)
    body = size - TAIL - length
    if magic != MAGIC or length > LONGEST_FOOTER or body < 0:
        return False
    file.seek(body)
    try:
        told = orjson.loads(file.read(length))["crc"]
    except (ValueError, TypeError, KeyError):
        return False
    file.seek(0)
    return bool(told == _checksum(file, body))


def _checksum(file: BinaryIO, size: int) -> int:
    found = 0
    while size > 0 and (piece := file.read(min(PIECE, size))):
        found = zlib.crc32(piece, found)
        size -= len(piece)
    return found
