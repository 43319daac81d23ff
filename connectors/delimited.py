"""The rows of tables as text (.csv, .tsv), streamed, in whatever encoding and with whatever mark they are written."""

from __future__ import annotations

import codecs
import csv
import io
import re
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from connectors.connector import UnreadableError
from connectors.encodings import is_plausible
from graph.records import RejectionReason
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from connectors.connector import Limits, Resource

SAMPLE: Final = 1_048_576
"""Bytes from which encoding and mark are told."""
CHUNK: Final = 65_536
"""Bytes that are decoded at once."""
LONGEST_LINE: Final = 8_388_608
"""Bytes of one line: more is no table."""
BYTE_ORDER: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
END_OF_FILE: Final = b"\x1a"
"""How DOS ends a text."""
HALF: Final = "\udc80"
"""Half a character, which refuses its row."""
MARKS: Final = ",;\t|"
LIMIT_OF_A_CELL: Final = 1_000_000
"""Characters after which a quotation mark that is never closed is given up."""
_SEPARATOR: Final = re.compile(r'\s*"?sep=([,;\t|])"?\s*', re.IGNORECASE)
"""The first line by which Excel is told the mark."""
_OTHER: Final = {"utf-8": "gb18030", "gb18030": "utf-8"}

# The limit is the interpreter's own; its first value, 131,072, is below what a cell may hold here.
csv.field_size_limit(LIMIT_OF_A_CELL)


@contextmanager
def open_rows(resource: Resource, limits: Limits) -> Iterator[Iterator[list[str] | UnreadableError]]:
    """Open a text table's rows. A row that cannot be parsed is yielded as its fault. May raise OSError."""
    head = resource.head(SAMPLE)
    if not head.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0"):
        raise UnreadableError(RejectionReason.EMPTY, Wording("The file is empty. Export it again."))
    encoding, marked = encoding_of(head)
    with _Guarded(resource.open()) as raw:
        raw.read(marked)
        mark = mark_of(head[marked:].decode(encoding, "replace"))
        yield _rows(_lines(raw, encoding), mark, limits.columns)


def encoding_of(head: bytes) -> tuple[str, int]:
    """Tell the encoding of a text from its beginning, and how many bytes its byte order marks take.

    A byte order mark says so, else UTF-8 is taken where that fits, else GB18030. A byte that is wrong in an otherwise
    right encoding does not make another encoding right.
    """
    for mark, name in BYTE_ORDER:
        if head.startswith(mark):
            return name, len(head) - len(_after(head, mark))
    zeros = head[:2_000].count(0)
    if zeros > len(head[:2_000]) // 5:
        return "utf-16-le" if head[1:2_000:2].count(0) >= head[0:2_000:2].count(0) else "utf-16-be", 0
    return "utf-8" if _is_mostly_utf8(head) else "gb18030", 0


def _after(head: bytes, mark: bytes) -> bytes:
    """Return what follows the byte order marks: two programs on the way put one each."""
    while head.startswith(mark):
        head = head[len(mark) :]
    return head


def errors_of(encoding: str) -> str:
    """Let what is wrong through as half characters, so that its row is refused and not the file."""
    return "surrogatepass" if encoding.startswith("utf-16") else "surrogateescape"


def _is_mostly_utf8(head: bytes) -> bool:
    """Tell whether more characters are right in UTF-8 than wrong: hardly any is in a text of another encoding."""
    decoded = codecs.getincrementaldecoder("utf-8")("replace").decode(head)  # the sample may end within a character
    wrong = decoded.count("\ufffd")
    return wrong == 0 or wrong < sum(char > "\x7f" for char in decoded) - wrong


def mark_of(sample: str) -> str:
    """Tell the mark between cells: the one that is named, else whichever the first lines hold most evenly."""
    lines = [line for line in sample.splitlines()[:20] if line.strip()]
    if lines and (named := _SEPARATOR.fullmatch(lines[0])):
        return named[1]
    return max(MARKS, key=lambda mark: (sum(mark in line for line in lines), sum(line.count(mark) for line in lines)))


def _lines(raw: _Guarded, encoding: str) -> Iterator[str]:
    """Return the lines of a text with their ends."""
    if encoding.startswith("utf-16"):
        return _wide_lines(raw, encoding)
    return chain.from_iterable(_decoded(block, encoding) for block in _blocks(raw))


def _blocks(raw: _Guarded) -> Iterator[bytes]:
    """Yield whole lines, as many at once as there are."""
    rest = b""
    while chunk := raw.read1(CHUNK):
        whole, rest = _whole_lines(rest + chunk)
        yield whole
    yield rest.rstrip(END_OF_FILE)


def _wide_lines(raw: _Guarded, encoding: str) -> Iterator[str]:
    with io.TextIOWrapper(raw, encoding, errors=errors_of(encoding), newline="") as text:
        try:
            yield from text
        except UnicodeDecodeError:
            yield HALF  # the file ends within a character


def _whole_lines(block: bytes) -> tuple[bytes, bytes]:
    """Part a block behind its last line; a carriage return at its very end may be half of a line's end."""
    end = max(block.rfind(b"\n"), block.rfind(b"\r", 0, len(block) - 1)) + 1
    return block[:end], block[end:]


def _decoded(block: bytes, encoding: str) -> Iterable[str]:
    """Return the lines of a block; those that are written in the other encoding are read in that."""
    if encoding == "utf-8":
        try:
            return io.StringIO(block.decode(encoding), newline="")
        except UnicodeDecodeError:
            pass
    return (
        line.decode("ascii") if line.isascii() else _line(line, encoding) for line in block.splitlines(keepends=True)
    )


def _line(line: bytes, encoding: str) -> str:
    """Decode one line. What is right in UTF-8 as well as in GB18030 is UTF-8 if it makes sense: hardly any is both."""
    for name in dict.fromkeys(("utf-8", encoding, _OTHER[encoding])):
        try:
            text = line.decode(name)
        except UnicodeDecodeError:
            continue
        if name == encoding or (is_plausible(text) and max(text) >= "\u0800"):
            return text
    return line.decode(encoding, errors_of(encoding))


def _rows(text: Iterator[str], mark: str, most: int) -> Iterator[list[str] | UnreadableError]:
    reader = csv.reader(text, delimiter=mark)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            message = Wording(
                "A cell is longer than {limit} characters: a quotation mark is opened and never closed. "
                "Close it; what stands from there to line {line_num} was not read.",
                limit=LIMIT_OF_A_CELL,
                line_num=reader.line_num,
            )
            yield UnreadableError(RejectionReason.UNREADABLE, message)
            continue
        if len(row) > most:
            message = Wording(
                "There are {count} cells, at most {most} are read. Export the table with its own columns only.",
                count=len(row),
                most=most,
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
            message = Wording(
                "A line is longer than {longest} bytes. Export the table with a line for each record.",
                longest=LONGEST_LINE,
            )
            raise UnreadableError(RejectionReason.TOO_LARGE, message)
        return chunk
