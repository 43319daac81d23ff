"""Global ids: the type and its key in one opaque string, the same on every instance."""

from __future__ import annotations

import base64
import binascii
from uuid import UUID

from schema.errors import RequestError
from wording import Wording


def global_id(kind: str, key: UUID) -> str:
    """Return the id that the API gives a node."""
    return base64.b64encode(f"{kind}:{key}".encode()).decode()


def split_id(text: str) -> tuple[str, UUID]:
    """Return a global id's type and key; raise RequestError for anything else."""
    try:
        kind, _, key = base64.b64decode(text, validate=True).decode("ascii").partition(":")
        parsed = UUID(key)
    except (binascii.Error, ValueError):
        raise RequestError("INVALID_ID", Wording("This is not an id of ours. Use one as it was given.")) from None
    return kind, parsed


def key_of(kind: str, text: str) -> UUID:
    """Return the key of a global id of this type; raise RequestError for anything else."""
    found, key = split_id(text)
    if found != kind:
        raise RequestError(
            "INVALID_ID", Wording("This is the id of another type than {kind}.", kind=kind), expected=kind
        )
    return key
