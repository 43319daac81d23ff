"""Texts on their way into the tables and back: masked for all, sealed in full, their numbers as keyed hashes. Pure.

The one place where it is decided what of a text stands in clear. A row seals its texts as received only where masking
changed something, under its own key, so that destroying the key erases them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final

import orjson

from graph.text.numbers import found, masked

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from graph.identity import DataKey, Vault
    from graph.records import Details

_MESSAGE_ID: Final = re.compile(r"<(?P<left>[^<>@\s]+)@(?P<right>[^<>@\s]+)>")
SEALED_TEXT: Final = b"/text"
"""Follows the row's id in the context of what is sealed, so that a payload does not open as a text."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Some texts of one row as they may stand in clear."""

    texts: tuple[str, ...]
    original: bytes | None
    """The texts as received, as JSON; None where they are the same."""
    hashes: tuple[bytes, ...]
    """Keyed hashes (`Vault.equality`) of the numbers in them, each once."""

    def __repr__(self) -> str:
        """Tell no text."""
        return f"Shown({len(self.texts)} texts, {len(self.hashes)} numbers)"

    def seal(self, key: DataKey, row: UUID) -> bytes | None:
        """Return what is sealed beside the texts, None where nothing is."""
        return None if self.original is None else key.seal(self.original, row.bytes + SEALED_TEXT)


def show(vault: Vault, *texts: str) -> Shown:
    """Return texts as they may stand in clear."""
    numbers = [one for text in texts for one in found(text)]
    if not numbers:
        return Shown(texts, None, ())
    hashes = dict.fromkeys(vault.equality(one.kind, one.value) for one in numbers)
    return Shown(tuple(masked(text) for text in texts), orjson.dumps(texts), tuple(hashes))


def open_texts(key: DataKey, sealed: bytes, row: UUID) -> Sequence[str]:
    """Return what `Shown.seal` sealed; raise MasterKeyError where it was changed or belongs elsewhere."""
    texts: list[str] = orjson.loads(key.open(sealed, row.bytes + SEALED_TEXT))
    return texts


def shown_id(external_id: str) -> str:
    """Return a source's id of a record as it may stand in clear.

    A Message-ID (RFC 5322, 3.6.4) has the form of an address and is nobody's: masked as one it would be that of others.
    """
    if message := _MESSAGE_ID.fullmatch(external_id):
        return f"<{masked(message['left'])}@{masked(message['right'])}>"
    return masked(external_id)


def shown_details(details: Details) -> Details:
    """Return what only a channel has, its texts masked; the payload has them in full."""
    changes: dict[str, Any] = {}
    for one in fields(details):
        value = getattr(details, one.name)
        if type(value) is str and (shown := masked(value)) != value:
            changes[one.name] = shown
    return replace(details, **changes) if changes else details
