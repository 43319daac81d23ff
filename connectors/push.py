"""Records that a source pushes: JSON in one body, as one object, a list, `{"records": [...]}` or one object a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.connector import UnreadableError
from connectors.jsonfiles import lines_of, loads, read_line, records_of
from connectors.objects import ObjectReader
from graph.records import MAX_KEPT, RejectionReason
from wording import Wording

if TYPE_CHECKING:
    from connectors.connector import ReadOptions
    from graph.records import Channel, Reading

NAME = "push"
"""What stands where a file's name would in a position: `push record 3`."""


def read_push(channel: Channel, body: bytes, options: ReadOptions) -> list[Reading]:
    """Read what was pushed. Never raises for what it reads: each record is a draft or a refusal that says why."""
    reader = ObjectReader(channel, options)
    try:
        records = records_of(loads(body))
    except UnreadableError as error:
        if lines := lines_of(body):
            return [read_line(line, f"{NAME} line {number}", reader) for number, line in enumerate(lines, 1)]
        return [error.refusal(channel, NAME, options.source, body if len(body) <= MAX_KEPT else b"")]
    if not records:
        nothing = UnreadableError(
            RejectionReason.EMPTY, Wording("There is no record in it. Send an object or a list of them.")
        )
        return [nothing.refusal(channel, NAME, options.source, body)]
    return [reader.read(record, f"{NAME} record {number}") for number, record in enumerate(records, 1)]
