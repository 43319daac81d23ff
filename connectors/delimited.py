"""The rows of tables as text (.csv, .tsv), streamed, in whatever encoding and with whatever mark they are written."""

from __future__ import annotations

import codecs
import csv
import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from connectors.connector import UnreadableError
from graph.records import RejectionReason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.connector import Limits, Resource

SAMPLE: Final = 1_048_576
"""Bytes from which encoding and mark are told."""
LONGEST_LINE: Final = 8_388_608
"""Bytes of one line: more is no table."""
MARKS: Final = ",;\t|"
LIMIT_OF_A_CELL: Final = 1_000_000
"""Characters after which a quotation mark that is never closed is given up."""

# The limit is the interpreter's own; its first value, 131,072, is below what a cell may hold here.
csv.field_size_limit(LIMIT_OF_A_CELL)


@contextmanager
def open_rows(resource: Resource, limits: Limits) -> Iterator[Iterator[list[str] | UnreadableError]]:
    """Open a text table's rows. A row that cannot be parsed is yielded as its fault. May raise OSError."""
    head = resource.head(SAMPLE)
    if not head.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0"):
        raise UnreadableError(RejectionReason.EMPTY, "The file is empty. Export it again.")
    encoding = encoding_of(head)
    with (
        _Guarded(resource.open()) as raw,
        io.TextIOWrapper(raw, encoding, errors=errors_of(encoding), newline="") as text,
    ):
        yield _rows(text, mark_of(head.decode(encoding, "replace")), limits.columns)


def encoding_of(head: bytes) -> str:
    """Tell the encoding of a text from its beginning: a byte order mark, else UTF-8 where that fits, else GB18030.

    A byte that is wrong in an otherwise right encoding does not make another encoding right.
    """
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if head.startswith(mark):
            return name
    if head.startswith((b"<html", b"<!DOCTYPE", b"<table", b"%PDF", b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        message = (
            "This is no table as text, whatever its name says. Open it with its own program and export it as .csv."
        )
        raise UnreadableError(RejectionReason.UNREADABLE, message)
    zeros = head[:2_000].count(0)
    if zeros > len(head[:2_000]) // 5:
        return "utf-16-le" if head[1:2_000:2].count(0) >= head[0:2_000:2].count(0) else "utf-16-be"
    return "utf-8" if _is_mostly_utf8(head) else "gb18030"


def _is_mostly_utf8(head: bytes) -> bool:
    """Tell whether more characters are right in UTF-8 than wrong: hardly any is in a text of another encoding."""
    decoded = codecs.getincrementaldecoder("utf-8")("replace").decode(head)  # the sample may end within a character
    wrong = decoded.count("\ufffd")
    return wrong == 0 or wrong < sum(char > "\x7f" for char in decoded) - wrong


def errors_of(encoding: str) -> str:
    """Let wrong bytes through as half characters, so that their row is refused and not the file."""
    return "replace" if encoding.startswith("utf-16") else "surrogateescape"


def mark_of(sample: str) -> str:
    """Tell the mark between cells: whichever the first lines hold most evenly."""
    lines = [line for line in sample.splitlines()[:20] if line.strip()]
    return max(MARKS, key=lambda mark: (sum(mark in line for line in lines), sum(line.count(mark) for line in lines)))


def _rows(text: io.TextIOWrapper, mark: str, most: int) -> Iterator[list[str] | UnreadableError]:
    reader = csv.reader(text, delimiter=mark)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            message = (
                f"A cell is longer than {LIMIT_OF_A_CELL} characters: a quotation mark is opened and never "
                f"closed. Close it; what stands from there to line {reader.line_num} was not read."
            )
            yield UnreadableError(RejectionReason.UNREADABLE, message)
            continue
        if len(row) > most:
            message = (
                f"There are {len(row)} cells, at most {most} are read. Export the table with its own columns only."
            )
            yield UnreadableError(RejectionReason.BOMB, message)
            continue
        yield row


class _Guarded(io.BufferedReader):
    """Bytes that are read a chunk at a time until a line proves too long to be held."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__(cast("io.RawIOBase", stream))
        self._line = 0

    def read1(self, size: int = -1, /) -> bytes:
        chunk = super().read1(size)
        self._line = 0 if b"\n" in chunk or b"\r" in chunk else self._line + len(chunk)
        if self._line > LONGEST_LINE:
            message = f"A line is longer than {LONGEST_LINE} bytes. Export the table with a line for each record."
            raise UnreadableError(RejectionReason.TOO_LARGE, message)
        return chunk
