"""Files of JSON: one document (.json), or one object a line (.jsonl, .ndjson), which is streamed."""

from __future__ import annotations

import codecs
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from connectors.connector import UnreadableError
from connectors.delimited import SAMPLE, encoding_of, errors_of
from connectors.objects import ObjectReader
from graph.records import RejectionReason
from wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.connector import ReadOptions, Resource
    from graph.records import Channel, Reading

LINES: Final = frozenset({".jsonl", ".ndjson"})
ENVELOPES: Final = ("records", "data", "items", "rows", "list")
"""Keys under which a list of records stands; the deepest goes through two: `{"data": {"list": [...]}}`."""
MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class JsonFile:
    """Messages or tickets of one channel as JSON."""

    name: str
    channel: Channel

    def accepts(self, resource: Resource) -> bool:
        """Take what is named so."""
        return resource.suffix == ".json" or resource.suffix in LINES

    def read(self, resource: Resource, options: ReadOptions) -> Iterator[Reading]:
        """Yield a draft or a refusal for each object."""
        reader = ObjectReader(self.channel, options)
        if resource.suffix in LINES:
            yield from self._lines(resource, reader, options)
            return
        if resource.size > options.limits.letter:
            message = Wording(
                "The file is larger than {letter} bytes. Export one object a line, as .jsonl.",
                letter=options.limits.letter,
            )
            raise UnreadableError(RejectionReason.TOO_LARGE, message)
        records = records_of(loads(resource.read()))
        if not records:
            raise UnreadableError(RejectionReason.EMPTY, Wording("There is no record in it. Export it again."))
        for number, record in enumerate(records, 1):
            yield reader.read(record, f"{resource.name} record {number}")

    def _lines(self, resource: Resource, reader: ObjectReader, options: ReadOptions) -> Iterator[Reading]:
        empty, longest = True, options.limits.text * 16
        with resource.open() as stream:
            number = 0
            while line := stream.readline(longest):
                number += 1
                if len(line) >= longest:
                    message = Wording(
                        "The line is longer than {longest} bytes. Write one object a line.", longest=longest
                    )
                    raise UnreadableError(
                        RejectionReason.TOO_LARGE, message, where=Wording("line {number}", number=number)
                    )
                if not line.strip(b" \t\r\n\0\xef\xbb\xbf"):
                    continue
                empty = False
                yield read_line(line, f"{resource.name} line {number}", reader)
        if empty:
            raise UnreadableError(RejectionReason.EMPTY, Wording("The file is empty. Export it again."))


def read_line(line: bytes, position: str, reader: ObjectReader) -> Reading:
    """Read one object that stands in a line of its own."""
    try:
        return reader.read(loads(line), position)
    except UnreadableError as error:
        return reader.refusal(error, position, line)


def lines_of(content: bytes) -> list[bytes]:
    """Return the lines of a body that has an object in each, nothing where it is made up otherwise."""
    lines = [line for line in content.removeprefix(MARK).splitlines() if line.strip()]
    return lines if len(lines) > 1 and all(line.lstrip().startswith(b"{") for line in lines) else []


def loads(content: bytes) -> Any:
    """Read JSON, also where it holds half characters or is in a Chinese encoding. Raises UnreadableError."""
    content = content.removeprefix(MARK)
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        return _loads_slowly(content, error)


def _loads_slowly(content: bytes, error: orjson.JSONDecodeError) -> Any:
    if not content.strip():
        raise UnreadableError(RejectionReason.EMPTY, Wording("There is nothing in it. Send it again.")) from error
    encoding, marked = encoding_of(content[:SAMPLE])
    text = codecs.getincrementaldecoder(encoding)(errors_of(encoding)).decode(content[marked:])
    try:
        return json.loads(text)
    except RecursionError:
        message = Wording("Objects stand in objects too deeply. Send the records flat.")
        raise UnreadableError(RejectionReason.BOMB, message) from error
    except ValueError as fault:
        where = f"line {fault.lineno}, column {fault.colno}" if isinstance(fault, json.JSONDecodeError) else "the start"
        message = Wording("This is no JSON: it breaks off or goes wrong at {where}. Export it again.", where=where)
        raise UnreadableError(RejectionReason.UNREADABLE, message) from error


def records_of(document: Any) -> list[Any]:
    """Return the records of a document: itself, its list, or what stands under one of the usual keys."""
    while isinstance(document, dict):
        under = (document.get(key) for key in ENVELOPES)
        inner = next((one for one in under if isinstance(one, list | dict)), None)
        if inner is None:
            break
        document = inner
    return document if isinstance(document, list) else [document]
