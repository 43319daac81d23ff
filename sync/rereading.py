"""Reads records again as they were kept, for what they say of where their matter is. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from connectors.push import read_push
from graph.belonging import Said
from graph.drafts import said_of
from graph.organs import normalise_organ
from graph.records import Draft

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from connectors.connector import ReadOptions
    from graph.rederiving import Stored


ENTERED: Final = frozenset({"title", "text", "received_at", "mentions", "replies", "call_backs"})
"""Fields that what is entered at a desk always has, and no record of a source has together."""


def said_again(stored: Stored, options: ReadOptions) -> Said | None:
    """Return what a record says of where its matter is; None where it is gone, or not to be read without its mapping.

    Rows, pushes and what was entered at a desk are kept as objects. A letter names its place in no field.
    """
    if not stored.payload:
        return None
    record = _object(stored.payload)
    if record is None:
        return Said(title=stored.title)
    if record.keys() >= ENTERED:
        return _entered(record, stored.title)
    found = read_push(stored.channel, stored.payload, options.for_source(stored.source))[0]
    if not isinstance(found, Draft):
        return None
    return said_of(found, normalise_organ(found.organ) if found.organ else None)


def _object(payload: bytes) -> Mapping[str, Any] | None:
    try:
        record = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return None
    return record if isinstance(record, dict) else None


def _entered(record: Mapping[str, Any], title: str) -> Said:
    """Return what somebody entered at a desk: its fields go by the names of the API's inputs."""
    organ = record.get("organ")
    return Said(division=record.get("division"), organ=normalise_organ(organ) if organ else None, title=title)
