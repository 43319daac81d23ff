"""What can be wrong with what was asked of the graph.

    GraphError
    ├── NotFoundError      nothing has this id
    ├── ConflictError      what was asked contradicts what is already so
    ├── InvalidError       a value cannot be used as it is
    ├── InvalidFieldsError several values cannot be used as they are
    ├── UncertainError     the database went away, and whether something was done is not known
    ├── DatabaseStateError the database is not one this version can work on
    └── MasterKeyError     a key is missing, damaged, or another one

Messages tell what is wrong and what to do; they know nothing of HTTP or GraphQL and hold no identity data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wording import WordedError, Wording, joined, verbatim

NOUNS: Final = {
    "API key": Wording("API key"),
    "attachment": Wording("attachment"),
    "case": Wording("case"),
    "document": Wording("document"),
    "event": Wording("event"),
    "mention": Wording("mention"),
    "open rejection": Wording("open rejection"),
    "party": Wording("party"),
    "rejection": Wording("rejection"),
    "revision": Wording("revision"),
    "saved search": Wording("saved search"),
    "submission": Wording("submission"),
}
"""What there can be none of."""

if TYPE_CHECKING:
    from collections.abc import Sequence


class GraphError(WordedError):
    """Something asked of the graph cannot be done."""


class NotFoundError(GraphError):
    """Nothing has this id. Check that it was copied whole and is of the right type."""

    def __init__(self, what: str, key: object) -> None:
        super().__init__(Wording("There is no {what} {key}.", what=NOUNS.get(what) or verbatim(what), key=key))


class ConflictError(GraphError):
    """What was asked contradicts what is already so. Read the present state and decide again."""


class InvalidError(GraphError):
    """A value cannot be used as it is. `field` names it."""

    def __init__(self, field: str, message: Wording) -> None:
        super().__init__(Wording("{field}: {message}", field=field, message=message))
        self.field = field
        self.message = message


class InvalidFieldsError(GraphError):
    """Several values cannot be used as they are. `faults` tells of each."""

    def __init__(self, faults: Sequence[InvalidError]) -> None:
        super().__init__(joined([fault.wording for fault in faults]))
        self.faults = tuple(faults)


class UncertainError(GraphError):
    """The database went away before it said whether something was done. The message says how to find out."""


class DatabaseStateError(GraphError):
    """The database is not in a state that this version can work on. The message says which command mends it."""


class MasterKeyError(GraphError):
    """The master key is missing, damaged, or not the one this data was sealed with."""
